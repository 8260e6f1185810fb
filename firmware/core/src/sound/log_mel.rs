//! Hops in, the networks' features out: log-mel relative to a causal level, and the level itself.

use super::mel::{MEL_BANDS, MelPower, MelPowers};
use crate::time::HOP_SAMPLES;
use crate::{Samples, Stage};

/// Values per frame: the mel bands and the level.
pub const FEATURES: usize = MEL_BANDS + 1;

/// One frame of features, about -2..=2 each; the last one is the level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelFrame(pub [f32; FEATURES]);

/// Mean square of the window over the sum of its band powers: sum of the squared Hann weights times half a transform.
const MEAN_SQUARE: f32 = 1.0 / (150.0 * 512.0);
/// Below this level (-65 dBFS) nothing is made louder: a quiet room stays quiet.
const FLOOR: f32 = 3.162_277_7e-7;
/// Share of the way that the level follows in one 10 ms hop: up in 80 ms, down in 4 s.
const RISE: f32 = 0.117_503_1;
const FALL: f32 = 0.002_496_88;
/// Added inside the logarithm: bands 50 dB below the level all look alike.
const DEPTH: f32 = 1e-5;
/// No band of samples in -2..=2 reaches this power.
const LOUDEST: f32 = 1e8;

/// The level of the speech so far: quick to rise, slow to fall, never below [`FLOOR`].
///
/// It divides every band, so that a voice 20 dB softer looks the same; a fan under speech stays small beside it.
#[derive(Clone, Copy, Debug)]
pub struct LevelFollower {
    level: f32,
}

impl LevelFollower {
    /// A follower at the floor.
    pub fn new() -> Self {
        LevelFollower { level: FLOOR }
    }
}

impl Default for LevelFollower {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage for LevelFollower {
    type Input = MelPowers;
    type Output = MelFrame;

    fn push(&mut self, powers: &MelPowers) -> Option<MelFrame> {
        let powers = powers.map(|power| if power.is_finite() { power.clamp(0.0, LOUDEST) } else { 0.0 });
        let now = powers.iter().sum::<f32>() * MEAN_SQUARE;
        let share = if now > self.level { RISE } else { FALL };
        self.level = (self.level + share * (now - self.level)).max(FLOOR);
        let scale = MEAN_SQUARE / self.level;
        let mut frame = [0.0; FEATURES];
        for (to, power) in frame.iter_mut().zip(&powers) {
            *to = (libm::logf(power * scale + DEPTH) + 7.0) / 2.5;
        }
        // -65 dBFS is -1, -20 dBFS about 1.
        frame[MEL_BANDS] = (libm::log10f(self.level) + 6.5) / 2.25 - 1.0;
        Some(MelFrame(frame))
    }

    fn latency(&self) -> Samples {
        Samples(0)
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

/// [`MelPower`] and [`LevelFollower`] in a row.
#[derive(Default)]
pub struct LogMel {
    powers: MelPower,
    level: LevelFollower,
}

impl LogMel {
    /// A front end that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Stage for LogMel {
    type Input = [f32; HOP_SAMPLES];
    type Output = MelFrame;

    fn push(&mut self, hop: &[f32; HOP_SAMPLES]) -> Option<MelFrame> {
        self.powers.push(hop).and_then(|powers| self.level.push(&powers))
    }

    fn latency(&self) -> Samples {
        Samples(0)
    }

    fn reset(&mut self) {
        self.powers.reset();
        self.level.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(gain: f32, hops: usize) -> MelFrame {
        let mut front = LogMel::new();
        let mut seed = 1u32;
        let mut last = MelFrame([0.0; FEATURES]);
        for _ in 0..hops {
            let hop = core::array::from_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                gain * (seed as f32 / u32::MAX as f32 - 0.5)
            });
            last = front.push(&hop).unwrap();
        }
        last
    }

    #[test]
    fn twenty_decibels_change_only_the_level() {
        let (loud, soft) = (noise(0.5, 300), noise(0.05, 300));
        for band in 0..MEL_BANDS {
            assert!((loud.0[band] - soft.0[band]).abs() < 0.02, "band {band}");
        }
        assert!(loud.0[MEL_BANDS] - soft.0[MEL_BANDS] > 0.8);
    }

    #[test]
    fn the_level_is_the_mean_square() {
        // Uniform noise of width 1 has a mean square of 1/12, -10.8 dBFS.
        let level_db = ((noise(1.0, 300).0[MEL_BANDS] + 1.0) * 2.25 - 6.5) * 10.0;
        assert!((level_db + 10.8).abs() < 1.0, "{level_db}");
    }

    #[test]
    fn a_quiet_room_is_not_made_loud() {
        let mean = noise(1e-4, 300).0[..MEL_BANDS].iter().sum::<f32>() / MEL_BANDS as f32;
        assert!(mean < noise(0.1, 300).0[..MEL_BANDS].iter().sum::<f32>() / MEL_BANDS as f32 - 1.0);
    }
}
