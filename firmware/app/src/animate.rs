//! A recording in, files out: the line as fast as the machine can.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use keyface_core::{HOP_SAMPLES, Line, Micros, STEP_HOPS, Samples, Step};

use crate::AppError;
use crate::ears::Sound;
use crate::out::Recorder;

/// Samples of one step.
pub(crate) const STEP_SAMPLES: usize = HOP_SAMPLES * STEP_HOPS;

/// Sends a whole recording through the line, and silence behind it until its end has come out.
/// `progress` is told the audio time that has been done.
///
/// # Errors
/// When a network fails, a file cannot be written, or `stop` is set: then no file is seen.
pub fn animate(
    sound: &Sound,
    line: &mut Line,
    mut recorder: Recorder,
    stop: &AtomicBool,
    mut progress: impl FnMut(Micros),
) -> Result<Vec<PathBuf>, AppError> {
    let end = sound.duration();
    let silence = vec![0.0; tail_samples(line)];
    let mut heard = Samples(0);
    for block in sound.samples.chunks(STEP_SAMPLES).chain(silence.chunks(STEP_SAMPLES)) {
        if heard.micros() < end {
            recorder.hear(block)?;
        }
        for step in steps(line, block)?.into_iter().flatten() {
            recorder.step(line, &step, Some(end))?;
        }
        if stop.load(Relaxed) {
            return Err(AppError::Stopped);
        }
        heard.0 += block.len() as u64;
        progress(heard.micros().min(end));
    }
    recorder.finish(end)
}

/// Silence that brings the last sound out of the line.
pub(crate) fn tail_samples(line: &Line) -> usize {
    let look_ahead = usize::try_from(line.look_ahead().0).unwrap_or(0);
    (look_ahead * keyface_core::SAMPLE_RATE_HZ as usize / 1_000_000).next_multiple_of(STEP_SAMPLES) + 2 * STEP_SAMPLES
}

/// The steps that a block of at most one step's length completes: one or none, two at a block's uneven edge.
fn steps(line: &mut Line, block: &[f32]) -> Result<[Option<Step>; 2], AppError> {
    let mut steps = [None; 2];
    let mut count = 0;
    line.push(block, |step| {
        steps[count.min(1)] = Some(*step);
        count += 1;
    })?;
    Ok(steps)
}
