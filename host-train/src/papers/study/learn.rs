//! Training as the authors do it: one clip at a time, Adam, mean squares of the vertices.
//!
//! What differs: the audio encoder is not trained further; SelfTalk has no text (its CTC loss needs the letters that a
//! recognizer hears), so that its lip reader learns the ear's features alone. A report says both.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::choice::{Baseline, Plan, Size};
use super::material::{Item, Material};
use crate::corpus::{Error, Result};
use crate::papers::baseline::{
    Animator, CodeTalker, CodeTalkerConfig, FaceFormer, FaceFormerConfig, MotionPrior, SelfTalk, SelfTalkConfig,
};
use crate::papers::corpus::Regions;

/// Weights of SelfTalk's losses: vertices, velocities, the lip reader's features.
const SELF_TALK: [f64; 3] = [1000.0, 1000.0, 0.001];

/// What training says: which stage, the epoch that is done, and its mean loss.
pub type Tell<'a> = &'a dyn Fn(&str, usize, f64);

/// Trains a baseline.
///
/// # Errors
/// When a clip cannot be read, its mesh is not the configuration's, or a loss is not a number.
pub fn learn(
    plan: &Plan,
    material: &Material,
    regions: &Regions,
    device: &Device,
    tell: Tell<'_>,
) -> Result<Box<dyn Animator>> {
    let training = device.clone().autodiff();
    training.seed(1);
    let Some(first) = material.items.first() else {
        return Err(Error::unexpected(material.layout.name(), "clips to train on", "none"));
    };
    let (values, audio_width, layout) = (first.clip.template.len(), first.heard.dims()[2], material.layout);
    let lesson = Stages { plan, material, device: &training, tell };
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

fn same_mesh(expected: usize, came: usize) -> Result<()> {
    let wrong = || Error::unexpected("the paper's size", format!("{expected} values a frame"), came.to_string());
    (expected == came).then_some(()).ok_or_else(wrong)
}

struct Stages<'a> {
    plan: &'a Plan,
    material: &'a Material,
    device: &'a Device,
    tell: Tell<'a>,
}

impl Stages<'_> {
    fn face_former(&self, net: FaceFormer) -> Result<FaceFormer> {
        self.fit("FaceFormer", net, |net, item, features| {
            let made = net.animate(features, item.template(self.device), item.speaker.unwrap_or(0));
            Ok(mean_square(made, item.truth(self.device)?))
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
            let made = net.forced(features, template, item.speaker.unwrap_or(0), truth.clone());
            Ok(mean_square(made.vertices, truth) + mean_square(made.features, codes))
        })
    }

    fn self_talk(&self, net: SelfTalk) -> Result<SelfTalk> {
        self.fit("SelfTalk", net, |net, item, features| {
            let truth = item.truth(self.device)? - item.template(self.device).unsqueeze_dim::<3>(1);
            let moves = net.moves(features);
            let velocity =
                |x: &Tensor<3>| x.clone().narrow(1, 1, item.frames - 1) - x.clone().narrow(1, 0, item.frames - 1);
            let heard = on(&item.heard, self.device);
            let read = net.read_lips(moves.clone(), heard.dims()[1]).features;
            let [vertices, velocities, ear] = SELF_TALK;
            Ok(mean_square(velocity(&moves), velocity(&truth)).mul_scalar(velocities)
                + mean_square(moves, truth).mul_scalar(vertices)
                + mean_square(read, heard).mul_scalar(ear))
        })
    }

    /// Adam over all clips, in another order each epoch, the same in each run.
    fn fit<M: Module>(
        &self,
        stage: &str,
        mut net: M,
        loss: impl Fn(&M, &Item, Tensor<3>) -> Result<Tensor<1>>,
    ) -> Result<M> {
        let mut optimizer = AdamConfig::new().init();
        let mut order: Vec<&Item> = self.material.items.iter().filter(|item| item.frames > 1).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for epoch in 1..=self.plan.epochs {
            order.shuffle(&mut rng);
            let mut sum = 0.0;
            for item in &order {
                let off = loss(&net, item, on(&item.features, self.device))?;
                let value = f64::from(off.clone().into_scalar::<f32>());
                if !value.is_finite() {
                    return Err(Error::unexpected(&item.clip.id, "a loss that is a number", value.to_string()));
                }
                sum += value;
                let gradients = GradientsParams::from_grads(off.backward(), &net);
                net = optimizer.step(self.plan.learning_rate, net, gradients);
            }
            (self.tell)(stage, epoch, sum / order.len().max(1) as f64);
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
