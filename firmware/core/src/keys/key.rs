//! A pose that the mouth must reach, and when.

use crate::{AudioTime, Motion};

/// A pose that the mouth must reach, and when: heard, so that it will not change any more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyMotion {
    /// Audio time at which the pose is reached.
    pub at: AudioTime,
    /// The pose.
    pub pose: Motion,
    /// How sure the network is, 0..=1.
    pub confidence: f32,
}
