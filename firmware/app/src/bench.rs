//! How much of a machine the line needs: time of a step, CPU per second of audio, memory, time to the first step.

use std::fs;
use std::time::Instant;

use keyface_core::{
    FEATURES, HOP_SAMPLES, Line, LogMel, MOTION_CHANNELS, Micros, Model, SAMPLE_RATE_HZ, STEP_HOPS, Samples, Stage,
    heads::HEADS,
};
use serde::Serialize;

use crate::AppError;
use crate::animate::STEP_SAMPLES;

/// Steps that each single stage is timed for.
const STAGE_STEPS: usize = 500;

/// Times of one thing that is done at every step, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StepTimes {
    /// Half of the steps take no longer.
    pub p50_ms: f64,
    /// 99 % of the steps take no longer.
    pub p99_ms: f64,
    /// The longest step.
    pub max_ms: f64,
}

/// What a machine needs for the line.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// Model and its version.
    pub model: String,
    /// Length of the sound that was run.
    pub audio_s: f64,
    /// Steps that were run.
    pub steps: usize,
    /// From the start of the program to the first step, the model's loading included.
    pub first_step_ms: f64,
    /// A step of the whole line.
    pub line: StepTimes,
    /// Its front end: two frames of log-mel.
    pub log_mel: StepTimes,
    /// Its first network.
    pub key_motion: StepTimes,
    /// Its second network.
    pub completion: StepTimes,
    /// Loudness to jaw, the simplest talking face, on the same machine.
    pub volume_to_jaw: StepTimes,
    /// Median step of the line in median steps of `log_mel`: comparable between machines.
    pub line_in_log_mels: f64,
    /// CPU seconds of all threads for a second of sound; `None` where the system does not tell.
    pub cpu_s_per_audio_s: Option<f64>,
    /// Memory in use at the end of the run; `None` where the system does not tell.
    pub rss_mb: Option<f64>,
    /// Size of this program's file.
    pub program_mb: Option<f64>,
}

/// Runs `seconds` of sound through the line. `load` loads the model; `started` is when the program began.
///
/// # Errors
/// When the model cannot be loaded or a network fails.
pub fn bench(
    load: impl Fn() -> Result<Model, AppError>,
    seconds: u32,
    started: Instant,
    mut progress: impl FnMut(Micros),
) -> Result<BenchReport, AppError> {
    let model = load()?;
    let name = format!("{} {}", model.card.name, model.card.version);
    let mut line = Line::new(model);
    let sound = noise(seconds as usize * SAMPLE_RATE_HZ as usize);
    let mut first_step_ms = None;
    let (cpu_before, mut times, mut heard) = (cpu_seconds(), Vec::new(), Samples(0));
    for block in sound.chunks_exact(STEP_SAMPLES) {
        let start = Instant::now();
        line.push(block, |_| {
            first_step_ms.get_or_insert_with(|| ms(started));
        })?;
        times.push(ms(start));
        heard.0 += block.len() as u64;
        progress(heard.micros());
    }
    let cpu_s = cpu_before.zip(cpu_seconds()).map(|(before, after)| after - before);
    let rss_mb = rss_mb();
    drop(line);
    let stages = stages(load()?, &sound)?;
    let line = spread(times.clone());
    Ok(BenchReport {
        model: name,
        audio_s: heard.micros().as_s(),
        steps: times.len(),
        first_step_ms: first_step_ms.unwrap_or_default(),
        line,
        line_in_log_mels: line.p50_ms / stages[0].p50_ms,
        log_mel: stages[0],
        key_motion: stages[1],
        completion: stages[2],
        volume_to_jaw: stages[3],
        cpu_s_per_audio_s: cpu_s.map(|cpu_s| cpu_s / heard.micros().as_s()),
        rss_mb,
        program_mb: program_mb(),
    })
}

/// Log-mel, KeyMotionNet, CompletionNet and volume-to-jaw, each alone.
fn stages(mut model: Model, sound: &[f32]) -> Result<[StepTimes; 4], AppError> {
    let mut mel = LogMel::new();
    let mut hop = [0.0; HOP_SAMPLES];
    let log_mel = timed(sound, |block| {
        for samples in block.chunks_exact(HOP_SAMPLES) {
            hop.copy_from_slice(samples);
            std::hint::black_box(mel.push(&hop));
        }
        Ok(())
    })?;
    let features = [0.1; STEP_HOPS * FEATURES];
    let (mut heads, mut trunk) = ([0.0; HEADS], vec![0.0; model.card.trunk_width]);
    let key_motion = timed(sound, |_| Ok(model.key_motion.run(&[&features], &mut [&mut heads, &mut trunk])?))?;
    let flow = vec![0.1; model.card.flow_width];
    let (mut motion, mut fusion) = ([0.0; MOTION_CHANNELS], [0.0]);
    let completion = timed(sound, |_| Ok(model.completion.run(&[&flow, &trunk], &mut [&mut motion, &mut fusion])?))?;
    let mut jaw = 0.0;
    let volume = timed(sound, |block| {
        jaw = volume_to_jaw(jaw, std::hint::black_box(block));
        std::hint::black_box(jaw);
        Ok(())
    })?;
    Ok([log_mel, key_motion, completion, volume])
}

