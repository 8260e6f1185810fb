//! What must hold of the motion, whatever is said, how fast and by whom.

use keyface_core::contact::touching;
use keyface_core::{Motion, MotionChannel as M, Phone};

use super::constraints::JAW_OPENING_MM;
use super::{Effort, Hold, Style, lip_on_teeth, motion, opening_mm, row_time_s, sealed, speech, table};
use crate::clip::Segment;

const RATES: [f64; 4] = [0.7, 1.0, 1.4, 2.0];
/// Smallest change of a weight that an eye could notice.
const VISIBLE: f32 = 0.004;

fn hops(phones: &[Segment]) -> usize {
    (phones.last().map_or(0.0, |s| s.end_s) * 100.0) as usize
}

fn neutral(phones: &[Segment]) -> Vec<Motion> {
    motion(phones, &Effort::even(hops(phones)), &Style::NEUTRAL)
}

/// Rows whose time lies in a hold.
fn during(rows: &[Motion], hold: Hold) -> impl Iterator<Item = &Motion> {
    let inside = move |h: &usize| (hold.from_s..=hold.to_s).contains(&row_time_s(*h));
    (0..rows.len()).filter(inside).map(|h| &rows[h])
}

/// Every random utterance at every rate, in the neutral and in an extreme style.
fn everything_said() -> impl Iterator<Item = (Vec<Segment>, Vec<Motion>)> {
    let extreme = Style { jaw: 1.4, lips: 1.4, rounding: 1.3, slur: 1.2, ..Style::NEUTRAL };
    let styles = [(Style::NEUTRAL, 0.0), (extreme, 10.0)];
    let cases = (0..12).flat_map(|seed| RATES.map(|rate| (seed, rate)));
    cases.flat_map(move |(seed, rate)| {
        let phones = speech::random(seed, rate);
        styles.map(|(style, loudness_db)| {
            let rows = motion(&phones, &Effort::constant(hops(&phones), loudness_db), &style);
            (phones.clone(), rows)
        })
    })
}

#[test]
fn lips_touch_through_every_p_b_m() {
    for (phones, rows) in everything_said() {
        for segment in &phones {
            let Some(hold) = sealed(segment) else { continue };
            assert!(hold.to_s - hold.from_s >= 0.040 && segment.start_s - hold.from_s >= 0.020);
            for row in during(&rows, hold) {
                assert!(row[M::MouthClose] > touching(row[M::JawOpen]) - 1e-4, "{segment:?}: {row:?}");
                assert!(row[M::MouthLowerDown].max(row[M::MouthUpperUp]) < 1e-4, "{segment:?}: {row:?}");
            }
        }
    }
}

#[test]
fn the_lower_lip_is_on_the_teeth_through_every_f_v() {
    for (phones, rows) in everything_said() {
        for hold in phones.iter().filter_map(lip_on_teeth) {
            assert!(hold.to_s - hold.from_s >= 0.039_999);
            let held = |row: &Motion| row[M::MouthRollLower] > 0.34 && row[M::MouthLowerDown] < 1e-4;
            assert!(during(&rows, hold).all(held), "{hold:?}");
            assert!(during(&rows, hold).all(|row| row[M::JawOpen] <= 0.08), "{hold:?}");
        }
    }
}

#[test]
fn the_jaw_is_nearly_closed_through_every_hiss() {
    use Phone::{CH, JH, S, SH, Z, ZH};
    for (phones, rows) in everything_said() {
        for segment in phones.iter().filter(|s| matches!(s.phone, S | Z | SH | ZH | CH | JH)) {
            let hold = Hold { from_s: segment.start_s, to_s: segment.end_s };
            let widest = during(&rows, hold).map(|row| row[M::JawOpen]).fold(0.0, f32::max);
            assert!(widest <= 0.08, "{segment:?}: {widest}");
        }
    }
}

/// Seconds by which rounding (its sum passes a fifth of its peak) leads the first rounded phone.
fn rounding_lead_s(names: &str, rounded: Phone) -> f64 {
    let phones = speech::word(names, 1.0);
    let rows = neutral(&phones);
    let round = |row: &Motion| row[M::MouthPucker] + row[M::MouthFunnel];
    let peak = rows.iter().map(round).fold(0.0, f32::max);
    let first = rows.iter().position(|row| round(row) > 0.2 * peak).expect("rounds");
    let start_s = phones.iter().find(|s| s.phone == rounded).expect("is said").start_s;
    start_s - row_time_s(first)
}

#[test]
fn rounding_begins_100_to_200_ms_ahead() {
    for (names, rounded) in [("AH S T UW", Phone::UW), ("AH N D W IY", Phone::W), ("IH K S T AO", Phone::AO)] {
        let lead_s = rounding_lead_s(names, rounded);
        assert!((0.100..=0.200).contains(&lead_s), "{names}: {lead_s}");
    }
}

#[test]
fn a_spread_vowel_opposes_rounding() {
    assert!(rounding_lead_s("AH S IY UW", Phone::UW) < 0.100);
}

#[test]
fn the_mouth_moves_before_the_first_sound_and_settles_after_the_last() {
    for names in ["AA T", "IY S OW", "S IY M", "M AA P", "F AO L", "HH EH L OW", "B IY F"] {
        let phones = speech::word(names, 1.0);
        let rows = neutral(&phones);
        let moved = |row: &&Motion| row.0.iter().any(|w| *w > VISIBLE);
        let first_s = row_time_s(rows.iter().position(|row| moved(&row)).expect("moves"));
        let last_s = row_time_s(rows.iter().rposition(|row| moved(&row)).expect("moves"));
        let lead_s = phones[1].start_s - first_s;
        let settle_s = last_s - phones[phones.len() - 2].end_s;
        assert!((0.080..=0.150).contains(&lead_s), "{names}: moves {lead_s} s before");
        assert!((0.150..=0.250).contains(&settle_s), "{names}: settles {settle_s} s after");
    }
}

