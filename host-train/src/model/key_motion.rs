//! KeyMotionNet: log-mel in; phones, key motions, closures and voice out; causal, 20 ms a step.
//!
//! KMTalk's localization and key decoder (Xu et al. 2024) on a live line: look-ahead is a fixed delay of the labels.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use keyface_core::heads::HEADS;
use keyface_core::{FEATURES, STEP_HOPS};
use serde::{Deserialize, Serialize};

use super::CausalConv;

/// Size of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMotionNetConfig {
    /// Channels of the trunk.
    pub width: usize,
    /// One residual block per dilation.
    pub dilations: Vec<usize>,
}

/// Taps of the stem and of the blocks.
const STEM_TAPS: usize = 3;
const BLOCK_TAPS: usize = 5;

/// A stem, residual blocks, and one linear layer for all heads.
#[derive(Module, Debug)]
pub struct KeyMotionNet {
    /// From two stacked frames to the trunk.
    pub stem: CausalConv,
    /// The trunk.
    pub blocks: Vec<Block>,
    /// From the trunk to [`HEADS`] raw values.
    pub heads: Linear,
}

/// `x + mix(relu(conv(x)))`.
#[derive(Module, Debug)]
pub struct Block {
    /// Over time.
    pub conv: CausalConv,
    /// Over channels.
    pub mix: Linear,
}

/// What the network says at every step.
pub struct KeyMotionOutput {
    /// Raw heads `[batch, time, HEADS]`; see `keyface_core::heads` for the layout.
    pub heads: Tensor<3>,
    /// Trunk features `[batch, time, width]`, which CompletionNet hears.
    pub trunk: Tensor<3>,
}

impl KeyMotionNetConfig {
    /// Fresh weights.
    pub fn init(&self, device: &Device) -> KeyMotionNet {
        let block = |dilation: &usize| Block {
            conv: CausalConv::new(self.width, self.width, BLOCK_TAPS, *dilation, device),
            mix: LinearConfig::new(self.width, self.width).init(device),
        };
        KeyMotionNet {
            stem: CausalConv::new(STEP_HOPS * FEATURES, self.width, STEM_TAPS, 1, device),
            blocks: self.dilations.iter().map(block).collect(),
            heads: LinearConfig::new(self.width, HEADS).init(device),
        }
    }
}

impl KeyMotionNet {
    /// # Shapes
    /// `[batch, time, STEP_HOPS * FEATURES]` -> heads `[batch, time, HEADS]`, trunk `[batch, time, width]`.
    pub fn forward(&self, features: Tensor<3>) -> KeyMotionOutput {
        let stem = relu(self.stem.forward(features));
        let trunk = self.blocks.iter().fold(stem, |x, block| block.forward(x));
        KeyMotionOutput { heads: self.heads.forward(trunk.clone()), trunk }
    }
}

impl Block {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self.mix.forward(relu(self.conv.forward(x.clone())));
        x + y
    }
}
