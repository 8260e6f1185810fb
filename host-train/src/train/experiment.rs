//! The experiment file: every choice of a training run, in TOML.

mod check;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::kmtalk::KmTalkChoice;
use super::referee::Referee;
use crate::data::AugmentConfig;
use crate::loss::KeyMotionWeights;
use crate::model::{CompletionNetConfig, KeyMotionNetConfig};

/// Milliseconds of one network step.
pub const STEP_MS: u32 = 20;

/// One training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name of the run and of the model.
    pub name: String,
    /// Where all randomness comes from.
    pub seed: u64,
    /// How far the networks may hear ahead of the pose that they tell: 0..=500, multiples of 20, increasing. One run
    /// trains them all.
    pub look_aheads_ms: Vec<u32>,
    /// The one of them that counts most: it chooses the checkpoint and is exported by default.
    pub look_ahead_ms: u32,
    /// Prepared corpora and how often each is drawn.
    pub corpora: Vec<CorpusChoice>,
    /// A folder of noise recordings (wav, flac), if there is one.
    #[serde(default)]
    pub noise: Option<PathBuf>,
    /// Recordings in it that are kept for tests, by name without ending.
    #[serde(default)]
    pub noise_except: Vec<String>,
    /// Recordings in it that training does not hear, and that alone are the noise by which checkpoint and decoder are
    /// chosen; none: what is trained with chooses, and flatters.
    #[serde(default)]
    pub noise_choosing: Vec<String>,
    /// Size of KeyMotionNet.
    pub key_motion_net: KeyMotionNetConfig,
    /// Size of CompletionNet.
    pub completion_net: CompletionNetConfig,
    /// Phase 1: KeyMotionNet.
    pub key_motion: KeyMotionPhase,
    /// Phase 2: CompletionNet on true and predicted keys.
    pub completion: CompletionPhase,
    /// The offline KMTalk, where one is wanted.
    #[serde(default)]
    pub kmtalk: Option<KmTalkChoice>,
    /// How clips are spoiled.
    #[serde(default)]
    pub augment: AugmentConfig,
    /// Weights of KeyMotionNet's losses.
    #[serde(default)]
    pub weights: KeyMotionWeights,
}

/// A prepared corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusChoice {
    /// Folder written by `keyface-train prepare`.
    pub folder: PathBuf,
    /// Share of crops drawn from it, relative to the others.
    pub share: f64,
    /// Whether people speak in it, not machines.
    #[serde(default)]
    pub recorded: bool,
    /// Whether each clip may be somebody else's: people without names.
    #[serde(default)]
    pub crowd: bool,
    /// Share of the training speakers, 0..=0.5, who are taken out of training, whole, to choose checkpoint and decoder;
    /// 0: the corpus' validation clips choose.
    #[serde(default)]
    pub held_out: f64,
    /// Folder where `keyface-train listener` has put its answers, to be learnt beside the labels.
    #[serde(default)]
    pub heard: Option<PathBuf>,
    /// Which clips a listener would leave out.
    #[serde(default)]
    pub referee: Option<Referee>,
    /// Its licence and whom it names, for the model's card.
    #[serde(default)]
    pub licence: Option<String>,
}

/// Training of KeyMotionNet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMotionPhase {
    /// Optimizer steps; with 0 it stays what it stands on.
    pub steps: usize,
    /// Crops in a batch.
    pub batch: usize,
    /// Length of a crop in 10 ms hops, a multiple of 2.
    pub crop_hops: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
    /// Folder of a model or of a finished run, as whose networks these begin, at its longest look-aheads; several are models
    /// of one trunk, shortest look-ahead first. Centred layers may lie above all of its layers, and wait on top of its
    /// look-aheads; of other layers only those below are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stands_on: Vec<PathBuf>,
}

/// Training of CompletionNet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompletionPhase {
    /// Optimizer steps.
    pub steps: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Share of crops that see true keys instead of predicted ones, at the beginning and at the end (scheduled sampling,
    /// Bengio et al. 2015).
    pub true_keys: (f64, f64),
    /// Which keys the motion flow tells of: `nothing`, `past` or `all`.
    #[serde(default)]
    pub flow: Told,
    /// By how many steps the motion hurries ahead of the moment that it is for, at most the shortest look-ahead: what is
    /// shown is half a step late by smoothing, and more by a network that waits to be sure.
    #[serde(default)]
    pub hurry: usize,
    /// Weight of the velocity loss beside that of the pose.
    pub velocity: f64,
    /// Weight of the lips' distance on our own small face, in mm² (LVE), and of its velocity as above: beside the channels,
    /// what a viewer sees of them. With it LVE chooses the checkpoint.
    #[serde(default)]
    pub lips: f64,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
}

/// Which keys the motion flow tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// None: the completion goes by the sound alone.
    Nothing,
    /// Those that have been.
    Past,
    /// These, and the one that is expected next.
    #[default]
    All,
}

/// One of an experiment's look-aheads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAhead {
    /// Its number in the networks' heads.
    pub which: usize,
    /// Its length.
    pub ms: u32,
}

impl LookAhead {
    /// In network steps.
    pub fn steps(self) -> usize {
        (self.ms / STEP_MS) as usize
    }
}

impl Experiment {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("no experiment at {}", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// Text that is no experiment, or a number that no training can use.
    pub fn parse(text: &str) -> Result<Self> {
        let experiment: Experiment = toml::from_str(text)?;
        check::check(&experiment)?;
        Ok(experiment)
    }

    /// The section `[kmtalk]`.
    ///
    /// # Errors
    /// Where there is none.
    pub fn kmtalk(&self) -> Result<&KmTalkChoice> {
        self.kmtalk
            .as_ref()
            .with_context(|| format!("experiment {}: expected a section [kmtalk], found none", self.name))
    }

    /// The look-ahead that counts most.
    pub fn main(&self) -> LookAhead {
        self.look_aheads()
            .find(|l| l.ms == self.look_ahead_ms)
            .unwrap_or(LookAhead { which: 0, ms: self.look_ahead_ms })
    }

    /// Every look-ahead.
    pub fn look_aheads(&self) -> impl Iterator<Item = LookAhead> + '_ {
        self.look_aheads_ms.iter().enumerate().map(|(which, ms)| LookAhead { which, ms: *ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_experiments_are_valid() {
        for name in ["ablation", "live", "robot", "studio", "synthetic", "tiny"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("experiments/{name}.toml"));
            assert_eq!(Experiment::read(&path).unwrap().name, name);
        }
    }
}
