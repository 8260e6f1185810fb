//! A trained baseline on clips that it was not trained on, by every metric on vertices, and by a reader of lips.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;

use super::judge::Judge;
use super::learn::Trained;
use super::material::{Item, Material};
use crate::corpus::Error;
use crate::evaluate::metric::{marks, values};
use crate::expert::Read;
use crate::judge::{Figure, Marks};
use crate::papers::corpus::Regions;
use crate::papers::numpy::write_npy;
use crate::papers::{Mesh, VERTEX_METRICS};

/// Clips that models are tested on.
#[derive(Clone, Copy)]
pub struct Test<'a> {
    /// The clips.
    pub material: &'a Material,
    /// Lips and upper face.
    pub regions: &'a Regions,
    /// Who read what is shown.
    pub judges: &'a [Judge],
    /// Where it is computed.
    pub device: &'a Device,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Scored {
    /// By every metric on vertices.
    pub figures: Vec<Figure>,
    /// What each judge read of each clip, by the judge's name.
    pub reads: BTreeMap<String, Vec<Read>>,
}

impl Test<'_> {
    /// A speaker that was trained on is animated as such; another one as each of those who were, as the papers do. What
    /// was made is left in `made`, under the names that the family of FaceFormer uses.
    ///
    /// # Errors
    /// When a clip cannot be read, or what was made cannot be written.
    pub fn score(&self, model: &Trained, made: &Path) -> Result<Scored> {
        fs::create_dir_all(made).map_err(Error::io(made))?;
        let names = self.material.layout.train_speakers();
        let mut sheet = Sheet::new();
        for item in &self.material.items {
            let truth = item.rows()?;
            let speakers = item.speaker.map_or((0..names.len()).collect(), |speaker| vec![speaker]);
            for speaker in speakers {
                let shown = model.show(item, speaker, self.device);
                let shown: Vec<f32> = shown.into_data().try_into_vec_as().expect("a float tensor holds floats");
                let name = format!("{}_condition_{}.npy", item.clip.id, names[speaker]);
                write_npy(&made.join(name), item.clip.template.len(), &shown)?;
                self.add(&mut sheet, item, &shown, &truth)?;
            }
        }
        Ok(sheet.scored())
    }

    /// What every table needs beside it: the truth against itself, the face at rest, and the mean motion of the trained
    /// clips.
    ///
    /// # Errors
    /// When a clip cannot be read.
    pub fn floors(&self, trained: &Material) -> Result<Vec<(&'static str, Scored)>> {
        let mean = mean_move(trained)?;
        let rest = |item: &Item, _: &[f32]| item.clip.template.repeat(item.frames);
        let still = |item: &Item, _: &[f32]| {
            let row: Vec<f32> = item.clip.template.iter().zip(&mean).map(|(rest, by)| rest + by).collect();
            row.repeat(item.frames)
        };
        let itself = |_: &Item, truth: &[f32]| truth.to_vec();
        Ok(vec![
            (TRUTH, self.shown(itself)?),
            ("template only", self.shown(rest)?),
            ("mean pose of the trained", self.shown(still)?),
        ])
    }

    fn shown(&self, of: impl Fn(&Item, &[f32]) -> Vec<f32>) -> Result<Scored> {
        let mut sheet = Sheet::new();
        for item in &self.material.items {
            let truth = item.rows()?;
            self.add(&mut sheet, item, &of(item, &truth), &truth)?;
        }
        Ok(sheet.scored())
    }

    fn add(&self, sheet: &mut Sheet, item: &Item, shown: &[f32], truth: &[f32]) -> Result<()> {
        let mesh = Mesh::new(self.material.layout, &item.clip, self.regions);
        let clip = mesh.compare(shown, truth);
        let clip = clip.map_err(|came| Error::unexpected(&item.clip.id, "rows of one mesh", came))?;
        sheet.marks.add(&item.clip.speaker, values(VERTEX_METRICS, &clip));
        for judge in self.judges {
            let read = judge.read(item, self.regions, shown)?;
            sheet.reads.entry(judge.name().to_owned()).or_default().push(read);
        }
        Ok(())
    }
}

/// Name of the row that every other one is measured by.
pub const TRUTH: &str = "the truth itself";

/// What was measured so far.
struct Sheet {
    marks: Marks,
    reads: BTreeMap<String, Vec<Read>>,
}

impl Sheet {
    fn new() -> Sheet {
        Sheet { marks: marks(VERTEX_METRICS), reads: BTreeMap::new() }
    }

    fn scored(self) -> Scored {
        Scored { figures: self.marks.figures(), reads: self.reads }
    }
}

/// Mean over all frames of the moves from the template.
fn mean_move(material: &Material) -> Result<Vec<f32>> {
    let (mut sum, mut frames) = (Vec::<f64>::new(), 0usize);
    for item in &material.items {
        let template = &item.clip.template;
        sum.resize(template.len(), 0.0);
        for row in item.rows()?.chunks_exact(template.len()) {
            frames += 1;
            for ((sum, at), rest) in sum.iter_mut().zip(row).zip(template.iter()) {
                *sum += f64::from(at - rest);
            }
        }
    }
    Ok(sum.into_iter().map(|sum| (sum / frames.max(1) as f64) as f32).collect())
}
