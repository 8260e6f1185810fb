//! Phase 1: KeyMotionNet on spoiled crops.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::Device;

use super::checkpoint::RunDir;
use super::corpora::{Corpora, augmenter};
use super::experiment::Experiment;
use super::prefetch::{BatchPlan, prefetch};
use super::progress::{Display, learning_rate};
use super::validate::mouth_accuracy;
use crate::data::Batch;
use crate::loss::key_motion;
use crate::model::KeyMotionNet;

/// Name of the network in the run's folder.
pub const NET: &str = "key_motion";

/// Trains until the experiment's number of steps is reached; returns the best checkpoint.
///
/// # Errors
/// Unreadable corpora or checkpoints, a full disk, or a loss that is not a number.
pub fn train_key_motion(
    experiment: &Experiment,
    corpora: &Corpora,
    run: &RunDir,
    device: &Device,
) -> Result<KeyMotionNet> {
    let phase = &experiment.key_motion;
    let training = device.clone().autodiff();
    device.seed(experiment.seed);
    let optimizer =
        AdamWConfig::new().with_weight_decay(1e-3).with_grad_clipping(Some(GradientClippingConfig::Norm(2.0)));
    let fresh = experiment.key_motion_net.init(&training);
    let (mut model, mut optimizer, mut progress) = run.resume(NET, fresh, optimizer.init())?;
    let augmenter = augmenter(experiment)?;
    let plan = BatchPlan { seed: experiment.seed, batch: phase.batch, crop_hops: phase.crop_hops };
    let mut display = Display::new(NET, progress.step, phase.steps);
    let (began, before) = (Instant::now(), progress.seconds);
    std::thread::scope(|scope| -> Result<()> {
        for (step, crops) in prefetch(scope, corpora, &augmenter, plan, progress.step..phase.steps) {
            let batch = Batch::new(&crops, experiment.look_ahead_steps(), &training);
            let losses = key_motion(model.forward(batch.features.clone()).heads, &batch, &experiment.weights);
            let total = losses.total();
            ensure!(total.clone().into_scalar::<f32>().is_finite(), "the loss at step {step} is not a number");
            display.step(&losses);
            let gradients = GradientsParams::from_grads(total.backward(), &model);
            model = optimizer.step(learning_rate(phase.learning_rate, step, phase.steps), model, gradients);
            progress.step = step + 1;
            if progress.step % phase.validate_every == 0 || progress.step == phase.steps {
                let score = mouth_accuracy(&model.valid(), &corpora.valid, experiment.look_ahead_steps(), device);
                let is_best = score > progress.best;
                if is_best {
                    (progress.best, progress.best_step) = (score, progress.step);
                }
                progress.seconds = before + began.elapsed().as_secs_f64();
                display.validation(run, NET, progress.step, &format!("mouth {score:.4}"))?;
                run.save(NET, &model, &optimizer, &progress, is_best)?;
            }
        }
        Ok(())
    })?;
    best(experiment, run, device)
}

/// The best checkpoint, for inference.
pub fn best(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<KeyMotionNet> {
    let path = run.best(NET);
    let fresh = experiment.key_motion_net.init(device);
    fresh.try_load_file(&path).map_err(|e| anyhow::anyhow!("no trained KeyMotionNet at {}: {e}", path.display()))
}
