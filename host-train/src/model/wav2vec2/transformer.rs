//! The transformer: vectors that heard 25 ms in, vectors that heard the whole utterance out.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use super::config::Wav2Vec2Config;
use super::position::PositionConv;
use crate::corpus::Result;
use crate::model::attention::Attention;
use crate::model::weights::Weights;

/// Position, normalization and layers.
#[derive(Module, Debug)]
pub struct Transformer {
    position: PositionConv,
    norm: LayerNorm,
    layers: Vec<Layer>,
    /// Whether normalization stands before the blocks (large) or after them (base).
    pre_norm: bool,
}

/// Self-attention and a feed-forward block, each with a residual path.
#[derive(Module, Debug)]
struct Layer {
    attention: Attention,
    attention_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    final_norm: LayerNorm,
}

impl Transformer {
    /// Takes the layers from a checkpoint.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(weights: &Weights<'_>, config: &Wav2Vec2Config) -> Result<Self> {
        let layers = (0..config.num_hidden_layers).map(|n| Layer::load(weights, config, n));
        Ok(Transformer {
            position: PositionConv::load(weights, config)?,
            norm: weights.layer_norm("encoder.layer_norm", config.hidden_size, config.layer_norm_eps)?,
            layers: layers.collect::<Result<_>>()?,
            pre_norm: config.do_stable_layer_norm,
        })
    }

    /// # Shapes
    /// `[batch, time, hidden_size]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.position.forward(x);
        if self.pre_norm {
            return self.norm.forward(self.layers.iter().fold(x, |x, layer| layer.pre_norm(x)));
        }
        self.layers.iter().fold(self.norm.forward(x), |x, layer| layer.post_norm(x))
    }
}

impl Layer {
    fn load(weights: &Weights<'_>, config: &Wav2Vec2Config, n: usize) -> Result<Self> {
        let name = |part: &str| format!("encoder.layers.{n}.{part}");
        let (width, wide) = (config.hidden_size, config.intermediate_size);
        let norm = |part: &str| weights.layer_norm(&name(part), width, config.layer_norm_eps);
        Ok(Layer {
            attention: Attention::load(weights, &name("attention"), width, config.num_attention_heads)?,
            attention_norm: norm("layer_norm")?,
            wide: weights.linear(&name("feed_forward.intermediate_dense"), width, wide)?,
            narrow: weights.linear(&name("feed_forward.output_dense"), wide, width)?,
            final_norm: norm("final_layer_norm")?,
        })
    }

    fn pre_norm(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.attention.forward(self.attention_norm.forward(x));
        x.clone() + self.feed_forward(self.final_norm.forward(x))
    }

    fn post_norm(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.attention_norm.forward(x.clone() + self.attention.forward(x));
        self.final_norm.forward(x.clone() + self.feed_forward(x))
    }

    fn feed_forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.narrow.forward(gelu(self.wide.forward(x)))
    }
}
