//! How a speaker moves: gains of jaw, lips and rounding, and how much is slurred (after JALI, Edwards et al. 2016).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::law::Law;
use crate::corpus::stable_hash;

/// A speaker's way to move. A network cannot hear it; the one that ships learns [`Style::NEUTRAL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Gain of the jaw, 0.7..=1.4.
    pub jaw: f32,
    /// Gain of parting, spread and tongue, 0.7..=1.4.
    pub lips: f32,
    /// Gain of rounding, 0.7..=1.3.
    pub rounding: f32,
    /// Stretch of every dominance: above 1 vowels undershoot more in fast speech, 0.85..=1.2.
    pub slur: f64,
    /// The rules' constants, which are no speaker's.
    pub law: Law,
}

impl Style {
    /// The fixed style of the model that ships.
    pub const NEUTRAL: Style = Style { jaw: 1.0, lips: 1.0, rounding: 1.0, slur: 1.0, law: Law::RULES };

    /// The same style for the same name, on every machine.
    pub fn of_speaker(name: &str) -> Style {
        let mut rng = ChaCha8Rng::seed_from_u64(stable_hash(name));
        Style {
            jaw: rng.random_range(0.7..=1.4),
            lips: rng.random_range(0.7..=1.4),
            rounding: rng.random_range(0.7..=1.3),
            slur: rng.random_range(0.85..=1.2),
            law: Law::RULES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speaker_keeps_a_style_and_differs_from_others() {
        assert_eq!(Style::of_speaker("slt"), Style::of_speaker("slt"));
        assert_ne!(Style::of_speaker("slt"), Style::of_speaker("awb"));
    }

    #[test]
    fn styles_stay_in_their_ranges() {
        for i in 0..200 {
            let style = Style::of_speaker(&format!("speaker {i}"));
            assert!((0.7..=1.4).contains(&style.jaw) && (0.7..=1.4).contains(&style.lips));
            assert!((0.7..=1.3).contains(&style.rounding) && (0.85..=1.2).contains(&style.slur));
        }
    }
}
