//! Multi-head self-attention over a whole utterance (Vaswani et al. 2017), as outside encoders carry it.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::module::attention;

use super::weights::Weights;
use crate::corpus::Result;

/// Four projections and the number of heads.
#[derive(Module, Debug)]
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
}

impl Attention {
    /// Takes `NAME.{q,k,v,out}_proj` from a checkpoint; a key needs no bias, for it changes nothing.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(weights: &Weights<'_>, name: &str, width: usize, heads: usize) -> Result<Self> {
        let linear = |part: &str| weights.linear(&format!("{name}.{part}_proj"), width, width);
        Ok(Attention {
            query: linear("q")?,
            key: weights.linear_with_or_without_bias(&format!("{name}.k_proj"), width, width)?,
            value: linear("v")?,
            out: linear("out")?,
            heads,
        })
    }

    /// # Shapes
    /// `[batch, time, width]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, time, width] = x.dims();
        let heads = |linear: &Linear| {
            let y = linear.forward(x.clone()).reshape([batch, time, self.heads, width / self.heads]);
            y.swap_dims(1, 2)
        };
        let heard = attention(heads(&self.query), heads(&self.key), heads(&self.value), None, None, Default::default());
        self.out.forward(heard.swap_dims(1, 2).reshape([batch, time, width]))
    }
}
