//! Rows of sound and their labels at 100 Hz: what a prepared clip is in memory, and what augmentation bends.

use std::ops::Range;

use keyface_core::{MEL_BANDS, MelPowers, Motion, Phone};
use keyface_sound::said::Interval;

use super::heard::Heard;
use crate::clip::words_between;
use crate::prepare::Prepared;
use crate::truth::Touch;

/// Sound and labels of one stretch of time, a row per 10 ms hop.
#[derive(Clone, Debug, Default)]
pub struct Utterance {
    /// Mel powers of the window that ends with the hop.
    pub powers: Vec<MelPowers>,
    /// Phone in the hop's middle.
    pub phones: Vec<Phone>,
    /// Pose at the hop's end.
    pub motion: Vec<Motion>,
    /// Contacts at the hop's end.
    pub touches: Vec<Touch>,
    /// Times of the key motions in hops from the start, strictly increasing.
    pub keys: Vec<f32>,
    /// Words and their times from the start, as far as they are known.
    pub words: Vec<Interval>,
    /// What another ear heard, where one was asked.
    pub heard: Heard,
    /// Corpus and id of the clip, where it is one whole clip.
    pub source: Option<(String, String)>,
    /// Who speaks in it, where it is one whole clip.
    pub speaker: String,
    /// Whether the microphone has long heard sound like this: the level has settled before the first row.
    pub settled: bool,
    /// Bands whose features training leaves out (Park et al. 2019).
    pub masked: Range<usize>,
}

impl From<Prepared> for Utterance {
    /// The clip as it was recorded.
    fn from(clip: Prepared) -> Self {
        let keys = clip.keys_s.iter().map(|s| (s * 100.0) as f32).collect();
        let Prepared { corpus, id, speaker, mel_power: powers, phones, motion, touches, words, .. } = clip;
        let source = Some((corpus, id));
        Utterance { powers, phones, motion, touches, keys, words, source, speaker, ..Utterance::default() }
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
            touches: vec![Touch::default(); hops],
            ..Utterance::default()
        }
    }

    /// Adds another stretch behind this one.
    pub fn append(&mut self, other: &Utterance) {
        let offset = self.len() as f32;
        self.heard.append(self.len(), &other.heard, other.len());
        self.keys.extend(other.keys.iter().map(|k| k + offset));
        let offset_s = seconds(self.len());
        self.words.extend(other.words.iter().map(|word| word.at(|time_s| time_s + offset_s)));
        self.powers.extend_from_slice(&other.powers);
        self.phones.extend_from_slice(&other.phones);
        self.motion.extend_from_slice(&other.motion);
        self.touches.extend_from_slice(&other.touches);
    }

    /// The `hops` rows from `start` on; what lies beyond the end is silence.
    pub fn crop(&self, start: usize, hops: usize) -> Self {
        let end = (start + hops).min(self.len());
        let rows = start.min(end)..end;
        let mut out = Utterance {
            powers: self.powers[rows.clone()].to_vec(),
            phones: self.phones[rows.clone()].to_vec(),
            motion: self.motion[rows.clone()].to_vec(),
            touches: self.touches[rows.clone()].to_vec(),
            heard: self.heard.rows(rows.clone()),
            words: words_between(&self.words, seconds(start), seconds(start + hops)),
            ..Utterance::default()
        };
        let span = start as f32..(start + hops) as f32;
        out.keys = self.keys.iter().filter(|k| span.contains(*k)).map(|k| k - start as f32).collect();
        out.append(&Utterance::silence(hops - rows.len()));
        out
    }

    /// The same with pauses of at most `most` hops: the middle of a longer one is cut out.
    pub fn with_pauses_of(&self, most: usize) -> Self {
        let mut out = Utterance { source: self.source.clone(), speaker: self.speaker.clone(), ..Utterance::default() };
        let mut start = 0;
        for run in self.phones.chunk_by(|a, b| (*a == Phone::SIL) == (*b == Phone::SIL)) {
            if run[0] == Phone::SIL && run.len() > most {
                out.append(&self.crop(start, most.div_ceil(2)));
                out.append(&self.crop(start + run.len() - most / 2, most / 2));
            } else {
                out.append(&self.crop(start, run.len()));
            }
            start += run.len();
        }
        out
    }

    /// Hops in which somebody speaks.
    pub fn speech_hops(&self) -> usize {
        self.phones.iter().filter(|phone| **phone != Phone::SIL).count()
    }

    /// Spoken `speed` times as fast; sound and motion are interpolated, labels taken from the nearest row.
    pub fn at_speed(&self, speed: f32) -> Self {
        let hops = (self.len() as f32 / speed) as usize;
        let source = |h: usize| (h as f32 * speed).min(self.len() as f32 - 1.0);
        let near = |h: usize| source(h).round() as usize;
        Utterance {
            powers: (0..hops).map(|h| between(|row| &self.powers[row], self.len(), source(h))).collect(),
            phones: (0..hops).map(|h| self.phones[near(h)]).collect(),
            motion: (0..hops).map(|h| Motion(between(|row| &self.motion[row].0, self.len(), source(h)))).collect(),
            touches: (0..hops).map(|h| self.touches[near(h)]).collect(),
            keys: self.keys.iter().map(|k| k / speed).collect(),
            words: self.words.iter().map(|word| word.at(|time_s| time_s / f64::from(speed))).collect(),
            heard: self.heard.at((0..hops).map(source)),
            ..Utterance::default()
        }
    }

    /// Mean square of the hops in which somebody speaks; the units are those of the powers.
    pub fn speech_power(&self) -> f32 {
        let spoken = self.powers.iter().zip(&self.phones).filter(|(_, phone)| **phone != Phone::SIL);
        let (sum, count) = spoken.fold((0.0, 0), |(s, n), (row, _)| (s + row.iter().sum::<f32>(), n + 1));
        if count == 0 { 0.0 } else { sum / count as f32 }
    }
}

