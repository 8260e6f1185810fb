//! How a quantity is spread, in constant memory however long it is watched.

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
    fn without_values_there_is_no_percentile() {
        assert_eq!(Spread::default().percentile_ms(0.5), None);
    }
}
