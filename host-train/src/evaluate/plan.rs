//! What to evaluate.

use std::path::PathBuf;

use crate::clip::Split;
use crate::corpus::Reading;

/// A model, who judges it, and what is measured beside.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Folder of the model.
    pub model: PathBuf,
    /// Folders of sound and TextGrids.
    pub corpora: Vec<PathBuf>,
    /// How they are read.
    pub reading: Reading,
    /// Whose clips are heard.
    pub splits: Vec<Split>,
    /// At most so many clips of each corpus.
    pub clips: usize,
    /// A glTF head to measure on; else the surface of our own.
    pub head: Option<PathBuf>,
    /// A folder of noises and room responses for the noisy rows; else white noise.
    pub noise: Option<PathBuf>,
    /// The recordings in it that are heard, by name without ending; empty: all.
    pub only: Vec<String>,
    /// Whether to take the time of every step.
    pub streaming: bool,
    /// Whether to try lips that close more and less willingly.
    pub curve: bool,
    /// Whether to measure what the rules alone make of phones: of those heard, and of those told as far as the look-ahead.
    pub rules: bool,
    /// Whether the line is told the phones of the labels, as `keyface animate --textgrid` tells it.
    pub script: bool,
    /// Whether each clip is heard at several speeds, as `keyface animate` hears it.
    pub hearings: bool,
    /// A model that hears beside this one then.
    pub beside: Option<PathBuf>,
}
