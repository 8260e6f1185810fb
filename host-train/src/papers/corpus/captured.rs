//! The common captured clip: what every corpus of faces yields.

use std::path::PathBuf;
use std::sync::Arc;

use super::official::{Layout, Part};
use super::regions::Regions;
use crate::corpus::audio;
use crate::corpus::{Dropped, Result};
use crate::papers::numpy::{Array, NpyFile};

/// A face that stands still, as `x, y, z` of every vertex in the corpus' unit.
pub type Rest = Arc<Vec<f32>>;

/// One utterance of a captured face. Vertices stay on the disk until a frame is read.
#[derive(Clone, Debug)]
pub struct Captured {
    /// Unique within its corpus.
    pub id: String,
    /// Whose face it is.
    pub speaker: String,
    /// Which of the corpus' sentences is said.
    pub sentence: usize,
    /// Where the official split puts it.
    pub part: Part,
    /// The speaker's face at rest.
    pub template: Rest,
    /// What is heard.
    pub sound: Sound,
    /// What is seen.
    pub frames: Frames,
    /// Frames a second, as read from the corpus.
    pub rate_hz: f64,
}

/// Where the sound is.
#[derive(Clone, Debug)]
pub enum Sound {
    /// A sound file, which tells its own rate.
    File(PathBuf),
    /// Samples of a pickle, 16-bit whole numbers or floats, and their rate.
    Held(Arc<Array>, u32),
}

/// Rows of a file, each a frame of `x, y, z` for every vertex.
#[derive(Clone, Debug)]
pub struct Frames {
    file: Arc<NpyFile>,
    rows: Vec<usize>,
}

/// What was read of a corpus.
#[derive(Debug)]
pub struct CapturedCorpus {
    /// Which corpus it is.
    pub layout: Layout,
    /// All clips, by id.
    pub clips: Vec<Captured>,
    /// What was left out and why.
    pub dropped: Vec<Dropped>,
    /// Lips and upper face, where the corpus tells them.
    pub regions: Regions,
}

impl Sound {
    /// Samples at 16 kHz, mono.
    ///
    /// # Errors
    /// When the file cannot be read or is no whole sound.
    pub fn samples(&self) -> Result<Vec<f32>> {
        match self {
            Sound::File(path) => audio::read(path),
            Sound::Held(array, rate_hz) => audio::to_16_khz(scaled(array.floats()), *rate_hz),
        }
    }
}

/// Samples of 16 bits into -1..=1; floats already are.
fn scaled(samples: Vec<f32>) -> Vec<f32> {
    let is_whole = samples.iter().any(|s| s.abs() > 1.5);
    if is_whole { samples.into_iter().map(|s| s / 32_768.0).collect() } else { samples }
}

impl Frames {
    /// These rows, in this order.
    pub fn new(file: Arc<NpyFile>, rows: Vec<usize>) -> Frames {
        Frames { file, rows }
    }

    /// All rows of a file.
    pub fn all(file: NpyFile) -> Frames {
        let rows = (0..file.rows()).collect();
        Frames { file: Arc::new(file), rows }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Values of a frame: three for each vertex.
    pub fn width(&self) -> usize {
        self.file.width()
    }

    /// Reads a frame into `out`.
    ///
    /// # Errors
    /// When there is none of this number, or the disk fails.
    pub fn read(&self, frame: usize, out: &mut Vec<f32>) -> Result<()> {
        self.file.read_row(self.rows.get(frame).copied().unwrap_or(usize::MAX), out)
    }

    /// These frames, in this order.
    fn these(&self, frames: &[usize]) -> Frames {
        Frames { file: self.file.clone(), rows: frames.iter().filter_map(|n| self.rows.get(*n).copied()).collect() }
    }

    /// Every `step`-th frame.
    fn every(&self, step: usize) -> Frames {
        Frames { file: self.file.clone(), rows: self.rows.iter().copied().step_by(step).collect() }
    }
}

impl Captured {
    /// The clip at the rate of the papers: every second frame where it was captured at twice that rate.
    pub fn at_paper_rate(mut self, paper_rate_hz: f64) -> Captured {
        let step = (self.rate_hz / paper_rate_hz).round().max(1.0);
        self.frames = self.frames.every(step as usize);
        self.rate_hz /= step;
        self
    }

    /// The clip as if it had these frames alone.
    pub fn at_frames(&self, frames: &[usize]) -> Captured {
        Captured { frames: self.frames.these(frames), ..self.clone() }
    }

    /// Vertices of the face.
    pub fn vertices(&self) -> usize {
        self.template.len() / 3
    }

    /// Length of what is seen, in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames.len() as f64 / self.rate_hz
    }

    /// All frames as moves from the template, `[frames, 3 * vertices]`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn moves(&self) -> Result<Vec<f32>> {
        let (mut row, mut moves) = (Vec::new(), Vec::with_capacity(self.frames.len() * self.frames.width()));
        for frame in 0..self.frames.len() {
            self.frames.read(frame, &mut row)?;
            moves.extend(row.iter().zip(self.template.iter()).map(|(at, rest)| at - rest));
        }
        Ok(moves)
    }
}

impl CapturedCorpus {
    /// The clips of a part.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Captured> {
        self.clips.iter().filter(move |clip| clip.part == part)
    }
}
