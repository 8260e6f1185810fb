//! What each phone wants of the mouth: target weights, and how strongly and how far around it each channel obeys.
//!
//! Weights are those of a natural adult actor at conversational effort (jaws move little, lips much); a face that
//! wants more multiplies later. Lip contacts (p b m, f v) and closed teeth (s z sh zh ch jh) stand in
//! [`super::contacts`], because they hold whatever the neighbours want.

use keyface_core::{MotionChannel, Phone};

/// Target weights of one mouth shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// `JawOpen`.
    pub jaw: f32,
    /// `MouthFunnel`, `MouthPucker`.
    pub rounding: [f32; 2],
    /// `MouthLowerDown`, `MouthUpperUp`.
    pub parting: [f32; 2],
    /// `MouthStretch`, `MouthSmile`.
    pub spread: [f32; 2],
    /// `TongueOut`, `TongueUp`.
    pub tongue: [f32; 2],
}

const fn shape(jaw: f32, rounding: [f32; 2], parting: [f32; 2], spread: [f32; 2], tongue: [f32; 2]) -> Shape {
    Shape { jaw, rounding, parting, spread, tongue }
}

/// No rounding, no spread, no tongue.
const NO: [f32; 2] = [0.0, 0.0];

/// The shape that a phone aims at. Diphthongs have two: see [`parts`].
#[rustfmt::skip]
pub const fn target(phone: Phone) -> Shape {
    use Phone::*;
    match phone {
        //                       jaw   funnel pucker  lower upper   stretch smile  out   up
        SIL            => shape(0.00, NO,            NO,           NO,           NO),
        // The jaw of p b m stays where a light vowel leaves it; the lips do the work.
        P | B | M      => shape(0.10, NO,            NO,           NO,           NO),
        // The lower lip meets the upper teeth: the upper lip clears them.
        F | V          => shape(0.06, NO,            [0.00, 0.18], NO,           NO),
        // The tip shows between the teeth; more than .2 would be a tongue shown on purpose.
        TH | DH        => shape(0.08, NO,            [0.15, 0.10], NO,           [0.18, 0.10]),
        T | D | N      => shape(0.06, NO,            [0.14, 0.08], [0.06, 0.00], [0.00, 0.80]),
        // A higher tongue than its height suggests: the tip stays up while the sides fall, so the jaw may open.
        L              => shape(0.11, NO,            [0.14, 0.08], NO,           [0.00, 1.00]),
        // Teeth together and lips out of the air's way: the most jaw-bound sounds there are.
        S | Z          => shape(0.02, NO,            [0.28, 0.22], [0.12, 0.00], [0.00, 0.35]),
        SH | ZH | CH | JH => shape(0.04, [0.38, 0.10], [0.15, 0.15], NO,         [0.00, 0.30]),
        // Made behind what can be seen: mostly the neighbours.
        K | G | NG | HH => shape(0.08, NO,           [0.10, 0.06], NO,           NO),
        R | ER         => shape(0.08, [0.25, 0.18],  [0.06, 0.00], NO,           [0.00, 0.15]),
        W              => shape(0.04, [0.30, 0.55],  NO,           NO,           NO),
        Y              => shape(0.04, NO,            [0.18, 0.12], [0.15, 0.15], NO),
        IY             => shape(0.05, NO,            [0.27, 0.19], [0.16, 0.20], NO),
        IH             => shape(0.09, NO,            [0.24, 0.16], [0.10, 0.08], NO),
        EH | EY        => shape(0.18, NO,            [0.33, 0.21], [0.10, 0.06], NO),
        AE             => shape(0.26, NO,            [0.42, 0.25], [0.12, 0.06], NO),
        AA | AY | AW   => shape(0.30, NO,            [0.28, 0.10], NO,           NO),
        AH             => shape(0.15, NO,            [0.18, 0.09], NO,           NO),
        AO | OW | OY   => shape(0.24, [0.35, 0.15],  [0.12, 0.00], NO,           NO),
        UH             => shape(0.10, [0.30, 0.22],  [0.08, 0.00], NO,           NO),
        UW             => shape(0.05, [0.30, 0.55],  NO,           NO,           NO),
    }
}

