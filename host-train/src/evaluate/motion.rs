//! Motion against the truth: all channels together, and the channel of the lips that is farthest off.

use keyface_core::{MOTION_CHANNELS, Motion, MotionChannel};
use serde::Serialize;

/// Distances in channel weights (1 is the channel's whole range).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MotionScore {
    /// Root mean square over all channels and steps.
    pub rms: f64,
    /// Mean over the steps of the largest distance of any channel of the jaw and the lips.
    pub worst_lip: f64,
}

impl MotionScore {
    /// Over pairs of prediction and truth of equal length; `None` without a single step.
    pub fn of(pairs: &[(Vec<Motion>, Vec<Motion>)]) -> Option<Self> {
        let steps = || pairs.iter().flat_map(|(p, t)| p.iter().zip(t));
        let count = steps().count();
        let square =
            |(p, t): (&Motion, &Motion)| p.0.iter().zip(t.0).map(|(p, t)| f64::from(p - t).powi(2)).sum::<f64>();
        let worst = |(p, t): (&Motion, &Motion)| {
            let lips = 0..MotionChannel::TongueOut as usize;
            lips.map(|c| f64::from(p.0[c] - t.0[c]).abs()).fold(0.0, f64::max)
        };
        (count > 0).then(|| MotionScore {
            rms: (steps().map(square).sum::<f64>() / (count * MOTION_CHANNELS) as f64).sqrt(),
            worst_lip: steps().map(worst).sum::<f64>() / count as f64,
        })
    }

    /// The mean motion of all steps.
    pub fn mean_of(tracks: &[Vec<Motion>]) -> Motion {
        let count = tracks.iter().map(Vec::len).sum::<usize>().max(1) as f32;
        let mut mean = Motion::REST;
        for motion in tracks.iter().flatten() {
            mean.0.iter_mut().zip(motion.0).for_each(|(m, v)| *m += v / count);
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_channel_off_by_a_tenth() {
        let mut off = Motion::REST;
        off[MotionChannel::JawOpen] = 0.1;
        let score = MotionScore::of(&[(vec![off], vec![Motion::REST])]).unwrap();
        assert!((score.worst_lip - 0.1).abs() < 1e-6);
        assert!((score.rms - 0.1 / (MOTION_CHANNELS as f64).sqrt()).abs() < 1e-6);
        assert!(MotionScore::of(&[]).is_none());
    }
}
