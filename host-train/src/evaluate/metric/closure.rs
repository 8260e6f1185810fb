//! Closures: whether the lips meet where a p, b or m is spoken, and whether they meet elsewhere.

use keyface_core::Phone;

use super::comparison::{Comparison, frame_time_s};
use crate::judge::Sample;
use crate::truth::{Hold, sealed};

/// Lips that are this near to a closure may still be on their way.
const NEAR_S: f64 = 0.060;

/// Share of the frames of true closures (p b m without the burst) in which the lips are closed; a clip weighs as many
/// frames as that are.
pub fn recall(clip: &Comparison) -> Option<Sample> {
    let holds = holds(clip, 0.0);
    closed_share(clip, |frame| lies_in(&holds, frame))
}

/// Share of the other frames of speech, 60 ms away from closures, in which they are closed.
pub fn false_closures(clip: &Comparison) -> Option<Sample> {
    let holds = holds(clip, NEAR_S);
    let speech = |frame| clip.phone(frame).is_some_and(|phone| phone != Phone::SIL);
    closed_share(clip, |frame| speech(frame) && !lies_in(&holds, frame))
}

fn holds(clip: &Comparison, near_s: f64) -> Vec<Hold> {
    let holds = clip.phones.iter().filter_map(sealed);
    holds.map(|hold| Hold { from_s: hold.from_s - near_s, to_s: hold.to_s + near_s }).collect()
}

fn lies_in(holds: &[Hold], frame: usize) -> bool {
    holds.iter().any(|hold| (hold.from_s..=hold.to_s).contains(&frame_time_s(frame)))
}

fn closed_share(clip: &Comparison, counts: impl Fn(usize) -> bool) -> Option<Sample> {
    let frames: Vec<usize> = (0..clip.frames()).filter(|frame| counts(*frame)).collect();
    let closed = frames.iter().filter(|frame| clip.shown_opening[**frame] < clip.space.closed_m()).count();
    let weight = frames.len() as f64;
    (weight > 0.0).then(|| Sample { value: closed as f64 / weight, weight })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Segment;
    use crate::evaluate::surface::testing::{surface, track};
    use keyface_core::MotionChannel as M;

    #[test]
    fn closures_are_counted_where_they_are_due_and_where_they_are_not() {
        let phones = [(0.0, 0.2, Phone::AA), (0.2, 0.3, Phone::M), (0.3, 0.5, Phone::AA)];
        let phones = phones.map(|(start_s, end_s, phone)| Segment { start_s, end_s, phone });
        // The m holds from 0.175 to 0.3 s: frames 8 (0.18 s) to 14 (0.30 s), 7 of them. Away from it, 60 ms on each side,
        // lie frames 0 (0.02 s) to 4 (0.10 s) and 18 (0.38 s) to 24 (0.50 s), 12 of them.
        // The lips stand 1 mm apart at rest; a jaw of -0.05, which no face has, brings them together.
        let mut weights = [0.2; 25];
        weights[10..13].fill(-0.05);
        weights[20..23].fill(-0.05);
        let (surface, shown) = (surface(), track(M::JawOpen, &weights));
        let clip = Comparison::new(&surface, &shown, &shown, &phones);
        assert_eq!(recall(&clip), Some(Sample { value: 3.0 / 7.0, weight: 7.0 }));
        assert_eq!(false_closures(&clip), Some(Sample { value: 3.0 / 12.0, weight: 12.0 }));
    }
}
