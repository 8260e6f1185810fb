//! The seven strided convolutions: samples in, one vector per 20 ms out, over `[batch, time, channels]`.

use burn::module::{Module, Param};
use burn::nn::{GroupNorm, GroupNormConfig, LayerNorm, Linear};
use burn::tensor::activation::gelu;
use burn::tensor::{Tensor, s};

use super::config::{ConvNorm, Wav2Vec2Config};
use crate::corpus::Result;
use crate::model::weights::Weights;

/// HuggingFace leaves the convolutions' normalizations at PyTorch's default, whatever `layer_norm_eps` says.
const EPSILON: f64 = 1e-5;

/// `gelu(norm(conv(x)))`, seven times.
#[derive(Module, Debug)]
pub struct FeatureEncoder {
    layers: Vec<ConvLayer>,
}

/// A strided convolution as one matrix product over its taps, laid side by side.
#[derive(Module, Debug)]
struct ConvLayer {
    /// `[kernel * channels_in, channels_out]`, the oldest tap first.
    taps: Linear,
    /// Over time, each channel alone.
    over_time: Option<GroupNorm>,
    /// Over the channels, each moment alone.
    over_channels: Option<LayerNorm>,
    kernel: usize,
    stride: usize,
}

impl FeatureEncoder {
    /// Takes the layers from a checkpoint.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(weights: &Weights<'_>, config: &Wav2Vec2Config) -> Result<Self> {
        let layers = (0..config.conv_dim.len()).map(|n| ConvLayer::load(weights, config, n));
        Ok(FeatureEncoder { layers: layers.collect::<Result<_>>()? })
    }

    /// # Shapes
    /// `[batch, samples]`, at least a window of them -> `[batch, time, channels]`.
    pub fn forward(&self, samples: Tensor<2>) -> Tensor<3> {
        self.layers.iter().fold(samples.unsqueeze_dim(2), |x, layer| layer.forward(x))
    }
}

impl ConvLayer {
    fn load(weights: &Weights<'_>, config: &Wav2Vec2Config, n: usize) -> Result<Self> {
        let name = format!("feature_extractor.conv_layers.{n}");
        let inputs = if n == 0 { 1 } else { config.conv_dim[n - 1] };
        let (outputs, kernel) = (config.conv_dim[n], config.conv_kernel[n]);
        let weight = weights.tensor(&format!("{name}.conv.weight"), [outputs, inputs, kernel])?;
        let weight = weight.permute([2, 1, 0]).reshape([kernel * inputs, outputs]);
        let bias = config.conv_bias.then(|| weights.tensor(&format!("{name}.conv.bias"), [outputs])).transpose()?;
        let norm = weights.layer_norm(&format!("{name}.layer_norm"), outputs, EPSILON);
        let (over_time, over_channels) = match config.feat_extract_norm {
            ConvNorm::Layer => (None, Some(norm?)),
            ConvNorm::Group if n == 0 => (Some(every_channel(norm?)), None),
            ConvNorm::Group => (None, None),
        };
        Ok(ConvLayer {
            taps: Linear { weight: Param::from_tensor(weight), bias: bias.map(Param::from_tensor) },
            over_time,
            over_channels,
            kernel,
            stride: config.conv_stride[n],
        })
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let (kernel, stride) = (self.kernel, self.stride);
        let time = (x.dims()[1] - kernel) / stride + 1;
        let tap = |k: usize| x.clone().slice(s![.., k..k + (time - 1) * stride + 1; stride, ..]);
        let y = self.taps.forward(Tensor::cat((0..kernel).map(tap).collect(), 2));
        let y = match &self.over_time {
            Some(norm) => norm.forward(y.swap_dims(1, 2)).swap_dims(1, 2),
            None => y,
        };
        gelu(self.over_channels.iter().fold(y, |y, norm| norm.forward(y)))
    }
}

/// A group for every channel.
fn every_channel(norm: LayerNorm) -> GroupNorm {
    let channels = norm.gamma.dims()[0];
    let mut groups = GroupNormConfig::new(channels, channels).with_epsilon(EPSILON).init(&norm.gamma.device());
    (groups.gamma, groups.beta) = (Some(norm.gamma), norm.beta);
    groups
}
