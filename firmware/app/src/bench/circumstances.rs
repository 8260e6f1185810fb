//! What slows a machine down: its clocks, and what else runs.

use std::fs;
use std::path::Path;

const CPUS: &str = "sys/devices/system/cpu";

/// How the machine is set while it is measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Circumstances {
    /// Programs that were ready to run, in the mean of the last minute.
    pub load: Option<f64>,
    /// Processors that are switched on.
    pub processors: usize,
    /// How the clock is chosen: `performance`, `powersave`, `ondemand`, `schedutil`...
    pub governor: Option<String>,
    /// The highest clock that is allowed now, and the highest that the processor has, in MHz.
    pub clock_mhz: Option<(u32, u32)>,
    /// The quickest processors, where not all are alike.
    pub quickest: Vec<usize>,
}

impl Circumstances {
    /// Reads them from the files below `root`.
    pub(super) fn of(root: &Path) -> Circumstances {
        let text = |path: String| Some(fs::read_to_string(root.join(path)).ok()?.trim().to_owned());
        let of_cpu = |cpu: usize, key: &str| text(format!("{CPUS}/cpu{cpu}/{key}"));
        let mhz = |key: &str| Some(of_cpu(0, key)?.parse::<u32>().ok()? / 1_000);
        let processors = (0..).take_while(|cpu| root.join(CPUS).join(format!("cpu{cpu}")).is_dir()).count();
        let capacity = |cpu| of_cpu(cpu, "cpu_capacity")?.parse::<u32>().ok();
        Circumstances {
            load: text("proc/loadavg".into()).and_then(|text| text.split(' ').next()?.parse().ok()),
            processors,
            governor: of_cpu(0, "cpufreq/scaling_governor"),
            clock_mhz: mhz("cpufreq/scaling_max_freq").zip(mhz("cpufreq/cpuinfo_max_freq")),
            quickest: quickest((0..processors).filter_map(capacity).collect()),
        }
    }
}

/// The processors of the highest capacity, unless all have it.
fn quickest(capacities: Vec<u32>) -> Vec<usize> {
    let highest = capacities.iter().max().copied();
    let found: Vec<usize> = (0..capacities.len()).filter(|cpu| Some(capacities[*cpu]) == highest).collect();
    if found.len() == capacities.len() { vec![] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_of_two_kinds_of_processors_names_the_quick_ones() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (cpu, capacity) in [(0, 446), (1, 446), (2, 1024)] {
            write(&format!("{CPUS}/cpu{cpu}/cpu_capacity"), &format!("{capacity}\n"));
        }
        write(&format!("{CPUS}/cpu0/cpufreq/scaling_governor"), "powersave\n");
        write(&format!("{CPUS}/cpu0/cpufreq/scaling_max_freq"), "600000\n");
        write(&format!("{CPUS}/cpu0/cpufreq/cpuinfo_max_freq"), "1800000\n");
        write("proc/loadavg", "1.50 1.20 1.00 2/300 999\n");
        let expected = Circumstances {
            load: Some(1.5),
            processors: 3,
            governor: Some("powersave".into()),
            clock_mhz: Some((600, 1_800)),
            quickest: vec![2],
        };
        assert_eq!(Circumstances::of(root.path()), expected);
    }

    #[test]
    fn where_all_processors_are_alike_none_is_named() {
        assert!(quickest(vec![1_024, 1_024]).is_empty() && quickest(vec![]).is_empty());
    }
}
