//! Where one sound ends and another begins, in files that were joined byte by byte.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symphonia::core::io::MediaSource;

use crate::caf::{Mended, mended};
use crate::mpeg::frame;
use crate::sniff::{Format, adts_bytes, starts};
use crate::source::Source;
use crate::units::{Unit, units};

/// Enough to know a header by.
const HEADER_BYTES: usize = 16;
/// FLAC's first chunk, which always has this length: by itself, or with others behind it.
const FLAC: [&[u8; 8]; 2] = [b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22"];
/// The first page of an Ogg stream.
const OGG: &[u8; 14] = b"OggS\0\x02\0\0\0\0\0\0\0\0";
/// What a Matroska says first of itself.
const EBML_VERSION: &[u8; 4] = b"\x42\x86\x81\x01";
/// How headers begin that are looked for within samples, and within packed sound too.
const AMONG_SAMPLES: [&[u8]; 4] = [b"RIFF", b"RF64", b"fLaC", b"OggS"];
const AMONG_PACKED: [&[u8]; 9] =
    [b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"caff", b"\x1a\x45\xdf\xa3", b"\0\0\0", b"\xff"];
/// Frames of AAC in a row that no packed sound has by chance.
const PROOF: usize = 4;
/// How they begin: those of other versions could be a FLAC's own frames.
const AAC: &[u8; 2] = b"\xff\xf1";
/// Parts of a file that are looked at: fragments of a second, for half a day.
const MOST_UNITS: usize = 1 << 17;

/// How many of the next `count` bytes, which are there and hold samples, lie before a further header.
pub(crate) fn before_header(source: &mut Source, count: usize) -> usize {
    before(source, count, 0, &AMONG_SAMPLES)
}

/// The same for headers that begin as `known`; one at `from` is the first that counts.
fn before(source: &mut Source, count: usize, mut from: usize, known: &[&[u8]]) -> usize {
    loop {
        let window = source.peek(count);
        let rest = window.get(from..).unwrap_or_default();
        let is_first = |byte: &u8| known.iter().any(|magic| magic[0] == *byte);
        let Some(at) = rest.iter().position(is_first) else { return count };
        let begun = &rest[at..];
        let is_possible = known.iter().any(|magic| begun.starts_with(&magic[..magic.len().min(begun.len())]));
        from += at;
        if is_possible && is_header(source, from) {
            return from;
        }
        from += 1;
    }
}

/// Whether so many bytes of a header lie `at` bytes ahead that no sound has them by chance.
fn is_header(source: &mut Source, at: usize) -> bool {
    let head = source.peek(at + HEADER_BYTES).get(at..).unwrap_or_default().to_vec();
    let is_wav = (head.starts_with(b"RIFF") || head.starts_with(b"RF64")) && head.get(8..12) == Some(b"WAVE");
    let is_packed = head.starts_with(OGG) || FLAC.iter().any(|magic| head.starts_with(*magic));
    let is_caf = head.starts_with(b"caff\0\x01\0\0");
    let is_mp4 = head.starts_with(&[0; 3]) && head.get(4..8) == Some(b"ftyp");
    let is_ebml = head.starts_with(b"\x1a\x45\xdf\xa3") && head.windows(4).any(|four| four == EBML_VERSION);
    let is_tag = head.starts_with(b"ID3") && head.len() >= 10 && {
        matches!(head[3], 2..=4) && head[4] == 0 && head[5] & 0x0f == 0 && head[6..10].iter().all(|byte| *byte < 0x80)
    };
    is_wav
        || is_packed
        || is_caf
        || is_mp4
        || is_ebml
        || is_tag
        || frame::is_head(&head) && {
            frame::begins(source.peek(at + frame::PROOF_BYTES).get(at..).unwrap_or_default())
        }
        || is_aac(source, at)
}

fn is_aac(source: &mut Source, mut at: usize) -> bool {
    (0..PROOF).all(|_| {
        let head = source.peek(at + 7).get(at..).unwrap_or_default();
        let bytes = adts_bytes(head).filter(|_| head.starts_with(AAC));
        at += bytes.unwrap_or(0);
        bytes.is_some()
    })
}

/// What lies behind a sound, once its reader is done.
pub(crate) enum Behind {
    Segment(Arc<Mutex<Bounded>>),
    Window(Arc<Mutex<Source>>, u64),
}

impl Behind {
    /// The rest; `None` while a reader is still there. One that gave up has left some of a file's sound, which is skipped;
    /// a pipe may be live.
    pub fn into_source(self) -> Option<Source> {
        match self {
            Behind::Segment(bounded) => {
                let mut bounded = Arc::into_inner(bounded)?.into_inner().unwrap_or_else(PoisonError::into_inner);
                if bounded.source.length().is_some() {
                    io::copy(&mut bounded, &mut io::sink()).ok()?;
                }
                Some(bounded.source)
            }
            Behind::Window(source, end) => {
                let mut source = Arc::into_inner(source)?.into_inner().unwrap_or_else(PoisonError::into_inner);
                source.seek(SeekFrom::Start(end)).ok()?;
                Some(source)
            }
        }
    }
}

/// The bytes of one sound, up to the next one; the reader below never sees what lies behind.
pub(crate) struct Segment(Arc<Mutex<Bounded>>);

/// A source that ends with a sound.
pub(crate) struct Bounded {
    source: Source,
    until: Until,
}

/// What tells the end.
enum Until {
    /// A further header, wherever it is.
    Header { has_begun: bool },
    /// The lengths of the parts.
    Unit { unit: Unit, left: u64 },
}

impl Segment {
    /// Ends where no `unit` begins but another sound does; or else at a further header.
    pub fn new(source: Source, unit: Option<Unit>) -> (Segment, Behind) {
        let until = unit.map_or(Until::Header { has_begun: false }, |unit| Until::Unit { unit, left: 0 });
        let bounded = Arc::new(Mutex::new(Bounded { source, until }));
        (Segment(Arc::clone(&bounded)), Behind::Segment(bounded))
    }
}

impl Read for Segment {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        locked(&self.0).read(buffer)
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Bounded { source, until } = self;
        let count = match until {
            Until::Header { has_begun } => {
                let there = source.ready(buffer.len()).len();
                let from = usize::from(!std::mem::replace(has_begun, true));
                before(source, there, from, &AMONG_PACKED)
            }
            Until::Unit { unit, left } => {
                if *left == 0 {
                    *left = match unit(source) {
                        Some(bytes) => bytes,
                        None if starts(source, 0) => return Ok(0),
                        // Damage: the next part is found by trying.
                        None => 1,
                    };
                }
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                let count = source.ready(most).len();
                *left -= count as u64;
                count
            }
        };
        buffer[..count].copy_from_slice(source.peek(count));
        source.consume(count);
        Ok(count)
    }
}

