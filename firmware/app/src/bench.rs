//! How much of a machine the line needs: time of a step and of its parts beside what the machine could do at best,
//! CPU per second of audio, memory, time to the first step; a board's budgets and variants of the model beside it.

mod advice;
mod beside;
mod budget;
mod circumstances;
mod clock;
mod floor;
mod living;
mod machine;
mod picture;
mod row;
mod stages;
mod table;

use std::time::Instant;

use keyface_core::{Line, Model, SAMPLE_RATE_HZ, Samples, Span};
use serde::Serialize;

pub use beside::{Difference, VariantReport};
pub use budget::BoardReport;
pub use clock::StepTimes;
pub use floor::Floor;
pub use living::LivingFace;
pub use machine::Peaks;
pub use picture::Pictures;
pub use row::{Row, Verdict};
pub use stages::Stages;

use crate::AppError;
use crate::animate::STEP_SAMPLES;
use crate::board::Board;
use crate::chance::Chance;
use clock::ms;

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
    /// The model's reading, checking and loading.
    pub load_ms: f64,
    /// A step of the whole line.
    pub line: StepTimes,
    /// Its parts, each alone.
    #[serde(flatten)]
    pub stages: Stages,
    /// What this machine reaches at best.
    pub peaks: Peaks,
    /// Median step of the line in median steps of `log_mel`: comparable between machines.
    pub line_in_log_mels: f64,
    /// CPU seconds of all threads for a second of sound; `None` where the system does not tell.
    pub cpu_s_per_audio_s: Option<f64>,
    /// Memory in use at the end of the run, pictures included; `None` where the system does not tell.
    pub rss_mb: Option<f64>,
    /// Size of this program's file.
    pub program_mb: Option<f64>,
    /// The model and, beside it, what was asked for; empty where nothing was.
    pub variants: Vec<VariantReport>,
    /// Pictures as the board's screen wants them; `None` without a board or its screen.
    pub pictures: Option<Pictures>,
    /// What the board allows, beside what was measured; `None` without a board.
    pub board: Option<BoardReport>,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Name or folder of the model.
    pub model: &'a str,
    /// Seconds of sound for the line.
    pub seconds: u32,
    /// Names or folders of variants of the model.
    pub beside: Vec<&'a str>,
    /// Speech at 16 kHz that the variants are compared on.
    pub sound: Option<&'a [f32]>,
    /// Whose budgets hold, and whose pictures are drawn.
    pub board: Option<&'a Board>,
    /// When the program began.
    pub started: Instant,
}

/// Measures what `plan` says; `progress` is told the sound that the line has heard.
///
/// # Errors
/// When a model cannot be loaded or a network fails.
pub fn bench(plan: &Plan, mut progress: impl FnMut(Span)) -> Result<BenchReport, AppError> {
    let loading = Instant::now();
    let model = crate::model::load(plan.model)?;
    let load_ms = ms(loading);
    let name = format!("{} {}", model.card.name, model.card.version);
    let sound = noise(plan.seconds as usize * SAMPLE_RATE_HZ as usize);
    let heard = hear(model, &sound, plan.started, &mut progress)?;
    let pictures = plan.board.and_then(|board| Pictures::measure(&board.display).transpose()).transpose()?;
    let rss_mb = pictures.map_or_else(machine::rss_mb, |pictures| pictures.rss_mb);
    let peaks = Peaks::measure()?;
    let stages = Stages::measure(crate::model::load(plan.model)?, &sound, peaks)?;
    let folders: Vec<&str> = std::iter::once(plan.model).chain(plan.beside.iter().copied()).collect();
    let variants = if plan.beside.is_empty() { vec![] } else { beside::beside(&folders, plan.sound, peaks)? };
    let steps = heard.times_ms.len();
    let audio_s = Samples((steps * STEP_SAMPLES) as u64).span().as_s();
    let line = StepTimes::of(heard.times_ms);
    let report = BenchReport {
        model: name,
        audio_s,
        steps,
        first_step_ms: heard.first_step_ms,
        load_ms,
        line,
        line_in_log_mels: line.p50_ms / stages.log_mel.p50_ms,
        stages,
        peaks,
        cpu_s_per_audio_s: heard.cpu_s.map(|cpu_s| cpu_s / audio_s),
        rss_mb,
        program_mb: machine::program_mb(),
        variants,
        pictures,
        board: None,
    };
    let board = plan.board.map(|board| BoardReport::of(board, &report)).transpose()?;
    Ok(BenchReport { board, ..report })
}

/// What the line took for a sound.
struct Heard {
    times_ms: Vec<f64>,
    first_step_ms: f64,
    cpu_s: Option<f64>,
}

fn hear(model: Model, sound: &[f32], started: Instant, progress: &mut impl FnMut(Span)) -> Result<Heard, AppError> {
    let mut line = Line::new(model);
    let mut first_step_ms = None;
    let (cpu_before, mut times_ms, mut heard) = (machine::cpu_seconds(), Vec::new(), Samples(0));
    for block in sound.chunks_exact(STEP_SAMPLES) {
        let start = Instant::now();
        for step in line.push(block) {
            step?;
            first_step_ms.get_or_insert_with(|| ms(started));
        }
        times_ms.push(ms(start));
        heard.0 += block.len() as u64;
        progress(heard.span());
    }
    let cpu_s = cpu_before.zip(machine::cpu_seconds()).map(|(before, after)| after - before);
    Ok(Heard { times_ms, first_step_ms: first_step_ms.unwrap_or_default(), cpu_s })
}

/// The same bursts of noise each time, half a second each, between pauses.
fn noise(samples: usize) -> Vec<f32> {
    let (mut chance, burst) = (Chance(1), SAMPLE_RATE_HZ as usize / 2);
    (0..samples).map(|n| chance.signed() * if (n / burst).is_multiple_of(2) { 0.2 } else { 0.001 }).collect()
}
