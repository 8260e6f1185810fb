//! KeyMotionNet: log-mel in; phones, key motions, closures and voice out; causal, 20 ms a step.
//!
//! KMTalk's localization and key decoder (Xu et al. 2024) on a live line. Look-ahead is a fixed delay of the labels: one
//! trunk carries a head for each. Above the trunk, centred blocks that hear the whole utterance make the offline
//! teacher (cascaded encoders, Narayanan et al. 2021), whose answers the heads learn too.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use keyface_core::heads::HEADS;
use keyface_core::{FEATURES, STEP_HOPS};
use serde::{Deserialize, Serialize};

use super::TimeConv;

/// Size of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMotionNetConfig {
    /// Channels of the trunk.
    pub width: usize,
    /// One causal residual block per dilation.
    pub dilations: Vec<usize>,
    /// One centred residual block per dilation makes the offline teacher; none: no teacher.
    #[serde(default)]
    pub teacher_dilations: Vec<usize>,
}

/// Taps of the stem and of the blocks.
const STEM_TAPS: usize = 3;
const BLOCK_TAPS: usize = 5;

/// A stem, residual blocks, the heads, and the teacher.
#[derive(Module, Debug)]
pub struct KeyMotionNet {
    /// From two stacked frames to the trunk.
    pub stem: TimeConv,
    /// The trunk.
    pub blocks: Vec<Block>,
    /// From the trunk to [`HEADS`] raw values, for each look-ahead.
    pub heads: Vec<Linear>,
    /// Never shipped.
    pub teacher: Option<Teacher>,
}

/// What hears the whole utterance.
#[derive(Module, Debug)]
pub struct Teacher {
    /// Centred in time.
    pub blocks: Vec<Block>,
    /// To [`HEADS`] raw values.
    pub heads: Linear,
}

/// `x + mix(relu(conv(x)))`.
#[derive(Module, Debug)]
pub struct Block {
    /// Over time.
    pub conv: TimeConv,
    /// Over channels.
    pub mix: Linear,
}

impl KeyMotionNetConfig {
    /// Fresh weights for so many look-aheads.
    pub fn init(&self, look_aheads: usize, device: &Device) -> KeyMotionNet {
        let linear = |outputs| LinearConfig::new(self.width, outputs).init(device);
        let block = |conv| Block { conv, mix: linear(self.width) };
        let causal = |d: &usize| block(TimeConv::causal(self.width, self.width, BLOCK_TAPS, *d, device));
        let centred = |d: &usize| block(TimeConv::centred(self.width, self.width, BLOCK_TAPS, *d, device));
        KeyMotionNet {
            stem: TimeConv::causal(STEP_HOPS * FEATURES, self.width, STEM_TAPS, 1, device),
            blocks: self.dilations.iter().map(causal).collect(),
            heads: (0..look_aheads).map(|_| linear(HEADS)).collect(),
            teacher: (!self.teacher_dilations.is_empty()).then(|| Teacher {
                blocks: self.teacher_dilations.iter().map(centred).collect(),
                heads: linear(HEADS),
            }),
        }
    }
}

impl KeyMotionNet {
    /// # Shapes
    /// `[batch, time, STEP_HOPS * FEATURES]` -> trunk `[batch, time, width]`, which CompletionNet hears too.
    pub fn trunk(&self, features: Tensor<3>) -> Tensor<3> {
        let stem = relu(self.stem.forward(features));
        self.blocks.iter().fold(stem, |x, block| block.forward(x))
    }

    /// What look-ahead number `which` says; see `keyface_core::heads` for the layout.
    ///
    /// # Shapes
    /// Trunk `[batch, time, width]` -> raw heads `[batch, time, HEADS]`.
    pub fn heads(&self, which: usize, trunk: Tensor<3>) -> Tensor<3> {
        self.heads[which].forward(trunk)
    }
}

impl Teacher {
    /// From the trunk of a whole utterance: every step describes its own end.
    ///
    /// # Shapes
    /// `[batch, time, width]` -> `[batch, time, width]`.
    pub fn features(&self, trunk: Tensor<3>) -> Tensor<3> {
        self.blocks.iter().fold(trunk, |x, block| block.forward(x))
    }

    /// Raw heads `[batch, time, HEADS]` from a whole utterance's trunk.
    pub fn heads(&self, trunk: Tensor<3>) -> Tensor<3> {
        self.heads.forward(self.features(trunk))
    }
}

impl Block {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self.mix.forward(relu(self.conv.forward(x.clone())));
        x + y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_ahead_has_heads_of_its_own() {
        let device = Device::flex();
        let config = KeyMotionNetConfig { width: 8, dilations: vec![1], teacher_dilations: vec![1, 2] };
        let net = config.init(3, &device);
        let trunk = net.trunk(Tensor::ones([2, 10, STEP_HOPS * FEATURES], &device));
        assert_eq!(net.heads(2, trunk.clone()).dims(), [2, 10, HEADS]);
        let differ = net.heads(0, trunk.clone()) - net.heads(1, trunk.clone());
        assert!(differ.abs().sum().into_scalar::<f32>() > 0.0);
        let teacher = net.teacher.unwrap();
        assert_eq!(teacher.features(trunk.clone()).dims(), [2, 10, 8]);
        assert_eq!(teacher.heads(trunk).dims(), [2, 10, HEADS]);
    }
}
