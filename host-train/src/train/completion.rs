//! Phase 2: CompletionNet on true and predicted keys, KeyMotionNet held still.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use keyface_core::{MOTION_CHANNELS, Micros};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::checkpoint::RunDir;
use super::corpora::{Corpora, augmenter};
use super::experiment::Experiment;
use super::flow::{KeySource, flow_features};
use super::prefetch::{BatchPlan, prefetch};
use super::progress::{Display, learning_rate};
use super::validate::motion_error;
use crate::data::Batch;
use crate::loss::{Breakdown, scaled_square, velocity};
use crate::model::{CompletionNet, KeyMotionNet};

/// Name of the network in the run's folder.
pub const NET: &str = "completion";

/// How keys are confirmed while the completion learns; the device reads the same numbers from the card.
pub const KEY_THRESHOLD: f32 = 0.38;
/// Shortest time between two keys.
pub const KEY_REFRACTORY: Micros = Micros::from_ms(30);

/// Keys as the device will see them.
pub const PREDICTED: KeySource = KeySource::Predicted { threshold: KEY_THRESHOLD, refractory: KEY_REFRACTORY };

/// Trains until the experiment's number of steps is reached; returns the best checkpoint.
///
/// # Errors
/// As [`super::train_key_motion`].
pub fn train_completion(
    experiment: &Experiment,
    corpora: &Corpora,
    key_motion_net: &KeyMotionNet,
    run: &RunDir,
    device: &Device,
) -> Result<CompletionNet> {
    let phase = &experiment.completion;
    let training = device.clone().autodiff();
    device.seed(experiment.seed + 1);
    let optimizer = AdamWConfig::new().with_weight_decay(1e-3).init();
    let fresh = experiment.completion_net.init(experiment.key_motion_net.width, &training);
    let (mut model, mut optimizer, mut progress) = run.resume(NET, fresh, optimizer)?;
    let augmenter = augmenter(experiment)?;
    let crop_hops = experiment.key_motion.crop_hops;
    let plan = BatchPlan { seed: experiment.seed + 1, batch: experiment.key_motion.batch, crop_hops };
    let mut display = Display::new(NET, progress.step, phase.steps);
    let (began, before) = (Instant::now(), progress.seconds);
    std::thread::scope(|scope| -> Result<()> {
        for (step, crops) in prefetch(scope, corpora, &augmenter, plan, progress.step..phase.steps) {
            let batch = Batch::new(&crops, experiment.look_ahead_steps(), device);
            let heard = key_motion_net.forward(batch.features.clone());
            let sources = sources(experiment, step, crops.len());
            let flow = flow_features(heard.heads, &batch.labels, &sources, device);
            let to_training = |x: Tensor<3>| Tensor::<3>::from_data(x.into_data(), &training);
            let (motion, _) = model.forward(to_training(flow), to_training(heard.trunk));
            let truth = to_training(batch.targets.narrow(2, 0, MOTION_CHANNELS));
            let losses = Breakdown {
                parts: vec![
                    ("motion", scaled_square(motion.clone(), truth.clone())),
                    ("velocity", velocity(motion, truth) * phase.velocity),
                ],
            };
            let total = losses.total();
            ensure!(total.clone().into_scalar::<f32>().is_finite(), "the loss at step {step} is not a number");
            display.step(&losses);
            let gradients = GradientsParams::from_grads(total.backward(), &model);
            model = optimizer.step(learning_rate(phase.learning_rate, step, phase.steps), model, gradients);
            progress.step = step + 1;
            if progress.step % phase.validate_every == 0 || progress.step == phase.steps {
                let ahead = experiment.look_ahead_steps();
                let error = motion_error(key_motion_net, &model.valid(), &corpora.valid, ahead, device);
                let is_best = -error > progress.best;
                if is_best {
                    (progress.best, progress.best_step) = (-error, progress.step);
                }
                progress.seconds = before + began.elapsed().as_secs_f64();
                display.validation(run, NET, progress.step, &format!("motion error {error:.5}"))?;
                run.save(NET, &model, &optimizer, &progress, is_best)?;
            }
        }
        Ok(())
    })?;
    best(experiment, run, device)
}

/// The best checkpoint, for inference.
pub fn best(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<CompletionNet> {
    let path = run.best(NET);
    let fresh = experiment.completion_net.init(experiment.key_motion_net.width, device);
    fresh.try_load_file(&path).map_err(|e| anyhow::anyhow!("no trained CompletionNet at {}: {e}", path.display()))
}

/// True keys for the experiment's share of the crops, drawn anew for each batch.
fn sources(experiment: &Experiment, step: usize, crops: usize) -> Vec<KeySource> {
    let mut rng = ChaCha8Rng::seed_from_u64(experiment.seed + 2);
    rng.set_stream(step as u64);
    (0..crops)
        .map(|_| if rng.random_bool(experiment.completion.true_keys) { KeySource::True } else { PREDICTED })
        .collect()
}
