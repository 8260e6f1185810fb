//! What chooses a checkpoint: how well mouths are told apart, and how far the motion is from the truth.

use burn::tensor::Device;
use keyface_core::heads::HEADS;
use keyface_core::{Heads, MOTION_CHANNELS, Mouth, PHONES, Phone};

use super::completion::PREDICTED;
use super::flow::flow_features;
use crate::data::{Utterance, whole};
use crate::model::{CompletionNet, KeyMotionNet};

/// Mean recall over the six mouth classes that can be told apart, without any decoder; 1/6 is chance.
pub fn mouth_accuracy(net: &KeyMotionNet, clips: &[Utterance], look_ahead_steps: usize, device: &Device) -> f64 {
    let mut seen = [[0usize; 2]; keyface_core::MOUTHS];
    for clip in clips {
        let batch = whole(clip, look_ahead_steps, device);
        let raw = net.forward(batch.features).heads.try_into_vec_as::<f32>().unwrap_or_default();
        for (row, label) in raw.as_chunks::<HEADS>().0.iter().zip(&batch.labels[0]) {
            let mouth = label.phone.mouth();
            seen[mouth as usize][0] += usize::from(likeliest(&Heads::from_raw(row).phones) == mouth);
            seen[mouth as usize][1] += 1;
        }
    }
    let scored = seen.iter().enumerate().filter(|(m, [_, all])| *m != Mouth::Loose as usize && *all > 0);
    let (sum, classes) = scored.fold((0.0, 0), |(s, n), (_, [hit, all])| (s + *hit as f64 / *all as f64, n + 1));
    if classes == 0 { 0.0 } else { sum / f64::from(classes) }
}

/// The mouth class with the largest share of the posterior, each weighed by how rare it is.
fn likeliest(phones: &[f32; PHONES]) -> Mouth {
    /// Share of the classes in running speech with pauses, in [`Mouth::ALL`]'s order.
    const PRIOR: [f32; 7] = [0.3, 0.06, 0.04, 0.10, 0.16, 0.26, 0.08];
    let mut share = [0.0f32; 7];
    phones.iter().zip(Phone::ALL).for_each(|(p, phone)| share[phone.mouth() as usize] += p);
    let weighed = |m: &Mouth| share[*m as usize] / PRIOR[*m as usize].powf(0.7);
    let scored = Mouth::ALL.into_iter();
    scored.max_by(|a, b| weighed(a).total_cmp(&weighed(b))).unwrap_or(Mouth::Silent)
}

/// Root mean square distance of the completed motion from the truth over all channels.
pub fn motion_error(
    key_motion_net: &KeyMotionNet,
    net: &CompletionNet,
    clips: &[Utterance],
    look_ahead_steps: usize,
    device: &Device,
) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for clip in clips {
        let batch = whole(clip, look_ahead_steps, device);
        let heard = key_motion_net.forward(batch.features);
        let flow = flow_features(heard.heads, &batch.labels, &[PREDICTED], device);
        let (motion, _) = net.forward(flow, heard.trunk);
        let miss = motion - batch.targets.narrow(2, 0, MOTION_CHANNELS);
        let [_, time, _] = miss.dims();
        sum += miss.square().sum().into_scalar::<f32>() as f64;
        count += (time * MOTION_CHANNELS) as f64;
    }
    if count == 0.0 { f64::INFINITY } else { (sum / count).sqrt() }
}