fn timed(sound: &[f32], mut run: impl FnMut(&[f32]) -> Result<(), AppError>) -> Result<StepTimes, AppError> {
    let mut times = Vec::with_capacity(STAGE_STEPS);
    for block in sound.chunks_exact(STEP_SAMPLES).cycle().take(STAGE_STEPS) {
        let start = Instant::now();
        run(block)?;
        times.push(ms(start));
    }
    Ok(spread(times))
}

/// What most talking robots do: the jaw follows the loudness of the last 20 ms.
pub fn volume_to_jaw(jaw: f32, block: &[f32]) -> f32 {
    let mean_square = block.iter().map(|s| s * s).sum::<f32>() / block.len().max(1) as f32;
    jaw + 0.5 * ((mean_square.sqrt() * 5.0).min(1.0) - jaw)
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

fn spread(mut times: Vec<f64>) -> StepTimes {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
    let value = |share| at(share).copied().unwrap_or_default();
    StepTimes { p50_ms: value(0.5), p99_ms: value(0.99), max_ms: value(1.0) }
}

/// The same bursts of noise each time, half a second each, between pauses.
fn noise(samples: usize) -> Vec<f32> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let burst = SAMPLE_RATE_HZ as usize / 2;
    (0..samples).map(|n| next() * if (n / burst).is_multiple_of(2) { 0.2 } else { 0.001 }).collect()
}

/// CPU time of all threads so far, from the scheduler's nanosecond counters.
fn cpu_seconds() -> Option<f64> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let of_task = |task: fs::DirEntry| -> Option<f64> {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        Some(text.split_whitespace().next()?.parse::<f64>().ok()? * 1e-9)
    };
    Some(tasks.flatten().filter_map(of_task).sum())
}

fn rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1_024.0)
}

fn program_mb() -> Option<f64> {
    Some(fs::metadata(std::env::current_exe().ok()?).ok()?.len() as f64 / 1_048_576.0)
}

impl std::fmt::Display for BenchReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = |value: Option<f64>, digits: usize| value.map_or("unknown".into(), |v| format!("{v:.digits$}"));
        writeln!(f, "model {}, {:.0} s of sound in {} steps of 20 ms", self.model, self.audio_s, self.steps)?;
        writeln!(f, "                   p50 ms    p99 ms    max ms")?;
        let rows = [
            ("whole line", self.line),
            ("  log-mel", self.log_mel),
            ("  key motions", self.key_motion),
            ("  completion", self.completion),
            ("volume to jaw", self.volume_to_jaw),
        ];
        for (name, StepTimes { p50_ms, p99_ms, max_ms }) in rows {
            writeln!(f, "{name:<15} {p50_ms:>9.4} {p99_ms:>9.4} {max_ms:>9.4}")?;
        }
        writeln!(f, "the line costs {:.1} log-mels", self.line_in_log_mels)?;
        writeln!(f, "CPU seconds per second of sound {}", known(self.cpu_s_per_audio_s, 4))?;
        writeln!(f, "memory {} MB, program {} MB", known(self.rss_mb, 1), known(self.program_mb, 1))?;
        write!(f, "start to first step {:.0} ms", self.first_step_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loud_block_opens_the_jaw_and_silence_closes_it() {
        let open = (0..10).fold(0.0, |jaw, _| volume_to_jaw(jaw, &[0.2; 320]));
        assert!(open > 0.9, "{open}");
        assert!((0..10).fold(open, |jaw, _| volume_to_jaw(jaw, &[0.0; 320])) < 0.01);
    }

    #[test]
    fn the_system_tells_cpu_time_and_memory() {
        if cfg!(target_os = "linux") {
            assert!(rss_mb().is_some_and(|mb| mb > 0.1));
            assert!(cpu_seconds().is_some());
        }
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let times = spread((1..=100).map(f64::from).collect());
        assert_eq!((times.p50_ms, times.p99_ms, times.max_ms), (51.0, 100.0, 100.0));
    }
}