fn seconds(hops: usize) -> f64 {
    hops as f64 * 0.010
}

fn between<'a, const WIDTH: usize>(row: impl Fn(usize) -> &'a [f32; WIDTH], rows: usize, at: f32) -> [f32; WIDTH] {
    let low = at as usize;
    let (from, to, share) = (row(low), row((low + 1).min(rows - 1)), at - low as f32);
    std::array::from_fn(|n| from[n] + share * (to[n] - from[n]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(hops: usize) -> Utterance {
        let words = vec![Interval { start_s: 0.0, end_s: seconds(hops), text: "ah".into() }];
        Utterance { phones: vec![Phone::AA; hops], keys: vec![hops as f32 / 2.0], words, ..Utterance::silence(hops) }
    }

    #[test]
    fn twice_the_speed_is_half_the_length() {
        let fast = spoken(100).at_speed(2.0);
        assert_eq!((fast.len(), fast.keys[0], fast.words[0].end_s), (50, 25.0, 0.5));
    }

    #[test]
    fn slow_motion_has_no_stairs() {
        let mut talk = spoken(100);
        (0..100).for_each(|row| talk.motion[row].0[0] = row as f32 * 0.01);
        let slow = talk.at_speed(0.8);
        let steps: Vec<f32> = slow.motion[1..100].windows(2).map(|w| w[1].0[0] - w[0].0[0]).collect();
        assert!(steps.iter().all(|step| (step - 0.008).abs() < 1e-5), "{steps:?}");
    }

    #[test]
    fn a_long_pause_loses_its_middle_and_speech_keeps_its_keys() {
        let mut talk = Utterance::silence(100);
        talk.append(&spoken(30));
        talk.append(&Utterance::silence(10));
        let short = talk.with_pauses_of(20);
        assert_eq!((short.len(), short.speech_hops(), short.keys[0]), (60, 30, 35.0));
        assert!((short.words[0].start_s - 0.2).abs() < 1e-9 && (short.words[0].end_s - 0.5).abs() < 1e-9);
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
