//! A recording in, files out: lines as fast as the machine can.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use keyface_core::script::Observed;
use keyface_core::{AudioTime, HOP_SAMPLES, Hearings, Line, STEP_HOPS, Samples, Span};

use crate::AppError;
use crate::ears::{Ear, Heard};
use crate::out::Recorder;

/// How long to sleep when nothing has come in.
const NAP: Duration = Duration::from_millis(1);
/// Samples of one step.
pub(crate) const STEP_SAMPLES: usize = HOP_SAMPLES * STEP_HOPS;

/// Sends a recording through the lines as it is read, and silence behind it until its end has come out.
/// `progress` is told the audio time that has been done, and what share of all that is, if that is known. The second
/// value is how long the sound was.
///
/// # Errors
/// When it cannot be heard, a network fails, a file cannot be written, or `stop` is set: then no file is seen.
pub fn animate(
    ear: &mut dyn Ear,
    hearings: &mut Hearings,
    recorder: Recorder,
    stop: &AtomicBool,
    mut progress: impl FnMut(Span, Option<f32>),
) -> Result<(Vec<PathBuf>, Span), AppError> {
    let (mut work, mut heard, mut block) = (Work { hearings, recorder, stop }, Samples(0), Vec::new());
    loop {
        block.clear();
        match ear.read(&mut block)? {
            Heard::Sound => work.hear(&block)?,
            Heard::Nothing => work.wait()?,
            Heard::TurnEnd | Heard::End => break,
        }
        heard.0 += block.len() as u64;
        progress(heard.span(), ear.progress());
    }
    let end = heard.time();
    let silence = vec![0.0; tail_samples(work.hearings.line()) + work.hearings.delay()];
    work.push(&silence, Some(end))?;
    Ok((work.recorder.finish(end)?, end.since_start()))
}

/// What the line hears in a recording, step by step from its beginning to its end.
///
/// # Errors
/// When it cannot be heard or a network fails.
pub fn listen(ear: &mut dyn Ear, line: &mut Line) -> Result<Vec<Observed>, AppError> {
    let (mut heard, mut block, mut steps) = (Samples(0), Vec::new(), Vec::new());
    loop {
        block.clear();
        match ear.read(&mut block)? {
            Heard::Sound => observe(line, &block, &mut steps)?,
            Heard::Nothing => thread::sleep(NAP),
            Heard::TurnEnd | Heard::End => break,
        }
        heard.0 += block.len() as u64;
    }
    let silence = vec![0.0; tail_samples(line)];
    observe(line, &silence, &mut steps)?;
    steps.retain(|step| step.at > AudioTime(0) && step.at <= heard.time());
    Ok(steps)
}

fn observe(line: &mut Line, block: &[f32], steps: &mut Vec<Observed>) -> Result<(), AppError> {
    // A hop completes one step at most.
    for hop in block.chunks(HOP_SAMPLES) {
        let step = line.push(hop).last().transpose()?;
        steps.extend(step.map(|step| Observed { at: step.at, phones: line.heads().phones }));
    }
    Ok(())
}

/// What the sound goes through.
struct Work<'a> {
    hearings: &'a mut Hearings,
    recorder: Recorder,
    stop: &'a AtomicBool,
}

impl Work<'_> {
    /// A block of the sound.
    fn hear(&mut self, block: &[f32]) -> Result<(), AppError> {
        self.recorder.hear(block)?;
        self.push(block, None)
    }

    /// A block of any size, before the `end` or behind it.
    fn push(&mut self, block: &[f32], end: Option<AudioTime>) -> Result<(), AppError> {
        for hop in block.chunks(HOP_SAMPLES) {
            if let Some(step) = self.hearings.push(hop)? {
                self.recorder.step(self.hearings.line(), &step, end)?;
                self.check()?;
            }
        }
        Ok(())
    }

    fn wait(&self) -> Result<(), AppError> {
        thread::sleep(NAP);
        self.check()
    }

    fn check(&self) -> Result<(), AppError> {
        if self.stop.load(Relaxed) { Err(AppError::Stopped) } else { Ok(()) }
    }
}

/// Silence that brings the last sound out of the line.
pub(crate) fn tail_samples(line: &Line) -> usize {
    let look_ahead = usize::try_from(line.look_ahead().0).unwrap_or(0);
    (look_ahead * keyface_core::SAMPLE_RATE_HZ as usize / 1_000_000).next_multiple_of(STEP_SAMPLES) + 2 * STEP_SAMPLES
}
