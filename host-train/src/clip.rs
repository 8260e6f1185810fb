//! The common clip: what every corpus format yields.

use keyface_core::Phone;
use keyface_sound::said::Interval;
use serde::Deserialize;

pub use keyface_core::script::Segment;

/// Which side of the wall a clip stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Trained on.
    Train,
    /// Chooses the checkpoint and the decoder's numbers; never trained on.
    Valid,
    /// Only ever reported.
    Eval,
}

/// One utterance: audio at 16 kHz mono and its phones, which cover it without gaps.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Unique within its corpus.
    pub id: String,
    /// Who speaks (a voice's name, or a corpus' one name for "unknown").
    pub speaker: String,
    /// Where it belongs.
    pub split: Split,
    /// Samples in -1..=1 at 16 kHz.
    pub samples: Vec<f32>,
    /// Phones in order, without gaps, from 0 to the end.
    pub phones: Vec<Segment>,
    /// Words in order, as far as they are known; pauses are left out.
    pub words: Vec<Interval>,
}

impl Clip {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ)
    }
}

/// The words whose middle lies in `start_s..end_s`, cut to it and counted from its start.
pub fn words_between(words: &[Interval], start_s: f64, end_s: f64) -> Vec<Interval> {
    let is_here = |word: &&Interval| (start_s..end_s).contains(&(0.5 * (word.start_s + word.end_s)));
    words.iter().filter(is_here).map(|word| word.at(|time_s| time_s.clamp(start_s, end_s) - start_s)).collect()
}

/// Phones of 10 ms hops as segments, all later by so many hops.
pub fn segments(phones: &[Phone], late_hops: usize) -> Vec<Segment> {
    let time_s = |hop: usize| 0.01 * hop as f64;
    let mut from = late_hops;
    let runs = phones.chunk_by(|a, b| a == b).map(|run| {
        let start = from;
        from += run.len();
        Segment { start_s: time_s(start), end_s: time_s(from), phone: run[0] }
    });
    runs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_belongs_where_its_middle_is() {
        let word = |start_s, end_s, text: &str| Interval { start_s, end_s, text: text.into() };
        let words = [word(0.0, 0.5, "so"), word(0.5, 1.0, "what"), word(1.5, 1.75, "now")];
        assert_eq!(words_between(&words, 0.625, 1.75), [word(0.0, 0.375, "what"), word(0.875, 1.125, "now")]);
        assert_eq!(words_between(&words, 0.25, 0.875), [word(0.0, 0.25, "so"), word(0.25, 0.625, "what")]);
    }

    #[test]
    fn runs_of_a_phone_are_segments() {
        let segments = segments(&[Phone::B, Phone::B, Phone::AA], 2);
        let told: Vec<_> = segments.iter().map(|s| (s.start_s, s.end_s, s.phone)).collect();
        assert_eq!(told, [(0.02, 0.04, Phone::B), (0.04, 0.05, Phone::AA)]);
    }
}
