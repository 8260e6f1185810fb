//! What is trained, how large and how long.

use std::fmt;
use std::str::FromStr;

/// A model of the papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Fan et al. 2022.
    FaceFormer,
    /// Xing et al. 2023.
    CodeTalker,
    /// Peng et al. 2023.
    SelfTalk,
}

/// How large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// The authors' configuration for the corpus.
    Paper,
    /// A few thousand weights, for tests and small meshes.
    Tiny,
}

/// A training.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The model.
    pub baseline: Baseline,
    /// Its size.
    pub size: Size,
    /// How often every clip is seen, in each stage; the authors: 100 (CodeTalker's first stage: 200).
    pub epochs: usize,
    /// Step of Adam; the authors: 1e-4.
    pub learning_rate: f64,
}

impl FromStr for Baseline {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Baseline::FaceFormer, Baseline::CodeTalker, Baseline::SelfTalk]
            .into_iter()
            .find(|baseline| baseline.to_string().eq_ignore_ascii_case(&text.replace(['-', '_'], "")))
            .ok_or_else(|| format!("expected faceformer, codetalker or selftalk, came {text:?}"))
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "paper" => Ok(Size::Paper),
            "tiny" => Ok(Size::Tiny),
            _ => Err(format!("expected paper or tiny, came {text:?}")),
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Baseline::FaceFormer => "FaceFormer",
            Baseline::CodeTalker => "CodeTalker",
            Baseline::SelfTalk => "SelfTalk",
        })
    }
}
