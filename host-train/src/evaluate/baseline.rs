//! What every puppet does: volume to jaw. The loudness of the last 20 ms opens the mouth.

use keyface_core::{AudioTime, Motion, MotionChannel, Viseme};

use super::hear::Track;
use super::score::Events;
use crate::clip::Clip;

/// Samples in one decision.
const BLOCK: usize = 320;
/// Decibels below the loudest so far at which the mouth shuts, and at which it opens wide.
const SHUT_DB: f32 = -30.0;
const WIDE_DB: f32 = -12.0;

/// What stands beside every mouth, for each clip: volume to jaw, a still mouth, the labels themselves.
pub fn mouths<'a>(clips: impl Iterator<Item = &'a Clip> + Clone) -> [(String, Vec<Events>); 3] {
    let labels = |clip: &Clip| clip.phones.iter().map(|s| (AudioTime::from_s(s.start_s), s.phone.viseme())).collect();
    [
        ("volume-to-jaw".into(), clips.clone().map(|clip| volume_to_jaw(&clip.samples)).collect()),
        ("still mouth".into(), clips.clone().map(|_| Events::new()).collect()),
        ("labels themselves".into(), clips.map(labels).collect()),
    ]
}

/// Visemes of a mouth that follows the volume, with the times at which a live face could show them.
pub fn volume_to_jaw(samples: &[f32]) -> Events {
    let mut loudest = 1e-3f32;
    let blocks = samples.chunks_exact(BLOCK).enumerate();
    blocks
        .map(|(n, block)| {
            let rms = (block.iter().map(|s| s * s).sum::<f32>() / BLOCK as f32).sqrt();
            loudest = loudest.max(rms);
            (AudioTime::from_ms((n as i64 + 1) * 20), viseme(20.0 * (rms / loudest).max(1e-9).log10()))
        })
        .collect()
}

/// The same as a track of motion, late by nothing: it is given the look-ahead of a model for free.
pub fn jaw_track(samples: &[f32]) -> Track {
    let opening = |viseme: Viseme| match viseme {
        Viseme::Aa => 0.25,
        Viseme::Ih => 0.1,
        _ => 0.0,
    };
    let pose = |(_, viseme): &(AudioTime, Viseme)| {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = opening(*viseme);
        motion
    };
    volume_to_jaw(samples).iter().map(pose).collect()
}

fn viseme(below_loudest_db: f32) -> Viseme {
    match below_loudest_db {
        db if db < SHUT_DB => Viseme::Sil,
        db if db < WIDE_DB => Viseme::Ih,
        _ => Viseme::Aa,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_is_open_and_quiet_is_shut() {
        let samples: Vec<f32> = (0..3200).map(|n| if n < 1600 { 0.0 } else { (n as f32).sin() }).collect();
        let events = volume_to_jaw(&samples);
        assert_eq!((events[2].1, events[8].1), (Viseme::Sil, Viseme::Aa));
        let jaw = |frame: usize| jaw_track(&samples)[frame][MotionChannel::JawOpen];
        assert_eq!((jaw(2), jaw(8)), (0.0, 0.25));
    }
}
