//! Crops in, tensors out: features of two stacked frames at 50 Hz, and labels that lie `look_ahead` behind.

use burn::tensor::{Device, Int, Tensor, TensorData};
use keyface_core::heads::NEXT_TIME_UNIT_MS;
use keyface_core::{FEATURES, LevelFollower, MOTION_CHANNELS, Motion, Phone, STEP_HOPS, Stage};

use super::utterance::Utterance;
use crate::truth::Touch;

/// A batch of crops of equal length.
pub struct Batch {
    /// `[batch, time, STEP_HOPS * FEATURES]`.
    pub features: Tensor<3>,
    /// What is true at the time that each step describes.
    pub truth: Truth,
    /// The same as plain values, per crop and step.
    pub labels: Vec<Vec<Labels>>,
    /// What another ear heard, where one was asked.
    pub heard: Option<HeardRows>,
}

/// What another ear says of the moment that each step describes.
#[derive(Clone, Debug)]
pub struct HeardRows {
    /// `[batch, time, width]`; 0 where nothing is known.
    pub rows: Tensor<3>,
    /// `[batch, time, 1]`: 1 where something is known.
    pub known: Tensor<3>,
}

impl HeardRows {
    fn of(crops: &[Utterance], look_ahead_steps: usize, device: &Device) -> Option<HeardRows> {
        let (width, time) = (crops.iter().map(|crop| crop.heard.width()).max()?, crops[0].len() / STEP_HOPS);
        if width == 0 {
            return None;
        }
        let (mut rows, mut known) = (vec![0.0; crops.len() * time * width], vec![0.0; crops.len() * time]);
        for (n, crop) in crops.iter().enumerate() {
            for step in look_ahead_steps..time {
                let Some(row) = crop.heard.row((step + 1 - look_ahead_steps) * STEP_HOPS - 1) else { continue };
                let at = n * time + step;
                rows[at * width..][..width].copy_from_slice(row);
                known[at] = 1.0;
            }
        }
        let shape = [crops.len(), time];
        let [rows, known] =
            [(rows, width), (known, 1)].map(|(values, width)| floats(values, [shape[0], shape[1], width], device));
        Some(HeardRows { rows, known })
    }

    /// The first `steps` steps.
    pub fn first(&self, steps: usize) -> HeardRows {
        HeardRows { rows: self.rows.clone().narrow(1, 0, steps), known: self.known.clone().narrow(1, 0, steps) }
    }
}

/// Labels as tensors.
#[derive(Clone, Debug)]
pub struct Truth {
    /// `[batch, time]`: phone at the time described.
    pub phones: Tensor<2, Int>,
    /// `[batch, time, n]`: pose, next pose, next time, offset.
    pub targets: Tensor<3>,
    /// `[batch, time, 4]`: boundary, lips that touch, lip on teeth, voice; each 0 or 1.
    pub events: Tensor<3>,
}

impl Truth {
    /// The first `steps` steps.
    pub fn first(&self, steps: usize) -> Truth {
        Truth {
            phones: self.phones.clone().narrow(1, 0, steps),
            targets: self.targets.clone().narrow(1, 0, steps),
            events: self.events.clone().narrow(1, 0, steps),
        }
    }

    /// The pose alone, `[batch, time, channels]`.
    pub fn motion(&self) -> Tensor<3> {
        self.targets.clone().narrow(2, 0, MOTION_CHANNELS)
    }
}

/// What is true at the time that one step describes.
#[derive(Clone, Copy, Debug)]
pub struct Labels {
    /// Phone spoken.
    pub phone: Phone,
    /// Contacts.
    pub touch: Touch,
    /// Pose.
    pub pose: Motion,
    /// A key within the step before, as an offset of -0.5..=0.5 steps from its middle.
    pub key: Option<f32>,
    /// Pose at the next key.
    pub next_pose: Motion,
    /// Milliseconds until the next key.
    pub next_time_ms: f32,
}

/// Values per step in [`Truth::targets`].
pub const TARGETS: usize = 2 * MOTION_CHANNELS + 2;
/// Farthest next key that is told, in hops.
const FARTHEST_HOPS: f32 = 50.0;

