//! Losses: each a file with its formula; here they get names and weights.

mod binary;
mod cross_entropy;
mod distillation;
mod lips;
mod mouths;
mod squared;

pub use binary::binary_cross_entropy;
pub use cross_entropy::smoothed_cross_entropy;
pub use distillation::{distillation, soft_labels};
pub use lips::Lips;
pub use mouths::{SHARES, mouth_labels};
pub use squared::{changes, masked_absolute, masked_square, scaled_square, velocity};

use burn::tensor::Tensor;
use keyface_core::heads;
use keyface_core::{MOTION_CHANNELS, PHONES};
use serde::{Deserialize, Serialize};

use crate::data::Truth;

/// Weight of each loss of KeyMotionNet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyMotionWeights {
    /// Cross-entropy of the phones.
    pub phones: f64,
    /// Cross-entropy of the mouth classes, the rare ones weighing more.
    pub mouths: f64,
    /// Presence of a key.
    pub boundary: f64,
    /// Sealed lips.
    pub closure: f64,
    /// Lower lip on upper teeth.
    pub lip_teeth: f64,
    /// Speech.
    pub voice: f64,
    /// Pose now.
    pub pose: f64,
    /// Pose of the next key.
    pub next_pose: f64,
    /// Time until the next key.
    pub next_time: f64,
    /// Where in its step a key lies.
    pub offset: f64,
    /// The offline teacher's own losses; the look-aheads share a weight of 1.
    pub teacher: f64,
    /// What the teacher says, beside what the labels say.
    pub distillation: f64,
    /// What a listener said of the clip, beside what the labels say, where a corpus has its answers.
    pub heard: f64,
}

impl Default for KeyMotionWeights {
    fn default() -> Self {
        KeyMotionWeights {
            phones: 1.0,
            mouths: 1.0,
            boundary: 0.3,
            closure: 1.0,
            lip_teeth: 0.5,
            voice: 0.3,
            pose: 0.2,
            next_pose: 0.1,
            next_time: 0.1,
            offset: 0.1,
            teacher: 0.5,
            distillation: 0.5,
            heard: 1.5,
        }
    }
}

/// Losses by name, already weighted, and their sum.
pub struct Breakdown {
    /// Name and weighted value, each of shape `[1]`.
    pub parts: Vec<(&'static str, Tensor<1>)>,
}

impl Breakdown {
    /// The sum of all parts.
    pub fn total(&self) -> Tensor<1> {
        let mut parts = self.parts.iter().map(|(_, loss)| loss.clone());
        let first = parts.next().expect("a breakdown has at least one part");
        parts.fold(first, |sum, loss| sum + loss)
    }
}

/// Closures and labiodentals are rare: their positives weigh more.
const POSITIVE: [f32; 4] = [2.0, 3.0, 4.0, 1.0];
const SMOOTHING: f64 = 0.05;

/// All losses of one look-ahead of KeyMotionNet; `raw` is `[batch, time, HEADS]`.
pub fn key_motion(raw: Tensor<3>, truth: &Truth, weights: &KeyMotionWeights) -> Breakdown {
    let part = |start, len| raw.clone().narrow(2, start, len);
    let target = |start, len| truth.targets.clone().narrow(2, start, len);
    let event = |n: usize, head| binary_cross_entropy(part(head, 1), truth.events.clone().narrow(2, n, 1), POSITIVE[n]);
    const M: usize = MOTION_CHANNELS;
    let is_key = truth.events.clone().narrow(2, 0, 1);
    Breakdown {
        parts: vec![
            ("phones", smoothed_cross_entropy(part(0, PHONES), truth.phones.clone(), SMOOTHING) * weights.phones),
            ("mouths", mouth_labels(part(0, PHONES), truth.phones.clone()) * weights.mouths),
            ("boundary", event(0, heads::BOUNDARY) * weights.boundary),
            ("closure", event(1, heads::CLOSURE) * weights.closure),
            ("lip_teeth", event(2, heads::LIP_TEETH) * weights.lip_teeth),
            ("voice", event(3, heads::VOICE) * weights.voice),
            ("pose", scaled_square(part(heads::POSE, M), truth.motion()) * weights.pose),
            ("next_pose", scaled_square(part(heads::NEXT_POSE, M), target(M, M)) * weights.next_pose),
            ("next_time", (part(heads::NEXT_TIME, 1) - target(2 * M, 1)).abs().mean() * weights.next_time),
            ("offset", masked_absolute(part(heads::OFFSET, 1), target(2 * M + 1, 1), is_key) * weights.offset),
        ],
    }
}
