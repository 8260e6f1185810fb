//! Features of steps in, what the whole utterance says about them out: conformer blocks (Gulati et al. 2020), or dilated
//! convolutions, which are another kind of reader and so a judge of the first.

use burn::module::Module;
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{Dropout, DropoutConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, PaddingConfig1d};
use burn::tensor::activation::{sigmoid, silu};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::attention::RelativeAttention;
use crate::model::kmtalk::Block;

/// What an encoder is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Layers {
    /// Attention and convolution.
    Conformer {
        /// How many.
        blocks: usize,
        /// Heads of the attention; they divide the width.
        heads: usize,
        /// Taps of the convolution over time, an odd number.
        kernel: usize,
    },
    /// Convolutions alone.
    Dilated {
        /// One block each.
        dilations: Vec<usize>,
        /// Taps, an odd number.
        kernel: usize,
    },
}

/// Blocks, then a normalisation.
#[derive(Module, Debug)]
pub struct Encoder {
    conformers: Vec<Conformer>,
    dilated: Vec<Block>,
    norm: LayerNorm,
}

impl Encoder {
    /// Fresh weights.
    pub fn new(layers: &Layers, width: usize, dropout: f64, device: &Device) -> Self {
        let mut encoder =
            Encoder { conformers: vec![], dilated: vec![], norm: LayerNormConfig::new(width).init(device) };
        match layers {
            Layers::Conformer { blocks, heads, kernel } => {
                let conformer = |_| Conformer::new(width, *heads, *kernel, dropout, device);
                encoder.conformers = (0..*blocks).map(conformer).collect();
            }
            Layers::Dilated { dilations, kernel } => {
                encoder.dilated = dilations.iter().map(|d| Block::new(width, *kernel, *d, device)).collect();
            }
        }
        encoder
    }

    /// # Shapes
    /// `[batch, time, width]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.conformers.iter().fold(x, |x, block| block.forward(x));
        self.norm.forward(self.dilated.iter().fold(x, |x, block| block.forward(x)))
    }
}

/// Half a feed-forward, attention, convolution, half a feed-forward; each beside a residual path.
#[derive(Module, Debug)]
struct Conformer {
    before: Forward,
    attention_norm: LayerNorm,
    attention: RelativeAttention,
    conv: Convolution,
    after: Forward,
    norm: LayerNorm,
    dropout: Dropout,
}

impl Conformer {
    fn new(width: usize, heads: usize, kernel: usize, dropout: f64, device: &Device) -> Self {
        Conformer {
            before: Forward::new(width, dropout, device),
            attention_norm: LayerNormConfig::new(width).init(device),
            attention: RelativeAttention::new(width, heads, dropout, device),
            conv: Convolution::new(width, kernel, device),
            after: Forward::new(width, dropout, device),
            norm: LayerNormConfig::new(width).init(device),
            dropout: DropoutConfig::new(dropout).init(),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.before.forward(x) * 0.5;
        let x = x.clone() + self.dropout.forward(self.attention.forward(self.attention_norm.forward(x)));
        let x = x.clone() + self.dropout.forward(self.conv.forward(x));
        self.norm.forward(x.clone() + self.after.forward(x) * 0.5)
    }
}

/// How much wider than the rest a feed-forward is.
pub const WIDER: usize = 4;

/// `narrow(silu(widen(norm(x))))`.
#[derive(Module, Debug)]
pub struct Forward {
    norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    dropout: Dropout,
}

impl Forward {
    /// Fresh weights.
    pub fn new(width: usize, dropout: f64, device: &Device) -> Self {
        Forward {
            norm: LayerNormConfig::new(width).init(device),
            widen: LinearConfig::new(width, WIDER * width).init(device),
            narrow: LinearConfig::new(WIDER * width, width).init(device),
            dropout: DropoutConfig::new(dropout).init(),
        }
    }

    /// # Shapes
    /// `[batch, time, width]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let wide = self.dropout.forward(silu(self.widen.forward(self.norm.forward(x))));
        self.dropout.forward(self.narrow.forward(wide))
    }
}

/// A gate, a convolution over time for each channel by itself, and a mixture. Normalised over channels, not over the
/// batch: a crop's answer does not hang on its neighbours.
#[derive(Module, Debug)]
struct Convolution {
    norm: LayerNorm,
    widen: Linear,
    depthwise: Conv1d,
    inner_norm: LayerNorm,
    mix: Linear,
}

impl Convolution {
    fn new(width: usize, kernel: usize, device: &Device) -> Self {
        let depthwise = Conv1dConfig::new(width, width, kernel).with_groups(width).with_padding(PaddingConfig1d::Same);
        Convolution {
            norm: LayerNormConfig::new(width).init(device),
            widen: LinearConfig::new(width, 2 * width).init(device),
            depthwise: depthwise.init(device),
            inner_norm: LayerNormConfig::new(width).init(device),
            mix: LinearConfig::new(width, width).init(device),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [.., width] = x.dims();
        let wide = self.widen.forward(self.norm.forward(x));
        let gated = wide.clone().narrow(2, 0, width) * sigmoid(wide.narrow(2, width, width));
        let over_time = self.depthwise.forward(gated.swap_dims(1, 2)).swap_dims(1, 2);
        self.mix.forward(silu(self.inner_norm.forward(over_time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;

    #[test]
    fn both_kinds_keep_the_shape_and_hear_both_directions() {
        let device = Device::flex();
        device.seed(1);
        let kinds = [
            Layers::Conformer { blocks: 1, heads: 2, kernel: 3 },
            Layers::Dilated { dilations: vec![1, 2], kernel: 3 },
        ];
        for layers in kinds {
            let encoder = Encoder::new(&layers, 8, 0.0, &device);
            let x = Tensor::<3>::random([2, 7, 8], Distribution::Default, &device);
            let one = Tensor::<3>::zeros([2, 1, 8], &device);
            let rest = Tensor::cat(vec![x.clone().narrow(1, 0, 3), one, x.clone().narrow(1, 4, 3)], 1);
            let moved = (encoder.forward(x) - encoder.forward(rest)).abs().sum_dim(2);
            assert_eq!(moved.dims(), [2, 7, 1]);
            let moved = moved.try_into_vec_as::<f32>().unwrap();
            assert!(moved[2] > 1e-4 && moved[4] > 1e-4, "{layers:?}: {moved:?}");
        }
    }
}
