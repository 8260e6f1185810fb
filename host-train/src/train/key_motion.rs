//! Phase 1: KeyMotionNet on spoiled crops.

use anyhow::Result;
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::tensor::{Device, Tensor};

use rand::seq::IteratorRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::checkpoint::RunDir;
use super::corpora::{Corpora, augmenter};
use super::experiment::{Experiment, LookAhead};
use super::phase::{Lesson, Phase};
use super::prefetch::BatchPlan;
use super::validate::{Hearing, mouth_accuracy};
use crate::data::{Batch, Truth, Utterance};
use crate::loss::{Breakdown, KeyMotionWeights, distillation, key_motion};
use crate::model::KeyMotionNet;

/// Name of the network in the run's folder.
const NET: &str = "key_motion";

/// Weight of each drawn look-ahead beside the main one.
const OTHERS: f64 = 0.5;

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
    let choice = &experiment.key_motion;
    let phase = Phase {
        net: NET,
        steps: choice.steps,
        learning_rate: choice.learning_rate,
        validate_every: choice.validate_every,
        plan: BatchPlan { seed: experiment.seed, batch: choice.batch, crop_hops: choice.crop_hops },
        corpora,
        augmenter: &augmenter(experiment)?,
    };
    device.seed(experiment.seed);
    let fresh = experiment.key_motion_net.init(experiment.look_aheads_ms.len(), &device.clone().autodiff());
    let clipping = Some(GradientClippingConfig::Norm(2.0));
    let optimizer = AdamWConfig::new().with_weight_decay(1e-3).with_grad_clipping(clipping).init();
    phase.train(&Mouths { experiment, corpora, device }, fresh, optimizer, run, device)?;
    best(experiment, run, device)
}

/// The best checkpoint, for inference.
pub fn best(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<KeyMotionNet> {
    let path = run.best(NET);
    let fresh = experiment.key_motion_net.init(experiment.look_aheads_ms.len(), device);
    fresh.try_load_file(&path).map_err(|e| anyhow::anyhow!("no trained KeyMotionNet at {}: {e}", path.display()))
}

/// Phones, keys, closures and voice; judged by how well mouths are told apart.
struct Mouths<'a> {
    experiment: &'a Experiment,
    corpora: &'a Corpora,
    device: &'a Device,
}

impl Lesson for Mouths<'_> {
    type Net = KeyMotionNet;

    fn losses(&self, net: &KeyMotionNet, step: usize, crops: &[Utterance], training: &Device) -> Breakdown {
        let batch = Batch::new(crops, 0, training);
        let trunk = net.trunk(batch.features);
        let main = self.experiment.main();
        let learners: Vec<_> = std::iter::once(main).chain(self.others(step)).collect();
        let said = |l: &LookAhead| late(net.heads(l.which, trunk.clone()), *l);
        let said: Vec<_> = learners.iter().map(|l| (*l, said(l))).collect();
        let mut losses = key_motion(said[0].1.clone(), &early(&batch.truth, main), self.weights());
        let other = |(l, heads): &(LookAhead, Tensor<3>)| {
            key_motion(heads.clone(), &early(&batch.truth, *l), self.weights()).total() * OTHERS
        };
        losses.parts.extend(said[1..].iter().map(other).reduce(|a, b| a + b).map(|sum| ("other look-aheads", sum)));
        if let Some(teacher) = &net.teacher {
            let told = teacher.heads(trunk.clone());
            let own = key_motion(told.clone(), &batch.truth, self.weights()).total() * self.weights().teacher;
            let learn = |(l, heads): &(LookAhead, Tensor<3>)| {
                let [_, time, _] = heads.dims();
                let weight = self.weights().distillation * if *l == main { 1.0 } else { OTHERS };
                distillation(heads.clone(), told.clone().narrow(1, 0, time)) * weight
            };
            losses.parts.push(("teacher", own));
            losses.parts.extend(said.iter().map(learn).reduce(|a, b| a + b).map(|sum| ("distillation", sum)));
        }
        losses
    }

    fn score(&self, net: &KeyMotionNet) -> f64 {
        let accuracy = mouth_accuracy(net, &self.corpora.valid, Hearing::Live(self.experiment.main()), self.device);
        if net.teacher.is_some() {
            let teacher = mouth_accuracy(net, &self.corpora.valid, Hearing::Whole, self.device);
            log::info!("mouth accuracy {accuracy:.4}, offline teacher {teacher:.4}");
        }
        accuracy
    }
}

impl Mouths<'_> {
    fn weights(&self) -> &KeyMotionWeights {
        &self.experiment.weights
    }

    /// Two of the other look-aheads, drawn anew for each step: all seven at once would cost more than the trunk.
    fn others(&self, step: usize) -> Vec<LookAhead> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.experiment.seed + 3);
        rng.set_stream(step as u64);
        let others = self.experiment.look_aheads().filter(|l| *l != self.experiment.main());
        others.choose_multiple(&mut rng, 2)
    }
}

/// What the heads of a look-ahead say once they have heard that far: its first answers, about times before the start,
/// are left out.
fn late(heads: Tensor<3>, look_ahead: LookAhead) -> Tensor<3> {
    let [_, time, _] = heads.dims();
    heads.narrow(1, look_ahead.steps(), time - look_ahead.steps())
}

/// What they should have said.
fn early(truth: &Truth, look_ahead: LookAhead) -> Truth {
    let [_, time, _] = truth.targets.dims();
    truth.first(time - look_ahead.steps())
}
