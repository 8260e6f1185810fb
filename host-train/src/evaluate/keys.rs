//! Key motions found against key motions there: one to one, within 20, 40 and 80 ms.

use keyface_core::{AudioTime, Span};
use serde::Serialize;

/// How far a key may be off and still count.
const WINDOWS_MS: [i64; 3] = [20, 40, 80];
/// Errors are taken of the pairs of this window, 40 ms.
const ERRORS: usize = 1;

/// Key motions of clips, as they are collected.
#[derive(Clone, Debug, Default)]
pub struct KeyTally {
    there: usize,
    found: usize,
    matched: [usize; 3],
    late_ms: Vec<f64>,
    pose_mm: Vec<f64>,
    seconds: f64,
}

/// What the keys are worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyScore {
    /// Keys that are there.
    pub there: usize,
    /// Keys that were found.
    pub found: usize,
    /// Keys found a second.
    pub found_per_s: f64,
    /// Keys that are there a second.
    pub there_per_s: f64,
    /// How many are right, within 20, 40 and 80 ms.
    pub windows: [KeyWindow; 3],
    /// Mean of found less true time over the pairs within 40 ms; above 0 keys are late.
    pub late_ms: f64,
    /// Mean of its absolute value.
    pub off_ms: f64,
    /// Mean over the same pairs of the largest distance of a vertex of the lips between found and true pose.
    pub pose_mm: Option<f64>,
}

/// Keys within a distance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KeyWindow {
    /// The distance.
    pub within_ms: i64,
    /// Pairs.
    pub matched: usize,
    /// Pairs of found.
    pub precision: f64,
    /// Pairs of there.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

impl KeyTally {
    /// Adds a clip of this length; both lists are increasing. `pose_mm(t, f)` is the distance of the pose of found key
    /// `f` from that of true key `t`, where there are poses.
    pub fn add(
        &mut self,
        there: &[AudioTime],
        found: &[AudioTime],
        seconds: f64,
        pose_mm: impl Fn(usize, usize) -> Option<f64>,
    ) {
        self.there += there.len();
        self.found += found.len();
        self.seconds += seconds;
        let pairs = WINDOWS_MS.map(|ms| pairs(there, found, Span::from_ms(ms)));
        (0..pairs.len()).for_each(|w| self.matched[w] += pairs[w].len());
        for (t, f) in &pairs[ERRORS] {
            self.late_ms.push(f64::from((found[*f] - there[*t]).as_ms()));
            self.pose_mm.extend(pose_mm(*t, *f));
        }
    }

    /// All clips together.
    pub fn score(&self) -> KeyScore {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let mean = |sum: f64, count: usize| sum / count.max(1) as f64;
        let window = |w: usize| KeyWindow {
            within_ms: WINDOWS_MS[w],
            matched: self.matched[w],
            precision: share(self.matched[w], self.found),
            recall: share(self.matched[w], self.there),
            f1: share(2 * self.matched[w], self.there + self.found),
        };
        KeyScore {
            there: self.there,
            found: self.found,
            found_per_s: self.found as f64 / self.seconds.max(1e-3),
            there_per_s: self.there as f64 / self.seconds.max(1e-3),
            windows: [0, 1, 2].map(window),
            late_ms: mean(self.late_ms.iter().sum(), self.late_ms.len()),
            off_ms: mean(self.late_ms.iter().map(|ms| ms.abs()).sum(), self.late_ms.len()),
            pose_mm: (!self.pose_mm.is_empty()).then(|| mean(self.pose_mm.iter().sum(), self.pose_mm.len())),
        }
    }
}

/// Each key is matched at most once, the earliest possible first, which is the largest matching for intervals of equal
/// length.
fn pairs(there: &[AudioTime], found: &[AudioTime], near: Span) -> Vec<(usize, usize)> {
    let (mut t, mut f) = (0, 0);
    let mut pairs = Vec::new();
    while t < there.len() && f < found.len() {
        let late = found[f] - there[t];
        if late < -near {
            f += 1;
        } else if late > near {
            t += 1;
        } else {
            pairs.push((t, f));
            (t, f) = (t + 1, f + 1);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> KeyScore {
        let at = |ms: &[i64]| ms.iter().map(|m| AudioTime::from_ms(*m)).collect::<Vec<_>>();
        let mut tally = KeyTally::default();
        tally.add(&at(&[100, 200, 300]), &at(&[90, 110, 250, 335]), 2.0, |t, f| Some((t + f) as f64));
        tally.score()
    }

    #[test]
    fn every_key_matches_at_most_once() {
        // Within 20 ms: 100-90. Within 40: also 300-335. Within 80: 100-90, 200-250, 300-335.
        let windows = score().windows;
        assert_eq!(windows.map(|w| w.matched), [1, 2, 3]);
        assert_eq!((windows[1].precision, windows[1].recall), (2.0 / 4.0, 2.0 / 3.0));
        assert!((windows[1].f1 - 4.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn errors_are_those_of_the_pairs_within_40_ms() {
        // -10 and 35 ms; pairs (0, 0) and (2, 3).
        let score = score();
        assert_eq!((score.late_ms, score.off_ms, score.pose_mm), (12.5, 22.5, Some(2.5)));
    }

    #[test]
    fn rates_are_per_second() {
        assert_eq!((score().found_per_s, score().there_per_s), (2.0, 1.5));
    }
}
