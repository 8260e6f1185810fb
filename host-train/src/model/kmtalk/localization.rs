//! Which frames are key frames: aligned phones, the network's own ear, evenly spread, or aligned and then disturbed.

use rand::Rng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Where key frames come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Localization {
    /// The boundaries of the aligned phones.
    #[default]
    Oracle,
    /// Peaks of the network's own localizer.
    Recognized,
    /// As many as the oracle, evenly spread.
    Uniform,
    /// The oracle's, so many steps late.
    Shifted(usize),
    /// The oracle's without this share of them.
    Dropped(f64),
    /// The oracle's with this share more, anywhere else.
    Inserted(f64),
}

/// Probability above which a peak is a key.
const PEAK: f32 = 0.3;

impl Localization {
    /// Key frames of a clip of `time` steps, given the oracle's and the probability of a key at each step.
    pub fn frames(self, oracle: &[usize], probability: &[f32], time: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
        match self {
            Localization::Oracle => oracle.to_vec(),
            Localization::Recognized => peaks(probability, PEAK),
            Localization::Uniform => uniform(oracle.len(), time),
            Localization::Shifted(late) => oracle.iter().map(|key| key + late).filter(|key| *key < time).collect(),
            Localization::Dropped(share) => dropped(oracle, share, rng),
            Localization::Inserted(share) => inserted(oracle, share, time, rng),
        }
    }
}

/// Local maxima above a threshold.
pub fn peaks(probability: &[f32], threshold: f32) -> Vec<usize> {
    let at = |step: Option<usize>| step.and_then(|s| probability.get(s)).copied().unwrap_or(f32::NEG_INFINITY);
    let is_peak = |step: &usize| {
        let here = probability[*step];
        here > threshold && here > at(step.checked_sub(1)) && here >= at(Some(step + 1))
    };
    (0..probability.len()).filter(is_peak).collect()
}

/// The middles of `count` equal parts.
fn uniform(count: usize, time: usize) -> Vec<usize> {
    let count = count.min(time);
    (0..count).map(|k| (2 * k + 1) * time / (2 * count)).collect()
}

fn dropped(keys: &[usize], share: f64, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let gone = sample(rng, keys.len(), part(keys.len(), share)).into_vec();
    keys.iter().enumerate().filter(|(k, _)| !gone.contains(k)).map(|(_, key)| *key).collect()
}

fn inserted(keys: &[usize], share: f64, time: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut all = keys.to_vec();
    let wanted = (keys.len() + part(keys.len(), share)).min(time);
    while all.len() < wanted {
        let key = rng.random_range(0..time);
        if !all.contains(&key) {
            all.push(key);
        }
    }
    all.sort_unstable();
    all
}

fn part(count: usize, share: f64) -> usize {
    (count as f64 * share).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    const KEYS: [usize; 10] = [0, 3, 5, 9, 10, 20, 22, 30, 41, 49];

    fn frames(localization: Localization) -> Vec<usize> {
        localization.frames(&KEYS, &[], 50, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn peaks_are_higher_than_what_is_beside_them() {
        assert_eq!(peaks(&[0.9, 0.2, 0.4, 0.4, 0.1, 0.2, 0.5], 0.3), [0, 2, 6]);
    }

    #[test]
    fn late_keys_that_leave_the_clip_are_gone() {
        assert_eq!(frames(Localization::Shifted(2)), [2, 5, 7, 11, 12, 22, 24, 32, 43]);
    }

    #[test]
    fn uniform_keys_are_as_many_and_evenly_spread() {
        assert_eq!(frames(Localization::Uniform), [2, 7, 12, 17, 22, 27, 32, 37, 42, 47]);
    }

    #[test]
    fn a_fifth_dropped_leaves_eight_of_ten() {
        let kept = frames(Localization::Dropped(0.2));
        assert_eq!(kept.len(), 8);
        assert!(kept.iter().all(|key| KEYS.contains(key)) && kept.is_sorted());
    }

    #[test]
    fn three_tenths_inserted_leave_all_ten_and_three_more() {
        let more = frames(Localization::Inserted(0.3));
        assert_eq!(more.len(), 13);
        assert!(KEYS.iter().all(|key| more.contains(key)));
        assert!(more.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
