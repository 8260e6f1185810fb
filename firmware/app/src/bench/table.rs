//! The report as a table for people.

use std::fmt::{Display, Formatter, Result};

use super::{BenchReport, BoardReport, Floor, Row, StepTimes, VariantReport};

impl Display for BenchReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let known = |value: Option<f64>, digits: usize| value.map_or("unknown".into(), |v| format!("{v:.digits$}"));
        writeln!(f, "model {}, {:.0} s of sound in {} steps of 20 ms", self.model, self.audio_s, self.steps)?;
        writeln!(f, "                  min ms    p50 ms    p99 ms    max ms")?;
        let rows = [
            ("whole line", &self.line),
            ("  log-mel", &self.stages.log_mel),
            ("  key motions", &self.stages.key_motion),
            ("  completion", &self.stages.completion),
            ("  mouth and rest", &self.stages.mouth),
            ("volume to jaw", &self.stages.volume_to_jaw),
        ];
        for (name, StepTimes { min_ms, p50_ms, p99_ms, max_ms, .. }) in rows {
            writeln!(f, "{name:<16}{min_ms:>8.4} {p50_ms:>9.4} {p99_ms:>9.4} {max_ms:>9.4}")?;
        }
        writeln!(f, "the line costs {:.1} log-mels", self.line_in_log_mels)?;
        let [float, int8] = [self.peaks.float_macs_per_s, self.peaks.int8_macs_per_s].map(|peak| peak * 1e-9);
        writeln!(f, "this machine at best: {float:.1} GMAC/s in float, {int8:.1} in 8 bits (matrix product in tract)")?;
        floor(f, "key motions", &self.stages.key_motion_floor)?;
        floor(f, "completion", &self.stages.completion_floor)?;
        writeln!(f, "CPU seconds per second of sound {}", known(self.cpu_s_per_audio_s, 4))?;
        writeln!(f, "memory {} MB, program {} MB", known(self.rss_mb, 1), known(self.program_mb, 1))?;
        write!(f, "start to first step {:.0} ms", self.first_step_ms)?;
        variants(f, &self.variants)?;
        self.board.iter().try_for_each(|board| write!(f, "\n\n{board}"))
    }
}

impl Display for BoardReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "board {:<34}measured     budget", self.name)?;
        let number = |value: f64| if value < 10.0 { format!("{value:.3}") } else { format!("{value:.1}") };
        for Row { what, unit, measured, budget, verdict, .. } in &self.rows {
            let measured = measured.map_or("unknown".into(), number);
            let budget = budget.map_or("none".into(), number);
            write!(f, "\n  {what:<36}{measured:>8} {unit:<2}{budget:>9} {unit:<2}  {verdict}")?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))?;
        self.advice.iter().try_for_each(|advice| write!(f, "\n-> {advice}"))
    }
}

fn floor(f: &mut Formatter<'_>, name: &str, floor: &Floor) -> Result {
    let Floor { macs, weight_bytes, compute_ms, memory_ms, ratio } = floor;
    writeln!(
        f,
        "{name}: {:.2} MMAC take {compute_ms:.4} ms, reading {:.2} MB {memory_ms:.4} ms at least; it takes {ratio:.1} times that",
        macs * 1e-6,
        weight_bytes * 1e-6,
    )
}

fn variants(f: &mut Formatter<'_>, variants: &[VariantReport]) -> Result {
    let Some(first) = variants.first() else { return Ok(()) };
    write!(
        f,
        "\n\nvariants, a step in ms (shortest, median, times its floor); time and answers against {}",
        first.name
    )?;
    write!(f, "\n{:<24}{:>25}{:>25}{:>7}", "", "key motions", "completion", "time")?;
    write!(f, "{:>20}{:>20}{:>9}", "heads max / rms", "motion max / rms", "mouths")?;
    for variant in variants {
        let VariantReport { name, key_motion, completion, key_motion_floor, completion_floor, .. } = variant;
        let cell = |t: &StepTimes, floor: &Floor| format!("{:.4} {:.4} {:>5.1}x", t.min_ms, t.p50_ms, floor.ratio);
        let (first, second) = (cell(key_motion, key_motion_floor), cell(completion, completion_floor));
        write!(f, "\n{name:<24}{first:>25}{second:>25}{:>7.2}", variant.time_ratio)?;
        if let Some(far) = variant.difference {
            let (heads, motion) = ((far.heads_max, far.heads_rms), (far.motion_max, far.motion_rms));
            let pair = |(top, mean): (f64, f64)| format!("{top:.4} / {mean:.5}");
            write!(f, "{:>20}{:>20}{:>7.2} %", pair(heads), pair(motion), far.mouths_changed_percent)?;
        }
    }
    Ok(())
}
