//! What chooses a checkpoint: how well mouths are told apart, and how far the motion is from the truth.

use burn::tensor::Device;
use keyface_core::heads::HEADS;
use keyface_core::{Heads, Mouth, PHONES, Phone, STEP_HOPS};

use super::experiment::LookAhead;
use super::flow::{FlowMaker, PREDICTED};
use crate::data::{Labels, Utterance, whole};
use crate::judge::{Interval, Recalls, by_speaker, rms};
use crate::loss::SHARES;
use crate::model::{CompletionNet, KeyMotionNet};

/// Which answers of a network are judged.
#[derive(Clone, Copy, Debug)]
pub enum Hearing {
    /// The student's, with a bounded look-ahead.
    Live(LookAhead),
    /// The teacher's, after the whole utterance.
    Whole,
}

impl Hearing {
    /// The raw heads of a clip, row for row with its labels; nothing where there is no teacher.
    pub fn heads(self, net: &KeyMotionNet, clip: &Utterance, device: &Device) -> Vec<([f32; HEADS], Labels)> {
        let batch = whole(clip, self.steps(), device);
        let trunk = net.trunk(batch.features);
        let raw = match self {
            Hearing::Live(look_ahead) => Some(net.heads(look_ahead.which, trunk)),
            Hearing::Whole => net.teacher.as_ref().map(|teacher| teacher.heads(trunk)),
        };
        let raw = raw.and_then(|heads| heads.try_into_vec_as::<f32>().ok()).unwrap_or_default();
        raw.as_chunks::<HEADS>().0.iter().copied().zip(batch.labels.into_iter().flatten()).collect()
    }

    /// The same without what it says of the time before the clip.
    fn within(self, net: &KeyMotionNet, clip: &Utterance, device: &Device) -> Vec<([f32; HEADS], Labels)> {
        self.heads(net, clip, device).split_off(self.steps().min(clip.len() / STEP_HOPS))
    }

    fn steps(self) -> usize {
        if let Hearing::Live(look_ahead) = self { look_ahead.steps() } else { 0 }
    }
}

/// Mean recall over the six mouth classes that can be told apart, without any decoder; 1/6 is chance.
pub fn mouth_accuracy(net: &KeyMotionNet, clips: &[Utterance], hearing: Hearing, device: &Device) -> f64 {
    mouth_interval(net, clips, hearing, device).value
}

/// The same with its interval over speakers.
pub fn mouth_interval(net: &KeyMotionNet, clips: &[Utterance], hearing: Hearing, device: &Device) -> Interval {
    mouths(clips, |clip| hearing.within(net, clip, device))
}

/// The same of what is heard of a clip: raw heads and their labels.
pub fn mouths(clips: &[Utterance], heard: impl Fn(&Utterance) -> Vec<([f32; HEADS], Labels)>) -> Interval {
    let recalls = |clip: &Utterance| {
        let mut recalls = Recalls::default();
        for (row, label) in heard(clip) {
            let mouth = label.phone.mouth();
            recalls.add(mouth, likeliest(&Heads::from_raw(&row).phones) == mouth);
        }
        recalls.counts()
    };
    let speakers: Vec<&str> = clips.iter().map(|clip| clip.speaker.as_str()).collect();
    let counts: Vec<_> = clips.iter().map(recalls).collect();
    by_speaker(&speakers, &counts, |sum| Recalls::of_counts(sum).balanced().unwrap_or(0.0))
}

/// Share of time in which the likeliest mouth is not at rest, over rooms where nobody speaks.
pub fn room_activity(net: &KeyMotionNet, rooms: &[Utterance], hearing: Hearing, device: &Device) -> f64 {
    let heard: Vec<_> = rooms.iter().flat_map(|room| hearing.within(net, room, device)).collect();
    let moves = |(row, _): &&([f32; HEADS], Labels)| likeliest(&Heads::from_raw(row).phones) != Mouth::Silent;
    heard.iter().filter(moves).count() as f64 / heard.len().max(1) as f64
}

/// The mouth class with the largest share of the posterior, each weighed by how rare it is.
fn likeliest(phones: &[f32; PHONES]) -> Mouth {
    let mut share = [0.0f32; 7];
    phones.iter().zip(Phone::ALL).for_each(|(p, phone)| share[phone.mouth() as usize] += p);
    let weighed = |m: &Mouth| share[*m as usize] / SHARES[*m as usize].powf(0.7);
    let scored = Mouth::ALL.into_iter();
    scored.max_by(|a, b| weighed(a).total_cmp(&weighed(b))).unwrap_or(Mouth::Silent)
}

/// Root mean square distance of the completed motion from the truth over all channels.
pub fn motion_error(
    key_motion_net: &KeyMotionNet,
    net: &CompletionNet,
    clips: &[Utterance],
    look_ahead: LookAhead,
    flow: &FlowMaker,
) -> f64 {
    let missed = |clip: &Utterance| {
        let batch = whole(clip, look_ahead.steps(), &flow.device);
        let trunk = key_motion_net.trunk(batch.features);
        let heads = key_motion_net.heads(look_ahead.which, trunk.clone());
        let (motion, _) = net.forward(flow.features(heads, &batch.labels, &[PREDICTED]), trunk);
        let miss = motion - batch.truth.motion();
        let count = miss.shape().num_elements() as f64;
        [f64::from(miss.square().sum().into_scalar::<f32>()), count]
    };
    rms(clips.iter().map(missed))
}
