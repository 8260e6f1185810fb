//! A block of CodeTalker's motion prior: attention and two linear layers, each normalized before and added.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu_approximate;
use burn::tensor::{Device, Tensor};

use super::attention::Attention;
use crate::corpus::Result;
use crate::model::weights::Weights;

const EPSILON: f64 = 1e-5;

/// Over time, in both directions.
#[derive(Module, Debug)]
pub struct PriorBlock {
    attention_norm: LayerNorm,
    attention: Attention,
    wide_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
}

impl PriorBlock {
    /// Fresh weights.
    pub fn new(width: usize, heads: usize, wide: usize, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(width).with_epsilon(EPSILON).init(device);
        PriorBlock {
            attention_norm: norm(),
            attention: Attention::of_prior(width, heads, device),
            wide_norm: norm(),
            wide: LinearConfig::new(width, wide).init(device),
            narrow: LinearConfig::new(wide, width).init(device),
        }
    }

    /// Takes block `n` of the authors' transformer, which counts its two halves.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>, transformer: &str, n: usize) -> Result<Self> {
        let [width, wide] = self.wide.weight.val().dims();
        let half = |k: usize, part: &str| format!("{transformer}.net.{}.fn.{part}", 2 * n + k);
        Ok(PriorBlock {
            attention_norm: weights.layer_norm(&half(0, "norm"), width, EPSILON)?,
            attention: self.attention.load_prior(weights, &half(0, "fn"))?,
            wide_norm: weights.layer_norm(&half(1, "norm"), width, EPSILON)?,
            wide: weights.linear(&half(1, "fn.l1"), width, wide)?,
            narrow: weights.linear(&half(1, "fn.l2"), wide, width)?,
        })
    }

    /// # Shapes
    /// `[batch, time, width]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let normed = self.attention_norm.forward(x.clone());
        let x = x + self.attention.forward(normed.clone(), normed, None);
        let wide = gelu_approximate(self.wide.forward(self.wide_norm.forward(x.clone())));
        x + self.narrow.forward(wide)
    }
}
