//! Where in the utterance a vector stands: a grouped convolution over time, added to what comes in.

use burn::module::{Module, Param};
use burn::nn::PaddingConfig1d;
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use super::config::{Wav2Vec2Config, position_names};
use crate::corpus::Result;
use crate::model::weights::Weights;

/// `gelu(conv(x))` over `[batch, time, channels]`.
#[derive(Module, Debug)]
pub struct PositionConv {
    conv: Conv1d,
}

impl PositionConv {
    /// Takes the layer from a checkpoint: `weight = gain * direction / |direction|`, a norm for each tap
    /// (weight normalization, Salimans and Kingma 2016).
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(weights: &Weights<'_>, config: &Wav2Vec2Config) -> Result<Self> {
        let (width, taps) = (config.hidden_size, config.num_conv_pos_embeddings);
        let groups = config.num_conv_pos_embedding_groups;
        let (gain, direction) = position_names(weights);
        let gain = weights.tensor(gain, [1, 1, taps])?;
        let direction = weights.tensor(direction, [width, width / groups, taps])?;
        let norm = direction.clone().square().sum_dim(0).sum_dim(1).sqrt();
        // An even number of taps hears one vector more from the past than from the future.
        let padding = PaddingConfig1d::Explicit(taps / 2, (taps - 1) / 2);
        let conv = Conv1dConfig::new(width, width, taps).with_groups(groups).with_padding(padding);
        let mut conv = conv.init(weights.device());
        conv.weight = Param::from_tensor(direction * (gain / norm));
        conv.bias = Some(Param::from_tensor(weights.tensor("encoder.pos_conv_embed.conv.bias", [width])?));
        Ok(PositionConv { conv })
    }

    /// # Shapes
    /// `[batch, time, channels]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        gelu(self.conv.forward(x.swap_dims(1, 2)).swap_dims(1, 2))
    }
}
