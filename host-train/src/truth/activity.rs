//! Phones in, "is the mouth at work" out: 0 in silence, 1 in speech, with a lead before and a way home after.

use keyface_core::Phone;

use super::curve;
use crate::clip::Segment;

/// The mouth starts to move this long before the first sound; the eased start shows about 20 ms later.
const LEAD_S: f64 = 0.130;
/// It is wholly at work this long after the first sound has begun.
const ARRIVE_S: f64 = 0.030;
/// The mouth is home this long after the last sound.
const SETTLE_S: f64 = 0.220;
/// The breath before speech parts the lips for this long.
const BREATH_S: f64 = 0.130;

/// A stretch of speech without a pause.
#[derive(Clone, Copy, Debug)]
struct Span {
    start_s: f64,
    end_s: f64,
}

/// Speech and silence of a clip.
pub struct Activity {
    spans: Vec<Span>,
}

impl Activity {
    /// Joins phones to stretches of speech.
    pub fn new(phones: &[Segment]) -> Activity {
        let mut spans: Vec<Span> = Vec::new();
        let mut last = Phone::SIL;
        for segment in phones {
            match (segment.phone, spans.last_mut()) {
                (Phone::SIL, _) => {}
                (_, Some(span)) if last != Phone::SIL => span.end_s = segment.end_s,
                _ => spans.push(Span { start_s: segment.start_s, end_s: segment.end_s }),
            }
            last = segment.phone;
        }
        Activity { spans }
    }

    /// How far the mouth is at work, 0..=1. A short pause dips only: lead and way home overlap in it.
    pub fn at(&self, time_s: f64) -> f32 {
        let idle: f64 = self.near(time_s).map(|s| 1.0 - s.presence(time_s)).product();
        (1.0 - idle) as f32
    }

    /// How far a breath parts the lips before speech, 0..=1; only after a pause long enough to breathe in.
    pub fn breath_at(&self, time_s: f64) -> f32 {
        self.near(time_s).map(|s| s.breath(time_s)).fold(0.0, f64::max) as f32 * (1.0 - self.after(time_s))
    }

    /// How much of the way home from earlier speech is still ahead.
    fn after(&self, time_s: f64) -> f32 {
        let ended = self.near(time_s).filter(|s| s.start_s < time_s);
        ended.map(|s| s.presence(time_s)).fold(0.0, f64::max) as f32
    }

    fn near(&self, time_s: f64) -> impl Iterator<Item = &Span> {
        let from = self.spans.partition_point(|s| s.end_s + SETTLE_S < time_s);
        self.spans[from..].iter().take_while(move |s| s.start_s - LEAD_S < time_s)
    }
}

impl Span {
    fn presence(&self, time_s: f64) -> f64 {
        curve::ease((time_s - self.start_s + LEAD_S) / (LEAD_S + ARRIVE_S))
            * curve::ease((self.end_s - time_s) / SETTLE_S + 1.0)
    }

    /// A hump that is over when the sound begins.
    fn breath(&self, time_s: f64) -> f64 {
        let x = (time_s - self.start_s) / BREATH_S + 1.0;
        curve::ease(2.0 * x) * curve::ease(2.0 * (1.0 - x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause_of(pause_s: f64) -> Activity {
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        Activity::new(&[
            segment(0.0, 1.0, Phone::AA),
            segment(1.0, 1.0 + pause_s, Phone::SIL),
            segment(1.0 + pause_s, 2.0 + pause_s, Phone::AA),
        ])
    }

    #[test]
    fn a_short_pause_does_not_bring_the_mouth_to_rest() {
        let lowest = |a: &Activity| (0..100).map(|i| a.at(0.9 + 0.01 * f64::from(i))).fold(1.0, f32::min);
        assert!(lowest(&pause_of(0.15)) > 0.6);
        assert_eq!(lowest(&pause_of(0.60)), 0.0);
    }

    #[test]
    fn neighbouring_phones_are_one_stretch() {
        let phones = [(0.0, 0.1), (0.1, 0.2)].map(|(start_s, end_s)| Segment { start_s, end_s, phone: Phone::S });
        assert_eq!(Activity::new(&phones).spans.len(), 1);
    }

    #[test]
    fn a_breath_is_over_when_sound_begins() {
        let activity = pause_of(1.0);
        assert!(activity.breath_at(1.93) > 0.5);
        assert_eq!(activity.breath_at(2.0), 0.0);
    }
}
