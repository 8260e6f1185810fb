//! What chooses a checkpoint: how well mouths are told apart, and how far the motion is from the truth.

use std::slice::from_ref;

use burn::tensor::{Device, Tensor};
use keyface_core::heads::HEADS;
use keyface_core::{Heads, Mouth, PHONES, Phone, STEP_HOPS};

use super::experiment::LookAhead;
use super::flow::{FlowMaker, PREDICTED};
use crate::data::{Labels, Utterance, labelled, whole};
use crate::judge::{Interval, Recalls, by_speaker, rms};
use crate::loss::{Lips, SHARES};
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

/// By how much the completed motion of each clip, `[1, time, channels]`, misses the truth `hurry` steps later.
pub fn misses(
    key_motion_net: &KeyMotionNet,
    net: &CompletionNet,
    clips: &[Utterance],
    (look_ahead, hurry): (LookAhead, usize),
    flow: &FlowMaker,
) -> Vec<Tensor<3>> {
    let missed = |clip: &Utterance| {
        let batch = whole(clip, look_ahead.steps(), &flow.device);
        let trunk = key_motion_net.trunk(batch.features);
        let heads = key_motion_net.heads(look_ahead.which, trunk.clone());
        let (motion, _) = net.forward(flow.features(heads, &batch.labels, &[PREDICTED]), trunk);
        let (truth, _) = labelled(from_ref(clip), look_ahead.steps() - hurry, &flow.device);
        motion - truth.motion()
    };
    clips.iter().map(missed).collect()
}

/// Root mean square over all channels.
pub fn motion_error(misses: &[Tensor<3>]) -> f64 {
    rms(misses.iter().map(|miss| {
        let count = miss.shape().num_elements() as f64;
        [f64::from(miss.clone().square().sum().into_scalar::<f32>()), count]
    }))
}

/// LVE in mm², over the steps of all clips.
pub fn lip_error(misses: &[Tensor<3>], lips: &Lips) -> f64 {
    let steps = |miss: &Tensor<3>| miss.dims()[1] as f64;
    let sum = |miss: &Tensor<3>| steps(miss) * f64::from(lips.farthest(miss.clone()).into_scalar::<f32>());
    misses.iter().map(sum).sum::<f64>() / misses.iter().map(steps).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Experiment;
    use crate::train::experiment::Told;
    use keyface_core::MOTION_CHANNELS;
    use std::path::Path;

    /// A jaw that opens by 0.02 a step.
    fn opening() -> Utterance {
        let mut clip = Utterance::silence(80);
        (0..80).for_each(|hop| clip.motion[hop].0[0] = 0.01 * hop as f32);
        clip
    }

    #[test]
    fn a_motion_that_hurries_is_held_against_a_later_truth() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let (experiment, device) = (Experiment::read(&path).unwrap(), Device::flex());
        let (main, flow) = (experiment.main(), FlowMaker { device: device.clone(), told: Told::All });
        let key_motion = experiment.key_motion_net.init(experiment.look_aheads_ms.len(), &device);
        let net = experiment.completion_net.init(experiment.key_motion_net.width, &device);
        let missed = |hurry| misses(&key_motion, &net, &[opening()], (main, hurry), &flow).remove(0);
        let later = (missed(0) - missed(1)).narrow(2, 0, 1).try_into_vec_as::<f32>().unwrap();
        assert!(later[main.steps()..].iter().all(|jaw| (jaw - 0.02).abs() < 1e-5), "{later:?}");
    }

    #[test]
    fn a_clip_counts_by_its_steps() {
        let device = Device::flex();
        let misses =
            [(3, 0.0), (1, 0.1)].map(|(steps, size)| Tensor::<3>::full([1, steps, MOTION_CHANNELS], size, &device));
        let lips = Lips::new(&device);
        let worst = f64::from(lips.farthest(misses[1].clone()).into_scalar::<f32>());
        assert!(worst > 1.0 && (lip_error(&misses, &lips) - worst / 4.0).abs() < 1e-6 * worst);
        assert!((motion_error(&misses) - 0.05).abs() < 1e-6);
    }
}