/// One aim inside a phone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Where in the phone the aim is reached, 0..=1.
    pub at: f64,
    /// The share of the phone over which it is held in slow speech, 0..=1.
    pub held: f64,
    /// Whose shape is aimed at.
    pub like: Phone,
}

/// The aims inside a phone: one, or two in a diphthong (30 % and 85 %: the first part is longer and steadier).
pub fn parts(phone: Phone) -> ([Part; 2], usize) {
    use Phone::*;
    let glide = |from, to| ([Part { at: 0.30, held: 0.40, like: from }, Part { at: 0.85, held: 0.20, like: to }], 2);
    match phone {
        EY => glide(EH, IY),
        AY => glide(AA, IY),
        OY => glide(AO, IY),
        AW => glide(AA, UW),
        OW => glide(AO, UW),
        _ => ([Part { at: 0.5, held: 1.0, like: phone }; 2], 1),
    }
}

/// Channels that one articulator moves, and that therefore share dominance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Articulator {
    /// `JawOpen`.
    Jaw,
    /// `MouthFunnel`, `MouthPucker`: slow, and prepared far ahead.
    Rounding,
    /// `MouthLowerDown`, `MouthUpperUp`.
    Parting,
    /// `MouthStretch`, `MouthSmile`.
    Spread,
    /// `TongueOut`, `TongueUp`: quick, hardly coarticulated.
    Tongue,
}

impl Articulator {
    /// Every articulator.
    pub const ALL: [Articulator; 5] =
        [Articulator::Jaw, Articulator::Rounding, Articulator::Parting, Articulator::Spread, Articulator::Tongue];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Articulator::Jaw => "Jaw",
            Articulator::Rounding => "Rounding",
            Articulator::Parting => "Parting",
            Articulator::Spread => "Spread",
            Articulator::Tongue => "Tongue",
        }
    }
}

/// Every blended channel with its articulator and its place in [`Shape`], in the articulators' order.
pub const BLENDED: [(Articulator, [MotionChannel; 2]); 5] = [
    (Articulator::Jaw, [MotionChannel::JawOpen; 2]),
    (Articulator::Rounding, [MotionChannel::MouthFunnel, MotionChannel::MouthPucker]),
    (Articulator::Parting, [MotionChannel::MouthLowerDown, MotionChannel::MouthUpperUp]),
    (Articulator::Spread, [MotionChannel::MouthStretch, MotionChannel::MouthSmile]),
    (Articulator::Tongue, [MotionChannel::TongueOut, MotionChannel::TongueUp]),
];

impl Shape {
    /// The two targets of an articulator; the jaw's one stands twice.
    pub const fn of(&self, articulator: Articulator) -> [f32; 2] {
        match articulator {
            Articulator::Jaw => [self.jaw; 2],
            Articulator::Rounding => self.rounding,
            Articulator::Parting => self.parting,
            Articulator::Spread => self.spread,
            Articulator::Tongue => self.tongue,
        }
    }
}

/// How a phone dominates an articulator: Cohen and Massaro's alpha, and 1/theta before and after its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dominance {
    /// Weight at the centre, 0..=2: 1 for what a phone is made of, more where it forbids, near 0 where it is transparent.
    pub strength: f64,
    /// How far ahead of the centre the phone reaches (anticipation), in seconds.
    pub before_s: f64,
    /// How long after the centre it lingers, in seconds.
    pub after_s: f64,
}

const fn dominance_ms(strength: f64, before_ms: f64, after_ms: f64) -> Dominance {
    Dominance { strength, before_s: before_ms * 1e-3, after_s: after_ms * 1e-3 }
}

/// The dominance of a phone (a diphthong's part: of the vowel that it is like) over an articulator.
pub const fn dominance(phone: Phone, articulator: Articulator) -> Dominance {
    match articulator {
        Articulator::Jaw => jaw(phone),
        Articulator::Rounding => rounding(phone),
        Articulator::Parting => parting(phone),
        Articulator::Spread => spread(phone),
        Articulator::Tongue => tongue(phone),
    }
}

