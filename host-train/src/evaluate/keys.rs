//! Key motions found against key motions there: one to one, within 40 ms.

use keyface_core::Micros;
use serde::Serialize;

/// How far a key may be off and still count.
const NEAR: Micros = Micros::from_ms(40);

/// Counts over clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KeyScore {
    /// Keys that are there.
    pub there: usize,
    /// Keys that were found.
    pub found: usize,
    /// Pairs within 40 ms.
    pub matched: usize,
}

impl KeyScore {
    /// Adds a clip; both lists are increasing. Each key is matched at most once, the earliest possible first, which is
    /// the largest matching for intervals of equal length.
    pub fn add(&mut self, there: &[Micros], found: &[Micros]) {
        self.there += there.len();
        self.found += found.len();
        let (mut t, mut f) = (0, 0);
        while t < there.len() && f < found.len() {
            let late = found[f] - there[t];
            if late < Micros(-NEAR.0) {
                f += 1;
            } else if late > NEAR {
                t += 1;
            } else {
                (t, f) = (t + 1, f + 1);
                self.matched += 1;
            }
        }
    }

    /// Matched of found.
    pub fn precision(&self) -> f64 {
        self.matched as f64 / self.found.max(1) as f64
    }

    /// Matched of there.
    pub fn recall(&self) -> f64 {
        self.matched as f64 / self.there.max(1) as f64
    }

    /// Harmonic mean of both.
    pub fn f1(&self) -> f64 {
        2.0 * self.matched as f64 / (self.there + self.found).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_matches_at_most_once() {
        let at = |ms: &[i64]| ms.iter().map(|m| Micros::from_ms(*m)).collect::<Vec<_>>();
        let mut score = KeyScore::default();
        score.add(&at(&[100, 200, 300]), &at(&[90, 110, 250, 335]));
        assert_eq!((score.matched, score.there, score.found), (2, 3, 4));
        assert!((score.f1() - 4.0 / 7.0).abs() < 1e-9);
    }
}
