//! KMTalk whole (Xu et al. 2024): audio features of an utterance in, the motion of its key frames, then all motion out.
//!
//! It hears the whole utterance in both directions: the teacher, and the measure of what a live line loses.

mod bidirectional;
mod completion;
mod direct;
mod flow;
mod key_decoder;
mod key_frames;
mod localization;
mod plug_in;

pub use bidirectional::Block;
pub use completion::CrossModalCompletion;
pub use direct::DirectRegression;
pub use flow::{flow_channels, motion_flow, triangular};
pub use key_decoder::KeyDecoder;
pub use key_frames::KeyFrames;
pub use localization::{Localization, peaks};
pub use plug_in::PlugIn;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use bidirectional::Stack;

/// Size and parts of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmTalkConfig {
    /// Channels of every part, a multiple of 4.
    pub width: usize,
    /// One block of the audio encoder per dilation.
    pub audio_dilations: Vec<usize>,
    /// Whether key motions come from the key decoder, or else straight from the audio of the key frame.
    #[serde(default = "yes")]
    pub key_decoder: bool,
    /// Whether the completion hears the audio, or else sees the motion flow alone.
    #[serde(default = "yes")]
    pub audio_guidance: bool,
    /// Where the fusion weight comes from.
    #[serde(default)]
    pub fusion: Fusion,
}

/// Where the fusion weight G (1 trusts the motion flow, 0 the audio) comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// From both streams, anew at every step.
    #[default]
    Learned,
    /// One value for all time.
    Fixed(f32),
    /// 1 at a key, falling to 0 midway to the next one.
    Triangular,
}

/// All parts of KMTalk.
#[derive(Module, Debug)]
pub struct KmTalk {
    /// Audio features to what the other parts hear.
    pub audio: Stack,
    /// Its own recognizer of key frames: a logit per step.
    pub localizer: Linear,
    /// The motion of key frames.
    pub key_decoder: KeyDecoder,
    /// The motion between them.
    pub completion: CrossModalCompletion,
}

impl KmTalkConfig {
    /// Fresh weights for audio features of `audio_width` channels and motion of `channels`.
    pub fn init(&self, audio_width: usize, channels: usize, device: &Device) -> KmTalk {
        KmTalk {
            audio: Stack::new(audio_width, self.width, &self.audio_dilations, device),
            localizer: LinearConfig::new(self.width, 1).init(device),
            key_decoder: KeyDecoder::new(self, channels, device),
            completion: CrossModalCompletion::new(self, channels, device),
        }
    }
}

impl KmTalk {
    /// # Shapes
    /// Audio features `[batch, time, audio_width]` -> what is heard `[batch, time, width]`.
    pub fn hear(&self, features: Tensor<3>) -> Tensor<3> {
        self.audio.forward(features)
    }

    /// # Shapes
    /// What is heard -> logits of a key frame `[batch, time, 1]`.
    pub fn locate(&self, heard: Tensor<3>) -> Tensor<3> {
        self.localizer.forward(heard)
    }

    /// # Shapes
    /// What is heard and the key frames -> key motions `[batch, keys, channels]`, 0 in slots without a key.
    pub fn key_motions(&self, heard: Tensor<3>, frames: &KeyFrames) -> Tensor<3> {
        self.key_decoder.forward(heard, frames)
    }

    /// # Shapes
    /// What is heard, key motions and their frames -> motion `[batch, time, channels]` and the fusion weight
    /// `[batch, time, 1]` in 0..=1.
    pub fn complete(&self, heard: Tensor<3>, keys: Tensor<3>, frames: &KeyFrames) -> (Tensor<3>, Tensor<3>) {
        self.completion.forward(heard, keys, frames)
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
