//! The metrics of the papers and our own, each a pure function of one clip's comparison; a report spreads them over clips.

mod closure;
mod comparison;
pub(crate) mod fdd;
mod jitter;
pub(crate) mod mtm;
pub(crate) mod sync;
mod turns;
mod vertex;
mod warp;

pub use comparison::{Comparison, FRAME_MS, FRAMES_PER_S, frame_time_s};

use crate::judge::{Marks, Sample};

/// What is measured of a clip.
#[derive(Clone, Copy)]
pub struct Metric {
    /// Its name in the field.
    pub name: &'static str,
    /// Unit of its value; empty for shares and ratios.
    pub unit: &'static str,
    /// Its value for a clip, and how much the clip weighs where clips are pooled; `None` where it says nothing.
    pub of: fn(&Comparison) -> Option<Sample>,
}

/// Every metric, in the order of the reports.
pub const METRICS: &[Metric] = &[
    Metric { name: "LVE", unit: "m2", of: vertex::lve },
    Metric { name: "LVE-mm", unit: "mm", of: vertex::lve_mm },
    Metric { name: "MVE", unit: "mm", of: vertex::mve },
    Metric { name: "UFVE", unit: "mm", of: vertex::ufve },
    Metric { name: "FDD", unit: "m2", of: fdd::signed },
    Metric { name: "FDD-abs", unit: "m2", of: fdd::absolute },
    Metric { name: "lip gap", unit: "mm", of: vertex::lip_gap },
    Metric { name: "LRP@2mm", unit: "", of: vertex::lrp::<2> },
    Metric { name: "LRP@3mm", unit: "", of: vertex::lrp::<3> },
    Metric { name: "LRP@4mm", unit: "", of: vertex::lrp::<4> },
    Metric { name: "LRP@5mm", unit: "", of: vertex::lrp::<5> },
    Metric { name: "RMS", unit: "weight", of: vertex::rms },
    Metric { name: "turn error", unit: "ms", of: turns::error },
    Metric { name: "turns found", unit: "", of: turns::found },
    Metric { name: "sync offset", unit: "ms", of: sync::offset },
    Metric { name: "sync beyond 45 ms", unit: "", of: sync::beyond::<45> },
    Metric { name: "sync beyond 80 ms", unit: "", of: sync::beyond::<80> },
    Metric { name: "closure", unit: "", of: closure::recall },
    Metric { name: "false closure", unit: "", of: closure::false_closures },
    Metric { name: "jerk ratio", unit: "", of: jitter::jerk_ratio },
    Metric { name: "energy above 8 Hz ratio", unit: "", of: jitter::high_energy_ratio },
    Metric { name: "motion energy ratio", unit: "", of: jitter::motion_energy_ratio },
    Metric { name: "speed in silence", unit: "mm/s", of: jitter::speed_in_silence },
];

/// Marks for these metrics; none yet.
pub fn marks() -> Marks {
    Marks::new(METRICS.iter().map(|metric| (metric.name, metric.unit)))
}

/// Every metric's value for a clip, in their order.
pub fn values(clip: &Comparison) -> Vec<Option<Sample>> {
    METRICS.iter().map(|metric| (metric.of)(clip)).collect()
}
