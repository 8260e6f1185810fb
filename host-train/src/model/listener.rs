//! The listener: what a large encoder heard in a whole utterance in; phones, contacts, keys and poses out. It teaches and
//! judges on the host; a device never runs it.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use keyface_core::heads::HEADS;

use super::TimeConv;

/// A step of the encoder hears its neighbours, 20 ms to each side.
const KERNEL: usize = 3;
const DROPOUT: f64 = 0.1;

/// Two centred convolutions and the heads of a [`super::KeyMotionNet`]; every step describes its own end.
#[derive(Module, Debug)]
pub struct Listener {
    norm: LayerNorm,
    near: TimeConv,
    wide: TimeConv,
    dropout: Dropout,
    heads: Linear,
}

impl Listener {
    /// Fresh weights over an encoder of `heard` channels.
    pub fn new(heard: usize, width: usize, device: &Device) -> Self {
        Listener {
            norm: LayerNormConfig::new(heard).init(device),
            near: TimeConv::centred(heard, width, KERNEL, 1, device),
            wide: TimeConv::centred(width, width, KERNEL, 1, device),
            dropout: DropoutConfig::new(DROPOUT).init(),
            heads: LinearConfig::new(width, HEADS).init(device),
        }
    }

    /// # Shapes
    /// Features `[batch, time, heard]` -> raw heads `[batch, time, HEADS]`.
    pub fn forward(&self, heard: Tensor<3>) -> Tensor<3> {
        let near = self.dropout.forward(relu(self.near.forward(self.norm.forward(heard))));
        self.heads.forward(self.dropout.forward(relu(self.wide.forward(near))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_hears_two_steps_to_each_side() {
        let device = Device::flex();
        let net = Listener::new(4, 6, &device);
        let answers = |at: usize| {
            let x = Tensor::<3>::zeros([1, 11, 4], &device).slice_fill([0..1, at..at + 1, 0..2], 1.0);
            net.forward(x).try_into_vec_as::<f32>().unwrap()
        };
        let (here, elsewhere) = (answers(5), answers(10));
        let moved = |step: &usize| here[step * HEADS..][..HEADS] != elsewhere[step * HEADS..][..HEADS];
        assert_eq!((0..8).filter(moved).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    }
}
