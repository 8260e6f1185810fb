//! Sizes of the expert, and the four that have a name.

use serde::{Deserialize, Serialize};

use super::encoder::Layers;
use super::sight::SightConfig;
use super::sound::SoundConfig;

/// Size and parts of an expert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpertConfig {
    /// Channels of every part.
    pub width: usize,
    /// What it sees.
    pub sight: SightConfig,
    /// What reads it.
    pub layers: Layers,
    /// What it hears, if anything.
    #[serde(default)]
    pub listening: Option<Listening>,
    /// Blocks of the attention decoder; none: CTC alone.
    #[serde(default)]
    pub decoder_blocks: usize,
    /// Heads of its attention; they divide the width.
    #[serde(default = "one")]
    pub decoder_heads: usize,
    /// Answers of the CTC to a step of 40 ms: phones want two, pieces of words one.
    #[serde(default = "one")]
    pub answers: usize,
    /// Share of values that training leaves out.
    #[serde(default)]
    pub dropout: f64,
}

/// The audio branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// What it hears.
    pub sound: SoundConfig,
    /// What understands it.
    pub layers: Layers,
    /// Channels between the two matrices of the fusion.
    pub fusion: usize,
}

fn one() -> usize {
    1
}

impl ExpertConfig {
    /// For tests.
    pub fn tiny(numbers: usize) -> Self {
        let layers = || Layers::Conformer { blocks: 1, heads: 2, kernel: 5 };
        ExpertConfig {
            width: 32,
            sight: SightConfig::Points { frames: 2, numbers },
            layers: layers(),
            listening: Some(Listening { sound: SoundConfig::Mel, layers: layers(), fusion: 64 }),
            decoder_blocks: 1,
            decoder_heads: 2,
            answers: 2,
            dropout: 0.0,
        }
    }

    /// [`ExpertConfig::tiny`] on pictures of 24 pixels.
    pub fn tiny_pictures() -> Self {
        let sight = SightConfig::Patches { side: 24, patches: vec![4, 2, 3], channels: vec![8, 16, 32] };
        ExpertConfig { sight, ..ExpertConfig::tiny(0) }
    }

    /// A million weights on points: minutes on a CPU.
    pub fn small(numbers: usize) -> Self {
        let layers = |blocks| Layers::Conformer { blocks, heads: 4, kernel: 9 };
        ExpertConfig {
            width: 96,
            sight: SightConfig::Points { frames: 2, numbers },
            layers: layers(3),
            listening: Some(Listening { sound: SoundConfig::Mel, layers: layers(1), fusion: 384 }),
            decoder_blocks: 1,
            decoder_heads: 4,
            answers: 2,
            dropout: 0.05,
        }
    }

    /// [`ExpertConfig::small`] on pictures of 48 pixels.
    pub fn small_pictures() -> Self {
        let sight = SightConfig::Patches { side: 48, patches: vec![4, 2, 3], channels: vec![32, 64, 128] };
        ExpertConfig { sight, ..ExpertConfig::small(0) }
    }

    /// 30 million weights on pictures of 88 pixels: hours on a GPU.
    pub fn base() -> Self {
        let layers = |blocks| Layers::Conformer { blocks, heads: 4, kernel: 31 };
        ExpertConfig {
            width: 256,
            sight: SightConfig::ResNet { side: 88, channels: 32 },
            layers: layers(8),
            listening: Some(Listening {
                sound: SoundConfig::Samples { channels: 32 },
                layers: layers(2),
                fusion: 2048,
            }),
            decoder_blocks: 3,
            decoder_heads: 4,
            answers: 1,
            dropout: 0.1,
        }
    }

    /// The published sizes (Ma et al. 2023).
    pub fn paper() -> Self {
        let layers = || Layers::Conformer { blocks: 12, heads: 12, kernel: 31 };
        ExpertConfig {
            width: 768,
            sight: SightConfig::ResNet { side: 88, channels: 64 },
            layers: layers(),
            listening: Some(Listening { sound: SoundConfig::Samples { channels: 64 }, layers: layers(), fusion: 8192 }),
            decoder_blocks: 6,
            decoder_heads: 12,
            answers: 1,
            dropout: 0.1,
        }
    }
}
