//! The common clip: what every corpus format yields.

pub use keyface_core::script::Segment;

/// Which side of the wall a clip stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Trained on.
    Train,
    /// Chooses the checkpoint and the decoder's numbers; never trained on.
    Valid,
    /// Only ever reported.
    Eval,
}

/// One utterance: audio at 16 kHz mono and its phones, which cover it without gaps.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Unique within its corpus.
    pub id: String,
    /// Who speaks (a voice's name, or a corpus' one name for "unknown").
    pub speaker: String,
    /// Where it belongs.
    pub split: Split,
    /// Samples in -1..=1 at 16 kHz.
    pub samples: Vec<f32>,
    /// Phones in order, without gaps, from 0 to the end.
    pub phones: Vec<Segment>,
}

impl Clip {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ)
    }
}
