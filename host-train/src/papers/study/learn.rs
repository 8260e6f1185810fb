//! Training as the authors do it: one clip at a time, Adam, mean squares of the vertices.
//!
//! What differs: the audio encoder is not trained further; SelfTalk has no text (its CTC loss needs the letters that a
//! recognizer hears), so that its lip reader learns the ear's features alone. A report says both.
//!
//! After each epoch the run's folder holds the stage's weights and moments: a killed run goes on to the same end.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::choice::{Baseline, Plan, Size};
use super::guide::Guidance;
use super::material::{Item, Material};
use crate::corpus::Error;
use crate::papers::baseline::{
    Animator, CodeTalker, CodeTalkerConfig, FaceFormer, FaceFormerConfig, MotionPrior, SelfTalk, SelfTalkConfig,
};
use crate::papers::corpus::Regions;
use crate::train::{Progress, Resumed, RunDir};

/// Weights of SelfTalk's losses: vertices, velocities, the lip reader's features.
const SELF_TALK: [f64; 3] = [1000.0, 1000.0, 0.001];

/// What training says: which stage, the epochs that are done, and the mean loss of the last one. An error stops it there.
pub type Tell<'a> = &'a dyn Fn(&str, &Progress) -> Result<()>;

/// Trains a baseline, or goes on with it where `run` holds a part of it.
///
/// # Errors
/// When a clip cannot be read, its mesh is not the configuration's, a loss is not a number, or the folder holds another
/// training or cannot be written.
pub fn learn(
    plan: &Plan,
    material: &Material,
    regions: &Regions,
    guidance: Option<&Guidance>,
    device: &Device,
    run: &RunDir,
    tell: Tell<'_>,
) -> Result<Box<dyn Animator>> {
    let training = device.clone().autodiff();
    training.seed(1);
    let Some(first) = material.items.first() else {
        return Err(Error::unexpected(material.layout.name(), "clips to train on", "none").into());
    };
    run.keep_note("training.txt", &note(plan, material, guidance))?;
    let (values, audio_width, layout) = (first.clip.template.len(), first.heard.dims()[2], material.layout);
    let lesson = Stages { plan, material, guidance, device: &training, run, tell };
    Ok(match plan.baseline {
        Baseline::FaceFormer => {
            let config = match plan.size {
                Size::Paper => FaceFormerConfig { audio_width, ..FaceFormerConfig::paper(layout) },
                Size::Tiny => FaceFormerConfig::tiny(layout, values, audio_width),
            };
            same_mesh(config.values, values)?;
            Box::new(lesson.face_former(config.init(&training))?.valid())
        }
        Baseline::CodeTalker => {
            let config = match plan.size {
                Size::Paper => CodeTalkerConfig { audio_width, ..CodeTalkerConfig::paper(layout) },
                Size::Tiny => CodeTalkerConfig::tiny(layout, values, audio_width),
            };
            same_mesh(config.prior.values, values)?;
            let prior = lesson.prior(config.prior.init(&training))?;
            // The same weights at first, however often the first stage was cut.
            training.seed(2);
            Box::new(lesson.code_talker(config.init(prior, &training))?.valid())
        }
        Baseline::SelfTalk => {
            let lips = regions.lips.clone();
            let config = match plan.size {
                Size::Paper => {
                    let paper = SelfTalkConfig::paper(layout, lips);
                    SelfTalkConfig { audio_width, reader_width: audio_width, ..paper }
                }
                Size::Tiny => {
                    let tiny = SelfTalkConfig::tiny(layout, values, lips, audio_width);
                    SelfTalkConfig { reader_width: audio_width, ..tiny }
                }
            };
            same_mesh(config.values, values)?;
            Box::new(lesson.self_talk(config.init(&training))?.valid())
        }
    })
}

/// What must be the same for a run to go on.
fn note(plan: &Plan, material: &Material, guidance: Option<&Guidance>) -> String {
    let guided =
        guidance.map_or_else(String::new, |guidance| format!(", guided by {} x {}", guidance.name, guidance.av));
    let Plan { baseline, size, epochs, learning_rate } = plan;
    let ids: Vec<&str> = material.items.iter().map(|item| item.clip.id.as_str()).collect();
    let heard = material.items.first().map_or(0, |item| item.heard.dims()[2]);
    format!(
        "{baseline} {size:?}, {epochs} epochs, step {learning_rate}, {} clips of {}, {heard} features{guided}\n{}\n",
        ids.len(),
        material.layout.name(),
        ids.join("\n")
    )
}

