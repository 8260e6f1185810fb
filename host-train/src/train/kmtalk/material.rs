//! What KMTalk learns from: audio features and truth of a batch of crops, computed once and kept.

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::{FEATURES, MOTION_CHANNELS, Motion, STEP_HOPS};

use super::super::checkpoint::RunDir;
use super::super::corpora::Corpora;
use super::super::experiment::Experiment;
use super::super::key_motion::best as best_key_motion;
use super::super::prefetch::{BatchPlan, crops};
use super::choice::AudioChoice;
use crate::clip::Segment;
use crate::data::{Augmenter, Batch, Labels, Utterance};
use crate::model::KeyMotionNet;
use crate::model::kmtalk::KeyFrames;

/// What turns crops into audio features.
pub enum AudioSource {
    /// Two stacked log-mel frames.
    Mel,
    /// A trained KeyMotionNet: what its teacher makes of the trunk, or the trunk where there is no teacher.
    Trunk {
        /// The network.
        net: Box<KeyMotionNet>,
        /// Channels of its trunk.
        width: usize,
        /// How far the trunk's answers lie behind what it hears; the teacher's do not.
        look_ahead_steps: usize,
    },
}

impl AudioSource {
    /// As the experiment chooses.
    ///
    /// # Errors
    /// When the run has no trained KeyMotionNet and the experiment asks for its trunk.
    pub fn of(experiment: &Experiment, run: &RunDir, device: &Device) -> anyhow::Result<Self> {
        if experiment.kmtalk()?.audio == AudioChoice::Mel {
            return Ok(AudioSource::Mel);
        }
        let net = Box::new(best_key_motion(experiment, run, device)?);
        let look_ahead_steps = if net.teacher.is_some() { 0 } else { experiment.main().steps() };
        Ok(AudioSource::Trunk { net, width: experiment.key_motion_net.width, look_ahead_steps })
    }

    /// Channels.
    pub fn width(&self) -> usize {
        match self {
            AudioSource::Mel => STEP_HOPS * FEATURES,
            AudioSource::Trunk { width, .. } => *width,
        }
    }

    /// Features and truth of crops of equal length.
    pub fn material(&self, crops: &[Utterance], device: &Device) -> Material {
        let look_ahead_steps = match self {
            AudioSource::Mel => 0,
            AudioSource::Trunk { look_ahead_steps, .. } => *look_ahead_steps,
        };
        let batch = Batch::new(crops, look_ahead_steps, device);
        let [_, time, _] = batch.features.dims();
        let features = match self {
            AudioSource::Mel => batch.features,
            AudioSource::Trunk { net, .. } => {
                let trunk = net.trunk(batch.features);
                net.teacher.as_ref().map_or(trunk.clone(), |teacher| teacher.features(trunk))
            }
        };
        let steps_with_key = |labels: &Vec<Labels>| {
            let keyed = labels.iter().enumerate().filter(|(_, label)| label.key.is_some());
            keyed.map(|(step, _)| step).collect()
        };
        Material {
            said: said(&crops[0], look_ahead_steps),
            features: features.into_data(),
            motion: batch.truth.targets.narrow(2, 0, MOTION_CHANNELS).into_data(),
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
    /// What is said in the first crop, on the clock of the motion.
    pub said: Vec<Segment>,
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

/// The phones of an utterance, later by so many steps.
fn said(utterance: &Utterance, late_steps: usize) -> Vec<Segment> {
    let time_s = |hop: usize| 0.01 * (hop + late_steps * STEP_HOPS) as f64;
    let (mut said, mut from) = (vec![], 0);
    for run in utterance.phones.chunk_by(|a, b| a == b) {
        said.push(Segment { start_s: time_s(from), end_s: time_s(from + run.len()), phone: run[0] });
        from += run.len();
    }
    said
}

/// Batches that come again and again, made once for all trainings: audio features cost more than a training step.
pub struct Pool {
    batches: Vec<Material>,
    audio_width: usize,
}

impl Pool {
    /// Of batches that are there.
    pub fn new(batches: Vec<Material>, audio_width: usize) -> Self {
        Pool { batches, audio_width }
    }

    /// Draws, spoils and hears `count` batches.
    pub fn draw(
        count: usize,
        audio: &AudioSource,
        corpora: &Corpora,
        augmenter: &Augmenter,
        plan: BatchPlan,
        device: &Device,
    ) -> Self {
        let make = |number| {
            if number % LOG_BATCHES == 0 {
                log::info!("audio features: {number} of {count} batches");
            }
            audio.material(&crops(corpora, augmenter, plan, number), device)
        };
        Pool::new((0..count).map(make).collect(), audio.width())
    }

    /// Channels of the features.
    pub fn audio_width(&self) -> usize {
        self.audio_width
    }

    /// The batch of a step.
    pub fn batch(&self, step: usize) -> &Material {
        &self.batches[step % self.batches.len()]
    }
}

/// A log shows every so many batches that the work goes on.
const LOG_BATCHES: usize = 50;
