//! KMTalk against the truth on whole clips, with key frames from anywhere.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use keyface_core::{Micros, Motion};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::super::experiment::STEP_MS;
use super::material::{Material, poses};
use crate::evaluate::{KeyScore, MotionScore};
use crate::model::kmtalk::{DirectRegression, KeyFrames, KmTalk, Localization};

/// How good a motion is, and the key frames under it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KmTalkScore {
    /// The motion against the truth.
    pub motion: MotionScore,
    /// The key frames against those of the aligned phones.
    pub keys: Option<KeyScore>,
}

/// Over whole clips; `None` without a single step.
pub fn score(net: &KmTalk, clips: &[Material], localization: Localization, device: &Device) -> Option<KmTalkScore> {
    let mut found = KeyScore::default();
    let pairs: Vec<_> = each(net, clips, localization, device)
        .map(|(clip, heard, frames)| {
            found.add(&times(&clip.keys), &times(&frames));
            let keys = net.key_motions(heard.clone(), &frames);
            (poses(net.complete(heard, keys, &frames).0), clip.poses())
        })
        .collect();
    Some(KmTalkScore { motion: MotionScore::of(&pairs)?, keys: Some(found) })
}

/// Root mean square distance of the key motions from the truth at the same frames.
pub fn score_keys(net: &KmTalk, clips: &[Material], localization: Localization, device: &Device) -> Option<f64> {
    let pair = |(clip, heard, frames): (&Material, _, KeyFrames)| {
        let truth = frames.gather(clip.motion(device)) * frames.mask(device);
        (poses(net.key_motions(heard, &frames)), poses(truth))
    };
    let pairs: Vec<(Vec<Motion>, Vec<Motion>)> = each(net, clips, localization, device).map(pair).collect();
    MotionScore::of(&pairs).map(|score| score.rms)
}

/// The baseline over whole clips.
pub fn score_direct(net: &DirectRegression, clips: &[Material], device: &Device) -> Option<KmTalkScore> {
    let pair = |clip: &Material| (poses(net.forward(clip.features(device))), clip.poses());
    let motion = MotionScore::of(&clips.iter().map(pair).collect::<Vec<_>>())?;
    Some(KmTalkScore { motion, keys: None })
}

/// Every clip, what is heard of it, and its key frames; disturbances are the same in every call.
fn each<'a>(
    net: &'a KmTalk,
    clips: &'a [Material],
    localization: Localization,
    device: &'a Device,
) -> impl Iterator<Item = (&'a Material, Tensor<3>, KeyFrames)> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    clips.iter().map(move |clip| {
        let heard = net.hear(clip.features(device));
        let frames = key_frames(net, &heard, &clip.keys, localization, &mut rng);
        (clip, heard, frames)
    })
}

/// Key frames of a batch by one kind of localization.
pub fn key_frames(
    net: &KmTalk,
    heard: &Tensor<3>,
    oracle: &KeyFrames,
    localization: Localization,
    rng: &mut ChaCha8Rng,
) -> KeyFrames {
    let (time, clips) = (oracle.time(), oracle.clips());
    let probability = match localization {
        Localization::Recognized => sigmoid(net.locate(heard.clone().detach())).try_into_vec_as().unwrap_or_default(),
        _ => vec![0.0; time * clips.len()],
    };
    let rows = probability.chunks(time);
    let frames = clips.iter().zip(rows).map(|(keys, row)| localization.frames(keys, row, time, rng)).collect();
    KeyFrames::new(frames, time)
}

fn times(frames: &KeyFrames) -> Vec<Micros> {
    let ms = |frame: &usize| Micros::from_ms(*frame as i64 * i64::from(STEP_MS));
    frames.clips().iter().flatten().map(ms).collect()
}
