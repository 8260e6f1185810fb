//! Convolutions over `[batch, time, channels]` that hear both directions, each as one matrix product.
//!
//! Normalised over channels, so that neither the length of an utterance nor its neighbours in a batch change an answer.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// `x + mix(relu(conv(norm(x))))`.
#[derive(Module, Debug)]
pub struct Block {
    /// Over the channels.
    pub norm: LayerNorm,
    /// `[kernel * width, width]`, the oldest tap first, the middle one on the present.
    pub taps: Linear,
    /// Over channels.
    pub mix: Linear,
    /// Taps, an odd number.
    pub kernel: usize,
    /// Steps between two taps.
    pub dilation: usize,
}

impl Block {
    /// Fresh weights.
    pub fn new(width: usize, kernel: usize, dilation: usize, device: &Device) -> Self {
        Block {
            norm: LayerNormConfig::new(width).init(device),
            taps: LinearConfig::new(kernel * width, width).init(device),
            mix: LinearConfig::new(width, width).init(device),
            kernel,
            dilation,
        }
    }

    /// # Shapes
    /// `[batch, time, width]` -> the same; around it lie zeros.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let normal = self.norm.forward(x.clone());
        x + self.change(normal)
    }

    /// As [`Block::forward`], where what the mask `[batch, time, 1]` marks 0 counts as outside.
    pub fn forward_masked(&self, x: Tensor<3>, mask: Tensor<3>) -> Tensor<3> {
        let normal = self.norm.forward(x.clone()) * mask;
        x + self.change(normal)
    }

    fn change(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, time, width] = x.dims();
        let outside = Tensor::zeros([batch, self.kernel / 2 * self.dilation, width], &x.device());
        let x = Tensor::cat(vec![outside.clone(), x, outside], 1);
        let taps = (0..self.kernel).map(|k| x.clone().narrow(1, k * self.dilation, time)).collect();
        self.mix.forward(relu(self.taps.forward(Tensor::cat(taps, 2))))
    }
}

/// Into the common width, then blocks.
#[derive(Module, Debug)]
pub struct Stack {
    /// Into the width.
    pub embed: Linear,
    /// Over time.
    pub blocks: Vec<Block>,
}

/// Taps of the blocks over time.
pub const TAPS: usize = 5;

impl Stack {
    /// Fresh weights, one block per dilation.
    pub fn new(from: usize, width: usize, dilations: &[usize], device: &Device) -> Self {
        Stack {
            embed: LinearConfig::new(from, width).init(device),
            blocks: dilations.iter().map(|dilation| Block::new(width, TAPS, *dilation, device)).collect(),
        }
    }

    /// # Shapes
    /// `[batch, time, from]` -> `[batch, time, width]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.blocks.iter().fold(self.embed.forward(x), |x, block| block.forward(x))
    }
}
