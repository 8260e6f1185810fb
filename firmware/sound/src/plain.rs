//! Plain samples, in a container or without one.

use crate::body::Body;
use crate::pcm::Encoding;
use crate::piece::{Block, Piece, Refusal, shortfall};
use crate::source::Source;

/// Bytes that become one block.
const BLOCK_BYTES: usize = 4_096;

/// Samples that only need to be written otherwise.
pub(crate) struct Plain {
    pub body: Body,
    pub encoding: Encoding,
    pub channels: usize,
    pub rate_hz: u32,
    /// Frames that the header tells of.
    pub promised: Option<u64>,
    pub heard: u64,
    /// What is said of half a sample at the end.
    pub if_cut: Option<&'static str>,
    pub is_cut: bool,
}

impl Piece for Plain {
    fn read(&mut self, block: &mut Block) -> Result<bool, Refusal> {
        block.of(self.channels, self.rate_hz);
        let frame = self.encoding.bytes() * self.channels;
        let bytes = self.body.ready(BLOCK_BYTES.next_multiple_of(frame), frame);
        let count = bytes.len();
        if count == 0 {
            return Ok(false);
        }
        if count < frame {
            self.is_cut = true;
        } else {
            self.encoding.decode(bytes, &mut block.samples);
        }
        self.heard += block.frames() as u64;
        self.body.consume(count);
        Ok(true)
    }

    fn missing(&self) -> Option<String> {
        let cut = self.if_cut.filter(|_| self.is_cut).map(str::to_owned);
        let fault = self.body.fault().map(str::to_owned);
        shortfall(self.promised, self.heard, self.rate_hz).or(fault).or(cut)
    }

    fn into_source(self: Box<Self>) -> Option<Source> {
        Some(self.body.into_source())
    }
}
