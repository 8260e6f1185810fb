//! A file or a pipe in; bytes that can be looked at before they are taken, out.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// Bytes that are fetched at once.
const FETCH_BYTES: usize = 4_096;

/// Bytes, each of which is read once from where it comes.
pub(crate) struct Source {
    inner: Box<dyn MediaSource>,
    fetched: Vec<u8>,
    /// Where the first byte that was not taken lies in `fetched`.
    at: usize,
    taken: u64,
    length: Option<u64>,
    is_over: bool,
    fault: Option<String>,
}

impl Source {
    pub fn new(inner: Box<dyn MediaSource>) -> Source {
        let length = inner.byte_len();
        Source { inner, fetched: Vec::new(), at: 0, taken: 0, length, is_over: false, fault: None }
    }

    /// The next `count` bytes; fewer only where the end lies before. Waits for them.
    pub fn peek(&mut self, count: usize) -> &[u8] {
        while self.fetched.len() - self.at < count && !self.is_over {
            self.fetch();
        }
        let there = &self.fetched[self.at..];
        &there[..there.len().min(count)]
    }

    /// What is there, at most `most` bytes, and at least one before the end. Waits for no more than one fetch.
    pub fn ready(&mut self, most: usize) -> &[u8] {
        if self.at == self.fetched.len() {
            self.peek(1);
        }
        let there = &self.fetched[self.at..];
        &there[..there.len().min(most)]
    }

    /// Takes bytes that were looked at.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.fetched.len() - self.at);
        self.at += count;
        self.taken += count as u64;
    }

    /// Takes `count` bytes, or all up to the end.
    pub fn skip(&mut self, mut count: u64) {
        while count > 0 {
            let there = self.ready(usize::try_from(count).unwrap_or(usize::MAX)).len();
            if there == 0 {
                return;
            }
            self.consume(there);
            count -= there as u64;
        }
    }

    /// Bytes taken so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes still to come; `None` where nobody knows, as on a pipe.
    pub fn left(&self) -> Option<u64> {
        self.length.map(|length| length.saturating_sub(self.taken))
    }

    /// All bytes; `None` where nobody knows.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Why it could not be read to its end.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    fn fetch(&mut self) {
        if self.at > FETCH_BYTES {
            self.fetched.drain(..self.at);
            self.at = 0;
        }
        let before = self.fetched.len();
        self.fetched.resize(before + FETCH_BYTES, 0);
        let outcome = self.inner.read(&mut self.fetched[before..]);
        self.fetched.truncate(before + outcome.as_ref().copied().unwrap_or(0));
        match outcome {
            Ok(0) => self.is_over = true,
            Err(e) if e.kind() != ErrorKind::Interrupted => {
                // What symphonia calls the end of a stream is one here, too.
                self.fault = (e.kind() != ErrorKind::UnexpectedEof).then(|| format!("it cannot be read on ({e})"));
                self.is_over = true;
            }
            _ => {}
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = if self.at < self.fetched.len() || self.is_over {
            let there = self.ready(buffer.len());
            buffer[..there.len()].copy_from_slice(there);
            there.len()
        } else {
            return self.inner.read(buffer).inspect(|count| self.taken += *count as u64);
        };
        self.consume(count);
        Ok(count)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Current(by) => SeekFrom::Start(self.taken.saturating_add_signed(by)),
            other => other,
        };
        let at = self.inner.seek(to)?;
        (self.fetched, self.at, self.taken, self.is_over) = (Vec::new(), 0, at, false);
        Ok(at)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        self.inner.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_was_looked_at_is_still_there() {
        let mut source = Source::new(Box::new(Cursor::new((0..200u8).collect::<Vec<u8>>())));
        assert_eq!(source.peek(3), [0, 1, 2]);
        source.consume(2);
        assert_eq!((source.peek(500).len(), source.taken(), source.left()), (198, 2, Some(198)));
        source.skip(1_000);
        assert_eq!((source.peek(1).len(), source.taken()), (0, 200));
    }
}
