//! How a channel of a face differs from the shipped one.

use std::ops::RangeInclusive;

use keyface_core::MotionChannel;

/// A face does not move more or less than this many times as the shipped one.
pub const GAINS: RangeInclusive<f64> = 0.2..=4.0;

/// A channel's law: `seen = rest + gain * said`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adapted {
    /// Which channel.
    pub channel: MotionChannel,
    /// Times the shipped motion.
    pub gain: f64,
    /// Added to it.
    pub rest: f64,
    /// Correlation of what was seen with what was said.
    pub r: f64,
}
