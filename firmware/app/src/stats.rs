//! How a quantity is spread: in constant memory however long it is watched, or of values at hand.

/// Width of a bin.
const BIN_MS: f32 = 0.5;
/// Bins: values beyond 2 s count as 2 s.
const BINS: usize = 4_000;

/// Counts durations in bins of half a millisecond.
#[derive(Clone, Debug)]
pub struct Spread {
    bins: Vec<u64>,
    count: u64,
    max_ms: f32,
}

impl Default for Spread {
    fn default() -> Self {
        Spread { bins: vec![0; BINS], count: 0, max_ms: 0.0 }
    }
}

impl Spread {
    /// Counts one value.
    pub fn add(&mut self, value_ms: f32) {
        let bin = (value_ms.max(0.0) / BIN_MS) as usize;
        self.bins[bin.min(BINS - 1)] += 1;
        self.count += 1;
        self.max_ms = self.max_ms.max(value_ms);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest value.
    pub fn max_ms(&self) -> f32 {
        self.max_ms
    }

    /// The value that a share (0..=1) of all values does not exceed, to half a millisecond; `None` without values.
    pub fn percentile_ms(&self, share: f64) -> Option<f32> {
        let rank = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        let bin = self.bins.iter().position(|n| {
            below += n;
            below >= rank
        })?;
        Some(((bin + 1) as f32 * BIN_MS).min(self.max_ms))
    }
}

/// Values at hand, in order.
#[derive(Clone, Debug)]
pub struct Sorted(Vec<f64>);

impl Sorted {
    /// Of these.
    pub fn new(mut values: Vec<f64>) -> Sorted {
        values.sort_by(f64::total_cmp);
        Sorted(values)
    }

    /// The value that a share (0..=1) of all does not exceed, one of them; 0 without values.
    pub fn at(&self, share: f64) -> f64 {
        let at = (self.0.len() as f64 * share) as usize;
        self.0.get(at).or(self.0.last()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_found_to_half_a_millisecond() {
        let mut spread = Spread::default();
        (1..=1_000).for_each(|n| spread.add(n as f32 * 0.1));
        assert!((spread.percentile_ms(0.5).unwrap() - 50.0).abs() <= 0.5);
        assert!((spread.percentile_ms(0.95).unwrap() - 95.0).abs() <= 0.5);
        assert_eq!(spread.percentile_ms(1.0), Some(100.0));
    }

    #[test]
    fn percentiles_of_values_at_hand_are_values_that_occurred() {
        let sorted = Sorted::new((1..=100).rev().map(f64::from).collect());
        assert_eq!([0.0, 0.5, 0.95, 0.99, 1.0].map(|share| sorted.at(share)), [1.0, 51.0, 96.0, 100.0, 100.0]);
        assert_eq!(Sorted::new(vec![1.0, 500.0, 0.9, 1.1, 300.0]).at(0.5), 1.1);
        assert_eq!(Sorted::new(vec![]).at(0.5), 0.0);
    }

    #[test]
    fn without_values_there_is_no_percentile() {
        assert_eq!(Spread::default().percentile_ms(0.5), None);
    }
}
