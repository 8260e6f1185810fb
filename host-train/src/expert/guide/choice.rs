//! The file that says who is guided by whom, in TOML, and what each term weighs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::super::loss::ReadingWeights;
use super::super::material::EXPERT_HOPS;
use crate::data::AugmentConfig;
use crate::model::kmtalk::KmTalkConfig;
use crate::train::CorpusChoice;

/// One guided training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideExperiment {
    /// Name of the run.
    pub name: String,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Who is guided.
    pub animator: AnimatorChoice,
    /// Folder of the expert that guides.
    pub expert: PathBuf,
    /// Folder of the judge, which takes no part in training.
    pub judge: PathBuf,
    /// Prepared corpora and how often each is drawn.
    pub corpora: Vec<CorpusChoice>,
    /// Different batches; then they come again.
    pub batches: usize,
    /// Optimizer steps.
    pub steps: usize,
    /// Crops in a batch.
    pub batch: usize,
    /// Length of a crop in 10 ms hops, a multiple of 4.
    pub crop_hops: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// What guides.
    #[serde(default)]
    pub guidance: Guidance,
    /// How the sound is spoiled.
    #[serde(default)]
    pub augment: AugmentConfig,
}

/// Who is guided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AnimatorChoice {
    /// The CompletionNet of a finished run, over its KeyMotionNet.
    Student(PathBuf),
    /// The same of a model folder, whose files are all that is left of its run.
    Model(PathBuf),
    /// Direct regression of about so many weights, from fresh ones.
    Direct(usize),
    /// The offline KMTalk of this size, from fresh weights.
    Kmtalk(KmTalkConfig),
}

/// What each term weighs; the distance of the motion weighs 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guidance {
    /// Velocity beside the motion.
    pub velocity: f64,
    /// Distances across the lips: where lips are sealed no reader sees a slope.
    pub rlv: f64,
    /// The reader's losses together; 0: no guidance.
    pub av: f64,
    /// Each of them.
    pub reading: ReadingWeights,
    /// Whether the reader hears while it guides, as published. It then reads by ear, and its slope says little of lips.
    pub hear: bool,
    /// Whether it goes on learning beside the animator, as published.
    pub joint: bool,
    /// Weight of movement where the motion's distance counts, in place of a reader.
    pub coarticulation: Option<Coarticulation>,
    /// What the reader's answers are held against.
    pub targets: Targets,
    /// Whether the reader has learned.
    pub reader: Skill,
}

/// Frames count by how much the truth moves around them (after Kim and Kim 2025).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coarticulation {
    /// Steps of 20 ms before and after a frame.
    pub window: usize,
    /// Share of the weight that hangs on movement, 0..=1.
    pub share: f64,
}

/// What a reader should read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// What is said.
    #[default]
    Said,
    /// What the reader itself reads of the truth, in its own probabilities.
    Read,
    /// What is said in the next crop of the batch: a control.
    Shuffled,
}

/// Whether a reader has learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skill {
    /// As it was trained.
    #[default]
    Trained,
    /// Fresh weights: a control.
    Untrained,
}

impl Default for Guidance {
    fn default() -> Self {
        Guidance {
            velocity: 2.0,
            rlv: 1.0,
            av: 0.3,
            reading: ReadingWeights { ctc: 0.3, ce: 0.0, frames: 0.7, motion: 0.0 },
            hear: false,
            joint: false,
            coarticulation: None,
            targets: Targets::Said,
            reader: Skill::Trained,
        }
    }
}

impl GuideExperiment {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// A file that is not there, or what no training can be made of.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("no experiment at {}", path.display()))?;
        let experiment: GuideExperiment = toml::from_str(&text).with_context(|| path.display().to_string())?;
        experiment.check().with_context(|| path.display().to_string())?;
        Ok(experiment)
    }

    fn check(&self) -> Result<()> {
        let hops = self.crop_hops;
        ensure!(
            hops > 0 && hops.is_multiple_of(EXPERT_HOPS),
            "crop_hops: expected a multiple of {EXPERT_HOPS}, came {hops}"
        );
        ensure!(self.batch > 1, "batch: expected at least 2, came {}", self.batch);
        ensure!(self.batches > 0 && self.steps > 0, "batches and steps: expected at least 1");
        if let Some(Coarticulation { window, share }) = self.guidance.coarticulation {
            ensure!(
                window > 0 && (0.0..=1.0).contains(&share),
                "coarticulation: expected a window of at least 1 and a share of 0 to 1"
            );
        }
        ensure!(self.expert != self.judge, "expert and judge: expected two runs, came {} twice", self.judge.display());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_experiments_are_valid_and_mute() {
        for name in ["guide", "guide-deaf", "guide-pictures"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("experiments/{name}.toml"));
            let experiment = GuideExperiment::read(&path).unwrap();
            assert!(!experiment.guidance.hear && !experiment.guidance.joint);
            let written = toml::to_string(&experiment).unwrap();
            assert_eq!(toml::from_str::<GuideExperiment>(&written).unwrap(), experiment);
        }
    }
}
