//! What KMTalk learns from: audio features and truth of a batch of crops, computed once and kept.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::{FEATURES, Motion, STEP_HOPS};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::batches::{BatchPlan, crops};
use super::super::checkpoint::RunDir;
use super::super::corpora::Corpora;
use super::super::experiment::Experiment;
use super::super::networks::best_key_motion;
use super::choice::AudioChoice;
use crate::clip::{Segment, segments};
use crate::data::{Augmenter, Batch, Labels, Utterance};
use crate::model::KeyMotionNet;
use crate::model::kmtalk::KeyFrames;
use crate::prepare::AudioFeatures;
use crate::space::rig14;

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
    /// Features that another encoder heard in the whole clips.
    Stored {
        /// Where `keyface-train features` has put them.
        folder: PathBuf,
        /// Channels.
        width: usize,
    },
}

impl AudioSource {
    /// As the experiment chooses; a clip of its corpora tells of stored features.
    ///
    /// # Errors
    /// When the run has no trained KeyMotionNet and the experiment asks for its trunk, or no features where it asks for
    /// stored ones.
    pub fn of(experiment: &Experiment, run: &RunDir, clip: Option<&Utterance>, device: &Device) -> Result<Self> {
        let choice = experiment.kmtalk()?;
        match choice.audio {
            AudioChoice::Mel => return Ok(AudioSource::Mel),
            AudioChoice::Features => {
                let folder = choice.features.clone().context("expected kmtalk.features, the folder, found none")?;
                let clip = clip.context("stored features tell of the clips of prepared corpora only")?;
                let width = features_of(&folder, clip)?.width;
                return Ok(AudioSource::Stored { folder, width });
            }
            AudioChoice::Trunk => {}
        }
        let net = Box::new(best_key_motion(experiment, run, device)?);
        let look_ahead_steps = if net.teacher.is_some() { 0 } else { experiment.main().steps() };
        Ok(AudioSource::Trunk { net, width: experiment.key_motion_net.width, look_ahead_steps })
    }

    /// Channels.
    pub fn width(&self) -> usize {
        match self {
            AudioSource::Mel => STEP_HOPS * FEATURES,
            AudioSource::Trunk { width, .. } | AudioSource::Stored { width, .. } => *width,
        }
    }

    /// How far the features lie behind what is heard, and with them keys and motion.
    pub fn look_ahead_steps(&self) -> usize {
        match self {
            AudioSource::Trunk { look_ahead_steps, .. } => *look_ahead_steps,
            AudioSource::Mel | AudioSource::Stored { .. } => 0,
        }
    }

    /// Features and truth of crops of equal length.
    ///
    /// # Errors
    /// When features are stored for whole clips only.
    pub fn material(&self, crops: &[Utterance], device: &Device) -> Result<Material> {
        let look_ahead_steps = self.look_ahead_steps();
        let batch = Batch::new(crops, look_ahead_steps, device);
        let features = match self {
            AudioSource::Mel => batch.features.clone(),
            AudioSource::Trunk { net, .. } => {
                let trunk = net.trunk(batch.features.clone());
                net.teacher.as_ref().map_or(trunk.clone(), |teacher| teacher.features(trunk))
            }
            AudioSource::Stored { folder, .. } => {
                let [_, time, _] = batch.features.dims();
                let rows = crops.iter().map(|clip| Ok(features_of(folder, clip)?.rows(0, time)));
                self.stacked(rows.collect::<Result<_>>()?, time, device)
            }
        };
        Ok(Material::new(crops, batch, features, look_ahead_steps))
    }

    /// A batch for training: spoiled crops, or for stored features crops of clips as they are.
    fn batch(
        &self,
        corpora: &Corpora,
        augmenter: &Augmenter,
        plan: BatchPlan,
        number: usize,
        device: &Device,
    ) -> Result<Material> {
        let AudioSource::Stored { folder, .. } = self else {
            return self.material(&crops(corpora, augmenter, plan, number)?, device);
        };
        let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
        rng.set_stream(number as u64);
        let time = plan.crop_hops / STEP_HOPS;
        let (mut cut, mut rows) = (Vec::new(), Vec::new());
        for _ in 0..plan.batch {
            let clip = corpora.draw(&mut rng).clip(&mut rng)?;
            let start = rng.random_range(0..=(clip.len() / STEP_HOPS).saturating_sub(time));
            cut.push(clip.crop(start * STEP_HOPS, time * STEP_HOPS));
            rows.push(features_of(folder, &clip)?.rows(start, time));
        }
        let features = self.stacked(rows, time, device);
        Ok(Material::new(&cut, Batch::new(&cut, 0, device), features, 0))
    }

    fn stacked(&self, rows: Vec<Vec<f32>>, time: usize, device: &Device) -> Tensor<3> {
        let shape = [rows.len(), time, self.width()];
        Tensor::from_data(TensorData::new(rows.concat(), shape), device)
    }

    /// Whole clips, each by itself.
    ///
    /// # Errors
    /// As [`AudioSource::material`].
    pub fn clips(&self, clips: &[Utterance], device: &Device) -> Result<Vec<Material>> {
        let even = |clip: &Utterance| Utterance {
            source: clip.source.clone(),
            speaker: clip.speaker.clone(),
            ..clip.crop(0, clip.len() / STEP_HOPS * STEP_HOPS)
        };
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
    /// Who says it.
    pub speaker: String,
}

/// What an outside encoder heard in a whole clip.
fn features_of(folder: &Path, clip: &Utterance) -> Result<AudioFeatures> {
    let (corpus, id) = clip.source.as_ref().context("stored features belong to whole clips of a prepared corpus")?;
    Ok(AudioFeatures::of_clip(folder, corpus, id)?)
}

impl Material {
    fn new(crops: &[Utterance], batch: Batch, features: Tensor<3>, look_ahead_steps: usize) -> Self {
        let [_, time, _] = batch.features.dims();
        let steps_with_key = |labels: &Vec<Labels>| {
            let keyed = labels.iter().enumerate().filter(|(_, label)| label.key.is_some());
            keyed.map(|(step, _)| step).collect()
        };
        Material {
            said: segments(&crops[0].phones, look_ahead_steps * STEP_HOPS),
            speaker: crops[0].speaker.clone(),
            features: features.into_data(),
            motion: batch.truth.motion().into_data(),
            keys: KeyFrames::new(batch.labels.iter().map(steps_with_key).collect(), time),
        }
    }

    /// `[batch, time, audio_width]`.
    pub fn features(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(self.features.clone(), device)
    }

    /// The true motion `[batch, time, channels]`.
    pub fn motion(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(self.motion.clone(), device)
    }

    /// The true motion as poses, clip after clip.
    pub fn poses(&self) -> Vec<Motion> {
        rig14::poses(self.motion(&Device::flex()))
    }
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
    ) -> Result<Self> {
        let make = |number| {
            if number % LOG_BATCHES == 0 {
                log::info!("audio features: {number} of {count} batches");
            }
            audio.batch(corpora, augmenter, plan, number, device)
        };
        Ok(Pool::new((0..count).map(make).collect::<Result<_>>()?, audio.width()))
    }

    /// Channels of the features.
    pub fn audio_width(&self) -> usize {
        self.audio_width
    }

    /// The batches, that of the first step first.
    pub fn batches(&self) -> &[Material] {
        &self.batches
    }
}

/// A log shows every so many batches that the work goes on.
const LOG_BATCHES: usize = 50;
