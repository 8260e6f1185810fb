//! KMTalk (Xu et al. 2024) as a plug-in. How its authors put a baseline in is not published; here it takes the place of the
//! key-motion-focused decoder, as it is: the key frames, where phones begin and end, are all that it hears and makes. Then
//! it is held still, and the cross-modal completion learns all frames from the key poses that it makes and from the sound.
//!
//! The completion is that of the offline KMTalk; its channels are the weights of a motion space. It makes each by its own
//! deviation, and sees all by the largest: what a baseline makes of an unknown voice lies outside the space, where the
//! smallest components would say most.

use std::collections::BTreeMap;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::choice::Size;
use super::material::{Item, by_frames};
use super::stages::{Stages, on, velocity};
use crate::model::kmtalk::{Fusion, KeyFrames, KmTalkConfig, PlugIn};
use crate::papers::baseline::{Animator, SelfTalkConfig};
use crate::papers::space::{ClipMoves, PcaSpace, VertexLoss};

/// Components of the motion space.
const COMPONENTS: usize = 64;
/// Weight of vertices and of velocities, those of SelfTalk, which the authors built on.
const WEIGHT: f64 = 1000.0;

/// A trained completion.
pub struct Completion {
    net: PlugIn,
    space: PcaSpace,
}

impl Completion {
    /// Learns from the clips of `stages` and what a baseline makes of their key frames.
    ///
    /// # Errors
    /// As [`super::learn()`].
    pub(super) fn learn(stages: &Stages<'_>, baseline: &dyn Animator, device: &Device) -> Result<Completion> {
        let (items, training) = (&stages.material.items, stages.device);
        let space = PcaSpace::fit(&ClipMoves::new(items.iter().map(|item| &item.clip)), COMPONENTS, device)?;
        let mut told = BTreeMap::new();
        for item in items {
            let rest = item.template(device).unsqueeze_dim::<3>(1);
            let keys = key_moves(baseline, item, item.speaker.unwrap_or(0), device);
            told.insert(&item.clip.id, [seen(&space, keys), seen(&space, item.truth(device)? - rest)]);
        }
        let width = items.first().map_or(0, |item| by_frames(&item.features, item.frames).dims()[2]);
        training.seed(3);
        let net = config(stages).plug_in(width, space.len(), training);
        let (apart, deviations) = (VertexLoss::new(&space, &[], training), deviations(&space, training));
        let largest = largest(&space);
        let net = stages.fit("KMTalk's completion", net, |net, item, features| {
            let [keys, truth] = told[&item.clip.id].each_ref().map(|seen| on(seen, training));
            let made = net.forward(by_frames(&features, item.frames), keys, &key_frames(item));
            let (made, truth) = (made * deviations.clone(), truth * largest);
            let moving = apart.forward(velocity(&made), velocity(&truth));
            Ok((apart.forward(made, truth) + moving) * WEIGHT)
        })?;
        Ok(Completion { net: net.valid(), space })
    }

    /// All frames as moves from the template, `[1, frames, values]`, of what a baseline makes of the key frames.
    pub(super) fn moves(&self, baseline: &dyn Animator, item: &Item, speaker: usize, device: &Device) -> Tensor<3> {
        let keys = seen(&self.space, key_moves(baseline, item, speaker, device));
        let made = self.net.forward(by_frames(&item.features, item.frames), keys, &key_frames(item));
        self.space.moves((made * deviations(&self.space, device)).squeeze_dim(0)).unsqueeze_dim(0)
    }
}

/// As wide as SelfTalk's decoder: the authors' sizes are not published.
fn config(stages: &Stages<'_>) -> KmTalkConfig {
    let width = match stages.plan.size {
        Size::Paper => SelfTalkConfig::paper(stages.material.layout, vec![]).width,
        Size::Tiny => 32,
    };
    KmTalkConfig {
        width,
        audio_dilations: vec![1, 2, 4],
        key_decoder: true,
        audio_guidance: true,
        fusion: Fusion::Learned,
    }
}

fn key_frames(item: &Item) -> KeyFrames {
    KeyFrames::new(vec![item.keys.clone()], item.frames)
}

/// `[1, keys, values]`.
fn key_moves(baseline: &dyn Animator, item: &Item, speaker: usize, device: &Device) -> Tensor<3> {
    let template = item.template(device);
    baseline.animate(item.at_keys().features, template.clone(), speaker) - template.unsqueeze_dim::<3>(1)
}

/// Moves `[1, time, values]` as weights by the largest deviation, `[1, time, components]`.
fn seen(space: &PcaSpace, moves: Tensor<3>) -> Tensor<3> {
    space.weights(moves.squeeze_dim(0)).unsqueeze_dim::<3>(0) / largest(space)
}

fn largest(space: &PcaSpace) -> f32 {
    space.deviations().first().copied().unwrap_or(1.0)
}

fn deviations(space: &PcaSpace, device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(space.deviations().to_vec(), [1, 1, space.len()]), device)
}
