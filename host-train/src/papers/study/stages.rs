//! A training's stages, one net after another: Adam, one clip at a time.
//!
//! After each epoch the run's folder holds the stage's weights and moments: a killed run goes on to the same end.

use std::time::Instant;

use anyhow::Result;
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::choice::Plan;
use super::guide::Guidance;
use super::material::{Item, Material};
use crate::corpus::Error;
use crate::train::{Progress, Resumed, RunDir};

/// What training says: which stage, the epochs that are done, and the mean loss of the last one. An error stops it there.
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
        let file = stage.to_lowercase().replace([' ', '\''], "-");
        let Resumed { mut net, mut optimizer, mut progress, .. } =
            self.run.resume(&file, net, AdamConfig::new().init())?;
        let mut order: Vec<&Item> = self.material.items.iter().filter(|item| item.frames > 1).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for epoch in 1..=self.plan.epochs {
            order.shuffle(&mut rng);
            if epoch <= progress.step {
                continue;
            }
            self.device.seed(epoch as u64);
            let (started, mut sum) = (Instant::now(), 0.0);
            for item in &order {
                let off = loss(&net, item, on(&item.features, self.device))?;
                let value = f64::from(off.clone().into_scalar::<f32>());
                if !value.is_finite() {
                    return Err(Error::unexpected(&item.clip.id, "a loss that is a number", value.to_string()).into());
                }
                sum += value;
                let gradients = GradientsParams::from_grads(off.backward(), &net);
                net = optimizer.step(self.plan.learning_rate, net, gradients);
            }
            progress.step = epoch;
            progress.seconds += started.elapsed().as_secs_f64();
            progress.judge(-sum / order.len().max(1) as f64);
            self.run.save(&file, [&net, &net.valid()], &optimizer, &progress, false)?;
            (self.tell)(stage, &progress)?;
        }
        Ok(net)
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
