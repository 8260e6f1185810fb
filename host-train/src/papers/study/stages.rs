//! A training's stages, one net after another: Adam, one clip at a time.
//!
//! After each epoch the run's folder holds the stage's weights and moments: a killed run goes on to the same end.

use std::marker::PhantomData;

use anyhow::{Context, Result};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::choice::Plan;
use super::guide::Guidance;
use super::material::{Item, Material};
use crate::loss::Breakdown;
use crate::train::{Again, Descent, Lesson, Phase, Progress, RunDir, Scores};

/// What training says after each epoch: which stage, and how far it has come. An error stops it there.
pub type Tell<'a> = &'a dyn Fn(&str, &Progress) -> Result<()>;

/// What all stages of a training have in common.
#[derive(Clone, Copy)]
pub(super) struct Stages<'a> {
    pub plan: &'a Plan,
    pub material: &'a Material,
    pub guidance: Option<&'a Guidance>,
    /// With autodiff.
    pub device: &'a Device,
    pub run: &'a RunDir,
    pub tell: Tell<'a>,
}

impl Stages<'_> {
    /// Adam over all clips; order and chance are each epoch's own, and the same in each run.
    pub fn fit<M: Module>(
        &self,
        stage: &str,
        net: M,
        loss: impl Fn(&M, &Item, Tensor<3>) -> Result<Tensor<1>>,
    ) -> Result<M> {
        let mut order: Vec<&Item> = self.material.items.iter().filter(|item| item.frames > 1).collect();
        let (clips, mut rng) = (order.len(), ChaCha8Rng::seed_from_u64(1));
        let epoch = |_| {
            order.shuffle(&mut rng);
            order.clone()
        };
        let batches: Vec<&Item> = (0..self.plan.epochs).flat_map(epoch).collect();
        let file = stage.to_lowercase().replace([' ', '\''], "-");
        let phase = Phase { net: &file, steps: batches.len(), validate_every: clips };
        let mut lesson = Clips { stage, clips, loss, tell: self.tell, net: PhantomData };
        phase.train(&mut lesson, &Again(&batches), net, Descent::plain(self.plan.learning_rate), self.run, self.device)
    }
}

/// One clip at a time.
struct Clips<'a, M, F> {
    stage: &'a str,
    /// Of an epoch.
    clips: usize,
    loss: F,
    tell: Tell<'a>,
    net: PhantomData<M>,
}

impl<'a, M: Module, F: Fn(&M, &Item, Tensor<3>) -> Result<Tensor<1>>> Lesson for Clips<'a, M, F> {
    type Net = M;
    type Batch = &'a &'a Item;

    fn losses(&mut self, net: &M, step: usize, item: &Self::Batch, training: &Device) -> Result<Breakdown> {
        if step.is_multiple_of(self.clips) {
            training.seed((step / self.clips + 1) as u64);
        }
        let loss = (self.loss)(net, item, on(&item.features, training)).with_context(|| item.clip.id.clone())?;
        Ok(Breakdown { parts: vec![("loss", loss)] })
    }

    /// The authors keep the last.
    fn scores(&mut self, _: &M) -> Scores {
        vec![]
    }

    fn kept(&mut self, progress: &Progress) -> Result<()> {
        (self.tell)(self.stage, progress)
    }
}

/// From frame to frame, `[1, frames - 1, values]`.
pub(super) fn velocity(x: &Tensor<3>) -> Tensor<3> {
    let between = x.dims()[1] - 1;
    x.clone().narrow(1, 1, between) - x.clone().narrow(1, 0, between)
}

/// The same numbers on another device.
pub(super) fn on(tensor: &Tensor<3>, device: &Device) -> Tensor<3> {
    Tensor::from_data(tensor.to_data(), device)
}
