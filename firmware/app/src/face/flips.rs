//! What the kernel tells of a screen's flips in, the screen's beat out.

use std::time::Duration;

use keyface_core::{Moment, Span};

/// How a screen changes its pictures, in the job's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flips {
    /// When the newest picture was first seen.
    pub last: Moment,
    /// From one refresh of the screen to the next.
    pub period: Span,
    /// Whether a picture is on its way.
    pub is_pending: bool,
}

/// A flip that is off the beat by more than this share of a period is none of a screen's that has a beat.
const STRAY: i64 = 8;
/// Where so many more were off the beat than on it, there is none: the pictures of some screens, as of a machine that is
/// emulated, are taken at once.
const STRAYS: u32 = 4;
/// Behind a pause of so many periods the beat that was counted may have drifted away.
const COUNTED: i64 = 30;
/// Two clocks that part by this much in a moment: one of them was set.
const SET: i64 = 1_000_000;

/// Follows one screen's flips.
#[derive(Clone, Debug)]
pub struct Beats {
    period: Span,
    last: Option<Moment>,
    strays: u32,
    /// From the kernel's clock to the job's: the shortest way of a message that was seen.
    apart: Option<i64>,
}

impl Beats {
    /// Of a screen that has shown nothing yet.
    pub fn new(period: Span) -> Beats {
        Beats { period, last: None, strays: 0, apart: None }
    }

    /// A picture came onto the screen at the kernel's time `stamp`; the job was told at `now`.
    pub fn flipped(&mut self, stamp: Duration, now: Moment) {
        let stamp = stamp.as_micros() as i64;
        let way = now.0 - stamp;
        // What is told late was not seen late.
        let apart = self.apart.filter(|apart| (apart - way).abs() < SET).map_or(way, |apart| apart.min(way));
        self.apart = Some(apart);
        let at = Moment(stamp + apart);
        if let Some(last) = self.last.replace(at) {
            self.compare(at - last);
        }
    }

    /// The beat; `None` before the first flip, and for a screen without one.
    pub fn flips(&self, is_pending: bool) -> Option<Flips> {
        let last = self.last.filter(|_| self.strays < STRAYS && self.period.0 > 0)?;
        Some(Flips { last, period: self.period, is_pending })
    }

    fn compare(&mut self, since: Span) {
        let period = self.period.0.max(1);
        let off = (since.0 + period / 2).rem_euclid(period) - period / 2;
        match since.0 / period {
            COUNTED.. => {}
            _ if self.strays >= STRAYS => {}
            _ if off.abs() > period / STRAY => self.strays += 1,
            _ => self.strays = self.strays.saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Span = Span(16_683);

    /// Flips by the kernel's clock, told so much later each.
    fn told(beats: &mut Beats, flips: &[(i64, i64)]) {
        flips
            .iter()
            .for_each(|(at, way)| beats.flipped(Duration::from_micros(*at as u64), Moment(at + way - 5_000_000)));
    }

    #[test]
    fn a_flip_that_is_told_late_was_not_seen_late() {
        let mut beats = Beats::new(PERIOD);
        assert_eq!(beats.flips(false), None);
        told(&mut beats, &[(9_000_000, 40), (9_016_683, 4_000)]);
        let flips = beats.flips(true).unwrap();
        assert_eq!((flips.last, flips.is_pending), (Moment(4_016_683 + 40), true));
    }

    #[test]
    fn a_kernel_whose_clock_is_set_is_believed_anew() {
        let mut beats = Beats::new(PERIOD);
        told(&mut beats, &[(9_000_000, 40)]);
        beats.flipped(Duration::from_secs(1_700_000_000), Moment(4_016_700));
        assert_eq!(beats.flips(false).unwrap().last, Moment(4_016_700));
    }

    #[test]
    fn pictures_that_were_left_out_are_on_the_beat_and_a_long_pause_is_not_judged() {
        let mut beats = Beats::new(PERIOD);
        let flips = [0, 1, 2, 4, 7, 8, 300, 301].map(|n| (9_000_000 + n * (PERIOD.0 + 12), 30));
        told(&mut beats, &flips);
        assert!(beats.flips(false).is_some() && beats.strays == 0);
    }

    #[test]
    fn a_screen_that_takes_pictures_at_once_has_no_beat() {
        let mut beats = Beats::new(PERIOD);
        let flips: Vec<(i64, i64)> = (0..9).map(|n| (9_000_000 + n * 11_000, 30)).collect();
        told(&mut beats, &flips[..4]);
        assert!(beats.flips(false).is_some(), "a few may be the machine's fault");
        told(&mut beats, &flips[4..]);
        assert_eq!(beats.flips(false), None);
    }
}
