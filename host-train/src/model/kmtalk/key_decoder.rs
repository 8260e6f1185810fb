//! The key-motion-focused decoder (LKMA): it regresses the motion of the key frames, and of no other.
//!
//! Every key frame attends to the audio around it (Vaswani et al. 2017), then to the keys on both sides.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor};

use super::bidirectional::Block;
use super::{KeyFrames, KmTalkConfig};

/// A key hears this many steps to each side: 160 ms, as far as speech is prepared.
const REACH: usize = 8;
const HEADS: usize = 4;
/// A key sees the two keys on each side.
const KEY_TAPS: usize = 5;

/// From what is heard to the motion of key frames.
#[derive(Module, Debug)]
pub struct KeyDecoder {
    /// What a key frame makes of its surroundings; without it the frame's own audio is all.
    pub layer: Option<KeyLayer>,
    /// To the motion channels.
    pub pose: Linear,
}

/// One decoder layer: queries are the key frames, memory is the audio.
#[derive(Module, Debug)]
pub struct KeyLayer {
    /// What a key frame looks for, from its audio and the times to its neighbours.
    pub query: Linear,
    /// What a step of audio offers.
    pub key: Linear,
    /// What it says.
    pub value: Linear,
    /// Added to [`KeyLayer::key`] by distance from the key frame, `[1, 2 * REACH + 1, width]`.
    pub distance: Param<Tensor<3>>,
    /// Back to the width.
    pub out: Linear,
    /// Feed-forward.
    pub wide: Linear,
    /// Feed-forward, back.
    pub narrow: Linear,
    /// Over the sequence of keys.
    pub neighbours: Block,
}

impl KeyDecoder {
    /// Fresh weights, for motion of so many channels.
    pub fn new(config: &KmTalkConfig, channels: usize, device: &Device) -> Self {
        KeyDecoder {
            layer: config.key_decoder.then(|| KeyLayer::new(config.width, device)),
            pose: LinearConfig::new(config.width, channels).init(device),
        }
    }

    /// # Shapes
    /// `[batch, time, width]` -> `[batch, slots, channels]`, 0 in slots without a key.
    pub fn forward(&self, heard: Tensor<3>, frames: &KeyFrames) -> Tensor<3> {
        let mask = frames.mask(&heard.device());
        let keys = match &self.layer {
            Some(layer) => layer.forward(heard, frames, mask.clone()),
            None => frames.gather(heard),
        };
        self.pose.forward(keys) * mask
    }
}

impl KeyLayer {
    fn new(width: usize, device: &Device) -> Self {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        KeyLayer {
            query: linear(width + 2, width),
            key: linear(width, width),
            value: linear(width, width),
            distance: Initializer::Normal { mean: 0.0, std: 0.1 }.init([1, 2 * REACH + 1, width], device),
            out: linear(width, width),
            wide: linear(width, 2 * width),
            narrow: linear(2 * width, width),
            neighbours: Block::new(width, KEY_TAPS, 1, device),
        }
    }

    fn forward(&self, heard: Tensor<3>, frames: &KeyFrames, mask: Tensor<3>) -> Tensor<3> {
        let own = frames.gather(heard.clone());
        let query = self.query.forward(Tensor::cat(vec![own.clone(), frames.timing(&heard.device())], 2));
        let keys = own + self.out.forward(self.attend(query, heard, frames));
        let keys = keys.clone() + self.narrow.forward(relu(self.wide.forward(keys)));
        self.neighbours.forward_masked(keys, mask)
    }

    /// Queries `[batch, slots, width]` over the audio within [`REACH`] of each key frame.
    fn attend(&self, query: Tensor<3>, heard: Tensor<3>, frames: &KeyFrames) -> Tensor<3> {
        let ([batch, slots, width], [_, time, _]) = (query.dims(), heard.dims());
        let (rows, inside) = frames.windows(REACH, &heard.device());
        let around = |x: Tensor<3>| {
            x.reshape([batch * time, width]).select(0, rows.clone()).reshape([batch * slots, 2 * REACH + 1, width])
        };
        let key = around(self.key.forward(heard.clone())) + self.distance.val();
        let value = around(self.value.forward(heard));
        let heads = |x: Tensor<3>| x.reshape([batch * slots, 2 * REACH + 1, HEADS, width / HEADS]);
        let score = heads(query.reshape([batch * slots, 1, width]) * key).sum_dim(3).squeeze_dim::<3>(3);
        let score = score * (HEADS as f64 / width as f64).sqrt() + (inside - 1.0) * 1e4;
        let weight: Tensor<4> = softmax(score, 1).unsqueeze_dim(3);
        (heads(value) * weight).sum_dim(1).reshape([batch, slots, width])
    }
}
