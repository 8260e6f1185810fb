//! The parts of a step, each alone, and the floors of both networks.

use std::time::Instant;

use keyface_core::completion::Completion;
use keyface_core::contact::with_contacts;
use keyface_core::flow::{FLOW, KeyTracker};
use keyface_core::heads::HEADS;
use keyface_core::{
    AudioTime, FEATURES, HOP_SAMPLES, Heads, Hops, LogMel, MOTION_CHANNELS, Model, Motion, MouthDecoder, Net,
    STEP_HOPS, Span, Stage, StepNet,
};
use serde::Serialize;

use super::clock::{StepTimes, ms};
use super::floor::Floor;
use super::machine::Peaks;
use crate::AppError;
use crate::animate::STEP_SAMPLES;

/// Steps that each part is timed for.
const STEPS: usize = 2_000;
/// Span of a step.
const STEP: Span = Hops(STEP_HOPS as u64).span();

/// The parts of a step, each alone.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stages {
    /// The front end: two frames of log-mel.
    pub log_mel: StepTimes,
    /// The first network.
    pub key_motion: StepTimes,
    /// The second network.
    pub completion: StepTimes,
    /// Everything between and behind the networks: mouth, keys and their flow, contacts, caps on speed.
    pub mouth: StepTimes,
    /// Loudness to jaw, the simplest talking face, on the same machine.
    pub volume_to_jaw: StepTimes,
    /// What the first network must take at least.
    pub key_motion_floor: Floor,
    /// What the second network must take at least.
    pub completion_floor: Floor,
}

impl Stages {
    pub(super) fn measure(mut model: Model, sound: &[f32], peaks: Peaks) -> Result<Stages, AppError> {
        let mut mel = LogMel::new();
        let log_mel = timed(sound, |block| {
            for hop in block.as_chunks::<HOP_SAMPLES>().0 {
                std::hint::black_box(mel.push(hop));
            }
            Ok(())
        })?;
        let features = [0.1; STEP_HOPS * FEATURES];
        let (mut heads, mut trunk) = ([0.0; HEADS], vec![0.0; model.card.trunk_width]);
        let key_motion = timed(sound, |_| Ok(model.key_motion.run(&[&features], &mut [&mut heads, &mut trunk])?))?;
        let flow = vec![0.1; FLOW];
        let (mut motion, mut g) = ([0.0; MOTION_CHANNELS], [0.0]);
        let completion = timed(sound, |_| Ok(model.completion.run(&[&flow, &trunk], &mut [&mut motion, &mut g])?))?;
        let files = &model.card.files;
        let floor = |net: &StepNet, precision, times| Floor::of(net.cost(), 1, precision, peaks, times);
        Ok(Stages {
            log_mel,
            key_motion,
            completion,
            mouth: mouth(&model, sound, &heads, &Motion(motion))?,
            volume_to_jaw: volume(sound)?,
            key_motion_floor: floor(&model.key_motion, files.key_motion.precision, &key_motion),
            completion_floor: floor(&model.completion, files.completion.precision, &completion),
        })
    }
}

fn mouth(model: &Model, sound: &[f32], raw: &[f32; HEADS], motion: &Motion) -> Result<StepTimes, AppError> {
    let decode = model.card.decode;
    let mut mouth = MouthDecoder::new(decode, STEP.as_ms());
    let mut keys = KeyTracker::new(decode.key_threshold, Span((decode.key_refractory_ms * 1_000.0) as i64));
    let (mut completion, mut now) = (Completion::new(), AudioTime(0));
    timed(sound, |_| {
        now = now + STEP;
        let heads = Heads::from_raw(std::hint::black_box(raw));
        let state = mouth.push(&heads);
        std::hint::black_box(keys.push(now, STEP, &heads));
        std::hint::black_box(completion.push(now, &with_contacts(motion.bounded(), &state)));
        Ok(())
    })
}

fn volume(sound: &[f32]) -> Result<StepTimes, AppError> {
    let mut jaw = 0.0;
    timed(sound, |block| {
        jaw = volume_to_jaw(jaw, std::hint::black_box(block));
        std::hint::black_box(jaw);
        Ok(())
    })
}

fn timed(sound: &[f32], mut run: impl FnMut(&[f32]) -> Result<(), AppError>) -> Result<StepTimes, AppError> {
    let mut times = Vec::with_capacity(STEPS);
    for block in sound.chunks_exact(STEP_SAMPLES).cycle().take(STEPS) {
        let start = Instant::now();
        run(block)?;
        times.push(ms(start));
    }
    Ok(StepTimes::of(times))
}

/// What most talking robots do: the jaw follows the loudness of the last 20 ms.
fn volume_to_jaw(jaw: f32, block: &[f32]) -> f32 {
    let mean_square = block.iter().map(|s| s * s).sum::<f32>() / block.len().max(1) as f32;
    jaw + 0.5 * ((mean_square.sqrt() * 5.0).min(1.0) - jaw)
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
}
