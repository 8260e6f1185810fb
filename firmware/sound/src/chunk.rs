//! The chunks of WAV and AIFF, found where they are and not where a wrong length says.

use crate::sniff::{is_start, starts};
use crate::source::Source;

/// Name and length of a chunk.
const HEAD_BYTES: usize = 8;
/// Chunks whose end is looked at before it is believed.
const WINDOW_BYTES: u64 = 64 << 10;
/// Writers that do not know the length write 0, or a number near the top of an `i32` or `u32`.
const OPEN_END: u64 = 0x7fff_0000;
/// What recorders and editors write behind the samples of a WAV.
const BEHIND: [&[u8; 4]; 24] = [
    b"LIST", b"id3 ", b"ID3 ", b"bext", b"fact", b"cue ", b"smpl", b"PEAK", b"JUNK", b"junk", b"PAD ", b"FLLR",
    b"iXML", b"_PMX", b"afsp", b"DISP", b"inst", b"plst", b"axml", b"cart", b"LGWV", b"levl", b"acid", b"minf",
];

/// How lengths are written, and where the whole file ends by its own word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunks {
    pub is_big: bool,
    pub end: Option<u64>,
}

/// A chunk's name and the length that stands there.
pub(crate) struct Chunk {
    pub name: [u8; 4],
    pub size: u64,
}

impl Chunks {
    /// Takes the first twelve bytes: `RIFF` or `FORM`, a length, and a kind.
    pub fn open(source: &mut Source, is_big: bool) -> Chunks {
        let mut chunks = Chunks { is_big, end: None };
        let size = chunks.number(&source.peek(8)[4..]);
        chunks.end = Some(size).filter(|size| (1..OPEN_END).contains(size)).map(|size| source.taken() + 8 + size);
        source.consume(12);
        chunks
    }

    /// A number of 2 or 4 bytes.
    pub fn number(&self, bytes: &[u8]) -> u64 {
        let digits = bytes.iter().take(4);
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.is_big { digits.fold(0, join) } else { digits.rev().fold(0, join) }
    }

    /// Takes a chunk's head; `None` at the end.
    pub fn next(&self, source: &mut Source) -> Option<Chunk> {
        let head = source.peek(HEAD_BYTES);
        let name = *head.first_chunk()?;
        let size = self.number(head.get(4..HEAD_BYTES)?);
        source.consume(HEAD_BYTES);
        Some(Chunk { name, size })
    }

    /// Goes to the chunk behind one of `size`, of which nothing was taken: with a pad byte, without one that should be
    /// there, or to the next of the `wanted` ones when the length is wrong.
    pub fn skip(&self, source: &mut Source, size: u64, wanted: [&[u8; 4]; 2]) {
        let padded = size + size % 2;
        let is_beyond = padded > self.room(source);
        if padded > WINDOW_BYTES && !is_beyond {
            return source.skip(padded);
        }
        let window = source.peek(padded.min(WINDOW_BYTES) as usize + 4);
        let behind = [padded, size].into_iter().filter(|_| !is_beyond);
        let name = |at: u64| window.get(at as usize..).and_then(|rest| rest.first_chunk());
        let is_wanted = |at: &u64| name(*at).is_some_and(|name| wanted.contains(&name));
        let is_chunk = |at: &u64| name(*at).is_some_and(is_name) || *at == window.len() as u64;
        let landing = behind.clone().find(is_wanted).or_else(|| behind.clone().find(is_chunk));
        let landing = landing.or_else(|| self.find(source, wanted)).unwrap_or(padded);
        source.skip(landing);
    }

    /// Bytes that may still come: those of the file, or else those that it tells of.
    fn room(&self, source: &Source) -> u64 {
        let told = || self.end.map(|end| end.saturating_sub(source.taken()));
        source.left().or_else(told).unwrap_or(OPEN_END)
    }

    /// Where a chunk of one of these names and of a possible length begins.
    fn find(&self, source: &mut Source, names: [&[u8; 4]; 2]) -> Option<u64> {
        let room = self.room(source);
        let window = source.peek(WINDOW_BYTES as usize);
        let is_possible = |at: usize, size: u64| size >= OPEN_END || at as u64 + HEAD_BYTES as u64 + size <= room;
        let begins = |at: &usize| {
            let head = &window[*at..*at + HEAD_BYTES];
            names.iter().any(|name| head.starts_with(*name)) && is_possible(*at, self.number(&head[4..]))
        };
        (0..window.len().saturating_sub(HEAD_BYTES)).find(begins).map(|at| at as u64)
    }

    /// Behind the samples that the header told of: whether there are more of them. If not, goes to what may be a
    /// further sound.
    pub fn goes_on(&self, source: &mut Source, is_odd: bool) -> bool {
        loop {
            let head = source.peek(HEAD_BYTES + 5).to_vec();
            let is_pad =
                is_odd && (starts(source, 1) || self.is_behind(&head[1.min(head.len())..], source.taken() + 1));
            if is_pad {
                source.consume(1);
                continue;
            }
            if starts(source, 0) {
                return false;
            }
            if head.len() < HEAD_BYTES {
                return head.len() > usize::from(is_odd);
            }
            if !self.is_behind(&head, source.taken()) {
                return true;
            }
            let Some(Chunk { size, .. }) = self.next(source) else { return false };
            source.skip(size + size % 2);
        }
    }

    /// Whether a chunk or a further sound begins at `head`, which lies at `at`.
    fn is_behind(&self, head: &[u8], at: u64) -> bool {
        let Some(name) = head.first_chunk::<4>().filter(|_| head.len() >= HEAD_BYTES) else { return false };
        let fits = |end: u64| at + HEAD_BYTES as u64 + self.number(&head[4..]) <= end;
        BEHIND.contains(&name) || is_start(head) || is_name(name) && self.end.is_some_and(fits)
    }
}

/// The length of samples, where the writer knew it.
pub(crate) fn known_length(size: u64) -> Option<u64> {
    Some(size).filter(|size| (1..OPEN_END).contains(size))
}

fn is_name(name: &[u8; 4]) -> bool {
    name[0] != b' ' && name.iter().all(|b| matches!(b, b' '..=b'~' | 0xa9))
}
