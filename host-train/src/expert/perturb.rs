//! True motion, spoiled as an animator spoils it: too large or too small, early or late, smeared, trembling, with contacts
//! missed. A reader that knows only the truth reads nothing else, and would guide nobody.

use keyface_core::{Motion, MotionChannel};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::data::Utterance;
use crate::space::rig14::PerChannel;

/// How strongly; probabilities are 0..=1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PerturbConfig {
    /// Smallest and largest gain of all channels.
    pub gain: (f32, f32),
    /// Gain of a channel by itself, plus or minus.
    pub channel_gain: f32,
    /// Largest shift of the motion, in hops of 10 ms.
    pub shift_hops: i32,
    /// Share of crops that are smeared, over 30, 50 or 90 ms.
    pub smear: f64,
    /// Share of contacts that are missed, in crops that miss any.
    pub missed: f64,
    /// Largest deviation of slow noise.
    pub noise: f32,
}

impl Default for PerturbConfig {
    fn default() -> Self {
        let (gain, channel_gain) = ((0.6, 1.4), 0.25);
        PerturbConfig { gain, channel_gain, shift_hops: 4, smear: 0.5, missed: 0.3, noise: 0.03 }
    }
}

/// Hops over which noise is smoothed.
const NOISE_HOPS: usize = 7;
/// Channels that make contacts.
const CONTACTS: [MotionChannel; 4] = [
    MotionChannel::MouthClose,
    MotionChannel::MouthPress,
    MotionChannel::MouthRollLower,
    MotionChannel::MouthRollUpper,
];

impl PerturbConfig {
    /// The motion of a crop, spoiled.
    pub fn spoil(&self, crop: &Utterance, rng: &mut ChaCha8Rng) -> Vec<Motion> {
        let mut motion = self.shifted(&crop.motion, rng);
        if rng.random_bool(0.5) {
            self.miss_contacts(&mut motion, crop, rng);
        }
        let all = rng.random_range(self.gain.0..=self.gain.1);
        let gains: PerChannel<f32> =
            std::array::from_fn(|_| all * (1.0 + rng.random_range(-self.channel_gain..=self.channel_gain)));
        motion.iter_mut().for_each(|pose| pose.0.iter_mut().zip(gains).for_each(|(weight, gain)| *weight *= gain));
        if rng.random_bool(self.smear) {
            motion = smeared(&motion, [3, 5, 9][rng.random_range(0..3)]);
        }
        let deviation = rng.random_range(0.0..=self.noise);
        let noise: Vec<Motion> = motion.iter().map(|_| tremble(deviation, rng)).collect();
        let noise = smeared(&noise, NOISE_HOPS);
        motion.iter_mut().zip(noise).for_each(|(pose, noise)| {
            pose.0.iter_mut().zip(noise.0).for_each(|(weight, noise)| *weight += noise);
        });
        motion
    }

    fn shifted(&self, motion: &[Motion], rng: &mut ChaCha8Rng) -> Vec<Motion> {
        let shift = rng.random_range(-self.shift_hops..=self.shift_hops);
        let last = motion.len() as i32 - 1;
        (0..=last).map(|hop| motion[(hop + shift).clamp(0, last) as usize]).collect()
    }

    /// Lips that come together only half, and a lip that stays off the teeth.
    fn miss_contacts(&self, motion: &mut [Motion], crop: &Utterance, rng: &mut ChaCha8Rng) {
        let mut from = 0;
        for run in crop.touches.chunk_by(|a, b| a == b) {
            let touches = run[0].lips || run[0].lip_teeth;
            if touches && rng.random_bool(self.missed) {
                let left = rng.random_range(0.3..0.8);
                for pose in &mut motion[from..from + run.len()] {
                    CONTACTS.into_iter().for_each(|channel| pose[channel] *= left);
                }
            }
            from += run.len();
        }
    }
}

