//! A layer of PyTorch's transformer, normalized after its blocks: self-attention, attention to the audio where there is
//! one, two linear layers.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::attention::Attention;
use crate::corpus::Result;
use crate::model::weights::Weights;

/// PyTorch's.
const EPSILON: f64 = 1e-5;

/// Of a decoder, or without [`Layer::cross`] of an encoder.
#[derive(Module, Debug)]
pub struct Layer {
    own: Attention,
    own_norm: LayerNorm,
    cross: Option<Attention>,
    cross_norm: Option<LayerNorm>,
    wide: Linear,
    narrow: Linear,
    last_norm: LayerNorm,
    dropout: Dropout,
}

/// A layer's measures.
#[derive(Clone, Copy, Debug)]
pub struct LayerSize {
    /// Width of everything but the wide part.
    pub width: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Between the two linear layers.
    pub wide: usize,
    /// Share of values that training leaves out.
    pub dropout: f64,
}

impl Layer {
    /// Of a decoder: `has_memory`.
    pub fn new(size: LayerSize, has_memory: bool, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(size.width).with_epsilon(EPSILON).init(device);
        let attention = || Attention::new(size.width, size.heads, size.dropout, device);
        Layer {
            own: attention(),
            own_norm: norm(),
            cross: has_memory.then(attention),
            cross_norm: has_memory.then(norm),
            wide: LinearConfig::new(size.width, size.wide).init(device),
            narrow: LinearConfig::new(size.wide, size.width).init(device),
            last_norm: norm(),
            dropout: DropoutConfig::new(size.dropout).init(),
        }
    }

    /// Takes a layer of PyTorch's.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>, name: &str) -> Result<Self> {
        let [width, wide] = self.wide.weight.val().dims();
        let of = |part: &str| format!("{name}.{part}");
        let norm = |part: &str| weights.layer_norm(&of(part), width, EPSILON);
        let cross = self.cross.map(|cross| cross.load(weights, &of("multihead_attn"))).transpose()?;
        let last = if cross.is_some() { "norm3" } else { "norm2" };
        Ok(Layer {
            own: self.own.load(weights, &of("self_attn"))?,
            own_norm: norm("norm1")?,
            cross_norm: cross.is_some().then(|| norm("norm2")).transpose()?,
            cross,
            wide: weights.linear(&of("linear1"), width, wide)?,
            narrow: weights.linear(&of("linear2"), wide, width)?,
            last_norm: norm(last)?,
            dropout: self.dropout,
        })
    }

    /// # Shapes
    /// `[batch, time, width]`, memory `[batch, steps, width]` -> `[batch, time, width]`.
    pub fn forward(
        &self,
        x: Tensor<3>,
        memory: Option<&Tensor<3>>,
        own_bias: Option<Tensor<4>>,
        cross_bias: Option<Tensor<4>>,
    ) -> Tensor<3> {
        let own = self.own.forward(x.clone(), x.clone(), own_bias);
        let mut x = self.own_norm.forward(x + self.dropout.forward(own));
        if let (Some(cross), Some(norm), Some(memory)) = (&self.cross, &self.cross_norm, memory) {
            let heard = cross.forward(x.clone(), memory.clone(), cross_bias);
            x = norm.forward(x + self.dropout.forward(heard));
        }
        let wide = self.dropout.forward(relu(self.wide.forward(x.clone())));
        let fed = self.narrow.forward(wide);
        self.last_norm.forward(x + self.dropout.forward(fed))
    }
}
