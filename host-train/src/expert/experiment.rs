//! The file that says which expert is trained on what, in TOML.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::camera::Camera;
use super::eyes::Eyes;
use super::loss::ReadingWeights;
use super::material::EXPERT_HOPS;
use super::net::{ExpertConfig, SightConfig};
use super::perturb::PerturbConfig;
use super::points::Points;
use super::units::UnitChoice;
use crate::corpus::stable_hash;
use crate::data::AugmentConfig;
use crate::train::CorpusChoice;

/// One training of an expert on motion, stage 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpertExperiment {
    /// Name of the run.
    pub name: String,
    /// Where all randomness comes from.
    pub seed: u64,
    /// What it sees of a motion where it sees no pictures.
    #[serde(default)]
    pub points: Option<Points>,
    /// Folder of pictures that another program made of the corpora's clips, to be seen in place of our own head; or one of
    /// films of real mouths in the layout of auto_avsr, which needs no corpora.
    #[serde(default)]
    pub reels: Option<PathBuf>,
    /// What it reads. Letters and pieces are those of the words that clips come with.
    #[serde(default)]
    pub units: UnitChoice,
    /// Its size.
    pub net: NetChoice,
    /// Whose clips it learns from.
    #[serde(default)]
    pub half: Half,
    /// Prepared corpora and how often each is drawn.
    #[serde(default)]
    pub corpora: Vec<CorpusChoice>,
    /// Optimizer steps.
    pub steps: usize,
    /// Crops in a batch.
    pub batch: usize,
    /// Length of a crop in 10 ms hops, a multiple of 4.
    pub crop_hops: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
    /// How often a sense is left out.
    #[serde(default)]
    pub senses: SenseShares,
    /// How the motion is spoiled.
    #[serde(default)]
    pub perturb: PerturbConfig,
    /// How the sound is spoiled.
    #[serde(default)]
    pub augment: AugmentConfig,
    /// Weights of the losses.
    #[serde(default)]
    pub weights: ReadingWeights,
}

/// A size by name, or every size by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NetChoice {
    /// One of those that have a name.
    Named(Size),
    /// Another one.
    Own(Box<ExpertConfig>),
}

/// Sizes that read points, or pictures where no points are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// For tests.
    Tiny,
    /// A million weights.
    Small,
    /// What sees and writes of [`ExpertConfig::base`]: pictures of 88 pixels, on a GPU.
    Base,
    /// The same of [`ExpertConfig::paper`].
    Paper,
}

/// Speakers, told apart by a hash of their names: a judge shares none with the expert that it judges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Half {
    /// All of them.
    #[default]
    All,
    /// Those of even hashes.
    First,
    /// Those of odd hashes.
    Second,
}

/// Shares of crops, 0..=1; the rest has both senses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SenseShares {
    /// The mouth alone.
    pub sight_only: f64,
    /// The sound alone.
    pub sound_only: f64,
}

impl Default for SenseShares {
    fn default() -> Self {
        SenseShares { sight_only: 0.6, sound_only: 0.15 }
    }
}

impl Half {
    /// Whether a speaker is of this half.
    pub fn has(self, speaker: &str) -> bool {
        let odd = stable_hash(speaker) % 2 == 1;
        match self {
            Half::All => true,
            Half::First => !odd,
            Half::Second => odd,
        }
    }
}