impl Batch {
    /// Stacks crops; every step describes the moment `look_ahead_steps` before its own end.
    pub fn new(crops: &[Utterance], look_ahead_steps: usize, device: &Device) -> Batch {
        let (truth, labels) = labelled(crops, look_ahead_steps, device);
        let heard = HeardRows::of(crops, look_ahead_steps, device);
        Batch { features: stacked(crops, device), truth, labels, heard }
    }
}

/// The features of a batch, `[batch, time, STEP_HOPS * FEATURES]`: the same for every look-ahead.
pub fn stacked(crops: &[Utterance], device: &Device) -> Tensor<3> {
    let features = crops.iter().flat_map(features).collect();
    floats(features, [crops.len(), crops[0].len() / STEP_HOPS, STEP_HOPS * FEATURES], device)
}

/// The labels of a batch, as tensors and as plain values per crop and step.
pub fn labelled(crops: &[Utterance], look_ahead_steps: usize, device: &Device) -> (Truth, Vec<Vec<Labels>>) {
    let (batch, time) = (crops.len(), crops[0].len() / STEP_HOPS);
    let labels: Vec<Vec<Labels>> = crops.iter().map(|crop| steps(crop, look_ahead_steps)).collect();
    let all = || labels.iter().flatten();
    let phones = all().map(|l| l.phone as i32).collect();
    let truth = Truth {
        phones: Tensor::from_data(TensorData::new::<i32, _>(phones, [batch, time]), device),
        targets: floats(all().flat_map(targets).collect(), [batch, time, TARGETS], device),
        events: floats(all().flat_map(events).collect(), [batch, time, 4], device),
    };
    (truth, labels)
}

/// A batch of one whole utterance, as evaluation wants it.
pub fn whole(utterance: &Utterance, look_ahead_steps: usize, device: &Device) -> Batch {
    let hops = utterance.len() / STEP_HOPS * STEP_HOPS;
    Batch::new(&[utterance.crop(0, hops)], look_ahead_steps, device)
}

/// The labels of step `step` (which ends at hop `(step + 1) * STEP_HOPS`), `look_ahead_steps` back.
pub fn label_step(utterance: &Utterance, step: usize, look_ahead_steps: usize) -> Labels {
    let Some(now) = (step + 1).checked_sub(look_ahead_steps).filter(|s| *s > 0).map(|s| s * STEP_HOPS) else {
        return Labels::before_start(utterance, (look_ahead_steps - step - 1) * STEP_HOPS);
    };
    let span = (now as f32 - STEP_HOPS as f32)..now as f32;
    let ahead = utterance.keys.partition_point(|key| *key < now as f32);
    let key = utterance.keys[..ahead].last().filter(|key| span.contains(*key));
    let next = utterance.keys.get(ahead).copied().unwrap_or(now as f32 + FARTHEST_HOPS);
    Labels {
        phone: utterance.phones.get(now).copied().unwrap_or(Phone::SIL),
        touch: utterance.touches.get(now - 1).copied().unwrap_or_default(),
        pose: pose_at(utterance, now as f32),
        key: key.map(|key| (key - span.start) / STEP_HOPS as f32 - 0.5),
        next_pose: pose_at(utterance, next),
        next_time_ms: 10.0 * (next - now as f32).min(FARTHEST_HOPS),
    }
}

impl Labels {
    fn before_start(utterance: &Utterance, hops_before: usize) -> Labels {
        let next = utterance.keys.first().copied().unwrap_or(FARTHEST_HOPS);
        Labels {
            phone: Phone::SIL,
            touch: Touch::default(),
            pose: Motion::REST,
            key: None,
            next_pose: pose_at(utterance, next),
            next_time_ms: 10.0 * (next + hops_before as f32).min(FARTHEST_HOPS),
        }
    }
}

fn steps(crop: &Utterance, look_ahead_steps: usize) -> Vec<Labels> {
    (0..crop.len() / STEP_HOPS).map(|step| label_step(crop, step, look_ahead_steps)).collect()
}

