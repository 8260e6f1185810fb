//! The second half of KMTalk alone, behind whatever model makes the key motions: it has an ear of its own, and completes
//! motion of any number of channels.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::bidirectional::Stack;
use super::{CrossModalCompletion, KeyFrames, KmTalkConfig};

/// An audio encoder and a completion.
#[derive(Module, Debug)]
pub struct PlugIn {
    /// Audio features to what the completion hears.
    pub audio: Stack,
    /// The motion between the keys.
    pub completion: CrossModalCompletion,
}

impl KmTalkConfig {
    /// Fresh weights for audio features of `audio_width` channels and motion of `channels`.
    pub fn plug_in(&self, audio_width: usize, channels: usize, device: &Device) -> PlugIn {
        PlugIn {
            audio: Stack::new(audio_width, self.width, &self.audio_dilations, device),
            completion: CrossModalCompletion::new(self, channels, device),
        }
    }
}

impl PlugIn {
    /// # Shapes
    /// Audio features `[batch, time, audio_width]` and key motions `[batch, slots, channels]` -> motion
    /// `[batch, time, channels]`.
    pub fn forward(&self, features: Tensor<3>, keys: Tensor<3>, frames: &KeyFrames) -> Tensor<3> {
        self.completion.forward(self.audio.forward(features), keys, frames).0
    }
}
