//! Prepared corpora in memory: what training draws from and what validation listens to.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::experiment::Experiment;
use crate::clip::Split;
use crate::corpus::read_recordings;
use crate::data::{Augmenter, NoisePool, Utterance};
use crate::prepare::Prepared;

/// Every clip of an experiment.
pub struct Corpora {
    train: Vec<Drawn>,
    /// Clips that choose the checkpoint.
    pub valid: Vec<Utterance>,
    /// Clips that are only ever reported.
    pub eval: Vec<Utterance>,
}

/// One corpus' training clips.
struct Drawn {
    name: String,
    share: f64,
    clips: Vec<Utterance>,
}

/// Validation clips per corpus: enough for a steady figure, few enough for a minute.
const VALID_PER_CORPUS: usize = 40;
/// Reported clips per corpus, spread evenly over it.
const EVAL_PER_CORPUS: usize = 60;

impl Corpora {
    /// Reads all prepared folders of the experiment.
    ///
    /// # Errors
    /// A missing folder, a damaged file, a corpus without training clips, or no validation clip in any of them.
    pub fn read(experiment: &Experiment) -> Result<Self> {
        let mut corpora = Corpora { train: Vec::new(), valid: Vec::new(), eval: Vec::new() };
        for choice in &experiment.corpora {
            let clips = read_prepared(&choice.folder)?;
            let valid = clips.iter().filter(|(split, _)| *split == Split::Valid).take(VALID_PER_CORPUS);
            corpora.valid.extend(valid.map(|(_, clip)| clip.clone()));
            corpora.eval.extend(spread_eval(&clips));
            let train: Vec<_> = clips.into_iter().filter(|(split, _)| *split == Split::Train).map(|c| c.1).collect();
            ensure!(!train.is_empty(), "{}: no training clips", choice.folder.display());
            let name = choice.folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            corpora.train.push(Drawn { name, share: choice.share, clips: train });
        }
        ensure!(
            !corpora.valid.is_empty(),
            "expected validation clips to choose a checkpoint by, found none in any corpus"
        );
        Ok(corpora)
    }

    /// The clips of prepared folders that are only ever reported.
    ///
    /// # Errors
    /// A missing folder or a damaged file.
    pub fn read_eval(folders: &[PathBuf]) -> Result<Vec<Utterance>> {
        let clips = folders.iter().map(|folder| Ok(spread_eval(&read_prepared(folder)?)));
        Ok(clips.collect::<Result<Vec<_>>>()?.concat())
    }

    /// Hours of training speech.
    pub fn train_hours(&self) -> f64 {
        self.uses().map(|(_, hours)| hours).sum()
    }

    /// Name and hours of every corpus that is trained on.
    pub fn uses(&self) -> impl Iterator<Item = (String, f64)> + '_ {
        self.train.iter().map(|corpus| {
            let hops: usize = corpus.clips.iter().map(Utterance::len).sum();
            (corpus.name.clone(), (hops as f64 / 3600.0).round() / 100.0)
        })
    }

    /// A clip at random, corpora by their share.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> &Utterance {
        let all: f64 = self.train.iter().map(|corpus| corpus.share).sum();
        let mut rest = rng.random_range(0.0..all);
        let mut last = &self.train[0].clips;
        for corpus in &self.train {
            last = &corpus.clips;
            if rest < corpus.share {
                break;
            }
            rest -= corpus.share;
        }
        &last[rng.random_range(0..last.len())]
    }
}

/// The augmentation of an experiment, with its noise recordings where the folder exists.
pub fn augmenter(experiment: &Experiment) -> Result<Augmenter> {
    let folder = experiment.noise.as_deref().filter(|folder| folder.is_dir());
    if let (Some(asked), None) = (&experiment.noise, folder) {
        log::warn!("no noise recordings at {}: generated noise only", asked.display());
    }
    let recordings = folder.map(read_recordings).transpose()?.unwrap_or_default();
    if let (Some(folder), true) = (folder, recordings.is_empty()) {
        log::warn!("no wav or flac in {}: generated noise only", folder.display());
    }
    Ok(Augmenter::new(experiment.augment.clone(), NoisePool::new(&recordings)))
}

fn read_prepared(folder: &Path) -> Result<Vec<(Split, Utterance)>> {
    let entries = std::fs::read_dir(folder).with_context(|| {
        format!("no prepared corpus at {} (make it with `keyface-train prepare`)", folder.display())
    })?;
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "safetensors"));
    paths.sort();
    let clips = paths
        .par_iter()
        .map(|path| {
            let clip = Prepared::read(path)?;
            Ok((clip.split, Utterance::from(clip)))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(clips)
}

fn spread_eval(clips: &[(Split, Utterance)]) -> Vec<Utterance> {
    let eval: Vec<_> = clips.iter().filter(|(split, _)| *split == Split::Eval).map(|(_, clip)| clip).collect();
    let every = eval.len().div_ceil(EVAL_PER_CORPUS).max(1);
    eval.into_iter().step_by(every).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::{MEL_BANDS, Motion, Phone};

    #[test]
    fn without_validation_clips_no_checkpoint_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let clip = Prepared {
            id: "a".into(),
            speaker: "a".into(),
            split: Split::Train,
            corpus: "a".into(),
            mel_power: vec![[0.0; MEL_BANDS]; 10],
            phones: vec![Phone::SIL; 10],
            motion: vec![Motion::REST; 10],
            keys_s: Vec::new(),
        };
        clip.write(&folder.path().join("a.safetensors"), "test").unwrap();
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let mut experiment = Experiment::read(&tiny).unwrap();
        experiment.corpora[0].folder = folder.path().to_path_buf();
        let error = Corpora::read(&experiment).err().unwrap().to_string();
        assert!(error.contains("validation clips"), "{error}");
    }
}
