//! How long one thing takes, done many times.

use std::time::Instant;

use serde::Serialize;

use crate::stats::Sorted;

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
    pub(super) fn of(times_ms: Vec<f64>) -> StepTimes {
        let sorted = Sorted::new(times_ms);
        let [min_ms, p50_ms, p95_ms, p99_ms, max_ms] = [0.0, 0.5, 0.95, 0.99, 1.0].map(|share| sorted.at(share));
        StepTimes { min_ms, p50_ms, p95_ms, p99_ms, max_ms }
    }
}

/// Milliseconds since a moment.
pub(super) fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
