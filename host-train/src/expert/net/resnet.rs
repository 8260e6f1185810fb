//! ResNet-18 (He et al. 2016) over pictures and over samples: four stages of two blocks, each stage twice as wide and half as
//! long as the one before.

use burn::module::Module;
use burn::nn::conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig1d, PaddingConfig2d};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};

/// Channels, in parts of the first stage's, and stride of each block.
const BLOCKS: [(usize, usize, usize); 8] =
    [(1, 1, 1), (1, 1, 1), (1, 2, 2), (2, 2, 1), (2, 4, 2), (4, 4, 1), (4, 8, 2), (8, 8, 1)];
/// By how much all stages together make a sequence shorter.
pub const SHORTER: usize = 8;

/// Over pictures; the mean over what is left of each.
#[derive(Module, Debug)]
pub struct ResNet2d {
    blocks: Vec<Block2d>,
}

#[derive(Module, Debug)]
struct Block2d {
    convs: [Conv2d; 2],
    norms: [BatchNorm; 2],
    beside: Option<(Conv2d, BatchNorm)>,
}

impl ResNet2d {
    /// Fresh weights for pictures of so many channels.
    pub fn new(channels: usize, device: &Device) -> Self {
        let block = |(from, to, stride)| Block2d::new(from * channels, to * channels, stride, device);
        ResNet2d { blocks: BLOCKS.map(block).into() }
    }

    /// # Shapes
    /// `[images, channels, rows, columns]` -> `[images, 8 * channels]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let [images, channels, ..] = x.dims();
        x.mean_dim(3).mean_dim(2).reshape([images, channels])
    }
}

impl Block2d {
    fn new(from: usize, to: usize, stride: usize, device: &Device) -> Self {
        let conv = |from: usize, kernel: usize, stride: usize| {
            let around = PaddingConfig2d::Explicit(kernel / 2, kernel / 2, kernel / 2, kernel / 2);
            let conv = Conv2dConfig::new([from, to], [kernel, kernel]).with_stride([stride, stride]);
            conv.with_padding(around).with_bias(false).init(device)
        };
        let norm = || BatchNormConfig::new(to).init(device);
        Block2d {
            convs: [conv(from, 3, stride), conv(to, 3, 1)],
            norms: [norm(), norm()],
            beside: (from != to).then(|| (conv(from, 1, stride), norm())),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = silu(self.norms[0].forward(self.convs[0].forward(x.clone())));
        let y = self.norms[1].forward(self.convs[1].forward(y));
        let beside = match &self.beside {
            Some((conv, norm)) => norm.forward(conv.forward(x)),
            None => x,
        };
        silu(y + beside)
    }
}

/// Over samples.
#[derive(Module, Debug)]
pub struct ResNet1d {
    blocks: Vec<Block1d>,
}

#[derive(Module, Debug)]
struct Block1d {
    convs: [Conv1d; 2],
    norms: [BatchNorm; 2],
    beside: Option<(Conv1d, BatchNorm)>,
}

impl ResNet1d {
    /// Fresh weights for sequences of so many channels.
    pub fn new(channels: usize, device: &Device) -> Self {
        let block = |(from, to, stride)| Block1d::new(from * channels, to * channels, stride, device);
        ResNet1d { blocks: BLOCKS.map(block).into() }
    }

    /// # Shapes
    /// `[batch, channels, time]` -> `[batch, 8 * channels, time / SHORTER]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }
}

impl Block1d {
    fn new(from: usize, to: usize, stride: usize, device: &Device) -> Self {
        let conv = |from: usize, kernel: usize, stride: usize| {
            let conv = Conv1dConfig::new(from, to, kernel).with_stride(stride).with_bias(false);
            conv.with_padding(PaddingConfig1d::Explicit(kernel / 2, kernel / 2)).init(device)
        };
        let norm = || BatchNormConfig::new(to).init(device);
        Block1d {
            convs: [conv(from, 3, stride), conv(to, 3, 1)],
            norms: [norm(), norm()],
            beside: (from != to).then(|| (conv(from, 1, stride), norm())),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = silu(self.norms[0].forward(self.convs[0].forward(x.clone())));
        let y = self.norms[1].forward(self.convs[1].forward(y));
        let beside = match &self.beside {
            Some((conv, norm)) => norm.forward(conv.forward(x)),
            None => x,
        };
        silu(y + beside)
    }
}
