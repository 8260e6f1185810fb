//! One network's training loop: crops in, optimizer steps, validations and checkpoints out. Both phases share it.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::Device;

use super::average;
use super::checkpoint::{Resumed, RunDir};
use super::corpora::Corpora;
use super::gradient;
use super::prefetch::{BatchPlan, prefetch};
use super::progress::{Display, learning_rate};
use crate::data::{Augmenter, Utterance};
use crate::loss::Breakdown;

/// Longest gradient over all weights of a network.
pub const LONGEST_GRADIENT: f32 = 5.0;

/// What moves the weights. Burn's own epsilon, 1e-5, holds back weights of small slopes.
pub fn optimizer() -> ModuleOptimizer {
    AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(1e-2).init()
}

/// What one network learns, and how well.
pub trait Lesson {
    /// The network.
    type Net: Module;

    /// Losses of a batch of crops; `training` is the device with autodiff.
    fn losses(&self, net: &Self::Net, step: usize, crops: &[Utterance], training: &Device) -> Breakdown;

    /// The validation metric, higher is better, of a network without autodiff.
    fn score(&self, net: &Self::Net) -> f64;
}

/// How long and how fast.
pub struct Phase<'a> {
    /// Name of the network in the run's folder.
    pub net: &'static str,
    /// Optimizer steps.
    pub steps: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
    /// What a batch is made of.
    pub plan: BatchPlan,
    /// The training clips.
    pub corpora: &'a Corpora,
    /// What spoils them.
    pub augmenter: &'a Augmenter,
}

impl Phase<'_> {
    /// Trains until the last step, from where the run stands.
    ///
    /// # Errors
    /// Unreadable checkpoints, a full disk, or a loss that is not a number.
    pub fn train<L: Lesson>(
        &self,
        lesson: &L,
        fresh: L::Net,
        optimizer: ModuleOptimizer,
        run: &RunDir,
        device: &Device,
    ) -> Result<()> {
        let training = device.clone().autodiff();
        let Resumed { mut net, mut average, mut optimizer, mut progress } = run.resume(self.net, fresh, optimizer)?;
        let mut display = Display::new(self.net, progress.step, self.steps);
        let (began, before) = (Instant::now(), progress.seconds);
        std::thread::scope(|scope| {
            let todo = progress.step..self.steps;
            for (step, crops) in prefetch(scope, self.corpora, self.augmenter, self.plan, todo) {
                let crops = crops?;
                let losses = lesson.losses(&net, step, &crops, &training);
                let total = losses.total();
                ensure!(total.clone().into_scalar::<f32>().is_finite(), "the loss at step {step} is not a number");
                display.step(&losses, &crops);
                let gradients = GradientsParams::from_grads(total.backward(), &net);
                let gradients = gradient::limit(gradients, &net, LONGEST_GRADIENT);
                net = optimizer.step(learning_rate(self.learning_rate, step, self.steps), net, gradients);
                average = average::follow(average, &net.valid(), step);
                progress.step = step + 1;
                if progress.step.is_multiple_of(self.validate_every) || progress.step == self.steps {
                    let is_best = progress.judge(lesson.score(&average));
                    progress.seconds = before + began.elapsed().as_secs_f64();
                    display.validation(run, self.net, &progress)?;
                    run.save(self.net, [&net, &average], &optimizer, &progress, is_best)?;
                }
            }
            Ok(())
        })
    }
}
