//! The words of `just fuzz` in, a run and its report out.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::Target;
use super::run::{PATIENCE, Report, Settings};

/// How many inputs, when nothing is said.
const COUNT: usize = 100_000;
/// A day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Runs a target: a number of inputs, or a time (`60s`), and a seed.
pub fn run(mut target: Target, arguments: &[String]) -> ExitCode {
    let limit = arguments.first().map_or(Some((COUNT, LONGEST)), |limit| self::limit(limit));
    let seed = arguments.get(1).map_or(Ok(1), |seed| seed.parse());
    let (Some((count, time)), Ok(seed)) = (limit, seed) else {
        eprintln!("expected a count of inputs or seconds (60s), and a seed, came {arguments:?}");
        return ExitCode::from(2);
    };
    let folder = folder(target.name);
    if let Err(error) = fs::create_dir_all(&folder) {
        eprintln!("{}: {error}", folder.display());
        return ExitCode::from(2);
    }
    let started = std::time::Instant::now();
    let report = super::run(&mut target, &Settings { count, time, seed, folder: Some(&folder) });
    tell(target.name, &report, started.elapsed(), &folder);
    ExitCode::from(u8::from(!report.is_clean()))
}

fn limit(text: &str) -> Option<(usize, Duration)> {
    match text.strip_suffix('s') {
        Some(seconds) => Some((usize::MAX, Duration::from_secs(seconds.parse().ok()?))),
        None => Some((text.parse().ok()?, LONGEST)),
    }
}

fn folder(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("fuzz").join(name)
}

fn tell(name: &str, report: &Report, took: Duration, folder: &Path) {
    let Report { inputs, taken, answers, panics, hangs, bloats, .. } = report;
    println!(
        "{name}: {inputs} inputs in {:.0} s, {taken} of them taken, {answers} different answers\n\
         panics {panics}, over {} s {hangs}, over 256 MB {bloats}; slowest {:.2} s, at most {:.1} MB held for one, \
         program at most {} MB",
        took.as_secs_f64(),
        PATIENCE.as_secs(),
        report.slowest.as_secs_f64(),
        report.most_bytes as f64 / 1e6,
        peak_mb().map_or_else(|| "?".into(), |mb| mb.to_string()),
    );
    report.faults.iter().for_each(|fault| println!("  {fault}"));
    println!("kept in {}", folder.display());
}

/// The largest size that the process had in memory.
fn peak_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1_000)
}
