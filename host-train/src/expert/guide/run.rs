//! A guided training from its file: animators, readers and films found, variants taught and judged.

use std::path::{Path, PathBuf};

use anyhow::Result;
use burn::tensor::Device;

use super::super::films::{Film, films};
use super::super::reader::Reader;
use super::ablation::{Ablation, Variant};
use super::animator::{Animator, Direct, Offline, Student};
use super::choice::{AnimatorChoice, GuideExperiment};
use super::judged::{Bench, Judged};
use super::lesson::Slope;
use crate::data::{Augmenter, NoisePool};
use crate::export::Packed;
use crate::train::Corpora;

/// What is taught, and before whom.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who is guided by whom.
    pub experiment: GuideExperiment,
    /// Prepared folder whose eval split is judged.
    pub eval: PathBuf,
    /// At most so many films of it.
    pub clips: usize,
    /// Where what is trained is kept.
    pub folder: PathBuf,
}

/// What came of it.
pub struct Outcome {
    /// The films.
    pub films: Vec<Film>,
    /// The truth, no motion, the animator before, then a row for each variant.
    pub rows: Vec<Judged>,
    /// Slopes of every term of each variant.
    pub slopes: Vec<(&'static str, Vec<Slope>)>,
}

impl Plan {
    /// Teaches and judges.
    ///
    /// # Errors
    /// What is not there, unreadable clips or checkpoints, a full disk, or a loss that is not a number.
    pub fn run(&self, variants: &[&Variant], device: &Device) -> Result<Outcome> {
        match &self.experiment.animator {
            AnimatorChoice::Student(folder) => self.teach(&Student::load(folder, device)?, variants, device),
            AnimatorChoice::Model(folder) => {
                self.teach(&Student::of_model(&Packed::read(folder)?, device)?, variants, device)
            }
            AnimatorChoice::Direct(parameters) => {
                let animator = Direct { parameters: *parameters, device: device.clone() };
                self.teach(&animator, variants, device)
            }
            AnimatorChoice::Kmtalk(size) => {
                self.teach(&Offline { size: size.clone(), device: device.clone() }, variants, device)
            }
        }
    }

    fn teach<A: Animator>(&self, animator: &A, variants: &[&Variant], device: &Device) -> Result<Outcome> {
        let experiment = &self.experiment;
        let reader = |folder: &Path| Reader::load(folder, device);
        let (guide, judge) = (reader(&experiment.expert)?, reader(&experiment.judge)?);
        let augmenter = Augmenter::new(experiment.augment.clone(), NoisePool::new(&[]));
        let corpora = Corpora::of(&experiment.corpora, &augmenter, |_| true)?;
        let films = films(&self.eval, self.clips)?;
        let bench = Bench::new(animator, &films, device)?;
        let ablation = Ablation::new(experiment, animator, &bench, [&guide, &judge], &corpora, &augmenter, device)?;
        let (mut rows, mut slopes) = (ablation.before(), vec![]);
        for variant in variants {
            let (judged, told) = ablation.row(variant, &self.folder)?;
            rows.push(judged);
            slopes.push((variant.name, told));
        }
        drop(ablation);
        drop(bench);
        Ok(Outcome { films, rows, slopes })
    }
}

/// The rows of several seeds as one: errors of a film together, figures in the mean.
pub fn over_seeds(seeds: &[Vec<Judged>]) -> Vec<Judged> {
    let Some((first, others)) = seeds.split_first() else { return vec![] };
    let merged = |n: usize| {
        let mut row = first[n].clone();
        for other in others.iter().filter_map(|rows| rows.get(n)) {
            row.add(other);
        }
        row.figures.iter_mut().for_each(|figure| *figure /= seeds.len() as f64);
        row
    };
    (0..first.len()).map(merged).collect()
}
