//! Phase 2: CompletionNet on true and predicted keys, KeyMotionNet held still.

use anyhow::Result;
use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::tensor::{Device, Tensor};
use keyface_core::{MOTION_CHANNELS, Micros};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::checkpoint::RunDir;
use super::corpora::{Corpora, augmenter};
use super::experiment::Experiment;
use super::flow::{KeySource, flow_features};
use super::phase::{Lesson, Phase};
use super::prefetch::BatchPlan;
use super::validate::motion_error;
use crate::data::{Batch, Utterance};
use crate::loss::{Breakdown, scaled_square, velocity};
use crate::model::{CompletionNet, KeyMotionNet};

/// Name of the network in the run's folder.
const NET: &str = "completion";

/// Probability above which a key is confirmed while the completion learns; the device reads it from the card.
/// Of 0.27, 0.33, 0.38 and 0.5 the one that finds most keys within 40 ms (F1).
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
    let choice = &experiment.completion;
    let seed = experiment.seed + 1;
    let phase = Phase {
        net: NET,
        steps: choice.steps,
        learning_rate: choice.learning_rate,
        validate_every: choice.validate_every,
        plan: BatchPlan { seed, batch: experiment.key_motion.batch, crop_hops: experiment.key_motion.crop_hops },
        corpora,
        augmenter: &augmenter(experiment)?,
    };
    device.seed(seed);
    let fresh = experiment.completion_net.init(experiment.key_motion_net.width, &device.clone().autodiff());
    let optimizer = AdamWConfig::new().with_weight_decay(1e-3).init();
    phase.train(&Between { experiment, corpora, key_motion_net, device }, fresh, optimizer, run, device)?;
    best(experiment, run, device)
}

/// The best checkpoint, for inference.
pub fn best(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<CompletionNet> {
    let path = run.best(NET);
    let fresh = experiment.completion_net.init(experiment.key_motion_net.width, device);
    fresh.try_load_file(&path).map_err(|e| anyhow::anyhow!("no trained CompletionNet at {}: {e}", path.display()))
}

/// The motion between the keys; judged by its distance from the truth.
struct Between<'a> {
    experiment: &'a Experiment,
    corpora: &'a Corpora,
    key_motion_net: &'a KeyMotionNet,
    device: &'a Device,
}

impl Lesson for Between<'_> {
    type Net = CompletionNet;

    fn losses(&self, net: &CompletionNet, step: usize, crops: &[Utterance], training: &Device) -> Breakdown {
        let batch = Batch::new(crops, self.experiment.look_ahead_steps(), self.device);
        let heard = self.key_motion_net.forward(batch.features.clone());
        let flow = flow_features(heard.heads, &batch.labels, &self.sources(step, crops.len()), self.device);
        let to_training = |x: Tensor<3>| Tensor::<3>::from_data(x.into_data(), training);
        let (motion, _) = net.forward(to_training(flow), to_training(heard.trunk));
        let truth = to_training(batch.targets.narrow(2, 0, MOTION_CHANNELS));
        Breakdown {
            parts: vec![
                ("motion", scaled_square(motion.clone(), truth.clone())),
                ("velocity", velocity(motion, truth) * self.experiment.completion.velocity),
            ],
        }
    }

    fn score(&self, net: &CompletionNet) -> f64 {
        let ahead = self.experiment.look_ahead_steps();
        -motion_error(self.key_motion_net, net, &self.corpora.valid, ahead, self.device)
    }
}

impl Between<'_> {
    /// True keys for the experiment's share of the crops, drawn anew for each batch.
    fn sources(&self, step: usize, crops: usize) -> Vec<KeySource> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.experiment.seed + 2);
        rng.set_stream(step as u64);
        let true_keys = self.experiment.completion.true_keys;
        (0..crops).map(|_| if rng.random_bool(true_keys) { KeySource::True } else { PREDICTED }).collect()
    }
}
