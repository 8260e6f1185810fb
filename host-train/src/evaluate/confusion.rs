//! What was shown when a class of mouths was said: counts of frames.

use keyface_core::MOUTHS;
use serde::Serialize;

use super::score::Scorer;

/// Names of the classes, in the order of [`keyface_core::Mouth`].
pub const CLASSES: [&str; MOUTHS] = ["silence", "p b m", "f v", "round", "open", "narrow", "l r er hh"];

/// Frames of 10 ms: a row for each class that was said, a column for each that was shown.
///
/// The last class is not scored: its row tells what the neighbours make of l, r, er and hh; its column counts the
/// viseme `RR`, which passes as round and as narrow. Frames of ey and oy are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Counts.
    pub frames: [[usize; MOUTHS]; MOUTHS],
}

impl Confusion {
    /// Of all clips, shown `lag_ms` after it was said.
    pub fn of(scorer: &Scorer, lag_ms: i64) -> Confusion {
        let mut confusion = Confusion::default();
        for (said, shown) in scorer.frames(lag_ms) {
            if let Some(said) = said {
                confusion.frames[said as usize][shown as usize] += 1;
            }
        }
        confusion
    }

    /// Share of the frames of class `said` in which `shown` was shown; 0 where the class never occurs.
    pub fn share(&self, said: usize, shown: usize) -> f64 {
        let row = &self.frames[said];
        row[shown] as f64 / row.iter().sum::<usize>().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::{AudioTime, Mouth, Phone, Viseme};

    use super::*;
    use crate::clip::Segment;

    #[test]
    fn frames_are_counted_by_what_was_said_and_what_was_shown_later() {
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let phones = [segment(0.0, 0.1, Phone::B), segment(0.1, 0.3, Phone::R), segment(0.3, 0.4, Phone::EY)];
        // 20 ms late: closed for 100 ms, RR for 50 ms, then rounded.
        let events = [(20, Viseme::PP), (120, Viseme::RR), (170, Viseme::Ou)];
        let mut scorer = Scorer::default();
        scorer.add("", &phones, &events.map(|(ms, viseme)| (AudioTime::from_ms(ms), viseme)).to_vec());
        let confusion = Confusion::of(&scorer, 20);
        assert_eq!(confusion.frames[Mouth::Closed as usize], [0, 10, 0, 0, 0, 0, 0]);
        assert_eq!(confusion.frames[Mouth::Loose as usize], [0, 0, 0, 15, 0, 0, 5]);
        assert_eq!(confusion.share(Mouth::Loose as usize, Mouth::Round as usize), 0.75);
        // ey begins open and ends narrow: it is in no row.
        assert_eq!(confusion.frames.as_flattened().iter().sum::<usize>(), 30);
    }
}
