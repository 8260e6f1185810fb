//! Attention of several heads with a bias on its scores (Vaswani et al. 2017).

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use crate::corpus::Result;
use crate::model::weights::Weights;

/// Added to the score of what must not be seen.
pub const UNSEEN: f32 = -1e9;

/// From what asks to what answers.
#[derive(Module, Debug)]
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    dropout: Dropout,
    heads: usize,
    /// Scores are divided by its root: the width of a head, or of all of them.
    scaled_by: usize,
}

impl Attention {
    /// As PyTorch's: biases everywhere, scores scaled by the width of a head.
    pub fn new(width: usize, heads: usize, dropout: f64, device: &Device) -> Self {
        let linear = || LinearConfig::new(width, width).init(device);
        Attention {
            query: linear(),
            key: linear(),
            value: linear(),
            out: linear(),
            dropout: DropoutConfig::new(dropout).init(),
            heads,
            scaled_by: width / heads,
        }
    }

    /// As CodeTalker's prior has it: no biases before the scores, which are scaled by the whole width.
    pub fn of_prior(width: usize, heads: usize, device: &Device) -> Self {
        let linear = || LinearConfig::new(width, width).with_bias(false).init(device);
        Attention {
            query: linear(),
            key: linear(),
            value: linear(),
            scaled_by: width,
            ..Self::new(width, heads, 0.0, device)
        }
    }

    /// Takes `NAME.in_proj_weight`, `NAME.in_proj_bias` and `NAME.out_proj` of PyTorch's.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>, name: &str) -> Result<Self> {
        let [width, _] = self.query.weight.val().dims();
        let weight = weights.tensor(&format!("{name}.in_proj_weight"), [3 * width, width])?;
        let bias = weights.tensor(&format!("{name}.in_proj_bias"), [3 * width])?;
        let part = |n: usize| Linear {
            weight: Param::from_tensor(weight.clone().narrow(0, n * width, width).transpose()),
            bias: Some(Param::from_tensor(bias.clone().narrow(0, n * width, width))),
        };
        let out = weights.linear(&format!("{name}.out_proj"), width, width)?;
        Ok(Attention { query: part(0), key: part(1), value: part(2), out, ..self })
    }

    /// Takes `NAME.to_qkv` and `NAME.to_out` of CodeTalker's prior.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load_prior(self, weights: &Weights<'_>, name: &str) -> Result<Self> {
        let [width, _] = self.query.weight.val().dims();
        let weight = weights.tensor(&format!("{name}.to_qkv.weight"), [3 * width, width])?;
        let part = |n: usize| Linear {
            weight: Param::from_tensor(weight.clone().narrow(0, n * width, width).transpose()),
            bias: None,
        };
        let out = weights.linear(&format!("{name}.to_out"), width, width)?;
        Ok(Attention { query: part(0), key: part(1), value: part(2), out, ..self })
    }

    /// # Shapes
    /// What asks `[batch, time, width]`, what answers `[batch, steps, width]`, a bias `[1, heads or 1, time, steps]` ->
    /// `[batch, time, width]`.
    pub fn forward(&self, asks: Tensor<3>, answers: Tensor<3>, bias: Option<Tensor<4>>) -> Tensor<3> {
        let [batch, time, width] = asks.dims();
        let heads = |x: Tensor<3>| {
            let steps = x.dims()[1];
            x.reshape([batch, steps, self.heads, width / self.heads]).swap_dims(1, 2)
        };
        let (query, key) = (heads(self.query.forward(asks)), heads(self.key.forward(answers.clone())));
        let scores = query.matmul(key.swap_dims(2, 3)).mul_scalar(1.0 / (self.scaled_by as f64).sqrt());
        let scores = bias.map_or(scores.clone(), |bias| scores + bias);
        let heard = self.dropout.forward(softmax(scores, 3)).matmul(heads(self.value.forward(answers)));
        self.out.forward(heard.swap_dims(1, 2).reshape([batch, time, width]))
    }
}
