//! KMTalk against the truth on whole clips, with key frames from anywhere.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use keyface_core::AudioTime;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use super::super::experiment::STEP_MS;
use super::material::Material;
use crate::evaluate::metric::{Comparison, METRICS, marks, values};
use crate::evaluate::surface::default_surface;
use crate::evaluate::{KeyTally, Track};
use crate::judge::{Figure, Marks, rms};
use crate::model::kmtalk::{DirectRegression, KeyFrames, KmTalk, Localization};
use crate::space::rig14::poses;

/// How good a motion is, and the key frames under it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KmTalkScore {
    /// The motion against the truth, by every metric that says something.
    pub figures: Vec<Figure>,
    /// The key frames against those of the aligned phones, F1 within 40 ms.
    pub key_f1: Option<f64>,
    /// What the figures are made of.
    #[serde(skip)]
    pub marks: Marks,
}

impl KmTalkScore {
    /// Of tracks, one for each clip.
    pub fn of(tracks: &[Track], clips: &[Material]) -> Self {
        let surface = default_surface();
        let truth: Vec<Track> = clips.iter().map(Material::poses).collect();
        let mut marks = marks(METRICS);
        for ((track, truth), clip) in tracks.iter().zip(&truth).zip(clips) {
            marks.add(&clip.speaker, values(METRICS, &Comparison::new(&surface, track, truth, &clip.said)));
        }
        KmTalkScore { figures: marks.figures(), key_f1: None, marks }
    }

    /// A metric over all frames together.
    pub fn pooled(&self, metric: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.metric == metric).map(|figure| figure.pooled)
    }
}

/// KMTalk over whole clips.
pub fn score(net: &KmTalk, clips: &[Material], localization: Localization, device: &Device) -> KmTalkScore {
    let (mut keys, mut tracks) = (KeyTally::default(), vec![]);
    for (clip, heard, frames) in each(net, clips, localization, device) {
        keys.add(&times(&clip.keys), &times(&frames), 0.0, |_, _| None);
        tracks.push(completed(net, heard, &frames));
    }
    let [_, within_40_ms, _] = keys.score().windows;
    KmTalkScore { key_f1: Some(within_40_ms.f1), ..KmTalkScore::of(&tracks, clips) }
}

/// The baseline over whole clips.
pub fn score_direct(net: &DirectRegression, clips: &[Material], device: &Device) -> KmTalkScore {
    KmTalkScore::of(&clips.iter().map(|clip| poses(net.forward(clip.features(device)))).collect::<Vec<_>>(), clips)
}

/// Root mean square distance of the motion from the truth, which chooses a checkpoint.
pub fn motion_error(net: &KmTalk, clips: &[Material], localization: Localization, device: &Device) -> f64 {
    let pair = |(clip, heard, frames): (&Material, _, KeyFrames)| (completed(net, heard, &frames), clip.poses());
    rms(each(net, clips, localization, device).map(pair).map(missed))
}

/// The same of the key motions at their frames.
pub fn key_error(net: &KmTalk, clips: &[Material], localization: Localization, device: &Device) -> f64 {
    let pair = |(clip, heard, frames): (&Material, _, KeyFrames)| {
        let truth = frames.gather(clip.motion(device)) * frames.mask(device);
        (poses(net.key_motions(heard, &frames)), poses(truth))
    };
    rms(each(net, clips, localization, device).map(pair).map(missed))
}

/// The same of the baseline.
pub fn direct_error(net: &DirectRegression, clips: &[Material], device: &Device) -> f64 {
    rms(clips.iter().map(|clip| missed((poses(net.forward(clip.features(device))), clip.poses()))))
}

fn completed(net: &KmTalk, heard: Tensor<3>, frames: &KeyFrames) -> Track {
    let keys = net.key_motions(heard.clone(), frames);
    poses(net.complete(heard, keys, frames).0)
}

/// What is shown less what is true, squared: the sum over all frames and channels, and how many they are.
fn missed((shown, truth): (Track, Track)) -> [f64; 2] {
    let values = || shown.iter().flat_map(|m| m.0).zip(truth.iter().flat_map(|m| m.0));
    [values().map(|(s, t)| f64::from(s - t).powi(2)).sum::<f64>(), values().count() as f64]
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

fn times(frames: &KeyFrames) -> Vec<AudioTime> {
    let ms = |frame: &usize| AudioTime::from_ms(*frame as i64 * i64::from(STEP_MS));
    frames.clips().iter().flatten().map(ms).collect()
}
