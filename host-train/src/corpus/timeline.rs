//! Labels with gaps and rough ends in, phones that cover the sound without gaps out.

use keyface_core::Phone;

use super::error::{Error, Result};
use crate::clip::Segment;

/// Labels may overlap or pass the end by this much: rounding, and the tail that aligners add.
const TOLERANCE_S: f64 = 0.05;
/// A gap below this belongs to the phone before it.
const GAP_S: f64 = 1e-3;

/// Makes ordered segments cover 0 to `length_s`: gaps become silence, neighbouring silences one, empty phones vanish.
///
/// # Errors
/// When segments overlap, run backwards or speak more than 50 ms past the end: such labels belong to another sound.
/// Silence may pass the end: engines and aligners do not always write the pause out.
pub fn cover(segments: impl IntoIterator<Item = Segment>, length_s: f64, place: &str) -> Result<Vec<Segment>> {
    let mut covered: Vec<Segment> = Vec::new();
    let mut now_s = 0.0;
    for segment in segments {
        check(&segment, now_s, length_s, place)?;
        let gap_s = segment.start_s - now_s;
        if gap_s > GAP_S {
            push(&mut covered, now_s, segment.start_s.min(length_s), Phone::SIL);
            now_s = segment.start_s.min(length_s);
        }
        let end_s = segment.end_s.min(length_s).max(now_s);
        push(&mut covered, now_s, end_s, segment.phone);
        now_s = end_s;
    }
    finish(&mut covered, now_s, length_s);
    Ok(covered)
}

fn check(segment: &Segment, now_s: f64, length_s: f64, place: &str) -> Result<()> {
    let Segment { start_s, end_s, phone } = *segment;
    if start_s < now_s - TOLERANCE_S || end_s < start_s || !end_s.is_finite() {
        let came = format!("{} from {start_s:.3} to {end_s:.3} s after {now_s:.3} s", phone.name());
        return Err(Error::unexpected(place, "labels in order of time", came));
    }
    let is_spoken = phone != Phone::SIL;
    if is_spoken && end_s > length_s + TOLERANCE_S {
        let came = format!("{} that ends at {end_s:.3} s", phone.name());
        return Err(Error::unexpected(place, format!("labels within the {length_s:.3} s of sound"), came));
    }
    Ok(())
}

fn push(covered: &mut Vec<Segment>, start_s: f64, end_s: f64, phone: Phone) {
    if end_s <= start_s {
        return;
    }
    match covered.last_mut() {
        Some(last) if last.phone == Phone::SIL && phone == Phone::SIL => last.end_s = end_s,
        _ => covered.push(Segment { start_s, end_s, phone }),
    }
}

fn finish(covered: &mut Vec<Segment>, now_s: f64, length_s: f64) {
    if length_s - now_s > GAP_S || covered.is_empty() {
        push(covered, now_s, length_s, Phone::SIL);
    }
    if let Some(last) = covered.last_mut() {
        last.end_s = length_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_s: f64, end_s: f64, phone: Phone) -> Segment {
        Segment { start_s, end_s, phone }
    }

    #[test]
    fn gaps_become_silence() {
        let covered = cover([segment(0.1, 0.2, Phone::AA), segment(0.3, 0.4, Phone::M)], 0.5, "test").unwrap();
        let names: Vec<&str> = covered.iter().map(|s| s.phone.name()).collect();
        assert_eq!(names, ["SIL", "AA", "SIL", "M", "SIL"]);
        assert!(covered.windows(2).all(|w| w[0].end_s == w[1].start_s));
        assert_eq!((covered[0].start_s, covered[4].end_s), (0.0, 0.5));
    }

    #[test]
    fn neighbouring_silences_become_one() {
        let covered = cover([segment(0.0, 0.2, Phone::SIL), segment(0.2, 0.3, Phone::SIL)], 0.5, "test").unwrap();
        assert_eq!(covered, [segment(0.0, 0.5, Phone::SIL)]);
    }

    #[test]
    fn labels_of_another_sound_are_refused() {
        let error = cover([segment(0.0, 2.0, Phone::AA)], 1.0, "a.TextGrid").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.TextGrid: expected labels within the 1.000 s of sound, came AA that ends at 2.000 s"
        );
    }

    #[test]
    fn a_pause_that_was_not_written_out_is_cut() {
        let covered = cover([segment(0.0, 0.4, Phone::AA), segment(0.4, 0.9, Phone::SIL)], 0.5, "test").unwrap();
        assert_eq!(covered, [segment(0.0, 0.4, Phone::AA), segment(0.4, 0.5, Phone::SIL)]);
    }
}
