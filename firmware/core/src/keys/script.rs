//! Phones that are known beforehand, from an aligned text: when they touch the lips, when their keys are, and what the
//! network would have said had it been sure; and the aligning of words.

use alloc::vec::Vec;

pub use super::align::{Alignment, Observed, align};
use super::flow::LONGEST;
use super::heads::{Heads, NEXT_TIME_UNIT_MS};
use crate::{AudioTime, PHONES, Phone, Span};

/// One phone and when it is spoken, in seconds from the first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// First moment of the phone.
    pub start_s: f64,
    /// First moment after it.
    pub end_s: f64,
    /// The phone; pauses and noise are `SIL`.
    pub phone: Phone,
}

/// A stretch of time over which something holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    /// First moment.
    pub from_s: f64,
    /// Last moment.
    pub to_s: f64,
}

/// Lips meet this long before the closure is heard: 20-30 ms in speakers.
const PRECLOSE_S: f64 = 0.025;
/// A contact is held at least this long: a shorter one is not seen.
const MIN_HOLD_S: f64 = 0.040;

/// When the lips of a p, b or m touch: from shortly before the acoustic closure to its release. `None` for other phones.
///
/// A label of p holds the closure, the burst and the breath after it; one of b hardly more than the closure; m is
/// closed throughout.
pub fn sealed(segment: &Segment) -> Option<Hold> {
    let closed = match segment.phone {
        Phone::P => 0.70,
        Phone::B => 0.85,
        Phone::M => 1.00,
        _ => return None,
    };
    let from_s = segment.start_s - PRECLOSE_S;
    let to_s = segment.start_s + closed * (segment.end_s - segment.start_s);
    Some(Hold { from_s, to_s: to_s.max(from_s + MIN_HOLD_S) })
}

/// When the lower lip of an f or v touches the upper teeth; `None` for other phones.
pub fn lip_on_teeth(segment: &Segment) -> Option<Hold> {
    let short_by_s = MIN_HOLD_S - (segment.end_s - segment.start_s);
    let grow_s = 0.5 * short_by_s.max(0.0);
    matches!(segment.phone, Phone::F | Phone::V)
        .then_some(Hold { from_s: segment.start_s - grow_s, to_s: segment.end_s + grow_s })
}

/// Boundaries closer than this are one key: the mouth cannot reach two poses in two rows.
const MERGE_S: f64 = 0.020;

/// Times of the key motions in seconds, strictly increasing, at least 20 ms apart: where phones begin and end (KMTalk, Xu et
/// al. 2024), with the first and the last moment of every utterance; silence has no keys inside.
pub fn key_times(phones: &[Segment]) -> Vec<f64> {
    let mut boundaries: Vec<f64> =
        phones.iter().filter(|s| s.phone != Phone::SIL).flat_map(|s| [s.start_s, s.end_s]).collect();
    boundaries.sort_by(f64::total_cmp);
    let mut keys = Vec::new();
    let mut group: Vec<f64> = Vec::new();
    for time_s in boundaries {
        if group.first().is_some_and(|first| time_s - first >= MERGE_S) {
            keys.push(centre(&group));
            group.clear();
        }
        group.push(time_s);
    }
    keys.extend((!group.is_empty()).then(|| centre(&group)));
    apart(keys)
}

/// The middle of a group's span: shared boundaries stand in it twice and must not weigh twice.
fn centre(group: &[f64]) -> f64 {
    0.5 * (group[0] + group[group.len() - 1])
}

/// Centres of neighbouring groups may still be too close: the later one goes.
fn apart(mut keys: Vec<f64>) -> Vec<f64> {
    keys.dedup_by(|later, earlier| *later - *earlier < MERGE_S);
    keys
}

/// What is said in a sound, and when. Where it has a gap, and beyond its end, the network speaks for itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    phones: Vec<Segment>,
    lips: Vec<Hold>,
    lip_teeth: Vec<Hold>,
    keys_s: Vec<f64>,
}

/// What is left for the other phones: a decoder that weighs classes must not be certain.
const DOUBT: f32 = 0.02;

