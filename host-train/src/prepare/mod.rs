//! Clips in, prepared clips out: mel powers, phones, ground-truth motion and keys at 100 Hz, one file a clip.
//!
//! `folder -> Clip -> Prepared -> <corpus>__<id>.safetensors`
//!
//! A clip may carry rendered copies of its sound: other rooms and lines, the same labels.
//!
//! Features of an outside encoder lie in a folder of their own, under the same names.

mod audio_features;
mod codec;
mod features;
mod file;
mod place;
mod recipe;
mod render;
mod run;
mod statistics;

pub use audio_features::AudioFeatures;
pub use features::{FeaturesOutcome, features};
pub use place::Place;
pub use recipe::{is_current, recipe};
pub use render::{Renderer, Rooms};
pub use run::{Options, Outcome, Shard, prepare};
pub use statistics::Statistics;

use keyface_core::{HOP_SAMPLES, MelPower, MelPowers, Motion, Phone, Stage};
use keyface_sound::said::Interval;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::clip::{Clip, Segment, Split};
use crate::corpus::{Result, stable_hash};
use crate::truth::{self, Effort, Style, Touch};

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
    /// The same of rendered copies of the sound.
    pub copies: Vec<Vec<MelPowers>>,
    /// Phone in the hop's middle.
    pub phones: Vec<Phone>,
    /// Motion at the hop's end.
    pub motion: Vec<Motion>,
    /// Contacts at the hop's end.
    pub touches: Vec<Touch>,
    /// Times of the key motions in seconds, strictly increasing.
    pub keys_s: Vec<f64>,
    /// Words, as far as they are known.
    pub words: Vec<Interval>,
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
            copies: Vec::new(),
            phones: (0..effort.hops()).map(|h| phone_at(&clip.phones, (h as f64 + 0.5) * 0.010)).collect(),
            motion: truth::motion(&clip.phones, &effort, style),
            touches: truth::touches(&clip.phones, (0..effort.hops()).map(truth::row_time_s)),
            keys_s,
            words: clip.words.clone(),
        }
    }

    /// Adds `count` rendered copies; the clip's id decides what becomes of them.
    ///
    /// # Errors
    /// A renderer whose codecs are not there.
    pub fn with_copies(mut self, clip: &Clip, renderer: &Renderer, count: usize) -> Result<Prepared> {
        let mut rng = ChaCha8Rng::seed_from_u64(stable_hash(&clip.id));
        let copy = |_| Ok(mel_power(&renderer.copy(&clip.samples, &mut rng)?));
        self.copies = (0..count).map(copy).collect::<Result<_>>()?;
        Ok(self)
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
            words: vec![Interval { start_s: 0.25, end_s: 0.70, text: "ba".into() }],
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
    fn lips_touch_from_before_a_b_until_shortly_before_its_end() {
        let touches = Prepared::of(&clip(), "test", &Style::NEUTRAL).touches;
        let lips: Vec<usize> = (0..100).filter(|row| touches[*row].lips).collect();
        // From 225 ms to 335 ms; row h is the moment (h + 1) * 10 ms.
        assert_eq!((lips.first(), lips.last(), lips.len()), (Some(&22), Some(&32), 11));
    }

    #[test]
    fn copies_are_as_long_as_the_clip_and_the_same_each_time() {
        let make =
            || Prepared::of(&clip(), "test", &Style::NEUTRAL).with_copies(&clip(), &Renderer::default(), 2).unwrap();
        let (a, b) = (make(), make());
        assert_eq!((a.copies.len(), a.copies[0].len()), (2, 100));
        assert!(a == b && a.copies[0] != a.copies[1]);
    }

    #[test]
    fn keys_are_phone_boundaries() {
        assert_eq!(Prepared::of(&clip(), "test", &Style::NEUTRAL).keys_s, [0.25, 0.35, 0.70]);
    }
}
