//! The bytes of a container's samples: as many as there are, whatever its header says.

use crate::chunk::Chunks;
use crate::joint::before_header;
use crate::sniff::starts;
use crate::source::Source;

/// Samples still to come.
pub(crate) struct Body {
    source: Source,
    /// Bytes still to come; `None` up to the end, or up to a further header.
    left: Option<u64>,
    /// In what they lie.
    chunks: Option<Chunks>,
    is_odd: bool,
    is_over: bool,
}

impl Body {
    /// Of `length` bytes, if the writer knew that.
    pub fn new(source: Source, length: Option<u64>, chunks: Option<Chunks>) -> Body {
        let is_odd = length.is_some_and(|length| length % 2 == 1);
        Body { source, left: length, chunks, is_odd, is_over: false }
    }

    /// Of nobody knows how many bytes, or none at all.
    pub fn of_unknown_length(source: Source, chunks: Chunks) -> Body {
        Body { source, left: Some(0), chunks: Some(chunks), is_odd: false, is_over: false }
    }

    /// Bytes that are there, in whole units and at most `most`; less than one unit where the samples are cut off, and
    /// none at the end. [`consume`](Body::consume) them.
    pub fn ready(&mut self, most: usize, unit: usize) -> &[u8] {
        while self.left == Some(0) && !self.is_over {
            self.left = None;
            let goes_on = match self.chunks {
                Some(chunks) => chunks.goes_on(&mut self.source, self.is_odd),
                None => !starts(&mut self.source, 0),
            };
            self.is_over = !goes_on;
        }
        if self.is_over {
            return &[];
        }
        let most = self.left.map_or(most, |left| most.min(usize::try_from(left).unwrap_or(most)));
        let mut count = self.source.ready(most).len();
        if count < unit.min(most) {
            count = self.source.peek(unit.min(most)).len();
        }
        // A speech engine sends a WAV for each sentence.
        count = if self.chunks.is_some() { before_header(&mut self.source, count) } else { count };
        self.is_over = count == 0;
        let whole = if count < unit { count } else { count - count % unit };
        self.source.peek(whole)
    }

    /// Takes bytes that were looked at.
    pub fn consume(&mut self, count: usize) {
        self.source.consume(count);
        self.left = self.left.map(|left| left.saturating_sub(count as u64));
    }

    /// What lies behind.
    pub fn into_source(self) -> Source {
        self.source
    }

    /// Why it could not be read on.
    pub fn fault(&self) -> Option<&str> {
        self.source.fault()
    }
}
