//! Phase 1: KeyMotionNet on spoiled crops.

use anyhow::Result;
use burn::tensor::Device;

use super::batches::{BatchPlan, crops_ahead, speech_s};
use super::checkpoint::{RunDir, Scores};
use super::corpora::{Corpora, augmenter};
use super::descent::Descent;
use super::experiment::Experiment;
use super::networks::{KEY_MOTION, begun_key_motion, best_key_motion};
use super::phase::{Lesson, Phase, Slopes};
use super::replicas::Replicas;
use super::teaching;
use super::validate::{Hearing, mouth_accuracy};
use crate::data::Utterance;
use crate::loss::Breakdown;
use crate::model::KeyMotionNet;

/// Trains until the experiment's number of steps is reached, which may be 0; returns the best checkpoint. Several devices
/// share each batch; whatever else there is to do the first one does.
///
/// # Errors
/// Unreadable corpora or checkpoints, a full disk, or a loss that is not a number.
pub fn train_key_motion(
    experiment: &Experiment,
    corpora: &Corpora,
    run: &RunDir,
    devices: &[Device],
) -> Result<KeyMotionNet> {
    let (replicas, device) = (Replicas::of(experiment, devices)?, &devices[0]);
    let choice = &experiment.key_motion;
    let plan = BatchPlan { seed: experiment.seed, batch: choice.batch, crop_hops: choice.crop_hops };
    let augmenter = augmenter(experiment)?;
    let batches = crops_ahead(corpora, &augmenter, plan);
    device.seed(experiment.seed);
    let begun = begun_key_motion(experiment, &device.clone().autodiff())?;
    let phase = Phase { net: KEY_MOTION, steps: choice.steps, validate_every: choice.validate_every };
    let mut lesson = Mouths { experiment, corpora, device, replicas };
    phase.train(&mut lesson, &batches, begun, Descent::averaged(choice.learning_rate), run, device)?;
    best_key_motion(experiment, run, device)
}

/// Phones, keys, closures and voice; judged by how well mouths are told apart.
struct Mouths<'a> {
    experiment: &'a Experiment,
    corpora: &'a Corpora,
    device: &'a Device,
    replicas: Replicas,
}

impl Lesson for Mouths<'_> {
    type Net = KeyMotionNet;
    type Batch = Vec<Utterance>;

    fn losses(
        &mut self,
        net: &KeyMotionNet,
        step: usize,
        crops: &Vec<Utterance>,
        training: &Device,
    ) -> Result<Breakdown> {
        Ok(teaching::losses(self.experiment, net, step, crops, training))
    }

    fn slopes(&mut self, net: &KeyMotionNet, step: usize, crops: &Vec<Utterance>, _: &Device) -> Result<Slopes> {
        let losses = |net: &_, crops: &[_], training: &_| teaching::losses(self.experiment, net, step, crops, training);
        Ok(self.replicas.slopes(net, crops, losses))
    }

    fn scores(&mut self, net: &KeyMotionNet) -> Scores {
        let heard = |clips| mouth_accuracy(net, clips, Hearing::Live(self.experiment.main()), self.device);
        let (clean, noisy) = (heard(&self.corpora.valid), heard(&self.corpora.noisy));
        let mut scores = vec![("mouths", 0.5 * (clean + noisy)), ("clean", clean), ("in noise", noisy)];
        if net.teacher.is_some() {
            scores.push(("teacher", mouth_accuracy(net, &self.corpora.valid, Hearing::Whole, self.device)));
        }
        scores
    }

    fn speech_s(&self, crops: &Vec<Utterance>) -> f64 {
        speech_s(crops)
    }
}
