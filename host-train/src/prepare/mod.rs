//! Clips in, prepared clips out: mel powers, phones, ground-truth motion and keys at 100 Hz, one file a clip.
//!
//! `folder -> Clip -> Prepared -> <corpus>__<id>.safetensors`
//!
//! Features of an outside encoder lie in a folder of their own, under the same names.

mod audio_features;
mod features;
mod file;
mod place;
mod run;
mod statistics;

pub use audio_features::AudioFeatures;
pub use features::{FeaturesOutcome, features};
pub use run::{Options, Outcome, prepare};
pub use statistics::Statistics;

use keyface_core::{HOP_SAMPLES, MelPower, MelPowers, Motion, Phone, Stage};

use crate::clip::{Clip, Segment, Split};
use crate::truth::{self, Effort, Style};

/// A clip as training wants it, a row per whole hop of 10 ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// Unique within its corpus.
    pub id: String,
    /// Who speaks.
    pub speaker: String,
    /// Where it belongs.
    pub split: Split,
    /// The corpus that it comes from.
    pub corpus: String,
    /// Mel powers of the window that ends with the hop.
    pub mel_power: Vec<MelPowers>,
    /// Phone in the hop's middle.
    pub phones: Vec<Phone>,
    /// Motion at the hop's end.
    pub motion: Vec<Motion>,
    /// Times of the key motions in seconds, strictly increasing.
    pub keys_s: Vec<f64>,
}

impl Prepared {
    /// Computes everything from sound and phones; a rest of samples shorter than a hop is left out.
    pub fn of(clip: &Clip, corpus: &str, style: &Style) -> Prepared {
        let effort = Effort::heard(&clip.samples, &clip.phones);
        let end_s = truth::row_time_s(effort.hops().max(1) - 1);
        let mut keys_s = truth::key_times(&clip.phones);
        keys_s.retain(|key_s| *key_s <= end_s);
        Prepared {
            id: clip.id.clone(),
            speaker: clip.speaker.clone(),
            split: clip.split,
            corpus: corpus.to_string(),
            mel_power: mel_power(&clip.samples),
            phones: (0..effort.hops()).map(|h| phone_at(&clip.phones, (h as f64 + 0.5) * 0.010)).collect(),
            motion: truth::motion(&clip.phones, &effort, style),
            keys_s,
        }
    }
}

fn mel_power(samples: &[f32]) -> Vec<MelPowers> {
    let mut mel = MelPower::new();
    samples.as_chunks::<HOP_SAMPLES>().0.iter().filter_map(|hop| mel.push(hop)).collect()
}

/// The phone that is spoken at a time; silence outside the labels.
fn phone_at(phones: &[Segment], time_s: f64) -> Phone {
    let next = phones.partition_point(|s| s.end_s <= time_s);
    phones.get(next).filter(|s| s.start_s <= time_s).map_or(Phone::SIL, |s| s.phone)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// One second: a tone under "b aa" between pauses.
    pub fn clip() -> Clip {
        let tone = |n: usize| 0.2 * (n as f32 * 0.05).sin() * f32::from(u8::from((4_000..11_200).contains(&n)));
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        Clip {
            id: "one/clip".into(),
            speaker: "anna".into(),
            split: Split::Valid,
            samples: (0..16_100).map(tone).collect(),
            phones: vec![
                segment(0.0, 0.25, Phone::SIL),
                segment(0.25, 0.35, Phone::B),
                segment(0.35, 0.70, Phone::AA),
                segment(0.70, 1.00625, Phone::SIL),
            ],
        }
    }

    #[test]
    fn there_is_a_row_for_every_whole_hop() {
        let prepared = Prepared::of(&clip(), "test", &Style::NEUTRAL);
        let lengths = (prepared.mel_power.len(), prepared.phones.len(), prepared.motion.len());
        assert_eq!(lengths, (100, 100, 100));
    }

    #[test]
    fn a_row_has_the_phone_of_its_hops_middle() {
        let prepared = Prepared::of(&clip(), "test", &Style::NEUTRAL);
        assert_eq!((prepared.phones[24], prepared.phones[25]), (Phone::SIL, Phone::B));
        assert_eq!((prepared.phones[69], prepared.phones[70]), (Phone::AA, Phone::SIL));
    }

    #[test]
    fn keys_are_phone_boundaries() {
        assert_eq!(Prepared::of(&clip(), "test", &Style::NEUTRAL).keys_s, [0.25, 0.35, 0.70]);
    }
}
