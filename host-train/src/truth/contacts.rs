//! What holds whatever the neighbours want: sealed lips (p b m), lip on teeth (f v), teeth together (s z sh zh ch jh).
//!
//! Each is a window that is exactly 1 while the contact holds and joins 0 with continuous acceleration on both sides.

use keyface_core::Phone;
use keyface_core::script::{Hold, lip_on_teeth, sealed};

use super::curve;
use crate::clip::Segment;

/// What the last smoothing needs on each side so that it sees nothing but contact inside.
const MARGIN_S: f64 = curve::SMOOTHING_REACH_S;
/// How long lips take to close, and to part: they meet and leave at nearly their highest speed, since they aim beyond
/// contact (Lofqvist and Gracco 1997).
const LIPS_RAMP_S: f64 = 0.045;
/// How far a seal reaches into the silence before it and after it, at most.
const SEALED_SILENCE_S: [f64; 2] = [0.060, 0.100];
/// How long the jaw takes to bring the teeth together, and apart.
const TEETH_RAMP_S: f64 = 0.050;
/// The teeth part a little before hissing ends and meet a little after it began.
const TEETH_INSET_S: f64 = 0.010;

/// The three contacts of the mouth at one moment, each 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contact {
    /// Both lips.
    pub lips: f32,
    /// Lower lip and upper teeth.
    pub lip_teeth: f32,
    /// Upper and lower teeth.
    pub teeth: f32,
}

/// When the teeth of a hissing phone are together; `None` for other phones.
pub fn teeth_together(segment: &Segment) -> Option<Hold> {
    use Phone::*;
    let inset_s = TEETH_INSET_S.min(0.25 * (segment.end_s - segment.start_s));
    matches!(segment.phone, S | Z | SH | ZH | CH | JH)
        .then_some(Hold { from_s: segment.start_s + inset_s, to_s: segment.end_s - inset_s })
}

/// Which contacts hold at one moment; what a network is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Both lips.
    pub lips: bool,
    /// Lower lip and upper teeth.
    pub lip_teeth: bool,
}

/// The contacts at each of the given times, which increase; a time on the edge of a hold is in it.
pub fn touches(phones: &[Segment], times_s: impl Iterator<Item = f64>) -> Vec<Touch> {
    let lips: Vec<Hold> = phones.iter().filter_map(sealed).collect();
    let lip_teeth: Vec<Hold> = phones.iter().filter_map(lip_on_teeth).collect();
    let holds = |holds: &[Hold], time_s: f64| {
        let from = holds.partition_point(|h| h.to_s < time_s);
        holds[from..].first().is_some_and(|h| h.from_s <= time_s)
    };
    times_s.map(|time_s| Touch { lips: holds(&lips, time_s), lip_teeth: holds(&lip_teeth, time_s) }).collect()
}

/// All contacts of a clip.
pub struct Contacts {
    lips: Vec<Hold>,
    lip_teeth: Vec<Hold>,
    teeth: Vec<Hold>,
}

impl Contacts {
    /// Finds them.
    pub fn new(phones: &[Segment]) -> Contacts {
        Contacts {
            lips: (0..phones.len()).filter_map(|i| kept_sealed(phones, i)).map(widened).collect(),
            lip_teeth: phones.iter().filter_map(lip_on_teeth).map(widened).collect(),
            teeth: phones.iter().filter_map(teeth_together).collect(),
        }
    }

    /// The contacts at a time.
    pub fn at(&self, time_s: f64) -> Contact {
        Contact {
            lips: strongest(&self.lips, time_s, LIPS_RAMP_S),
            lip_teeth: strongest(&self.lip_teeth, time_s, LIPS_RAMP_S),
            teeth: strongest(&self.teeth, time_s, TEETH_RAMP_S),
        }
    }
}

/// A hold, and the silence beside it: nobody opens the lips between rest and a first p b m, or after a last m.
fn kept_sealed(phones: &[Segment], at: usize) -> Option<Hold> {
    let mut hold = sealed(&phones[at])?;
    let silence_s = |beside: Option<&Segment>, most_s: f64| {
        let pause = beside.filter(|s| s.phone == Phone::SIL);
        pause.map_or(0.0, |s| 0.5 * (s.end_s - s.start_s)).min(most_s)
    };
    let [before_s, after_s] = SEALED_SILENCE_S;
    hold.from_s -= silence_s(at.checked_sub(1).map(|i| &phones[i]), before_s);
    if phones[at].phone == Phone::M {
        hold.to_s += silence_s(phones.get(at + 1), after_s);
    }
    Some(hold)
}

fn widened(hold: Hold) -> Hold {
    Hold { from_s: hold.from_s - MARGIN_S, to_s: hold.to_s + MARGIN_S }
}

fn weight(hold: &Hold, time_s: f64, ramp_s: f64) -> f64 {
    curve::ease((time_s - hold.from_s) / ramp_s + 1.0) * curve::ease((hold.to_s - time_s) / ramp_s + 1.0)
}

/// The strongest of the windows around a time. Two windows close together leave a corner, which the last smoothing rounds.
fn strongest(holds: &[Hold], time_s: f64, ramp_s: f64) -> f32 {
    let from = holds.partition_point(|h| h.to_s + ramp_s < time_s);
    let near = holds[from..].iter().take_while(|h| h.from_s - ramp_s < time_s);
    near.map(|h| weight(h, time_s, ramp_s)).fold(0.0, f64::max) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_whole_inside_and_nothing_far_outside() {
        let contacts = Contacts::new(&[Segment { start_s: 1.0, end_s: 1.08, phone: Phone::M }]);
        assert_eq!(contacts.at(0.98).lips, 1.0);
        assert_eq!(contacts.at(1.08).lips, 1.0);
        assert_eq!(contacts.at(0.85).lips, 0.0);
        assert_eq!(contacts.at(1.25).lips, 0.0);
    }

    #[test]
    fn lips_stay_sealed_between_rest_and_a_first_or_last_m() {
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let contacts =
            Contacts::new(&[segment(0.0, 0.5, Phone::SIL), segment(0.5, 0.6, Phone::M), segment(0.6, 1.0, Phone::SIL)]);
        assert_eq!((contacts.at(0.41).lips, contacts.at(0.69).lips), (1.0, 1.0));
        assert_eq!((contacts.at(0.35).lips, contacts.at(0.76).lips), (0.0, 0.0));
    }

    #[test]
    fn lips_touch_before_a_p_is_heard_and_have_parted_before_it_ends() {
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let phones = [segment(0.0, 0.5, Phone::AA), segment(0.5, 0.6, Phone::P), segment(0.6, 1.0, Phone::F)];
        let at = |time_s: f64| touches(&phones, std::iter::once(time_s))[0];
        let lips: Vec<bool> = [0.47, 0.48, 0.56, 0.59].map(|s| at(s).lips).to_vec();
        assert_eq!(lips, [false, true, true, false]);
        assert_eq!((at(0.59).lip_teeth, at(0.61).lip_teeth), (false, true));
    }

    #[test]
    fn vowels_touch_nothing() {
        let contacts = Contacts::new(&[Segment { start_s: 0.0, end_s: 0.2, phone: Phone::AA }]);
        assert_eq!(contacts.at(0.1), Contact::default());
    }
}
