//! A pose that the mouth must reach, and when.

use crate::{AudioTime, Motion};

/// Whether a key motion has been heard or is still expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Expected after what has been heard; may be revised.
    Predicted,
    /// Heard: it will not change any more.
    Confirmed,
}

/// A pose that the mouth must reach, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyMotion {
    /// Audio time at which the pose is reached.
    pub at: AudioTime,
    /// The pose.
    pub pose: Motion,
    /// Heard or expected.
    pub kind: KeyKind,
    /// How sure the network is, 0..=1.
    pub confidence: f32,
}
