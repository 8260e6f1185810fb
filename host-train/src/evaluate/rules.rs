//! What the rules alone would make of phones: of those that were said, as far as a look-ahead lets one know them, and of
//! those that the model heard. The first is what no causal method can do better without guessing; between the second and
//! the model lies what key motions and completion add to phones.

use keyface_core::{AudioTime, Phone, STEP_HOPS, Span};

use super::hear::{Heard, Track};
use super::metric::frame_time_s;
use crate::clip::{Clip, Segment};
use crate::truth::{self, Effort, Style};

/// Phones further back than this no longer shape the mouth.
const REACH_S: f64 = 0.8;
/// What is taken to be said after the last phone that is known, and for how long.
const UNKNOWN: Phone = Phone::AH;
const UNKNOWN_S: f64 = 0.4;
/// Rows of a frame's motion that are smoothed with it.
const ROWS_BEHIND: usize = 6;

/// The motion of a clip by the rules, where every frame knows only what is said up to `look_ahead` after it.
pub fn told_track(clip: &Clip, look_ahead: Span) -> Track {
    let effort = Effort::heard(&clip.samples, &clip.phones);
    let frames = effort.hops() / STEP_HOPS;
    (0..frames).map(|frame| told(clip, &effort, frame, look_ahead)).collect()
}

fn told(clip: &Clip, effort: &Effort, frame: usize, look_ahead: Span) -> keyface_core::Motion {
    let now_s = frame_time_s(frame);
    let phones = known(&clip.phones, now_s - REACH_S, now_s + look_ahead.as_s());
    // The rules count rows from the first phone on.
    let row = (frame + 1) * STEP_HOPS - 1;
    let from = row.saturating_sub((REACH_S * 100.0) as usize - 1);
    let rows = truth::motion(
        &moved(&phones, from as f64 * 0.010),
        &effort.rows(from, row + 1 - from + ROWS_BEHIND),
        &Style::NEUTRAL,
    );
    rows[row - from]
}

/// The phones of a stretch of time, and behind them a vowel that says nothing.
fn known(phones: &[Segment], from_s: f64, to_s: f64) -> Vec<Segment> {
    let within = phones.iter().filter(|phone| phone.end_s > from_s && phone.start_s < to_s);
    let mut known: Vec<Segment> = within.map(|phone| Segment { end_s: phone.end_s.min(to_s), ..*phone }).collect();
    if known.last().is_some_and(|last| last.phone != Phone::SIL && last.end_s >= to_s) {
        known.push(Segment { start_s: to_s, end_s: to_s + UNKNOWN_S, phone: UNKNOWN });
    }
    known
}

fn moved(phones: &[Segment], by_s: f64) -> Vec<Segment> {
    let moved = |phone: &Segment| Segment { start_s: phone.start_s - by_s, end_s: phone.end_s - by_s, ..*phone };
    phones.iter().map(moved).collect()
}

/// The motion by the rules of the phones that a line found likeliest at each step.
pub fn heard_track(clip: &Clip, heard: &Heard) -> Track {
    let phones = segments(heard.phones());
    let rows = truth::motion(&phones, &Effort::heard(&clip.samples, &phones), &Style::NEUTRAL);
    rows.into_iter().skip(1).step_by(STEP_HOPS).take(heard.motion.len()).collect()
}

/// Steps at which a phone was the likeliest, as segments that end with them.
fn segments(steps: impl Iterator<Item = (AudioTime, Phone)>) -> Vec<Segment> {
    let mut all: Vec<Segment> = Vec::new();
    for (at, phone) in steps.filter(|(at, _)| at.0 > 0) {
        let end_s = at.as_s();
        match all.last_mut() {
            Some(last) if last.phone == phone => last.end_s = end_s,
            last => {
                let start_s = last.map_or(0.0, |last| last.end_s);
                all.push(Segment { start_s, end_s, phone });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::hear::true_motion;
    use crate::prepare::tests::clip;
    use keyface_core::MotionChannel as M;

    fn furthest(a: &Track, b: &Track) -> f32 {
        let of = |(a, b): (&keyface_core::Motion, &keyface_core::Motion)| {
            a.0.iter().zip(b.0).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        a.iter().zip(b).map(of).fold(0.0, f32::max)
    }

    #[test]
    fn whoever_knows_all_that_is_to_come_makes_the_truth() {
        let clip = clip();
        assert!(furthest(&told_track(&clip, Span::from_ms(1_000)), &true_motion(&clip)) < 1e-3);
    }

    #[test]
    fn without_a_look_ahead_the_lips_do_not_close_before_a_b_is_heard() {
        let clip = clip();
        let close = |track: &Track| track[11][M::MouthClose].max(track[11][M::JawOpen]);
        let (blind, truth) = (told_track(&clip, Span(0)), true_motion(&clip));
        assert!(furthest(&blind, &truth) > 0.02, "{} {}", close(&blind), close(&truth));
    }

    #[test]
    fn steps_of_one_phone_are_one_segment() {
        let at = |ms: i64, phone| (AudioTime::from_ms(ms), phone);
        let found = segments([at(-20, Phone::M), at(20, Phone::SIL), at(40, Phone::B), at(60, Phone::B)].into_iter());
        let expected = [(0.0, 0.02, Phone::SIL), (0.02, 0.06, Phone::B)];
        assert_eq!(found, expected.map(|(start_s, end_s, phone)| Segment { start_s, end_s, phone }));
    }
}