/// Row `h` of the motion describes the end of hop `h`.
fn pose_at(utterance: &Utterance, hops: f32) -> Motion {
    let row = (hops - 1.0).round().max(0.0) as usize;
    utterance.motion.get(row).copied().unwrap_or(Motion::REST)
}

fn features(crop: &Utterance) -> Vec<f32> {
    let mut level = LevelFollower::new();
    if crop.settled {
        crop.powers.iter().for_each(|row| _ = level.push(row));
    }
    let frames = crop.powers.iter().filter_map(|row| level.push(row));
    frames
        .flat_map(|mut frame| {
            frame.0[crop.masked.clone()].fill(0.0);
            frame.0
        })
        .collect()
}

fn targets(labels: &Labels) -> Vec<f32> {
    let mut row = labels.pose.0.to_vec();
    row.extend(labels.next_pose.0);
    row.push(labels.next_time_ms / NEXT_TIME_UNIT_MS);
    row.push(labels.key.unwrap_or(0.0));
    row
}

fn events(labels: &Labels) -> [f32; 4] {
    let is = |yes: bool| f32::from(u8::from(yes));
    [is(labels.key.is_some()), is(labels.touch.lips), is(labels.touch.lip_teeth), is(labels.phone != Phone::SIL)]
}

fn floats<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::MEL_BANDS;

    fn spoken() -> Utterance {
        let mut talk = Utterance::silence(40);
        talk.phones[20..30].fill(Phone::B);
        talk.keys = vec![20.0, 30.5];
        (0..40).for_each(|h| talk.motion[h].0[0] = h as f32);
        talk
    }

    #[test]
    fn labels_lie_behind_by_the_look_ahead() {
        let talk = spoken();
        assert_eq!(label_step(&talk, 9, 0).phone, Phone::B);
        assert_eq!(label_step(&talk, 9, 3).phone, Phone::SIL);
        assert_eq!(label_step(&talk, 12, 3).phone, Phone::B);
        assert_eq!(label_step(&talk, 12, 3).pose.0[0], 19.0);
    }

    #[test]
    fn lips_are_asked_for_while_they_touch_not_while_the_phone_lasts() {
        let mut talk = spoken();
        talk.touches[16..26].fill(Touch { lips: true, lip_teeth: false });
        let closed: Vec<usize> = (0..20).filter(|step| events(&label_step(&talk, *step, 0))[1] == 1.0).collect();
        assert_eq!(closed, [8, 9, 10, 11, 12]);
    }

    #[test]
    fn a_settled_level_makes_the_first_row_as_loud_as_the_last() {
        let mut talk = Utterance { powers: vec![[20.0; MEL_BANDS]; 400], ..Utterance::silence(400) };
        let level = |talk: &Utterance| features(talk)[MEL_BANDS];
        let cold = level(&talk);
        talk.settled = true;
        assert!(level(&talk) > cold + 0.3, "{cold} {}", level(&talk));
    }

    #[test]
    fn masked_bands_say_nothing() {
        let talk = Utterance { masked: 3..7, ..spoken() };
        let row = &features(&talk)[..FEATURES];
        assert!(row[3..7].iter().all(|x| *x == 0.0) && row[2] != 0.0 && row[7] != 0.0);
    }

    #[test]
    fn a_key_is_told_once_with_its_offset() {
        let talk = spoken();
        let keys: Vec<(usize, f32)> =
            (0..20).filter_map(|s| label_step(&talk, s, 0).key.map(|offset| (s, offset))).collect();
        assert_eq!(keys, [(10, -0.5), (15, -0.25)]);
    }

    #[test]
    fn the_next_key_comes_nearer() {
        let talk = spoken();
        assert_eq!(label_step(&talk, 8, 0).next_time_ms, 20.0);
        assert_eq!(label_step(&talk, 0, 3).next_time_ms, 240.0);
        assert_eq!(label_step(&talk, 9, 0).next_pose.0[0], 19.0);
    }
}
