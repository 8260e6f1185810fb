//! What is seen, `[batch, step, rows, columns]`, to a row of features for each step of 40 ms.

use burn::module::Module;
use burn::nn::conv::{Conv3d, Conv3dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, PaddingConfig2d, PaddingConfig3d,
};
use burn::tensor::activation::{gelu, silu};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::resnet::ResNet2d;

/// What a step shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SightConfig {
    /// Numbers, such as where points of the lips are: no picture is made.
    Points {
        /// Frames of a step: 1 at 25 a second, 2 at 50.
        frames: usize,
        /// Numbers of a frame.
        numbers: usize,
    },
    /// A square picture, cut into patches again and again: matrix products alone, for a CPU.
    Patches {
        /// Pixels of a side.
        side: usize,
        /// Patches of each layer, in pixels of the layer before; their product divides the side.
        patches: Vec<usize>,
        /// Channels of each layer.
        channels: Vec<usize>,
    },
    /// A square picture through a convolution over space and time and a ResNet-18 (Stafylakis and Tzimiropoulos 2017).
    ResNet {
        /// Pixels of a side.
        side: usize,
        /// Channels of the first layers; the last have eight times as many.
        channels: usize,
    },
}

/// One of the three.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "an expert has one, and a module cannot be boxed")]
pub enum Sight {
    /// Numbers.
    Points(Linear),
    /// Patches.
    Patches(Patches),
    /// Convolutions.
    ResNet(VideoNet),
}

impl SightConfig {
    /// Rows and columns of a step.
    pub fn shape(&self) -> [usize; 2] {
        match *self {
            SightConfig::Points { frames, numbers } => [frames, numbers],
            SightConfig::Patches { side, .. } | SightConfig::ResNet { side, .. } => [side, side],
        }
    }

    /// Fresh weights.
    pub fn init(&self, width: usize, device: &Device) -> Sight {
        match self {
            SightConfig::Points { frames, numbers } => {
                Sight::Points(LinearConfig::new(frames * numbers, width).init(device))
            }
            SightConfig::Patches { side, patches, channels } => {
                Sight::Patches(Patches::new(*side, patches, channels, width, device))
            }
            SightConfig::ResNet { channels, .. } => Sight::ResNet(VideoNet::new(*channels, width, device)),
        }
    }
}

impl Sight {
    /// # Shapes
    /// `[batch, step, rows, columns]` -> `[batch, step, width]`.
    pub fn forward(&self, seen: Tensor<4>) -> Tensor<3> {
        match self {
            Sight::Points(linear) => linear.forward(seen.flatten(2, 3)),
            Sight::Patches(patches) => patches.forward(seen),
            Sight::ResNet(net) => net.forward(seen),
        }
    }
}

/// Convolutions whose stride is their kernel, as matrix products.
#[derive(Module, Debug)]
pub struct Patches {
    layers: Vec<Linear>,
    norms: Vec<LayerNorm>,
    sides: Vec<usize>,
    out: Linear,
}

impl Patches {
    fn new(side: usize, sides: &[usize], channels: &[usize], width: usize, device: &Device) -> Self {
        let inputs = std::iter::once(1).chain(channels.iter().copied());
        let layers = inputs.zip(sides).zip(channels);
        let layers = layers.map(|((from, side), to)| LinearConfig::new(from * side * side, *to).init(device)).collect();
        let left = side / sides.iter().product::<usize>();
        let last = channels.last().copied().unwrap_or(1);
        Patches {
            layers,
            norms: channels.iter().map(|channels| LayerNormConfig::new(*channels).init(device)).collect(),
            sides: sides.to_vec(),
            out: LinearConfig::new(left * left * last, width).init(device),
        }
    }

    fn forward(&self, seen: Tensor<4>) -> Tensor<3> {
        let [batch, steps, rows, columns] = seen.dims();
        let mut x = seen.reshape([batch * steps, rows, columns, 1]);
        for ((layer, norm), side) in self.layers.iter().zip(&self.norms).zip(&self.sides) {
            let [images, rows, columns, channels] = x.dims();
            let cut = x.reshape([images, rows / side, *side, columns / side, *side, channels]).swap_dims(2, 3);
            let cut = cut.reshape([images, rows / side, columns / side, side * side * channels]);
            x = gelu(norm.forward(layer.forward(cut)));
        }
        let features: Tensor<2> = self.out.forward(x.flatten(1, 3));
        let [_, width] = features.dims();
        features.reshape([batch, steps, width])
    }
}

/// A convolution over five steps, a pooling, a ResNet-18 for each step, and a matrix to the width.
#[derive(Module, Debug)]
pub struct VideoNet {
    front: Conv3d,
    norm: BatchNorm,
    pool: MaxPool2d,
    trunk: ResNet2d,
    out: Linear,
}

impl VideoNet {
    fn new(channels: usize, width: usize, device: &Device) -> Self {
        let front = Conv3dConfig::new([1, channels], [5, 7, 7]).with_stride([1, 2, 2]).with_bias(false);
        let pool = MaxPool2dConfig::new([3, 3]).with_strides([2, 2]);
        VideoNet {
            front: front.with_padding(PaddingConfig3d::Explicit(2, 3, 3)).init(device),
            norm: BatchNormConfig::new(channels).init(device),
            pool: pool.with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1)).init(),
            trunk: ResNet2d::new(channels, device),
            out: LinearConfig::new(8 * channels, width).init(device),
        }
    }

    fn forward(&self, seen: Tensor<4>) -> Tensor<3> {
        let [batch, steps, rows, columns] = seen.dims();
        let x = self.front.forward(seen.reshape([batch, 1, steps, rows, columns]));
        let x = silu(self.norm.forward(x)).swap_dims(1, 2);
        let [.., channels, rows, columns] = x.dims();
        let x = self.pool.forward(x.reshape([batch * steps, channels, rows, columns]));
        let features = self.out.forward(self.trunk.forward(x));
        let [_, width] = features.dims();
        features.reshape([batch, steps, width])
    }
}
