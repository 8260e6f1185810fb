//! Rows of sound and their labels at 100 Hz: what a prepared clip is in memory, and what augmentation bends.

use keyface_core::{MEL_BANDS, MelPowers, Motion, Phone};

use crate::prepare::Prepared;

/// Sound and labels of one stretch of time, a row per 10 ms hop.
#[derive(Clone, Debug, Default)]
pub struct Utterance {
    /// Mel powers of the window that ends with the hop.
    pub powers: Vec<MelPowers>,
    /// Phone in the hop's middle.
    pub phones: Vec<Phone>,
    /// Pose at the hop's end.
    pub motion: Vec<Motion>,
    /// Times of the key motions in hops from the start, strictly increasing.
    pub keys: Vec<f32>,
    /// Corpus and id of the clip, where it is one whole clip.
    pub source: Option<(String, String)>,
}

impl From<Prepared> for Utterance {
    fn from(clip: Prepared) -> Self {
        let keys = clip.keys_s.iter().map(|s| (s * 100.0) as f32).collect();
        let source = Some((clip.corpus, clip.id));
        Utterance { powers: clip.mel_power, phones: clip.phones, motion: clip.motion, keys, source }
    }
}

impl Utterance {
    /// Number of hops.
    pub fn len(&self) -> usize {
        self.powers.len()
    }

    /// Whether there is no hop at all.
    pub fn is_empty(&self) -> bool {
        self.powers.is_empty()
    }

    /// `hops` of digital silence with the mouth at rest.
    pub fn silence(hops: usize) -> Self {
        Utterance {
            powers: vec![[0.0; MEL_BANDS]; hops],
            phones: vec![Phone::SIL; hops],
            motion: vec![Motion::REST; hops],
            ..Utterance::default()
        }
    }

    /// Adds another stretch behind this one.
    pub fn append(&mut self, other: &Utterance) {
        let offset = self.len() as f32;
        self.keys.extend(other.keys.iter().map(|k| k + offset));
        self.powers.extend_from_slice(&other.powers);
        self.phones.extend_from_slice(&other.phones);
        self.motion.extend_from_slice(&other.motion);
    }

    /// The `hops` rows from `start` on; what lies beyond the end is silence.
    pub fn crop(&self, start: usize, hops: usize) -> Self {
        let end = (start + hops).min(self.len());
        let rows = start.min(end)..end;
        let mut out = Utterance {
            powers: self.powers[rows.clone()].to_vec(),
            phones: self.phones[rows.clone()].to_vec(),
            motion: self.motion[rows.clone()].to_vec(),
            ..Utterance::default()
        };
        let span = start as f32..(start + hops) as f32;
        out.keys = self.keys.iter().filter(|k| span.contains(*k)).map(|k| k - start as f32).collect();
        out.append(&Utterance::silence(hops - rows.len()));
        out
    }

    /// Spoken `speed` times as fast; rows are interpolated, labels taken from the nearest row.
    pub fn at_speed(&self, speed: f32) -> Self {
        let hops = (self.len() as f32 / speed) as usize;
        let source = |h: usize| (h as f32 * speed).min(self.len() as f32 - 1.0);
        let near = |h: usize| source(h).round() as usize;
        Utterance {
            powers: (0..hops).map(|h| between(&self.powers, source(h))).collect(),
            phones: (0..hops).map(|h| self.phones[near(h)]).collect(),
            motion: (0..hops).map(|h| self.motion[near(h)]).collect(),
            keys: self.keys.iter().map(|k| k / speed).collect(),
            source: None,
        }
    }

    /// Mean square of the hops in which somebody speaks; the units are those of the powers.
    pub fn speech_power(&self) -> f32 {
        let spoken = self.powers.iter().zip(&self.phones).filter(|(_, phone)| **phone != Phone::SIL);
        let (sum, count) = spoken.fold((0.0, 0), |(s, n), (row, _)| (s + row.iter().sum::<f32>(), n + 1));
        if count == 0 { 0.0 } else { sum / count as f32 }
    }
}

fn between(rows: &[MelPowers], at: f32) -> MelPowers {
    let low = at as usize;
    let high = (low + 1).min(rows.len() - 1);
    let share = at - low as f32;
    std::array::from_fn(|b| rows[low][b] + share * (rows[high][b] - rows[low][b]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(hops: usize) -> Utterance {
        Utterance { phones: vec![Phone::AA; hops], keys: vec![hops as f32 / 2.0], ..Utterance::silence(hops) }
    }

    #[test]
    fn twice_the_speed_is_half_the_length() {
        let fast = spoken(100).at_speed(2.0);
        assert_eq!((fast.len(), fast.keys[0]), (50, 25.0));
    }

    #[test]
    fn a_crop_beyond_the_end_is_silence() {
        let crop = spoken(10).crop(4, 20);
        assert_eq!(crop.len(), 20);
        assert_eq!(crop.keys, [1.0]);
        assert_eq!((crop.phones[5], crop.phones[6]), (Phone::AA, Phone::SIL));
    }

    #[test]
    fn appended_keys_move_along() {
        let mut two = spoken(10);
        two.append(&spoken(10));
        assert_eq!(two.keys, [5.0, 15.0]);
    }
}
