//! How well mouth classes are told apart: recall of each, and their mean.

use keyface_core::Mouth;

/// Classes that are scored: all but [`Mouth::Loose`] (l r er hh), whose shape the neighbours decide.
const SCORED: [Mouth; 6] = [Mouth::Silent, Mouth::Closed, Mouth::LipTeeth, Mouth::Round, Mouth::Open, Mouth::Narrow];

/// Numbers of recalls that [`Recalls::counts`] holds.
pub const COUNTS: usize = 2 * SCORED.len();

/// Hits and occurrences of each scored class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Recalls([[f64; 2]; SCORED.len()]);

impl Recalls {
    /// Counts a moment in which a class was due, and whether it was found; of others nothing is counted.
    pub fn add(&mut self, due: Mouth, is_found: bool) {
        if let Some(at) = SCORED.iter().position(|scored| *scored == due) {
            self.0[at][0] += f64::from(u8::from(is_found));
            self.0[at][1] += 1.0;
        }
    }

    /// Recall of each class, in the order silence, closed, lip-teeth, round, open, narrow; `None` where it never occurs.
    pub fn each(&self) -> [Option<f64>; SCORED.len()] {
        self.0.map(|[hit, all]| (all > 0.0).then(|| hit / all))
    }

    /// Mean recall over the classes that occur: balanced accuracy. `None` without any; 1/6 is chance.
    pub fn balanced(&self) -> Option<f64> {
        let known: Vec<f64> = self.each().iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// As numbers that may be summed over clips.
    pub fn counts(&self) -> [f64; COUNTS] {
        std::array::from_fn(|n| self.0[n / 2][n % 2])
    }

    /// Of such sums.
    pub fn of_counts(counts: [f64; COUNTS]) -> Recalls {
        Recalls(std::array::from_fn(|n| [counts[2 * n], counts[2 * n + 1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_weighs_the_same_and_loose_mouths_nothing() {
        let mut recalls = Recalls::default();
        for (due, is_found) in [(Mouth::Silent, true), (Mouth::Closed, true), (Mouth::Closed, false)] {
            (0..10).for_each(|_| recalls.add(due, is_found));
        }
        recalls.add(Mouth::Loose, true);
        assert_eq!((recalls.balanced(), recalls.each()[1], recalls.each()[2]), (Some(0.75), Some(0.5), None));
        assert_eq!(Recalls::of_counts(recalls.counts()), recalls);
        assert_eq!(Recalls::default().balanced(), None);
    }
}
