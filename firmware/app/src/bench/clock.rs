//! How long one thing takes, done many times.

use std::time::Instant;

use serde::Serialize;

/// Times of one thing that is done at every step, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StepTimes {
    /// The shortest step: what the machine can do when nothing disturbs it.
    pub min_ms: f64,
    /// Half of the steps take no longer.
    pub p50_ms: f64,
    /// 95 % of the steps take no longer.
    pub p95_ms: f64,
    /// 99 % of the steps take no longer.
    pub p99_ms: f64,
    /// The longest step.
    pub max_ms: f64,
}

impl StepTimes {
    /// From the time of every step.
    pub(super) fn of(mut times_ms: Vec<f64>) -> StepTimes {
        times_ms.sort_by(f64::total_cmp);
        let last = times_ms.len().saturating_sub(1);
        let value = |share: f64| {
            let at = ((times_ms.len() as f64 * share) as usize).min(last);
            times_ms.get(at).copied().unwrap_or_default()
        };
        let (p50_ms, p95_ms, p99_ms) = (value(0.5), value(0.95), value(0.99));
        StepTimes { min_ms: value(0.0), p50_ms, p95_ms, p99_ms, max_ms: value(1.0) }
    }
}

/// Milliseconds since a moment.
pub(super) fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let times = StepTimes::of((1..=100).rev().map(f64::from).collect());
        assert_eq!((times.min_ms, times.p50_ms, times.p95_ms), (1.0, 51.0, 96.0));
        assert_eq!((times.p99_ms, times.max_ms), (100.0, 100.0));
    }
}