/// White noise, so large that its mean over [`NOISE_HOPS`] has this deviation.
fn tremble(deviation: f32, rng: &mut ChaCha8Rng) -> Motion {
    let half = deviation * (3.0 * NOISE_HOPS as f32).sqrt();
    Motion(std::array::from_fn(|_| rng.random_range(-1.0..=1.0) * half))
}

/// The mean over so many hops around each; an odd number.
fn smeared(motion: &[Motion], hops: usize) -> Vec<Motion> {
    let mean = |at: usize| {
        let around = &motion[at.saturating_sub(hops / 2)..(at + hops / 2 + 1).min(motion.len())];
        Motion(std::array::from_fn(|c| around.iter().map(|pose| pose.0[c]).sum::<f32>() / around.len() as f32))
    };
    (0..motion.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::Touch;
    use rand_chacha::rand_core::SeedableRng;

    /// A second with a step of the jaw in its middle, and a contact before it.
    fn crop() -> Utterance {
        let mut crop = Utterance::silence(100);
        crop.motion[50..].iter_mut().for_each(|pose| pose[MotionChannel::JawOpen] = 0.5);
        crop.motion[20..40].iter_mut().for_each(|pose| pose[MotionChannel::MouthClose] = 0.4);
        crop.touches[20..40].fill(Touch { lips: true, lip_teeth: false });
        crop
    }

    fn nothing() -> PerturbConfig {
        PerturbConfig { gain: (1.0, 1.0), channel_gain: 0.0, shift_hops: 0, smear: 0.0, missed: 0.0, noise: 0.0 }
    }

    fn many(config: &PerturbConfig) -> Vec<Vec<Motion>> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        (0..200).map(|_| config.spoil(&crop(), &mut rng)).collect()
    }

    #[test]
    fn a_config_of_nothing_leaves_the_truth() {
        assert!(many(&nothing()).iter().all(|motion| *motion == crop().motion));
    }

    #[test]
    fn gains_and_shifts_stay_within_what_is_told() {
        let spoiled = many(&PerturbConfig { gain: (0.6, 1.4), shift_hops: 4, ..nothing() });
        let jaws: Vec<f32> = spoiled.iter().map(|motion| motion[99][MotionChannel::JawOpen]).collect();
        let (low, high) = jaws.iter().fold((1.0f32, 0.0f32), |(low, high), jaw| (low.min(*jaw), high.max(*jaw)));
        assert!((0.3..0.33).contains(&low) && (0.67..=0.7).contains(&high), "{low} {high}");
        let opens = |motion: &Vec<Motion>| motion.iter().position(|pose| pose[MotionChannel::JawOpen] > 0.0).unwrap();
        let at: std::collections::BTreeSet<usize> = spoiled.iter().map(opens).collect();
        assert_eq!(at, (46..=54).collect());
    }

    #[test]
    fn missed_contacts_do_not_close_and_the_rest_stays() {
        let spoiled = many(&PerturbConfig { missed: 1.0, ..nothing() });
        let closes: Vec<f32> = spoiled.iter().map(|motion| motion[30][MotionChannel::MouthClose]).collect();
        let missed = closes.iter().filter(|close| **close < 0.4 * 0.81).count();
        assert!((60..140).contains(&missed), "{missed} of 200: half of the crops");
        assert!(spoiled.iter().all(|motion| motion[70] == crop().motion[70]));
    }

    #[test]
    fn noise_has_the_deviation_that_is_told_at_most() {
        let spoiled = many(&PerturbConfig { noise: 0.03, ..nothing() });
        let squares: Vec<f32> = spoiled.iter().map(|motion| motion[10][MotionChannel::MouthSmile].powi(2)).collect();
        let rms = (squares.iter().sum::<f32>() / squares.len() as f32).sqrt();
        // Deviations are spread evenly up to 0.03: their mean square is a third of its.
        assert!((rms - 0.03 / 3f32.sqrt()).abs() < 0.004, "{rms}");
    }
}
