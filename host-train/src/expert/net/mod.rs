//! The lip-reading expert (Ma et al. 2023): a mouth, and perhaps its sound, in; what is said out. Every branch works in
//! steps of 40 ms.
//!
//! `sight -> encoder -+-> fusion -> CTC, frames, attention decoder`
//! `sound -> encoder -+`, and from what is seen alone the motion.

mod attention;
mod config;
mod decoder;
mod encoder;
mod resnet;
mod sight;
mod sound;

pub use config::{ExpertConfig, Listening};
pub use decoder::Decoder;
pub use encoder::{Encoder, Layers};
pub use sight::{Sight, SightConfig};
pub use sound::{STEP_MS, Sound, SoundConfig};

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// Poses of a step: the motion runs at 50 frames a second.
pub const POSES: usize = STEP_MS / 20;

/// All of it.
#[derive(Module, Debug)]
pub struct Expert {
    sight: Sight,
    eyes: Encoder,
    ears: Option<Ears>,
    ctc: Linear,
    frames: Linear,
    motion: Linear,
    decoder: Option<Decoder>,
    answers: usize,
}

/// The audio branch, and what makes one of both.
#[derive(Module, Debug)]
struct Ears {
    sound: Sound,
    encoder: Encoder,
    widen: Linear,
    narrow: Linear,
}

/// What an expert makes of crops.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Logits `[batch, answers, units]`: of the CTC.
    pub ctc: Tensor<3>,
    /// The same of the unit that is spoken now.
    pub frames: Tensor<3>,
    /// Motion `[batch, POSES * step, channels]` that is seen.
    pub motion: Tensor<3>,
    /// What the attention decoder looks at, `[batch, step, width]`.
    pub memory: Tensor<3>,
}

/// Which senses reach the fusion: 0 or 1 for each crop, `[batch, 1, 1]`.
#[derive(Clone, Debug)]
pub struct Senses {
    /// Whether the mouth is seen.
    pub sight: Tensor<3>,
    /// Whether it is heard.
    pub sound: Tensor<3>,
}

impl ExpertConfig {
    /// Fresh weights for so many units, the blank and the edge among them, and motion of so many channels.
    pub fn init(&self, units: usize, channels: usize, device: &Device) -> Expert {
        let ExpertConfig { width, dropout, .. } = *self;
        let ears = |listening: &Listening| Ears {
            sound: listening.sound.init(width, device),
            encoder: Encoder::new(&listening.layers, width, dropout, device),
            widen: LinearConfig::new(2 * width, listening.fusion).init(device),
            narrow: LinearConfig::new(listening.fusion, width).init(device),
        };
        let answers = || LinearConfig::new(width, self.answers * units).init(device);
        let decoder = |blocks| Decoder::new(blocks, width, self.decoder_heads, units, dropout, device);
        Expert {
            sight: self.sight.init(width, device),
            eyes: Encoder::new(&self.layers, width, dropout, device),
            ears: self.listening.as_ref().map(ears),
            ctc: answers(),
            frames: answers(),
            motion: LinearConfig::new(width, POSES * channels).init(device),
            decoder: (self.decoder_blocks > 0).then(|| decoder(self.decoder_blocks)),
            answers: self.answers,
        }
    }
}

impl Expert {
    /// Reads what is seen; without a sound the fusion hears nothing.
    ///
    /// # Shapes
    /// `[batch, step, rows, columns]`, and `[batch, step, values]` of the sound.
    pub fn read(&self, seen: Tensor<4>, heard: Option<Tensor<3>>, senses: Option<&Senses>) -> Reading {
        let seen = self.eyes.forward(self.sight.forward(seen));
        let [batch, steps, _] = seen.dims();
        let motion = self.motion.forward(seen.clone());
        let [.., values] = motion.dims();
        let motion = motion.reshape([batch, steps * POSES, values / POSES]);
        let memory = match &self.ears {
            Some(ears) => ears.fuse(seen, heard, senses),
            None => seen,
        };
        let answers = |linear: &Linear| {
            let logits = linear.forward(memory.clone());
            let [.., all] = logits.dims();
            logits.reshape([batch, steps * self.answers, all / self.answers])
        };
        Reading { ctc: answers(&self.ctc), frames: answers(&self.frames), motion, memory }
    }

    /// The attention decoder, where there is one.
    pub fn decoder(&self) -> Option<&Decoder> {
        self.decoder.as_ref()
    }

    /// Answers of the CTC to a step.
    pub fn answers(&self) -> usize {
        self.answers
    }

    /// Whether it can hear at all.
    pub fn hears(&self) -> bool {
        self.ears.is_some()
    }
}

impl Ears {
    fn fuse(&self, seen: Tensor<3>, heard: Option<Tensor<3>>, senses: Option<&Senses>) -> Tensor<3> {
        let heard = match heard {
            Some(heard) => self.encoder.forward(self.sound.forward(heard)),
            None => seen.zeros_like(),
        };
        let (seen, heard) = match senses {
            Some(senses) => (seen * senses.sight.clone(), heard * senses.sound.clone()),
            None => (seen, heard),
        };
        self.narrow.forward(relu(self.widen.forward(Tensor::cat(vec![seen, heard], 2))))
    }
}

#[cfg(test)]
mod tests;
