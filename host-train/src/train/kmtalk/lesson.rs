//! What the stages learn: key motions, then the motion between them, then both.

use anyhow::Result;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::checkpoint::Scores;
use super::super::phase::Lesson;
use super::choice::{KmTalkChoice, StageSteps};
use super::material::Material;
use super::score::{direct_error, key_error, key_frames, motion_error};
use crate::loss::{Breakdown, binary_cross_entropy, masked_square, scaled_square, velocity};
use crate::model::kmtalk::{DirectRegression, KeyFrames, KmTalk};

/// One of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Key motions on their key frames, and where those are.
    Keys,
    /// The completion; what stage 1 has learned is held still.
    Completion,
    /// All.
    Joint,
}

impl Stage {
    /// Name of the network in the run's folder.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Keys => "kmtalk_keys",
            Stage::Completion => "kmtalk_completion",
            Stage::Joint => "kmtalk",
        }
    }

    /// How long it lasts.
    pub fn steps(self, steps: &StageSteps) -> usize {
        match self {
            Stage::Keys => steps.keys,
            Stage::Completion => steps.completion,
            Stage::Joint => steps.joint,
        }
    }
}

/// KMTalk in one stage.
pub struct Staged<'a> {
    pub stage: Stage,
    pub choice: &'a KmTalkChoice,
    pub valid: &'a [Material],
    pub seed: u64,
    pub device: &'a Device,
}

/// Weight of a key's presence where there is one: they are rarer than other steps.
const POSITIVE: f32 = 2.0;
/// Weight of the localizer beside the key motions.
const BOUNDARY: f64 = 0.3;

impl<'a> Lesson for Staged<'a> {
    type Net = KmTalk;
    type Batch = &'a Material;

    fn losses(&mut self, net: &KmTalk, step: usize, batch: &&'a Material, training: &Device) -> Result<Breakdown> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed + 11);
        rng.set_stream(step as u64);
        let heard = net.hear(batch.features(training));
        let frames = key_frames(net, &heard, &batch.keys, self.choice.localization, &mut rng);
        let keys = net.key_motions(heard.clone(), &frames);
        let mut parts = vec![];
        if self.stage != Stage::Completion {
            parts.extend(self.of_keys(net, &heard, &keys, &frames, batch));
        }
        match self.stage {
            Stage::Keys => {}
            Stage::Completion => {
                let keys = self.mixed(keys.detach(), &frames, batch, self.true_keys(step), &mut rng);
                parts.extend(self.of_motion(net.complete(heard.detach(), keys, &frames).0, batch));
            }
            Stage::Joint => parts.extend(self.of_motion(net.complete(heard, keys, &frames).0, batch)),
        }
        Ok(Breakdown { parts })
    }

    fn scores(&mut self, net: &KmTalk) -> Scores {
        let (localization, device) = (self.choice.localization, self.device);
        vec![match self.stage {
            Stage::Keys => ("RMS of keys", -key_error(net, self.valid, localization, device)),
            _ => ("RMS", -motion_error(net, self.valid, localization, device)),
        }]
    }
}

type Part = (&'static str, Tensor<1>);

impl Staged<'_> {
    fn of_keys(
        &self,
        net: &KmTalk,
        heard: &Tensor<3>,
        keys: &Tensor<3>,
        frames: &KeyFrames,
        batch: &Material,
    ) -> [Part; 2] {
        let device = heard.device();
        let truth = frames.gather(batch.motion(&device));
        let boundary = binary_cross_entropy(net.locate(heard.clone()), batch.keys.presence(&device), POSITIVE);
        [("keys", masked_square(keys.clone(), truth, frames.mask(&device))), ("boundary", boundary * BOUNDARY)]
    }

    fn of_motion(&self, motion: Tensor<3>, batch: &Material) -> [Part; 2] {
        motion_losses(motion, batch, self.choice.velocity)
    }

    /// Share of crops with true key motions at a step of stage 2.
    fn true_keys(&self, step: usize) -> f64 {
        let (first, last) = self.choice.true_keys;
        first + (last - first) * step as f64 / self.choice.steps.completion as f64
    }

    /// True key motions in this share of the crops.
    fn mixed(
        &self,
        keys: Tensor<3>,
        frames: &KeyFrames,
        batch: &Material,
        share: f64,
        rng: &mut ChaCha8Rng,
    ) -> Tensor<3> {
        let ([crops, ..], device) = (keys.dims(), keys.device());
        let is_true = (0..crops).map(|_| f32::from(u8::from(rng.random_bool(share)))).collect();
        let is_true = Tensor::from_data(TensorData::new::<f32, _>(is_true, [crops, 1, 1]), &device);
        let truth = frames.gather(batch.motion(&device)) * frames.mask(&device);
        keys.clone() + (truth - keys) * is_true
    }
}

/// The baseline.
pub struct Direct<'a> {
    pub choice: &'a KmTalkChoice,
    pub valid: &'a [Material],
    pub device: &'a Device,
}

impl<'a> Lesson for Direct<'a> {
    type Net = DirectRegression;
    type Batch = &'a Material;

    fn losses(
        &mut self,
        net: &DirectRegression,
        _: usize,
        batch: &&'a Material,
        training: &Device,
    ) -> Result<Breakdown> {
        let motion = net.forward(batch.features(training));
        Ok(Breakdown { parts: motion_losses(motion, batch, self.choice.velocity).into() })
    }

    fn scores(&mut self, net: &DirectRegression) -> Scores {
        vec![("RMS", -direct_error(net, self.valid, self.device))]
    }
}

fn motion_losses(motion: Tensor<3>, batch: &Material, weight: f64) -> [Part; 2] {
    let truth = batch.motion(&motion.device());
    [("motion", scaled_square(motion.clone(), truth.clone())), ("velocity", velocity(motion, truth) * weight)]
}
