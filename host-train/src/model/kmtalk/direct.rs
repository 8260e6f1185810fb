//! The baseline of every table: the same features to the same motion, as large as KMTalk, without key motions.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::bidirectional::Stack;

/// Audio features -> motion.
#[derive(Module, Debug)]
pub struct DirectRegression {
    /// Over time.
    pub stack: Stack,
    /// To the motion channels.
    pub motion: Linear,
}

/// As deep as KMTalk from audio to motion, and one more in place of its key decoder.
const DILATIONS: [usize; 6] = [1, 2, 4, 1, 2, 4];

impl DirectRegression {
    /// Fresh weights, as many as `parameters` as nearly as the width allows; for motion of so many channels.
    pub fn of_size(parameters: usize, audio_width: usize, channels: usize, device: &Device) -> Self {
        let of_width = |width| DirectRegression {
            stack: Stack::new(audio_width, width, &DILATIONS, device),
            motion: LinearConfig::new(width, channels).init(device),
        };
        let size = |width: &usize| of_width(*width).num_params().abs_diff(parameters);
        of_width((4..=512).min_by_key(size).unwrap_or(4))
    }

    /// # Shapes
    /// Audio features `[batch, time, audio_width]` -> motion `[batch, time, channels]`.
    pub fn forward(&self, features: Tensor<3>) -> Tensor<3> {
        self.motion.forward(self.stack.forward(features))
    }
}
