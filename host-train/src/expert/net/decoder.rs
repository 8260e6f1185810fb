//! The attention decoder (Chan et al. 2016; Vaswani et al. 2017): units so far and what the encoder says in, the next unit out.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor};

use super::attention::{Attention, positions};
use super::encoder::Forward;

/// Transformer blocks that see only the past of what they write.
#[derive(Module, Debug)]
pub struct Decoder {
    embedding: Embedding,
    blocks: Vec<Block>,
    norm: LayerNorm,
    out: Linear,
}

#[derive(Module, Debug)]
struct Block {
    own_norm: LayerNorm,
    own: Attention,
    seen_norm: LayerNorm,
    seen: Attention,
    forward: Forward,
}

impl Decoder {
    /// Fresh weights.
    pub fn new(blocks: usize, width: usize, heads: usize, units: usize, dropout: f64, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(width).init(device);
        let attention = || Attention::new(width, heads, dropout, device);
        let block = |_| Block {
            own_norm: norm(),
            own: attention(),
            seen_norm: norm(),
            seen: attention(),
            forward: Forward::new(width, dropout, device),
        };
        Decoder {
            embedding: EmbeddingConfig::new(units, width).init(device),
            blocks: (0..blocks).map(block).collect(),
            norm: norm(),
            out: LinearConfig::new(width, units).init(device),
        }
    }

    /// # Shapes
    /// Units so far `[batch, length]`, the edge first, and the encoder's `[batch, step, width]` -> logits of the unit that
    /// follows each, `[batch, length, units]`.
    pub fn forward(&self, so_far: Tensor<2, Int>, seen: Tensor<3>) -> Tensor<3> {
        let [_, length] = so_far.dims();
        let [.., width] = seen.dims();
        let device = seen.device();
        let x = self.embedding.forward(so_far) * (width as f64).sqrt() + positions(length, width, &device);
        let future = Tensor::<2, Bool>::tril_mask([length, length], 0, &device);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x, seen.clone(), future.clone()));
        self.out.forward(self.norm.forward(x))
    }
}

impl Block {
    fn forward(&self, x: Tensor<3>, seen: Tensor<3>, future: Tensor<2, Bool>) -> Tensor<3> {
        let own = self.own_norm.forward(x.clone());
        let x = x + self.own.forward(own.clone(), own, Some(future));
        let x = x.clone() + self.seen.forward(self.seen_norm.forward(x), seen, None);
        x.clone() + self.forward.forward(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_foretold_from_those_before_it_alone() {
        let device = Device::flex();
        device.seed(1);
        let decoder = Decoder::new(2, 8, 2, 6, 0.0, &device);
        let seen = Tensor::<3>::random([1, 5, 8], burn::tensor::Distribution::Default, &device);
        let told = |units: [i32; 4]| decoder.forward(Tensor::<2, Int>::from_data([units], &device), seen.clone());
        let (a, b) = (told([5, 1, 2, 3]), told([5, 1, 4, 0]));
        assert_eq!(a.dims(), [1, 4, 6]);
        assert_eq!(a.clone().narrow(1, 0, 2).into_data(), b.clone().narrow(1, 0, 2).into_data());
        assert!((a - b).narrow(1, 2, 1).abs().max().into_scalar::<f32>() > 1e-3);
    }
}
