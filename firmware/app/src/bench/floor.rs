//! How long a network must take at least on this machine, and how near it comes.

use keyface_core::{NetCost, Precision};
use serde::Serialize;

use super::clock::StepTimes;
use super::machine::{Peaks, read_bytes_per_s};

/// The roofline of one network (Williams, Waterman and Patterson 2009): it must multiply, and it must read its weights.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Floor {
    /// Multiplications with an addition in a step.
    pub macs: f64,
    /// Constants that a run reads, in bytes; a run of several steps reads them once.
    pub weight_bytes: f64,
    /// Time of a step at this machine's peak.
    pub compute_ms: f64,
    /// Time of a step's share of reading the weights.
    pub memory_ms: f64,
    /// The shortest step in units of the higher floor.
    pub ratio: f64,
}

impl Floor {
    /// Of a network that takes `steps` at a run and `times` a step.
    pub(super) fn of(cost: NetCost, steps: usize, precision: Precision, peaks: Peaks, times: &StepTimes) -> Floor {
        let (macs, weight_bytes) = (cost.macs as f64 / steps as f64, cost.weight_bytes as f64);
        let compute_ms = macs / peaks.of(precision) * 1_000.0;
        let memory_ms = weight_bytes / read_bytes_per_s(cost.weight_bytes) / steps as f64 * 1_000.0;
        Floor { macs, weight_bytes, compute_ms, memory_ms, ratio: times.min_ms / compute_ms.max(memory_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_a_million_products_at_a_billion_a_second_takes_a_millisecond() {
        let times = StepTimes::of(vec![3.0]);
        let peaks = Peaks { float_macs_per_s: 1e9, int8_macs_per_s: 4e9 };
        let cost = NetCost { macs: 4_000_000, weight_bytes: 4_096 };
        let floor = Floor::of(cost, 4, Precision::Float, peaks, &times);
        assert!((floor.compute_ms - 1.0).abs() < 1e-9 && (floor.ratio - 3.0).abs() < 1e-9, "{floor:?}");
        let floor = Floor::of(cost, 4, Precision::Int8Compute, peaks, &times);
        assert!((floor.compute_ms - 0.25).abs() < 1e-9, "{floor:?}");
    }
}
