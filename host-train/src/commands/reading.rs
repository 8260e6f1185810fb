//! How the folders of a command are read: labels that lie apart from the sound, and what they mean; and what is heard
//! through.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::tensor::Device;
use clap::Args;
use keyface_train::corpus::{Labels, Reading, holds_only_text_grids};
use keyface_train::model::OutsideEncoder;
use keyface_train::model::wav2vec2::Wav2Vec2;
use keyface_train::model::whisper::Whisper;

/// The same words for every command that reads sound and TextGrids.
#[derive(Args)]
pub struct ReadingArgs {
    /// Folder of TextGrids that lie apart from the sound, under the same names
    #[arg(long, value_name = "DIR")]
    textgrids: Vec<PathBuf>,
    /// What this corpus' labels mean: lines of label, tab and phones of ARPAbet (SIL for silence, ? for unknown speech)
    #[arg(long, value_name = "FILE")]
    phones: Option<PathBuf>,
}

impl ReadingArgs {
    /// How to read, and what: of several folders those of TextGrids alone are no corpora but the others' labels. `eval`
    /// are speakers who are never trained on.
    pub fn split(&self, folders: &[PathBuf], eval: &[String]) -> Result<(Reading, Vec<PathBuf>)> {
        let (mut labels_dirs, mut corpora) = (self.textgrids.clone(), Vec::new());
        for dir in folders {
            let is_labels = folders.len() > 1 && holds_only_text_grids(dir)?;
            if is_labels { labels_dirs.push(dir.clone()) } else { corpora.push(dir.clone()) }
        }
        let labels = self.phones.as_deref().map_or_else(|| Ok(Labels::shipped()), Labels::with_file)?;
        Ok((Reading { labels_dirs, labels, eval: eval.iter().cloned().collect() }, corpora))
    }
}

/// What hears whole utterances before a listener does.
#[derive(Args)]
pub struct EncoderArgs {
    /// Weights of wav2vec 2.0, base or large, as HuggingFace's transformers saves them; config.json beside them is read
    #[arg(long, value_name = "FILE.safetensors")]
    wav2vec2: Option<PathBuf>,
    /// Weights of Whisper, any size: as HuggingFace's transformers saves them, or CTranslate2's model.bin
    #[arg(long, value_name = "FILE", conflicts_with = "wav2vec2")]
    whisper: Option<PathBuf>,
}

impl EncoderArgs {
    /// Whether none was named.
    pub fn is_none(&self) -> bool {
        self.wav2vec2.is_none() && self.whisper.is_none()
    }

    /// The encoder that was named.
    pub fn load(&self, device: &Device) -> Result<Box<dyn OutsideEncoder>> {
        match (&self.wav2vec2, &self.whisper) {
            (Some(weights), _) => Ok(Box::new(Wav2Vec2::load(weights, device)?)),
            (None, Some(weights)) => Ok(Box::new(Whisper::load(weights, device)?)),
            (None, None) => bail!("expected --wav2vec2 or --whisper, came neither"),
        }
    }
}

/// The folder's own name.
pub fn corpus_name(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    whole.file_name().map_or_else(|| "corpus".into(), |name| name.to_string_lossy().into_owned())
}
