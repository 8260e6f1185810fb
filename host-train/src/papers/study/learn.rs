//! Training as the authors do it: one clip at a time, Adam, mean squares of the vertices. Where the material has key frames,
//! the baseline makes these alone, and KMTalk's completion the rest.
//!
//! What differs: the audio encoder is not trained further; the letters that SelfTalk's lip reader is to spell are those of
//! the alignment's words, where the authors' are what a recognizer hears, or none. A report says both.

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::choice::{Baseline, Plan, Size};
use super::guide::Guidance;
use super::letters::unread;
use super::material::{Item, Material};
use super::plug_in::Completion;
use super::stages::{Stages, Tell, on, velocity};
use crate::corpus::Error;
use crate::papers::baseline::{
    Animator, AudioPace, CodeTalker, CodeTalkerConfig, FaceFormer, FaceFormerConfig, MotionPrior, SelfTalk,
    SelfTalkConfig,
};
use crate::papers::corpus::Regions;
use crate::train::RunDir;

/// Weights of SelfTalk's losses: vertices, velocities, the lip reader's features and letters.
const SELF_TALK: [f64; 4] = [1000.0, 1000.0, 0.001, 0.0001];

/// A baseline that has learned, and what completes it.
pub struct Trained {
    baseline: Box<dyn Animator>,
    completion: Option<Completion>,
}

impl Trained {
    /// A clip's vertices as a speaker who was trained on moves them, `[1, frames, values]`.
    pub fn show(&self, item: &Item, speaker: usize, device: &Device) -> Tensor<3> {
        let (baseline, template) = (self.baseline.as_ref(), item.template(device));
        match &self.completion {
            None => baseline.animate(item.features.clone(), template, speaker),
            Some(with) => with.moves(baseline, item, speaker, device) + template.unsqueeze_dim::<3>(1),
        }
    }
}

/// Trains a baseline, or goes on with it where `run` holds a part of it.
///
/// # Errors
/// When a clip cannot be read, its mesh is not the configuration's, a loss is not a number, the folder holds another
/// training or cannot be written, or a guide is to see key frames alone.
pub fn learn(
    plan: &Plan,
    material: &Material,
    regions: &Regions,
    guidance: Option<&Guidance>,
    device: &Device,
    run: &RunDir,
    tell: Tell<'_>,
) -> Result<Trained> {
    let (training, keyed) = (device.clone().autodiff(), material.at_keys());
    ensure!(keyed.is_none() || guidance.is_none(), "expected a guide or key frames, came both");
    run.keep_note("training.txt", &note(plan, material, guidance))?;
    let stages = Stages { plan, material, guidance, device: &training, run, tell };
    let Some(keyed) = keyed else {
        return Ok(Trained { baseline: stages.baseline(regions)?, completion: None });
    };
    let baseline = Stages { material: &keyed, ..stages }.baseline(regions)?;
    let completion = Completion::learn(&stages, baseline.as_ref(), device)?;
    Ok(Trained { baseline, completion: Some(completion) })
}

/// What must be the same for a run to go on.
fn note(plan: &Plan, material: &Material, guidance: Option<&Guidance>) -> String {
    let guided =
        guidance.map_or_else(String::new, |guidance| format!(", guided by {} x {}", guidance.name, guidance.av));
    let Plan { baseline, size, epochs, learning_rate } = plan;
    let keys: usize = material.items.iter().map(|item| item.keys.len()).sum();
    let letters: usize = material.items.iter().map(|item| item.letters.len()).sum();
    let more = |count: usize, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
    let (keyed, spelled) = (more(keys, "key frames"), more(letters, "letters"));
    let ids: Vec<&str> = material.items.iter().map(|item| item.clip.id.as_str()).collect();
    let heard = material.items.first().map_or(0, |item| item.heard.dims()[2]);
    format!(
        "{baseline} {size:?}, {epochs} epochs of all clips, rate {learning_rate}, {} clips of {}, {heard} features{guided}{keyed}{spelled}\n{}\n",
        ids.len(),
        material.layout.name(),
        ids.join("\n")
    )
}

fn same_mesh(expected: usize, came: usize) -> Result<()> {
    ensure!(expected == came, "the paper's size: expected {expected} values a frame, came {came}");
    Ok(())
}

impl Stages<'_> {
    /// A baseline that has learned from the material.
    fn baseline(&self, regions: &Regions) -> Result<Box<dyn Animator>> {
        let layout = self.material.layout;
        let Some(first) = self.material.items.first() else {
            return Err(Error::unexpected(layout.name(), "clips to train on", "none").into());
        };
        let (values, audio_width) = (first.clip.template.len(), first.heard.dims()[2]);
        self.device.seed(1);
        Ok(match self.plan.baseline {
            Baseline::FaceFormer => {
                let config = match self.plan.size {
                    Size::Paper => FaceFormerConfig { audio_width, ..FaceFormerConfig::paper(layout) },
                    Size::Tiny => FaceFormerConfig::tiny(layout, values, audio_width),
                };
                same_mesh(config.values, values)?;
                Box::new(self.face_former(config.init(self.device))?.valid())
            }
            Baseline::CodeTalker => {
                let config = match self.plan.size {
                    Size::Paper => CodeTalkerConfig { audio_width, ..CodeTalkerConfig::paper(layout) },
                    Size::Tiny => CodeTalkerConfig::tiny(layout, values, audio_width),
                };
                same_mesh(config.prior.values, values)?;
                let prior = self.prior(config.prior.init(self.device))?;
                // The same weights at first, however often the first stage was cut.
                self.device.seed(2);
                Box::new(self.code_talker(config.init(prior, self.device))?.valid())
            }
            Baseline::SelfTalk => {
                let lips = regions.lips.clone();
                let config = match self.plan.size {
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
                Box::new(self.self_talk(config.init(self.device))?.valid())
            }
        })
    }

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
            let heard = heard_with(&net.pace(), item, self.device);
            let read = net.read_lips(moves.clone(), heard.dims()[1]);
            let [vertices, velocities, ear, text] = SELF_TALK;
            let loss = mean_square(velocity(&moves), velocity(&truth)).mul_scalar(velocities)
                + mean_square(moves.clone(), truth.clone()).mul_scalar(vertices)
                + mean_square(read.features, heard).mul_scalar(ear);
            let spelled = (!item.letters.is_empty()).then(|| unread(read.letters, &item.letters).mul_scalar(text));
            let loss = spelled.map_or(loss.clone(), |spelled| loss + spelled);
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
}

/// What the ear hears while the frames last: two features each where they are paired, or else all, as the authors have it.
fn heard_with(pace: &AudioPace, item: &Item, device: &Device) -> Tensor<3> {
    let heard = on(&item.heard, device);
    let all = heard.dims()[1];
    match pace {
        AudioPace::Paired => heard.narrow(1, 0, all.min(2 * item.frames)),
        AudioPace::Interpolated => heard,
    }
}

fn mean_square(a: Tensor<3>, b: Tensor<3>) -> Tensor<1> {
    (a - b).square().mean()
}