#[test]
fn silence_is_exactly_rest() {
    for (phones, rows) in everything_said() {
        for pause in phones.iter().filter(|s| s.phone == Phone::SIL && s.end_s - s.start_s > 0.5) {
            let far = Hold { from_s: pause.start_s + 0.25, to_s: pause.end_s - 0.16 };
            assert!(during(&rows, far).all(|row| *row == Motion::REST), "{pause:?}");
        }
    }
    let noise = [Segment { start_s: 0.0, end_s: 5.0, phone: Phone::SIL }];
    assert!(neutral(&noise).iter().all(|row| *row == Motion::REST));
}

#[test]
fn vowels_undershoot_in_fast_speech() {
    let widest = |rate| {
        let rows = neutral(&speech::word("T AA T AA T AA T", rate));
        rows.iter().map(|row| row[M::JawOpen]).fold(0.0, f32::max)
    };
    let [slow, fast] = [0.7, 2.0].map(widest);
    assert!(slow > 0.85 * table::target(Phone::AA).jaw, "slow {slow}");
    assert!(fast < 0.75 * slow, "slow {slow}, fast {fast}");
}

#[test]
fn ten_decibels_change_jaw_and_lips_by_thirty_per_cent() {
    let phones = speech::word("AA AA AA AE AE AE", 0.7);
    let at = |loudness_db| motion(&phones, &Effort::constant(hops(&phones), loudness_db), &Style::NEUTRAL);
    let (usual, loud, soft) = (at(0.0), at(10.0), at(-10.0));
    let middle = hops(&phones) / 2;
    for channel in [M::JawOpen, M::MouthLowerDown] {
        assert!((loud[middle][channel] / usual[middle][channel] - 1.3).abs() < 0.02);
        assert!((soft[middle][channel] / usual[middle][channel] - 0.7).abs() < 0.02);
    }
}

#[test]
fn jaw_stays_below_200_and_lips_below_300_mm_per_s() {
    for (_, rows) in everything_said() {
        for pair in rows.windows(2) {
            let jaw_mm = JAW_OPENING_MM * (pair[1][M::JawOpen] - pair[0][M::JawOpen]);
            let lips_mm = opening_mm(&pair[1]) - opening_mm(&pair[0]);
            assert!(jaw_mm.abs() < 2.0, "jaw {jaw_mm} mm in 10 ms");
            assert!(lips_mm.abs() < 3.0, "lips {lips_mm} mm in 10 ms");
        }
    }
}

/// A blow would be a change of acceleration by about twice the largest acceleration within one row.
#[test]
fn acceleration_is_continuous() {
    let mut largest = (0.0_f32, 0.0_f32);
    for (_, rows) in everything_said() {
        for four in rows.windows(4) {
            let jaw = [0, 1, 2, 3].map(|i| four[i][M::JawOpen]);
            let acceleration = |i: usize| jaw[i + 2] - 2.0 * jaw[i + 1] + jaw[i];
            largest.0 = largest.0.max(acceleration(0).abs());
            largest.1 = largest.1.max((acceleration(1) - acceleration(0)).abs());
        }
    }
    assert!(largest.1 < 0.75 * largest.0, "acceleration {}, its change in a row {}", largest.0, largest.1);
}

#[test]
fn a_style_changes_the_vowels_and_not_the_closures() {
    let phones = speech::word("M AA M AA", 0.8);
    let at = |jaw| motion(&phones, &Effort::even(hops(&phones)), &Style { jaw, ..Style::NEUTRAL });
    let widest = |rows: &[Motion]| rows.iter().map(|row| row[M::JawOpen]).fold(0.0, f32::max);
    assert!((widest(&at(1.4)) / widest(&at(0.7)) - 2.0).abs() < 0.15);
}

/// Weight at a share of the rows, all of them sorted.
fn percentile(rows: &[Motion], channel: M, share: f64) -> f32 {
    let mut values: Vec<f32> = rows.iter().map(|row| row[channel]).collect();
    values.sort_by(f32::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}

/// One adult actor, 20 s of English: median, 90 % and maximum of captured ARKit weights, with room for another speaker.
#[test]
fn channels_are_distributed_as_in_captured_speech() {
    use std::ops::RangeInclusive as In;
    let rows = neutral(&speech::sentences(1.0));
    let like: [(M, In<f32>, In<f32>, f32); 8] = [
        (M::JawOpen, 0.03..=0.09, 0.12..=0.24, 0.45),
        (M::MouthClose, 0.00..=0.02, 0.02..=0.13, 0.25),
        (M::MouthFunnel, 0.00..=0.08, 0.15..=0.33, 0.51),
        (M::MouthPucker, 0.00..=0.08, 0.08..=0.28, 0.68),
        (M::MouthLowerDown, 0.03..=0.15, 0.17..=0.34, 0.62),
        (M::MouthUpperUp, 0.03..=0.12, 0.10..=0.28, 0.46),
        (M::MouthStretch, 0.00..=0.05, 0.05..=0.15, 0.30),
        (M::MouthSmile, 0.00..=0.04, 0.03..=0.23, 0.30),
    ];
    for (channel, median, ninety, most) in like {
        let [at_50, at_90, at_100] = [0.5, 0.9, 1.0].map(|share| percentile(&rows, channel, share));
        let told = format!("{channel:?}: {at_50:.3} {at_90:.3} {at_100:.3}");
        assert!(median.contains(&at_50) && ninety.contains(&at_90) && at_100 < most, "{told}");
    }
}
