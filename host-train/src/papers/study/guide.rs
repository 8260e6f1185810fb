//! Audio-visual guidance (EunGi et al. 2024) of a baseline, render-free: a reader of lips sees the mesh through the rig's
//! channels, and its slopes say what cannot be read. It does not hear: a reader that hears says little of lips.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::{Int, Tensor, TensorData};
use keyface_core::script::Segment;
use keyface_core::{MOTION_CHANNELS, Phone, STEP_HOPS};
use keyface_sound::said::TEXTGRID_ENDINGS;

use super::material::{Item, Material};
use crate::corpus::read_phones;
use crate::data::Utterance;
use crate::expert::guide::Guide;
use crate::expert::net::POSES;
use crate::expert::{ReadingWeights, Said};
use crate::papers::corpus::Regions;
use crate::papers::space::RigFit;

/// Steps a second of what a reader sees.
const STEPS_HZ: f64 = 50.0;
/// As the authors weigh what is read.
const READING: ReadingWeights = ReadingWeights { ctc: 0.1, ce: 0.9, frames: 0.0, motion: 0.0 };

/// A reader, and what it should read in each clip.
pub struct Guidance {
    /// Name of the reader.
    pub name: String,
    /// Weight of what is read beside the vertices' mean square; the authors: 1e-7, in a corpus of metres.
    pub av: f64,
    guide: Guide,
    lips: Vec<i32>,
    lenses: BTreeMap<String, Lens>,
}

/// A clip as a reader sees it.
struct Lens {
    /// Where the landmarks' axes stand in a frame.
    axes: Vec<i32>,
    /// Their moves to channels, `[1, axes, MOTION_CHANNELS]`.
    channels: TensorData,
    /// Frames to steps, `[1, steps, frames]`.
    pace: TensorData,
    /// What is said, two hops a step.
    said: Utterance,
}

impl Guidance {
    /// Reads the alignment of every clip, `FOLDER/CLIP.TextGrid` or what aligners write instead.
    ///
    /// # Errors
    /// When one of them cannot be read, or the mesh has no pairs across the lips.
    pub fn new(
        name: &str,
        guide: Guide,
        av: f64,
        material: &Material,
        regions: &Regions,
        folder: &Path,
    ) -> Result<Self> {
        let mut lenses = BTreeMap::new();
        for item in &material.items {
            let phones = read_phones(&alignment(folder, &item.clip.id)?)?;
            let lens = Lens::new(item, regions, &phones).with_context(|| item.clip.id.clone())?;
            lenses.insert(item.clip.id.clone(), lens);
        }
        let lips = regions.lips.iter().flat_map(|v| axes(*v)).collect();
        Ok(Guidance { name: name.into(), av, guide, lips, lenses })
    }

    /// What the reader's losses and the distance of the lips (weight 1, as published) add to a clip's loss.
    ///
    /// # Shapes
    /// Moves from the template `[1, frames, values]`.
    pub fn loss(&self, clip: &str, moves: &Tensor<3>, truth: &Tensor<3>) -> Option<Tensor<1>> {
        let apart = picked(&(moves.clone() - truth.clone()), &self.lips).square().mean();
        Some(self.misread(clip, moves)? * self.av + apart)
    }

    /// What is not read, in nats.
    ///
    /// # Shapes
    /// As [`Guidance::loss`].
    pub fn misread(&self, clip: &str, moves: &Tensor<3>) -> Option<Tensor<1>> {
        let (lens, guide) = (self.lenses.get(clip)?, &self.guide);
        let said = Said::of(std::slice::from_ref(&lens.said), guide.expert.answers(), guide.edge, &moves.device());
        let read = guide.read(lens.see(moves), None, &said, &READING, 0);
        read.into_iter().map(|(_, loss)| loss).reduce(|sum, loss| sum + loss)
    }
}

impl Lens {
    fn new(item: &Item, regions: &Regions, phones: &[Segment]) -> Result<Lens> {
        let fit = RigFit::new(&item.clip.template, regions).map_err(|came| anyhow!("the mesh has {came}"))?;
        let rate_hz = item.clip.rate_hz;
        let steps = (item.frames as f64 / rate_hz * STEPS_HZ) as usize / POSES * POSES;
        ensure!(steps > 0, "expected a clip of 40 ms or more, came {} frames", item.frames);
        let rows: Vec<f32> = (0..steps).flat_map(|step| between(step, rate_hz, item.frames)).collect();
        let matrix: Vec<f32> = fit.linear().into_iter().flatten().collect();
        let axes: Vec<i32> = fit.landmarks().iter().flat_map(|v| axes(*v)).collect();
        Ok(Lens {
            channels: TensorData::new(matrix, [1, axes.len(), MOTION_CHANNELS]),
            pace: TensorData::new(rows, [1, steps, item.frames]),
            said: said(phones, steps * STEP_HOPS),
            axes,
        })
    }

    /// `[1, frames, values]` -> `[1, steps, MOTION_CHANNELS]`: unbounded, so that slopes pass.
    fn see(&self, moves: &Tensor<3>) -> Tensor<3> {
        let on = |data: &TensorData| Tensor::<3>::from_data(data.clone(), &moves.device());
        on(&self.pace).matmul(picked(moves, &self.axes)).matmul(on(&self.channels))
    }
}

fn axes(vertex: usize) -> std::ops::Range<i32> {
    3 * vertex as i32..3 * vertex as i32 + 3
}

fn picked(moves: &Tensor<3>, axes: &[i32]) -> Tensor<3> {
    moves.clone().select(2, Tensor::<1, Int>::from_data(TensorData::from(axes), &moves.device()))
}

/// How much of each frame a step shows, at the end of its 20 ms.
fn between(step: usize, rate_hz: f64, frames: usize) -> Vec<f32> {
    let at = ((step + 1) as f64 / STEPS_HZ * rate_hz).min((frames - 1) as f64);
    let mut row = vec![0.0; frames];
    row[at as usize] = 1.0 - at.fract() as f32;
    if let Some(next) = row.get_mut(at as usize + 1) {
        *next = at.fract() as f32;
    }
    row
}

fn said(phones: &[Segment], hops: usize) -> Utterance {
    let mut said = Utterance::silence(hops);
    for (hop, phone) in said.phones.iter_mut().enumerate() {
        let at_s = (hop as f64 + 0.5) / 100.0;
        let here = phones.iter().find(|segment| (segment.start_s..segment.end_s).contains(&at_s));
        *phone = here.map_or(Phone::SIL, |segment| segment.phone);
    }
    said
}

/// The clip's alignment, in whatever form it was written.
fn alignment(folder: &Path, clip: &str) -> Result<PathBuf> {
    let files = TEXTGRID_ENDINGS.map(|ending| folder.join(format!("{clip}{ending}")));
    let found = files.into_iter().find(|path| path.is_file());
    let endings = TEXTGRID_ENDINGS.join(" ");
    found.with_context(|| format!("{}: expected {clip} with one of the endings {endings}, came none", folder.display()))
}

#[cfg(test)]
mod tests {
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
        let said = said(&[Segment { start_s: 0.01, end_s: 0.03, phone: Phone::M }], 4);
        assert_eq!(said.phones, [Phone::SIL, Phone::M, Phone::M, Phone::SIL]);
    }
}
