//! What KMTalk learns from: audio features and truth of a batch of crops, computed once and kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::{FEATURES, MOTION_CHANNELS, Motion, STEP_HOPS};

use super::super::checkpoint::RunDir;
use super::super::experiment::Experiment;
use super::super::key_motion::best as best_key_motion;
use super::choice::AudioChoice;
use crate::data::{Batch, Utterance};
use crate::model::KeyMotionNet;
use crate::model::kmtalk::KeyFrames;

/// What turns crops into audio features.
pub enum AudioFeatures {
    /// Two stacked log-mel frames.
    Mel,
    /// The trunk of a trained KeyMotionNet.
    Trunk {
        /// The network.
        net: Box<KeyMotionNet>,
        /// Channels of its trunk.
        width: usize,
        /// How far its answers lie behind what it hears.
        look_ahead_steps: usize,
    },
}

impl AudioFeatures {
    /// As the experiment chooses.
    ///
    /// # Errors
    /// When the run has no trained KeyMotionNet and the experiment asks for its trunk.
    pub fn of(choice: AudioChoice, experiment: &Experiment, run: &RunDir, device: &Device) -> anyhow::Result<Self> {
        Ok(match choice {
            AudioChoice::Mel => AudioFeatures::Mel,
            AudioChoice::Trunk => AudioFeatures::Trunk {
                net: Box::new(best_key_motion(experiment, run, device)?),
                width: experiment.key_motion_net.width,
                look_ahead_steps: experiment.look_ahead_steps(),
            },
        })
    }

    /// Channels.
    pub fn width(&self) -> usize {
        match self {
            AudioFeatures::Mel => STEP_HOPS * FEATURES,
            AudioFeatures::Trunk { width, .. } => *width,
        }
    }

    /// Features and truth of crops of equal length.
    pub fn material(&self, crops: &[Utterance], device: &Device) -> Material {
        let look_ahead_steps = match self {
            AudioFeatures::Mel => 0,
            AudioFeatures::Trunk { look_ahead_steps, .. } => *look_ahead_steps,
        };
        let batch = Batch::new(crops, look_ahead_steps, device);
        let [_, time, _] = batch.features.dims();
        let features = match self {
            AudioFeatures::Mel => batch.features,
            AudioFeatures::Trunk { net, .. } => net.forward(batch.features).trunk,
        };
        let steps_with_key = |labels: &Vec<_>| {
            let keyed =
                labels.iter().enumerate().filter(|(_, label): &(usize, &crate::data::Labels)| label.key.is_some());
            keyed.map(|(step, _)| step).collect()
        };
        Material {
            features: features.into_data(),
            motion: batch.targets.narrow(2, 0, MOTION_CHANNELS).into_data(),
            keys: KeyFrames::new(batch.labels.iter().map(steps_with_key).collect(), time),
        }
    }

    /// Whole clips, each by itself.
    pub fn clips(&self, clips: &[Utterance], device: &Device) -> Vec<Material> {
        let even = |clip: &Utterance| clip.crop(0, clip.len() / STEP_HOPS * STEP_HOPS);
        let long = clips.iter().filter(|clip| clip.len() >= 2 * STEP_HOPS);
        long.map(|clip| self.material(&[even(clip)], device)).collect()
    }
}

/// One batch.
pub struct Material {
    features: TensorData,
    motion: TensorData,
    /// Key frames of the aligned phones.
    pub keys: KeyFrames,
}

impl Material {
    /// `[batch, time, audio_width]`.
    pub fn features(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(self.features.clone(), device)
    }

    /// The true motion `[batch, time, MOTION_CHANNELS]`.
    pub fn motion(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(self.motion.clone(), device)
    }

    /// The true motion as poses, clip after clip.
    pub fn poses(&self) -> Vec<Motion> {
        poses(self.motion(&Device::flex()))
    }
}

/// `[batch, time, MOTION_CHANNELS]` as poses, clip after clip, each weight in 0..=1.
pub fn poses(motion: Tensor<3>) -> Vec<Motion> {
    let values = motion.try_into_vec_as::<f32>().unwrap_or_default();
    values.as_chunks::<MOTION_CHANNELS>().0.iter().map(|row| Motion(*row).bounded()).collect()
}

/// Batches by their number, each made when it is first wanted and kept: audio features cost more than a training step.
pub struct Pool {
    audio: AudioFeatures,
    device: Device,
    made: Mutex<HashMap<usize, Arc<Material>>>,
}

/// So many batches differ, then they come again: 7 hours of crops of 4 s in batches of 16, 0.7 GB.
const BATCHES: usize = 400;

impl Pool {
    /// Nothing made yet.
    pub fn new(audio: AudioFeatures, device: &Device) -> Self {
        Pool { audio, device: device.clone(), made: Mutex::default() }
    }

    /// Channels of the features.
    pub fn audio_width(&self) -> usize {
        self.audio.width()
    }

    /// The batch of a step, out of these crops if it is the first time.
    pub fn batch(&self, step: usize, crops: &[Utterance]) -> Arc<Material> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(self.audio.material(crops, &self.device));
        made.entry(step % BATCHES).or_insert_with(fresh).clone()
    }
}
