//! The line as it streams: the time of every step, the real-time factor, and the look-ahead measured from outside.

use std::time::Instant;

use anyhow::{Result, ensure};
use keyface_core::{HOP_SAMPLES, Line, SAMPLE_RATE_HZ, STEP_HOPS, Samples, Span, Step};
use serde::Serialize;

use crate::export::Packed;

const STEP_SAMPLES: usize = HOP_SAMPLES * STEP_HOPS;
/// A minute of sound tells the 99 % point from 30 steps.
const MOST_SAMPLES: usize = 60 * SAMPLE_RATE_HZ as usize;
/// Samples from this step on are changed: the line is well under way.
const CHANGED_STEP: usize = 50;

/// What streaming costs on the machine at hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamingReport {
    /// Steps of 20 ms that were timed.
    pub steps: usize,
    /// Median time of a step.
    pub p50_ms: f64,
    /// 95 % point.
    pub p95_ms: f64,
    /// 99 % point.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Wall time per time of sound.
    pub real_time_factor: f64,
    /// By how much later samples change a step: found by changing them.
    pub measured_look_ahead_ms: f64,
}

/// Streams sound through the line, a step at a time.
///
/// # Errors
/// When a network fails, or there are less than two seconds.
pub fn measure_streaming(packed: &Packed, sound: &[f32]) -> Result<StreamingReport> {
    let sound = &sound[..sound.len().min(MOST_SAMPLES)];
    ensure!(sound.len() >= 2 * CHANGED_STEP * STEP_SAMPLES, "expected two seconds of sound to stream, came less");
    let mut line = Line::new(packed.model()?);
    let mut times_ms = Vec::new();
    for block in sound.chunks_exact(STEP_SAMPLES) {
        let started = Instant::now();
        line.push(block).try_for_each(|step| step.map(drop))?;
        times_ms.push(1e3 * started.elapsed().as_secs_f64());
    }
    times_ms.sort_by(f64::total_cmp);
    let point = |share: f64| times_ms[((times_ms.len() - 1) as f64 * share).round() as usize];
    let sound_ms = f64::from(Samples((times_ms.len() * STEP_SAMPLES) as u64).span().as_ms());
    Ok(StreamingReport {
        steps: times_ms.len(),
        p50_ms: point(0.50),
        p95_ms: point(0.95),
        p99_ms: point(0.99),
        max_ms: point(1.0),
        real_time_factor: times_ms.iter().sum::<f64>() / sound_ms,
        measured_look_ahead_ms: 1e-3 * look_ahead(packed, sound)?.0 as f64,
    })
}

/// Changes all samples from a moment on; the first step that differs hears 20 ms of them, and describes a time that lies
/// the look-ahead before their end.
fn look_ahead(packed: &Packed, sound: &[f32]) -> Result<Span> {
    let sound = &sound[..2 * CHANGED_STEP * STEP_SAMPLES];
    let mut changed = sound.to_vec();
    changed[CHANGED_STEP * STEP_SAMPLES..].reverse();
    let (before, after) = (steps(packed, sound)?, steps(packed, &changed)?);
    let first = before.iter().zip(&after).find(|(a, b)| a != b);
    let Some((step, _)) = first else { anyhow::bail!("expected a change of the sound to show, it does nowhere") };
    Ok(Samples(((CHANGED_STEP + 1) * STEP_SAMPLES) as u64).time() - step.at)
}

fn steps(packed: &Packed, sound: &[f32]) -> Result<Vec<Step>> {
    Ok(Line::new(packed.model()?).push(sound).collect::<Result<_, _>>()?)
}
