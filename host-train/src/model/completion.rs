//! CompletionNet: key motions and audio features in, the motion between the keys out.
//!
//! KMTalk's cross-modal completion (Xu et al. 2024), causal: a motion-flow encoder, an audio encoder beside it, and a
//! learned weight G per step that leans to the flow or to the audio.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};
use keyface_core::MOTION_CHANNELS;
use keyface_core::flow::FLOW;
use serde::{Deserialize, Serialize};

use super::TimeConv;

/// Size of each network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompletionNetConfig {
    /// Channels of both encoders and of the decoder.
    pub width: usize,
}

const ENCODER_TAPS: usize = 5;
const DECODER_TAPS: usize = 3;

/// One network for each look-ahead: a step of the trunk means another moment to each.
#[derive(Module, Debug)]
pub struct CompletionNets {
    /// In the order of the experiment's look-aheads.
    pub each: Vec<CompletionNet>,
}

/// Two encoders, the fusion weight, and a decoder.
#[derive(Module, Debug)]
pub struct CompletionNet {
    /// Motion flow: what the keys say.
    pub flow: Encoder,
    /// Audio: what the trunk hears.
    pub audio: Encoder,
    /// Fusion weight G from both.
    pub weight: Linear,
    /// Over time, after the fusion.
    pub decoder: TimeConv,
    /// To the motion channels.
    pub motion: Linear,
}

/// `relu(conv(relu(linear(x))))`.
#[derive(Module, Debug)]
pub struct Encoder {
    /// Into the common width.
    pub embed: Linear,
    /// Over time.
    pub conv: TimeConv,
}

impl CompletionNetConfig {
    /// Fresh weights for so many look-aheads.
    pub fn init_each(&self, look_aheads: usize, audio_width: usize, device: &Device) -> CompletionNets {
        CompletionNets { each: (0..look_aheads).map(|_| self.init(audio_width, device)).collect() }
    }

    /// Fresh weights for a trunk of `audio_width` channels.
    pub fn init(&self, audio_width: usize, device: &Device) -> CompletionNet {
        let encoder = |from| Encoder {
            embed: LinearConfig::new(from, self.width).init(device),
            conv: TimeConv::causal(self.width, self.width, ENCODER_TAPS, 1, device),
        };
        CompletionNet {
            flow: encoder(FLOW),
            audio: encoder(audio_width),
            weight: LinearConfig::new(2 * self.width, 1).init(device),
            decoder: TimeConv::causal(self.width, self.width, DECODER_TAPS, 1, device),
            motion: LinearConfig::new(self.width, MOTION_CHANNELS).init(device),
        }
    }
}

impl CompletionNet {
    /// Hears nothing of the flow; training on a flow of zeros leaves it so.
    pub fn forget_flow(&mut self) {
        let weight = self.flow.embed.weight.val().zeros_like();
        self.flow.embed.weight = Param::from_tensor(weight);
    }

    /// # Shapes
    /// Flow `[batch, time, FLOW]` and audio `[batch, time, audio_width]` -> motion `[batch, time, MOTION_CHANNELS]`
    /// and G `[batch, time, 1]` in 0..=1, where 1 trusts the flow alone.
    pub fn forward(&self, flow: Tensor<3>, audio: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let (flow, audio) = (self.flow.forward(flow), self.audio.forward(audio));
        let g = sigmoid(self.weight.forward(Tensor::cat(vec![flow.clone(), audio.clone()], 2)));
        let fused = audio.clone() + g.clone() * (flow - audio);
        (self.motion.forward(relu(self.decoder.forward(fused))), g)
    }
}

impl Encoder {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        relu(self.conv.forward(relu(self.embed.forward(x))))
    }
}