impl ExpertExperiment {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// A file that is not there, or what no training can be made of.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("no experiment at {}", path.display()))?;
        let experiment: ExpertExperiment = toml::from_str(&text).with_context(|| path.display().to_string())?;
        experiment.check().with_context(|| path.display().to_string())?;
        Ok(experiment)
    }

    fn check(&self) -> Result<()> {
        let (hops, senses) = (self.crop_hops, self.senses);
        ensure!(
            hops > 0 && hops.is_multiple_of(EXPERT_HOPS),
            "crop_hops: expected a multiple of {EXPERT_HOPS}, came {hops}"
        );
        ensure!(self.batch > 0 && self.validate_every > 0, "batch and validate_every: expected at least 1");
        let both = 1.0 - senses.sight_only - senses.sound_only;
        ensure!((0.0..=1.0).contains(&both), "senses: expected shares of at most 1 together, came {senses:?}");
        let net = self.net();
        match (self.points, &net.sight) {
            (Some(points), sight) => {
                let expected = SightConfig::Points { frames: 2, numbers: points.eye().numbers() };
                ensure!(*sight == expected, "net.sight: expected {expected:?} for these points, came {sight:?}");
                ensure!(self.reels.is_none(), "reels: expected a net that sees pictures, came points");
            }
            (None, SightConfig::Points { .. }) => bail!("points: expected lips or gaps for a net that sees points"),
            (None, SightConfig::Patches { side, patches, .. }) => {
                let product: usize = patches.iter().product();
                let fits = product > 0 && side.is_multiple_of(product);
                ensure!(fits, "net.sight: expected patches whose product divides {side}, came {patches:?}");
            }
            (None, SightConfig::ResNet { .. }) => {}
        }
        ensure!(
            EXPERT_HOPS.is_multiple_of(net.answers.max(1)),
            "net.answers: expected 1, 2 or 4, came {}",
            net.answers
        );
        Ok(())
    }

    /// What it sees of a motion.
    pub fn eyes(&self) -> Eyes {
        match self.points {
            Some(points) => Eyes::Points(points.eye()),
            None => Eyes::Pictures(Camera::new(self.side())),
        }
    }

    /// Pixels of a side of the pictures that it sees.
    pub fn side(&self) -> usize {
        self.net().sight.shape()[0]
    }

    /// The size of the expert.
    pub fn net(&self) -> ExpertConfig {
        let numbers = self.points.map(|points| points.eye().numbers());
        match (&self.net, numbers) {
            (NetChoice::Named(Size::Tiny), Some(numbers)) => ExpertConfig::tiny(numbers),
            (NetChoice::Named(Size::Tiny), None) => ExpertConfig::tiny_pictures(),
            (NetChoice::Named(Size::Small), Some(numbers)) => ExpertConfig::small(numbers),
            (NetChoice::Named(Size::Small), None) => ExpertConfig::small_pictures(),
            (NetChoice::Named(Size::Base), _) => ExpertConfig { listening: None, ..ExpertConfig::base() },
            (NetChoice::Named(Size::Paper), _) => ExpertConfig { listening: None, ..ExpertConfig::paper() },
            (NetChoice::Own(net), _) => (**net).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: [&str; 10] = [
        "expert-tiny",
        "expert-small",
        "expert-quick",
        "expert-deaf",
        "judge-quick",
        "expert-pictures",
        "judge-pictures",
        "judge-face",
        "judge-letters",
        "expert-films",
    ];

    #[test]
    fn the_shipped_experiments_are_valid() {
        for name in SHIPPED {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("experiments/{name}.toml"));
            assert_eq!(ExpertExperiment::read(&path).unwrap().name, name);
        }
    }

    #[test]
    fn eyes_and_net_must_see_the_same() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/expert-pictures.toml");
        let pictures = ExpertExperiment::read(&path).unwrap();
        let refused = |experiment: ExpertExperiment| experiment.check().unwrap_err().to_string();
        let points = ExpertExperiment { points: Some(Points::Lips), ..pictures.clone() };
        assert!(refused(points.clone()).contains("expected Points"));
        let reels = ExpertExperiment { net: NetChoice::Named(Size::Small), reels: Some("a".into()), ..points };
        assert!(refused(reels).contains("expected a net that sees pictures"));
        let sight = SightConfig::Patches { side: 48, patches: vec![5, 2], channels: vec![8, 8] };
        let net = NetChoice::Own(Box::new(ExpertConfig { sight, ..pictures.net() }));
        assert!(refused(ExpertExperiment { net, ..pictures }).contains("whose product divides 48"));
    }

    #[test]
    fn each_speaker_is_of_one_half() {
        let speakers: Vec<String> = (0..200).map(|n| format!("speaker {n}")).collect();
        let first = speakers.iter().filter(|speaker| Half::First.has(speaker)).count();
        assert!((70..130).contains(&first), "{first}");
        assert!(speakers.iter().all(|speaker| Half::First.has(speaker) != Half::Second.has(speaker)));
        assert!(speakers.iter().all(|speaker| Half::All.has(speaker)));
    }
}
