//! Crops as an expert takes them: what is said, what is seen, what is heard, in steps of 40 ms.

use burn::tensor::{Device, Int, Tensor, TensorData};
use keyface_core::{FEATURES, Motion, STEP_HOPS};

use super::net::POSES;
use super::units::Units;
use crate::data::{Utterance, stacked};

/// Hops of one step of the expert.
pub const EXPERT_HOPS: usize = POSES * STEP_HOPS;

/// A motion of 100 rows a second at 50: row k is the pose at the end of its 20 ms.
pub fn track(motion: &[Motion]) -> Vec<Motion> {
    motion.chunks_exact(STEP_HOPS).map(|rows| rows[STEP_HOPS - 1]).collect()
}

/// The sound of crops of equal length, a multiple of [`EXPERT_HOPS`]: `[batch, step, values]`.
pub fn heard(crops: &[Utterance], device: &Device) -> Tensor<3> {
    let frames = stacked(crops, device);
    let [batch, steps, _] = frames.dims();
    frames.reshape([batch, steps / POSES, EXPERT_HOPS * FEATURES])
}

/// The unit spoken at each answer, `[batch, answers]`, `answers` to a step.
pub fn frames(crops: &[Utterance], units: &Units, answers: usize, device: &Device) -> Tensor<2, Int> {
    let every = EXPERT_HOPS / answers;
    let row = |crop: &Utterance| -> Vec<i32> {
        let spoken = units.in_time(crop);
        spoken.chunks_exact(every).map(|hops| hops[every / 2] as i32).collect()
    };
    let rows: Vec<i32> = crops.iter().flat_map(row).collect();
    let shape = [crops.len(), rows.len() / crops.len().max(1)];
    Tensor::from_data(TensorData::new(rows, shape), device)
}

/// A crop whose length is a multiple of [`EXPERT_HOPS`]; what is left over is cut off.
pub fn whole_steps(clip: &Utterance) -> Utterance {
    clip.crop(0, clip.len() / EXPERT_HOPS * EXPERT_HOPS)
}

#[cfg(test)]
mod tests {
    use super::super::units::UnitChoice;
    use super::*;
    use crate::space::rig14;
    use keyface_core::{MotionChannel, Phone};

    #[test]
    fn seen_heard_and_said_are_of_one_clock() {
        let device = Device::flex();
        let mut crop = Utterance::silence(16);
        crop.phones[8..].fill(Phone::M);
        (0..16).for_each(|hop| crop.motion[hop][MotionChannel::JawOpen] = hop as f32);
        let crops = [crop.clone(), crop];
        let seen = rig14::tensor(&crops.each_ref().map(|crop| track(&crop.motion)), &device);
        assert_eq!(seen.dims(), [2, 8, rig14::WIDTH]);
        assert_eq!(seen.narrow(2, 0, 1).try_into_vec_as::<f32>().unwrap()[..3], [1.0, 3.0, 5.0]);
        assert_eq!(heard(&crops, &device).dims(), [2, 4, EXPERT_HOPS * FEATURES]);
        let units = UnitChoice::Phones.units().unwrap();
        let spoken = |answers| frames(&crops, &units, answers, &device).try_into_vec_as::<i32>().unwrap();
        let m = Phone::M as i32;
        assert_eq!(spoken(1), [0, 0, m, m, 0, 0, m, m]);
        assert_eq!(spoken(2).len(), 16);
    }
}
