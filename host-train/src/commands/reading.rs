//! How the folders of a command are read: labels that lie apart from the sound, and what they mean.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use keyface_train::corpus::{Labels, Reading, holds_only_text_grids};

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

/// The folder's own name.
pub fn corpus_name(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    whole.file_name().map_or_else(|| "corpus".into(), |name| name.to_string_lossy().into_owned())
}
