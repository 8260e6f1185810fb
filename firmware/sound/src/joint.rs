//! Where one sound ends and another begins, in files that were joined byte by byte.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crate::source::Source;

/// Enough to know a header by.
const HEADER_BYTES: usize = 12;
/// FLAC's first chunk, which always has this length: by itself, or with others behind it.
const FLAC: [&[u8; 8]; 2] = [b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22"];

/// How many of the next `count` bytes, which are there, lie before a further header; one at `from` is the first that
/// counts.
pub(crate) fn before_header(source: &mut Source, count: usize, mut from: usize) -> usize {
    loop {
        let window = source.peek(count);
        let rest = window.get(from..).unwrap_or_default();
        let Some(at) = rest.iter().position(|byte| matches!(byte, b'R' | b'f')) else { return count };
        let begun = &rest[at..rest.len().min(at + 4)];
        let is_possible = [b"RIFF", b"RF64", b"fLaC"].iter().any(|magic| magic.starts_with(begun));
        from += at;
        if is_possible && is_header(&source.peek(from + HEADER_BYTES)[from..]) {
            return from;
        }
        from += 1;
    }
}

/// So many bytes that no sound has them by chance.
fn is_header(head: &[u8]) -> bool {
    let is_wav = (head.starts_with(b"RIFF") || head.starts_with(b"RF64")) && head.get(8..12) == Some(b"WAVE");
    is_wav || FLAC.iter().any(|magic| head.starts_with(*magic))
}

/// The bytes of one sound, up to the next one; the reader below never sees what lies behind.
pub(crate) struct Segment {
    source: Arc<Mutex<Source>>,
    has_begun: bool,
}

impl Segment {
    /// The second value holds what lies behind, once the first has been read to its end.
    pub fn new(source: Source) -> (Segment, Arc<Mutex<Source>>) {
        let source = Arc::new(Mutex::new(source));
        (Segment { source: Arc::clone(&source), has_begun: false }, source)
    }
}

impl Read for Segment {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let there = source.ready(buffer.len()).len();
        let count = before_header(&mut source, there, usize::from(!self.has_begun));
        self.has_begun = true;
        buffer[..count].copy_from_slice(source.peek(count));
        source.consume(count);
        Ok(count)
    }
}
