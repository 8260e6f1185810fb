//! The experiment's section `[kmtalk]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::kmtalk::{KmTalkConfig, Localization};

/// Training of the offline KMTalk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmTalkChoice {
    /// What it hears.
    pub audio: AudioChoice,
    /// Folder that `keyface-train features` has filled, for `audio = "features"`.
    #[serde(default)]
    pub features: Option<PathBuf>,
    /// Different batches; then they come again.
    #[serde(default = "batches")]
    pub batches: usize,
    /// Peak of the learning rate in every stage.
    pub learning_rate: f64,
    /// Share of crops that see true key motions in stage 2 instead of predicted ones, at its beginning and at its end.
    pub true_keys: (f64, f64),
    /// Weight of the velocity loss beside that of the motion.
    pub velocity: f64,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
    /// Key frames that it learns on, and that choose the checkpoint.
    #[serde(default)]
    pub localization: Localization,
    /// How long.
    pub steps: StageSteps,
    /// Size and parts of the network.
    pub net: KmTalkConfig,
}

/// 7 hours of crops of 4 s in batches of 16: 0.7 GB.
fn batches() -> usize {
    400
}

/// Audio features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudioChoice {
    /// Log-mel frames: the audio encoder learns all by itself.
    Mel,
    /// The trunk of the run's KeyMotionNet, frozen; its teacher's features where there is one.
    Trunk,
    /// What wav2vec 2.0 heard in the clips, as they were recorded: nothing spoils them.
    Features,
}

/// Optimizer steps of each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageSteps {
    /// Stage 1: key motions on their key frames.
    pub keys: usize,
    /// Stage 2: completion, the rest held still.
    pub completion: usize,
    /// Stage 3: all together.
    pub joint: usize,
}

impl StageSteps {
    /// Steps of all stages.
    pub fn all(&self) -> usize {
        self.keys + self.completion + self.joint
    }
}
