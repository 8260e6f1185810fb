//! A mesh as a reader of lips sees it: through the rig's channels, 50 poses a second; and what should be read there.

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::{Device, Int, Tensor, TensorData};
use keyface_core::{Motion, Phone, STEP_HOPS};

use super::material::Item;
use super::said::ToRead;
use crate::clip::words_between;
use crate::data::Utterance;
use crate::expert::net::POSES;
use crate::papers::corpus::Regions;
use crate::papers::space::RigFit;
use crate::space::rig14;

/// One clip's.
pub struct Lens {
    /// What is said, two hops a step.
    pub said: Utterance,
    /// Where the landmarks' axes stand in a frame.
    axes: Vec<i32>,
    /// Their moves to channels, `[1, axes, channels]`.
    channels: TensorData,
    /// Frames to steps, `[1, steps, frames]`.
    pace: TensorData,
}

impl Lens {
    /// For a clip that says this.
    ///
    /// # Errors
    /// When the mesh has no pairs across the lips, or the clip is shorter than two steps.
    pub fn new(item: &Item, regions: &Regions, said: &ToRead) -> Result<Lens> {
        let fit = RigFit::new(&item.clip.template, regions).map_err(|came| anyhow!("the mesh has {came}"));
        let fit = fit.with_context(|| item.clip.id.clone())?;
        let (rate_hz, frames) = (item.clip.rate_hz, item.frames);
        let steps = (frames as f64 / rate_hz * rig14::FRAMES_PER_S) as usize / POSES * POSES;
        ensure!(steps > 0, "{}: expected a clip of 40 ms or more, came {frames} frames", item.clip.id);
        let rows: Vec<f32> = (0..steps).flat_map(|step| between(step, rate_hz, frames)).collect();
        let matrix: Vec<f32> = fit.linear().into_iter().flatten().collect();
        let axes: Vec<i32> = fit.landmarks().iter().flat_map(|v| axes(*v)).collect();
        Ok(Lens {
            channels: TensorData::new(matrix, [1, axes.len(), rig14::WIDTH]),
            pace: TensorData::new(rows, [1, steps, frames]),
            said: by_hops(said, steps * STEP_HOPS),
            axes,
        })
    }

    /// `[1, frames, values]` -> `[1, steps, channels]`: unbounded, so that slopes pass.
    pub fn see(&self, moves: &Tensor<3>) -> Tensor<3> {
        let on = |data: &TensorData| Tensor::<3>::from_data(data.clone(), &moves.device());
        on(&self.pace).matmul(picked(moves, &self.axes)).matmul(on(&self.channels))
    }
}

impl Lens {
    /// What it makes of vertices `[frames, values]` that are shown for a clip, one pose a step.
    pub fn poses(&self, item: &Item, shown: &[f32], device: &Device) -> Vec<Motion> {
        let template = &item.clip.template;
        let moves: Vec<f32> = shown.iter().zip(template.iter().cycle()).map(|(at, rest)| at - rest).collect();
        let moves = TensorData::new(moves, [1, item.frames, template.len()]);
        rig14::frames(self.see(&Tensor::from_data(moves, device)))
    }
}

/// Where a vertex' axes stand in a frame.
pub fn axes(vertex: usize) -> std::ops::Range<i32> {
    3 * vertex as i32..3 * vertex as i32 + 3
}

/// These axes of moves `[1, frames, values]`.
pub fn picked(moves: &Tensor<3>, axes: &[i32]) -> Tensor<3> {
    moves.clone().select(2, Tensor::<1, Int>::from_data(TensorData::from(axes), &moves.device()))
}

/// How much of each frame a step shows, at the end of its 20 ms.
fn between(step: usize, rate_hz: f64, frames: usize) -> Vec<f32> {
    let at = ((step + 1) as f64 / rig14::FRAMES_PER_S * rate_hz).min((frames - 1) as f64);
    let mut row = vec![0.0; frames];
    row[at as usize] = 1.0 - at.fract() as f32;
    if let Some(next) = row.get_mut(at as usize + 1) {
        *next = at.fract() as f32;
    }
    row
}

fn by_hops(to_read: &ToRead, hops: usize) -> Utterance {
    let words = words_between(&to_read.words, 0.0, hops as f64 / 100.0);
    let mut said = Utterance { words, ..Utterance::silence(hops) };
    for (hop, phone) in said.phones.iter_mut().enumerate() {
        let at_s = (hop as f64 + 0.5) / 100.0;
        let here = to_read.phones.iter().find(|segment| (segment.start_s..segment.end_s).contains(&at_s));
        *phone = here.map_or(Phone::SIL, |segment| segment.phone);
    }
    said
}

#[cfg(test)]
mod tests {
    use keyface_core::script::Segment;

    use super::*;

    #[test]
    fn a_step_lies_between_the_frames_around_its_end() {
        assert_eq!(between(0, 25.0, 3), [0.5, 0.5, 0.0]);
        assert_eq!(between(1, 25.0, 3), [0.0, 1.0, 0.0]);
        // Behind the last frame it is shown on.
        assert_eq!(between(9, 25.0, 3), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn hops_say_what_lies_in_their_middle() {
        let phones = vec![Segment { start_s: 0.01, end_s: 0.03, phone: Phone::M }];
        let said = by_hops(&ToRead { phones, ..ToRead::default() }, 4);
        assert_eq!(said.phones, [Phone::SIL, Phone::M, Phone::M, Phone::SIL]);
    }
}
