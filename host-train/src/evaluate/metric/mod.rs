//! The metrics of the papers and our own, each a pure function of one clip's comparison; a report spreads them over clips.

mod closure;
mod comparison;
pub(crate) mod fdd;
mod jitter;
pub(crate) mod mtm;
pub(crate) mod sync;
mod turns;
pub(crate) mod vertex;
mod warp;

pub use comparison::{Comparison, FRAME_MS, FRAMES_PER_S, frame_time_s};

use crate::evaluate::surface::Surface;
use crate::judge::{Marks, Sample};
use crate::space::MotionSpace;

/// What is measured of a clip in a motion space.
pub struct Metric<S: MotionSpace = Surface> {
    /// Its name in the field.
    pub name: &'static str,
    /// Unit of its value, `unit2` for the space's own unit of length squared; empty for shares and ratios.
    pub unit: &'static str,
    /// Its value for a clip, and how much the clip weighs where clips are pooled; `None` where it says nothing.
    pub of: fn(&Comparison<S>) -> Option<Sample>,
}

/// Marks for some metrics; none yet.
pub fn marks<S: MotionSpace>(metrics: &[Metric<S>]) -> Marks {
    Marks::new(metrics.iter().map(|metric| (metric.name, metric.unit)))
}

/// What each metric says of a clip, in their order.
pub fn values<S: MotionSpace>(metrics: &[Metric<S>], clip: &Comparison<S>) -> Vec<Option<Sample>> {
    metrics.iter().map(|metric| (metric.of)(clip)).collect()
}

/// Every metric of the rig, in the order of the reports.
pub const METRICS: &[Metric] = &[
    Metric { name: "LVE", unit: "m2", of: vertex::lve },
    Metric { name: "LVE-mm", unit: "mm", of: vertex::lve_mm },
    Metric { name: "MVE", unit: "mm", of: vertex::mve },
    Metric { name: "UFVE", unit: "mm", of: vertex::ufve },
    Metric { name: "FDD", unit: "m2", of: fdd::signed },
    Metric { name: "FDD-abs", unit: "m2", of: fdd::absolute },
    Metric { name: "lip gap", unit: "mm", of: vertex::lip_gap },
    Metric { name: "LRP@2mm", unit: "", of: vertex::lrp::<2, _> },
    Metric { name: "LRP@3mm", unit: "", of: vertex::lrp::<3, _> },
    Metric { name: "LRP@4mm", unit: "", of: vertex::lrp::<4, _> },
    Metric { name: "LRP@5mm", unit: "", of: vertex::lrp::<5, _> },
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
