//! Audio-visual guidance (EunGi et al. 2024) of a baseline, render-free: a reader of lips sees the mesh through the rig's
//! channels, and its slopes say what cannot be read. It does not hear: a reader that hears says little of lips.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use burn::tensor::Tensor;

use super::lens::{Lens, axes, picked};
use super::material::Material;
use super::said::ToRead;
use crate::expert::guide::Guide;
use crate::expert::{ReadingWeights, Said};
use crate::papers::corpus::Regions;

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
            let lens = Lens::new(item, regions, &ToRead::of(folder, &item.clip.id, guide.units.spell())?)?;
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
        let said = Said::of(std::slice::from_ref(&lens.said), &guide.units, guide.expert.answers(), &moves.device());
        let read = guide.read(lens.see(moves), None, &said, &READING, 0);
        read.into_iter().map(|(_, loss)| loss).reduce(|sum, loss| sum + loss)
    }
}