impl Script {
    /// Of phones in order; those that are out of order are left out.
    pub fn new(phones: impl IntoIterator<Item = Segment>) -> Self {
        let mut kept: Vec<Segment> = Vec::new();
        for phone in phones {
            let end_s = kept.last().map_or(0.0, |last| last.end_s);
            if phone.start_s >= end_s && phone.end_s > phone.start_s {
                kept.push(phone);
            }
        }
        Script {
            lips: kept.iter().filter_map(sealed).collect(),
            lip_teeth: kept.iter().filter_map(lip_on_teeth).collect(),
            keys_s: key_times(&kept),
            phones: kept,
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.phones.is_empty()
    }

    /// Replaces what the network heard of the step of `step` that ends at `at` by what is known: phone, contacts, voice and
    /// keys. The poses stay the network's.
    pub fn correct(&self, at: AudioTime, step: Span, heads: &mut Heads) {
        let (now_s, step_s) = (at.as_s(), step.as_s());
        let Some(phone) = self.phone_at(now_s) else { return };
        heads.phones = [DOUBT / (PHONES - 1) as f32; PHONES];
        heads.phones[phone as usize] = 1.0 - DOUBT;
        heads.voice = f32::from(u8::from(phone != Phone::SIL));
        heads.closure = f32::from(u8::from(holds(&self.lips, now_s)));
        heads.lip_teeth = f32::from(u8::from(holds(&self.lip_teeth, now_s)));
        let ahead = self.keys_s.partition_point(|key_s| *key_s < now_s);
        let key_s = self.keys_s[..ahead].last().filter(|key_s| **key_s >= now_s - step_s);
        heads.boundary = f32::from(u8::from(key_s.is_some()));
        heads.offset = key_s.map_or(0.0, |key_s| ((key_s - now_s) / step_s + 0.5) as f32);
        let next_ms = self.keys_s.get(ahead).map(|key_s| 1000.0 * (key_s - now_s) as f32);
        heads.next_time_ms = next_ms.unwrap_or(LONGEST * NEXT_TIME_UNIT_MS);
    }

    fn phone_at(&self, time_s: f64) -> Option<Phone> {
        let next = self.phones.partition_point(|phone| phone.end_s <= time_s);
        let phone = self.phones.get(next)?;
        (phone.start_s <= time_s).then_some(phone.phone)
    }
}

fn holds(holds: &[Hold], time_s: f64) -> bool {
    let from = holds.partition_point(|hold| hold.to_s < time_s);
    holds.get(from).is_some_and(|hold| hold.from_s <= time_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::HEADS;

    fn segments(ends_s: &[f64], phones: &[Phone]) -> Vec<Segment> {
        let starts = core::iter::once(0.0).chain(ends_s.iter().copied());
        starts.zip(ends_s).zip(phones).map(|((start_s, &end_s), &phone)| Segment { start_s, end_s, phone }).collect()
    }

    #[test]
    fn keys_are_the_boundaries_of_the_phones() {
        let clip = segments(&[0.5, 0.6, 0.75, 1.0], &[Phone::SIL, Phone::B, Phone::AA, Phone::SIL]);
        assert_eq!(key_times(&clip), [0.5, 0.6, 0.75]);
    }

    #[test]
    fn boundaries_closer_than_two_rows_are_one_key() {
        let clip = segments(&[0.5, 0.6, 0.612, 0.7], &[Phone::SIL, Phone::AA, Phone::T, Phone::S]);
        assert_eq!(key_times(&clip), [0.5, 0.606, 0.7]);
    }

    #[test]
    fn silence_has_no_keys() {
        assert!(key_times(&segments(&[2.0], &[Phone::SIL])).is_empty());
    }

    #[test]
    fn a_very_short_b_is_still_held_long_enough_to_be_seen() {
        let hold = sealed(&Segment { start_s: 0.5, end_s: 0.51, phone: Phone::B }).expect("b is sealed");
        assert!(hold.to_s - hold.from_s >= MIN_HOLD_S);
    }

    fn corrected(script: &Script, at_ms: i64) -> Heads {
        let mut heads = Heads::from_raw(&[0.0; HEADS]);
        script.correct(AudioTime::from_ms(at_ms), Span::from_ms(20), &mut heads);
        heads
    }

    #[test]
    fn a_known_b_closes_the_lips_and_its_start_is_a_key() {
        let script = Script::new(segments(&[0.50, 0.60, 0.75], &[Phone::AA, Phone::B, Phone::AA]));
        let heads = corrected(&script, 510);
        assert!(heads.phones[Phone::B as usize] > 0.9 && heads.closure == 1.0 && heads.voice == 1.0);
        assert!(heads.boundary == 1.0 && heads.offset.abs() < 1e-5, "the key lies in the step's middle");
        assert!((heads.next_time_ms - 90.0).abs() < 1e-3);
        let later = corrected(&script, 650);
        assert!(later.closure == 0.0 && later.boundary == 0.0 && later.phones[Phone::AA as usize] > 0.9);
    }

    #[test]
    fn in_a_gap_and_behind_its_end_the_network_speaks_for_itself() {
        let of = |start_s, end_s| Segment { start_s, end_s, phone: Phone::M };
        let script = Script::new([of(0.0, 0.5), of(0.7, 0.8)]);
        let likeliest = |at_ms| corrected(&script, at_ms).phones[Phone::M as usize];
        assert!(likeliest(400) > 0.9 && likeliest(750) > 0.9);
        assert!([600, 900].iter().all(|at_ms| (likeliest(*at_ms) - 1.0 / PHONES as f32).abs() < 1e-6));
    }

    #[test]
    fn phones_out_of_order_are_left_out() {
        let of = |start_s, end_s| Segment { start_s, end_s, phone: Phone::AA };
        let script = Script::new([of(0.0, 0.5), of(0.2, 0.3), of(0.5, f64::NAN), of(0.6, 0.6), of(0.7, 0.8)]);
        assert_eq!(script.phones, [of(0.0, 0.5), of(0.7, 0.8)]);
    }
}
