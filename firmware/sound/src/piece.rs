//! What every format is to the reader: a stretch of sound in one format, behind which another may lie.

use crate::source::Source;

/// Samples as they lie in the file.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Interleaved; full scale is -1..=1.
    pub samples: Vec<f32>,
    /// Channels of each frame.
    pub channels: usize,
    /// Frames a second.
    pub rate_hz: u32,
}

impl Block {
    /// An empty block of such sound.
    pub(crate) fn of(&mut self, channels: usize, rate_hz: u32) {
        (self.channels, self.rate_hz) = (channels, rate_hz);
        self.samples.clear();
    }

    /// Samples of each channel.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels.max(1)
    }
}

/// A stretch of sound. Errors read after "came".
pub(crate) trait Piece: Send {
    /// Replaces `block` with what comes next; false at the end.
    fn read(&mut self, block: &mut Block) -> Result<bool, Refusal>;

    /// What should have been there and was not, once it has ended.
    fn missing(&self) -> Option<String>;

    /// The bytes behind it, where there may be a further sound.
    fn into_source(self: Box<Self>) -> Option<Source>;
}

/// Why a sound cannot be read; both read after "came".
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A known format that is not read here.
    Foreign(String),
    /// Something that is no whole sound.
    Broken(String),
    /// Something that nobody has room for, wherever it begins.
    Bomb(String),
}

impl From<String> for Refusal {
    fn from(came: String) -> Refusal {
        Refusal::Broken(came)
    }
}

/// Frames that were promised and did not come.
pub(crate) fn shortfall(promised: Option<u64>, heard: u64, rate_hz: u32) -> Option<String> {
    let seconds = |frames: u64| frames as f64 / f64::from(rate_hz.max(1));
    promised
        .filter(|promised| *promised > heard)
        .map(|promised| format!("expected {:.2} s as its header says, came {:.2} s", seconds(promised), seconds(heard)))
}