fn same_mesh(expected: usize, came: usize) -> Result<()> {
    ensure!(expected == came, "the paper's size: expected {expected} values a frame, came {came}");
    Ok(())
}

struct Stages<'a> {
    plan: &'a Plan,
    material: &'a Material,
    guidance: Option<&'a Guidance>,
    device: &'a Device,
    run: &'a RunDir,
    tell: Tell<'a>,
}

impl Stages<'_> {
    fn face_former(&self, net: FaceFormer) -> Result<FaceFormer> {
        self.fit("FaceFormer", net, |net, item, features| {
            let (template, truth) = (item.template(self.device), item.truth(self.device)?);
            let made = net.animate(features, template.clone(), item.speaker.unwrap_or(0));
            Ok(self.guided(mean_square(made.clone(), truth.clone()), item, &made, &truth, &template))
        })
    }

    fn prior(&self, net: MotionPrior) -> Result<MotionPrior> {
        self.fit("CodeTalker's motion prior", net, |net, item, _| {
            let moves = item.truth(self.device)? - item.template(self.device).unsqueeze_dim::<3>(1);
            let coded = net.encode(moves.clone());
            Ok((net.decode(coded.codes, item.frames) - moves).abs().mean() + coded.loss)
        })
    }

    fn code_talker(&self, net: CodeTalker) -> Result<CodeTalker> {
        self.fit("CodeTalker", net, |net, item, features| {
            let (template, truth) = (item.template(self.device), item.truth(self.device)?);
            let codes = net.prior().encode(truth.clone() - template.clone().unsqueeze_dim::<3>(1)).codes.detach();
            let made = net.forced(features, template.clone(), item.speaker.unwrap_or(0), truth.clone());
            let loss = mean_square(made.vertices.clone(), truth.clone()) + mean_square(made.features, codes);
            Ok(self.guided(loss, item, &made.vertices, &truth, &template))
        })
    }

    fn self_talk(&self, net: SelfTalk) -> Result<SelfTalk> {
        self.fit("SelfTalk", net, |net, item, features| {
            let template = item.template(self.device);
            let truth = item.truth(self.device)? - template.clone().unsqueeze_dim::<3>(1);
            let moves = net.moves(features);
            let velocity =
                |x: &Tensor<3>| x.clone().narrow(1, 1, item.frames - 1) - x.clone().narrow(1, 0, item.frames - 1);
            let heard = on(&item.heard, self.device);
            let read = net.read_lips(moves.clone(), heard.dims()[1]).features;
            let [vertices, velocities, ear] = SELF_TALK;
            let loss = mean_square(velocity(&moves), velocity(&truth)).mul_scalar(velocities)
                + mean_square(moves.clone(), truth.clone()).mul_scalar(vertices)
                + mean_square(read, heard).mul_scalar(ear);
            // Moves are from the template already.
            Ok(self.guided(loss, item, &moves, &truth, &template.zeros_like()))
        })
    }

    /// With what a reader says of it, where one guides.
    fn guided(
        &self,
        loss: Tensor<1>,
        item: &Item,
        made: &Tensor<3>,
        truth: &Tensor<3>,
        template: &Tensor<2>,
    ) -> Tensor<1> {
        let moves = |at: &Tensor<3>| at.clone() - template.clone().unsqueeze_dim::<3>(1);
        let read = self.guidance.and_then(|guidance| guidance.loss(&item.clip.id, &moves(made), &moves(truth)));
        read.map_or(loss.clone(), |read| loss + read)
    }

    /// Adam over all clips; order and chance are each epoch's own, and the same in each run.
    fn fit<M: Module>(
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

/// The same numbers on another device.
fn on(tensor: &Tensor<3>, device: &Device) -> Tensor<3> {
    Tensor::from_data(tensor.to_data(), device)
}

fn mean_square(a: Tensor<3>, b: Tensor<3>) -> Tensor<1> {
    (a - b).square().mean()
}