/// The jaw is heavy: vowels open it slowly; tongue consonants close it part of the way; k g h let it be.
const fn jaw(phone: Phone) -> Dominance {
    use Phone::*;
    match phone {
        S | Z | SH | ZH | CH | JH => dominance_ms(1.0, 50.0, 45.0),
        F | V => dominance_ms(0.8, 45.0, 45.0),
        T | D | N | TH | DH => dominance_ms(0.9, 50.0, 50.0),
        L | R => dominance_ms(0.7, 50.0, 50.0),
        W | Y => dominance_ms(0.9, 60.0, 50.0),
        P | B | M => dominance_ms(0.5, 50.0, 45.0),
        K | G | NG | HH => dominance_ms(0.2, 40.0, 40.0),
        _ => dominance_ms(1.0, 60.0, 65.0),
    }
}

/// Rounding is prepared 100-200 ms ahead through whatever does not oppose it; spread vowels do oppose it.
const fn rounding(phone: Phone) -> Dominance {
    use Phone::*;
    match phone {
        W | UW | UH | AO | OW | OY => dominance_ms(1.0, 105.0, 80.0),
        SH | ZH | CH | JH => dominance_ms(0.9, 75.0, 60.0),
        R | ER => dominance_ms(0.8, 80.0, 65.0),
        IY | Y => dominance_ms(1.5, 60.0, 60.0),
        IH | EY | EH | AE => dominance_ms(1.0, 60.0, 60.0),
        AA | AH | AY | AW => dominance_ms(0.5, 60.0, 60.0),
        _ => dominance_ms(0.12, 40.0, 40.0),
    }
}

/// Lips part for vowels and for hissing; p b m and f v are held by their contacts, so they are transparent here.
const fn parting(phone: Phone) -> Dominance {
    use Phone::*;
    match phone {
        S | Z | SH | ZH | CH | JH => dominance_ms(0.8, 50.0, 45.0),
        T | D | N | L | TH | DH => dominance_ms(0.6, 40.0, 40.0),
        W | R | Y => dominance_ms(0.9, 60.0, 55.0),
        F | V => dominance_ms(0.4, 40.0, 40.0),
        K | G | NG | HH => dominance_ms(0.2, 40.0, 40.0),
        P | B | M => dominance_ms(0.1, 40.0, 40.0),
        _ => dominance_ms(1.0, 65.0, 70.0),
    }
}

/// Corners: front vowels pull them back, rounded sounds forbid it.
const fn spread(phone: Phone) -> Dominance {
    use Phone::*;
    match phone {
        IY | IH | EY | EH | AE | Y => dominance_ms(1.0, 75.0, 75.0),
        W | UW | UH | AO | OW | OY | SH | ZH | CH | JH | R | ER => dominance_ms(0.8, 75.0, 70.0),
        AA | AH | AY | AW => dominance_ms(0.5, 60.0, 60.0),
        S | Z => dominance_ms(0.5, 45.0, 45.0),
        _ => dominance_ms(0.12, 40.0, 40.0),
    }
}

/// The tip is light and quick; sounds of the lips and of the back do not care where it is.
const fn tongue(phone: Phone) -> Dominance {
    use Phone::*;
    match phone {
        P | B | M | F | V | K | G | NG | HH => dominance_ms(0.15, 30.0, 30.0),
        _ => dominance_ms(1.0, 35.0, 35.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_and_strength_is_in_range() {
        for phone in Phone::ALL {
            for (articulator, _) in BLENDED {
                assert!(target(phone).of(articulator).iter().all(|w| (0.0..=1.0).contains(w)), "{phone:?}");
                assert!((0.0..=2.0).contains(&dominance(phone, articulator).strength), "{phone:?}");
            }
        }
    }

    #[test]
    fn articulators_stand_in_one_order() {
        assert_eq!(BLENDED.map(|(articulator, _)| articulator), Articulator::ALL);
        assert_eq!(Articulator::ALL.map(|articulator| articulator as usize), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn anticipation_is_wider_than_carry_over_where_lips_round() {
        let uw = dominance(Phone::UW, Articulator::Rounding);
        assert!(uw.before_s > uw.after_s);
    }

    #[test]
    fn the_tongue_never_shows_more_than_a_tip() {
        assert!(Phone::ALL.into_iter().all(|p| target(p).tongue[0] <= 0.2));
    }

    #[test]
    fn diphthongs_move_and_monophthongs_stay() {
        assert_eq!(parts(Phone::OW).1, 2);
        assert_eq!(parts(Phone::OW).0[1].like, Phone::UW);
        assert_eq!(parts(Phone::IY).1, 1);
    }
}
