//! Phase 2: CompletionNet on true and predicted keys, KeyMotionNet held still.

use anyhow::Result;
use burn::tensor::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::batches::{BatchPlan, crops_ahead, speech_s};
use super::checkpoint::{RunDir, Scores};
use super::corpora::{Corpora, augmenter};
use super::descent::Descent;
use super::experiment::Experiment;
use super::flow::{FlowMaker, KeySource, PREDICTED};
use super::networks::{COMPLETION, begun_completion, best_completion};
use super::phase::{Lesson, Phase};
use super::validate::{lip_error, misses, motion_error};
use crate::data::{Utterance, labelled, stacked};
use crate::loss::{Breakdown, Lips, changes, scaled_square, velocity};
use crate::model::{CompletionNets, KeyMotionNet};

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
) -> Result<CompletionNets> {
    let choice = &experiment.completion;
    let seed = experiment.seed + 1;
    let crops = &experiment.key_motion;
    let plan = BatchPlan { seed, batch: crops.batch, crop_hops: crops.crop_hops };
    let augmenter = augmenter(experiment)?;
    let batches = crops_ahead(corpora, &augmenter, plan);
    device.seed(seed);
    let begun = begun_completion(experiment, &device.clone().autodiff())?;
    let flow = FlowMaker { device: device.clone(), told: choice.flow };
    let phase = Phase { net: COMPLETION, steps: choice.steps, validate_every: choice.validate_every };
    let mut lesson = Between { experiment, corpora, key_motion_net, flow };
    phase.train(&mut lesson, &batches, begun, Descent::averaged(choice.learning_rate), run, device)?;
    best_completion(experiment, run, device)
}

/// The motion between the keys; judged by its distance from the truth.
struct Between<'a> {
    experiment: &'a Experiment,
    corpora: &'a Corpora,
    key_motion_net: &'a KeyMotionNet,
    flow: FlowMaker,
}

impl Lesson for Between<'_> {
    type Net = CompletionNets;
    type Batch = Vec<Utterance>;

    fn losses(
        &mut self,
        nets: &CompletionNets,
        step: usize,
        crops: &Vec<Utterance>,
        training: &Device,
    ) -> Result<Breakdown> {
        let heard = self.key_motion_net.trunk(stacked(crops, &self.flow.device));
        let to_training = |x: Tensor<3>| Tensor::<3>::from_data(x.into_data(), training);
        let trunk = to_training(heard.clone());
        let sources = self.sources(step, crops.len());
        let choice = &self.experiment.completion;
        let lips = Lips::new(training);
        let each = self.experiment.look_aheads().zip(&nets.each).map(|(look_ahead, net)| {
            let (_, labels) = labelled(crops, look_ahead.steps(), training);
            let (truth, _) = labelled(crops, look_ahead.steps() - choice.hurry, training);
            let targets = truth.motion();
            let heads = self.key_motion_net.heads(look_ahead.which, heard.clone());
            let flow = self.flow.features(heads, &labels, &sources);
            let (motion, _) = net.forward(to_training(flow), trunk.clone());
            let miss = motion.clone() - targets.clone();
            let lips = lips.farthest(miss.clone()) + lips.farthest(changes(miss)) * choice.velocity;
            [scaled_square(motion.clone(), targets.clone()), velocity(motion, targets), lips]
        });
        let [motion, speed, lips] =
            each.reduce(|[a, b, c], [d, e, f]| [a + d, b + e, c + f]).expect("an experiment has a look-ahead");
        let mut parts = vec![("motion", motion), ("velocity", speed * choice.velocity)];
        if choice.lips > 0.0 {
            parts.push(("lips", lips * choice.lips));
        }
        Ok(Breakdown { parts })
    }

    fn scores(&mut self, nets: &CompletionNets) -> Scores {
        let (choice, main) = (&self.experiment.completion, self.experiment.main());
        let net = &nets.each[main.which];
        let misses = misses(self.key_motion_net, net, &self.corpora.valid, (main, choice.hurry), &self.flow);
        let mut scores = vec![("RMS", -motion_error(&misses))];
        if choice.lips > 0.0 {
            scores.insert(0, ("LVE", -lip_error(&misses, &Lips::new(&self.flow.device))));
        }
        scores
    }

    fn speech_s(&self, crops: &Vec<Utterance>) -> f64 {
        speech_s(crops)
    }
}

impl Between<'_> {
    /// True keys for a share of the crops that shrinks from step to step, drawn anew for each batch.
    fn sources(&self, step: usize, crops: usize) -> Vec<KeySource> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.experiment.seed + 2);
        rng.set_stream(step as u64);
        let choice = &self.experiment.completion;
        let (from, to) = choice.true_keys;
        let share = from + (to - from) * step as f64 / choice.steps.max(1) as f64;
        (0..crops).map(|_| if rng.random_bool(share) { KeySource::True } else { PREDICTED }).collect()
    }
}