/// A sound within a file, as if it were all of it: for readers that go to and fro.
pub(crate) struct Window {
    source: Arc<Mutex<Source>>,
    start: u64,
    end: u64,
    mended: Option<Mended>,
}

impl Window {
    /// Of what begins here and ends where no `unit` begins but another sound does.
    pub fn new(mut source: Source, kind: Format) -> io::Result<(Window, Behind)> {
        let start = source.taken();
        let mended = if kind == Format::Caf { mended(&mut source) } else { None };
        source.seek(SeekFrom::Start(start))?;
        let unit = units(kind).filter(|_| mended.is_none());
        let whole = source.length().unwrap_or(u64::MAX);
        let end = unit.map_or(Ok(whole), |unit| end(&mut source, unit))?;
        source.seek(SeekFrom::Start(start))?;
        let source = Arc::new(Mutex::new(source));
        Ok((Window { source: Arc::clone(&source), start, end, mended }, Behind::Window(source, end)))
    }

    /// Whether there should be more of it.
    pub fn is_cut(&self) -> bool {
        self.mended.as_ref().is_some_and(|mended| mended.is_cut)
    }
}

fn end(source: &mut Source, mut unit: Unit) -> io::Result<u64> {
    let (start, whole) = (source.taken(), source.length().unwrap_or(u64::MAX));
    for _ in 0..MOST_UNITS {
        let at = match unit(source) {
            Some(bytes) => source.taken().saturating_add(bytes),
            None if source.taken() > start && starts(source, 0) => return Ok(source.taken()),
            None => return Ok(whole),
        };
        if at >= whole {
            break;
        }
        source.seek(SeekFrom::Start(at))?;
    }
    Ok(whole)
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut source = locked(&self.source);
        let left = usize::try_from(self.end.saturating_sub(source.taken())).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let at = source.taken() - self.start;
        let count = source.read(&mut buffer[..count])?;
        for (place, byte) in self.mended.iter().flat_map(|mended| (mended.at..).zip(mended.length)) {
            if let Some(there) = place.checked_sub(at).and_then(|n| buffer[..count].get_mut(n as usize)) {
                *there = byte;
            }
        }
        Ok(count)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut source = locked(&self.source);
        let at = match to {
            SeekFrom::Start(at) => self.start.saturating_add(at),
            SeekFrom::Current(by) => source.taken().saturating_add_signed(by),
            SeekFrom::End(by) => self.end.saturating_add_signed(by),
        };
        Ok(source.seek(SeekFrom::Start(at.max(self.start)))? - self.start)
    }
}

impl MediaSource for Window {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.end - self.start)
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
