//! What one batch teaches KeyMotionNet: the labels to every look-ahead that is drawn and to the teacher, and the
//! teacher's answers to the look-aheads.

use burn::tensor::{Device, Tensor};
use rand::seq::IteratorRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::experiment::{Experiment, LookAhead};
use crate::data::{Batch, HeardRows, Truth, Utterance};
use crate::loss::{Breakdown, distillation, key_motion, soft_labels};
use crate::model::KeyMotionNet;

/// Look-aheads beside the main one that a batch teaches: all of them at once would cost more than the trunk.
const OTHERS: usize = 2;
/// Weight of each of them.
const OTHERS_WEIGHT: f64 = 0.5;

/// What a look-ahead said, from the first step on that describes a time in the batch.
struct Answer {
    heads: Tensor<3>,
    weight: f64,
}

/// The losses of the batch that is made of `crops`; `training` is the device with autodiff.
pub fn losses(
    experiment: &Experiment,
    net: &KeyMotionNet,
    step: usize,
    crops: &[Utterance],
    training: &Device,
) -> Breakdown {
    let Batch { features, truth, heard, .. } = Batch::new(crops, 0, training);
    let trunk = net.trunk(features);
    let answers: Vec<Answer> = drawn(experiment, step).map(|(l, weight)| Answer::of(net, &trunk, l, weight)).collect();
    let learnt = |answer: &Answer| key_motion(answer.heads.clone(), &answer.truth(&truth), &experiment.weights);
    let mut losses = learnt(&answers[0]);
    let others = sum(answers[1..].iter().map(|answer| learnt(answer).total() * answer.weight));
    losses.parts.extend(others.map(|loss| ("other look-aheads", loss)));
    if let Some(heard) = heard {
        let followed = sum(answers.iter().map(|answer| answer.soft(&heard) * answer.weight));
        losses.parts.extend(followed.map(|loss| ("heard", loss * experiment.weights.heard)));
    }
    if let Some(teacher) = &net.teacher {
        let told = teacher.heads(trunk);
        let own = key_motion(told.clone(), &truth, &experiment.weights).total() * experiment.weights.teacher;
        let repeated = sum(answers.iter().map(|answer| answer.distilled(&told) * answer.weight));
        losses.parts.push(("teacher", own));
        losses.parts.extend(repeated.map(|loss| ("distillation", loss * experiment.weights.distillation)));
    }
    losses
}

/// The main look-ahead, then the others that are drawn for this step, each with its weight.
fn drawn(experiment: &Experiment, step: usize) -> impl Iterator<Item = (LookAhead, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(experiment.seed + 3);
    rng.set_stream(step as u64);
    let main = experiment.main();
    let others = experiment.look_aheads().filter(|l| *l != main).choose_multiple(&mut rng, OTHERS);
    std::iter::once((main, 1.0)).chain(others.into_iter().map(|l| (l, OTHERS_WEIGHT)))
}

fn sum(losses: impl Iterator<Item = Tensor<1>>) -> Option<Tensor<1>> {
    losses.reduce(|a, b| a + b)
}

impl Answer {
    fn of(net: &KeyMotionNet, trunk: &Tensor<3>, look_ahead: LookAhead, weight: f64) -> Answer {
        let heads = net.heads(look_ahead.which, trunk.clone());
        let [_, time, _] = heads.dims();
        let heads = heads.narrow(1, look_ahead.steps(), time - look_ahead.steps());
        Answer { heads, weight }
    }

    /// Steps that it describes: the first ones of the batch.
    fn steps(&self) -> usize {
        self.heads.dims()[1]
    }

    fn truth(&self, truth: &Truth) -> Truth {
        truth.first(self.steps())
    }

    fn soft(&self, heard: &HeardRows) -> Tensor<1> {
        let HeardRows { rows, known } = heard.first(self.steps());
        soft_labels(self.heads.clone(), rows, known)
    }

    fn distilled(&self, told: &Tensor<3>) -> Tensor<1> {
        distillation(self.heads.clone(), told.clone().narrow(1, 0, self.steps()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Heard;
    use crate::prepare::AudioFeatures;
    use keyface_core::heads::HEADS;
    use std::path::Path;

    #[test]
    fn the_answers_of_a_listener_are_learnt_where_a_crop_has_them() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let experiment = Experiment::read(&path).unwrap();
        let training = Device::flex().autodiff();
        let net = experiment.key_motion_net.init(experiment.look_aheads_ms.len(), &training);
        let folder = tempfile::tempdir().unwrap();
        let answers = AudioFeatures { encoder: "e".into(), width: HEADS, values: vec![0.5; 50 * HEADS] };
        answers.write_clip(folder.path(), "a", "b").unwrap();
        let plain = Utterance::silence(100);
        let heard = Utterance { heard: Heard::of_clip(folder.path(), "a", "b", 100).unwrap(), ..plain.clone() };
        let has = |crops: &[Utterance]| {
            let losses = losses(&experiment, &net, 0, crops, &training);
            losses.parts.iter().any(|(name, _)| *name == "heard")
        };
        assert!(has(&[plain.clone(), heard]) && !has(&[plain.clone(), plain]));
    }
}
