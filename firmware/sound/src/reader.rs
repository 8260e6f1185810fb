//! A file or a pipe in, its samples a block at a time out: whatever it holds, and however many sounds lie in it one
//! behind another.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use keyface_core::CoreError;
use symphonia::core::io::MediaSource;

use crate::body::Body;
use crate::g722::G722;
use crate::piece::{Block, Piece, Refusal};
use crate::plain::Plain;
use crate::raw::{Coding, RawFormat};
use crate::sniff::{Format, sniff, starts};
use crate::source::Source;
use crate::{aiff, au, g722, mpeg, packed, riff};

/// What a sound may be, in the words of an error.
const READABLE: &str = "sound (WAV, AIFF, AU, FLAC, MP3, AAC, Ogg, Opus, MP4, WebM or CAF)";
/// The one name that is believed: such a file has no header, and cannot be anything else.
const G722_ENDING: &str = ".g722";
/// What is wrong with raw bytes of an odd number.
const CUT_SAMPLE: &str = "it ends within a sample, whose half is left out";
/// Beyond this a value is no sample: 120 dB over full scale.
const LOUDEST: f32 = 1e6;
/// Faults that are told one by one.
const TOLD: usize = 3;

/// What the caller knows of a sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// How samples without a header are written.
    pub raw: Option<RawFormat>,
    /// Their rate.
    pub raw_rate_hz: Option<u32>,
    /// Whether what is nothing else is taken for raw samples, as on a pipe.
    pub is_pipe: bool,
    /// Where a user can say that there is no header: in which options.
    pub raw_options: Option<&'static str>,
}

/// Rate of raw samples that nothing is said of.
const RAW_RATE_HZ: u32 = 16_000;

/// What the user should know of a sound that has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Samples that were no numbers and became 0.
    pub repaired: u64,
    /// What is missing or was left out.
    pub faults: Vec<String>,
    /// Faults beyond those.
    pub more: usize,
}

/// A sound that is being read.
pub struct Reader {
    name: String,
    piece: Option<Box<dyn Piece>>,
    hints: Hints,
    fetched: Arc<AtomicU64>,
    length: Option<u64>,
    assumed: Option<String>,
    heard: u64,
    notes: Notes,
}

impl Reader {
    /// Reads the head of a sound; errors call it `name`.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] when nothing can be heard: an empty file, a text, an unknown or unsupported format.
    pub fn open(source: Box<dyn MediaSource>, name: &str, hints: Hints) -> Result<Reader, CoreError> {
        let fetched = Arc::new(AtomicU64::new(0));
        let counted = Counted { inner: source, count: Arc::clone(&fetched) };
        let mut source = Source::new(Box::new(counted));
        let length = source.length();
        let format = sniff(&mut source);
        let mut reader = Reader {
            name: name.to_owned(),
            piece: None,
            hints,
            fetched,
            length,
            assumed: None,
            heard: 0,
            notes: Notes::default(),
        };
        let piece = reader.piece(source, format);
        reader.piece = Some(piece.map_err(|refusal| reader.refusal(&refusal))?);
        Ok(reader)
    }

    /// Replaces `block` with the next samples; false at the end of everything.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] when there is not a single sample, or far too many for its bytes.
    pub fn read(&mut self, block: &mut Block) -> Result<bool, CoreError> {
        while let Some(piece) = &mut self.piece {
            match piece.read(block) {
                Ok(true) if block.samples.is_empty() => {}
                Ok(true) => {
                    self.repair(block);
                    return Ok(true);
                }
                Ok(false) => self.end_piece(),
                Err(refusal) => {
                    self.piece = None;
                    match refusal {
                        Refusal::Foreign(fault) | Refusal::Broken(fault) if self.heard > 0 => self.note(fault),
                        refusal => return Err(self.refusal(&refusal)),
                    }
                }
            }
        }
        if self.heard > 0 { Ok(false) } else { Err(self.silent()) }
    }

    /// What was taken for granted, for the user; `None` when the sound said it all.
    pub fn assumed(&self) -> Option<&str> {
        self.assumed.as_deref()
    }

    /// What has gone wrong so far.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Bytes that were fetched so far, for a bar of progress, and of how many; `None` on a pipe.
    pub fn progress(&self) -> Option<(Arc<AtomicU64>, u64)> {
        Some((Arc::clone(&self.fetched), self.length?))
    }

    fn piece(&mut self, source: Source, format: Format) -> Result<Box<dyn Piece>, Refusal> {
        let is_known =
            !matches!(format, Format::Unknown | Format::Text | Format::Empty | Format::Foreign(_) | Format::NoSound(_));
        let said = [self.hints.raw.map(|_| "--format"), self.hints.raw_rate_hz.map(|_| "--rate")];
        if let Some(said) = said.into_iter().flatten().next().filter(|_| is_known && self.assumed.is_none()) {
            self.assumed = Some(format!("it says itself how it is written, and {said} is left aside"));
        }
        match format {
            Format::Riff => riff::open(source),
            Format::Aiff => aiff::open(source),
            Format::Au => au::open(source),
            Format::Mpeg => Ok(Box::new(mpeg::Mpeg::new(source))),
            Format::Flac | Format::Ogg | Format::Matroska | Format::Mp4 | Format::Caf | Format::Adts => {
                packed::open(source, format, Arc::clone(&self.fetched))
            }
            Format::Foreign(name) => Err(Refusal::Foreign(name.into())),
            Format::NoSound(name) => Err(Refusal::Broken(name.into())),
            Format::Empty => Err(Refusal::Broken(if self.hints.is_pipe { "nothing" } else { "an empty file" }.into())),
            Format::Text if self.hints.raw.is_none() => Err(Refusal::Broken(describe_text(source))),
            Format::Unknown if self.hints.raw.is_none() && self.name.to_ascii_lowercase().ends_with(G722_ENDING) => {
                Ok(Box::new(G722::new(Body::new(source, None, None), None)))
            }
            Format::Unknown if self.hints.raw.is_none() && !self.hints.is_pipe => {
                let options =
                    self.hints.raw_options.map(|options| format!(": if these are raw samples, {options} say which"));
                Err(Refusal::Broken(describe_bytes(source) + &options.unwrap_or_default()))
            }
            Format::Text | Format::Unknown => Ok(self.raw(source)),
        }
    }

    fn raw(&mut self, source: Source) -> Box<dyn Piece> {
        let Hints { raw, raw_rate_hz, .. } = self.hints;
        let RawFormat { coding, channels } = raw.unwrap_or_default();
        let rate_hz = raw_rate_hz.unwrap_or(RAW_RATE_HZ);
        let body = Body::new(source, None, None);
        let Coding::Plain(encoding) = coding else {
            let is_other = raw_rate_hz.is_some_and(|rate_hz| rate_hz != g722::RATE_HZ);
            self.assumed = is_other.then(|| format!("G.722 always has {} Hz, and --rate is left aside", g722::RATE_HZ));
            return Box::new(G722::new(body, None));
        };
        if raw.is_none() || raw_rate_hz.is_none() {
            let format = raw.unwrap_or_default();
            let assumed =
                format!("taken for raw samples, {format} at {rate_hz} Hz (--format and --rate say otherwise)");
            self.assumed = Some(assumed);
        }
        let if_cut = Some(CUT_SAMPLE);
        Box::new(Plain { body, encoding, channels, rate_hz, promised: None, heard: 0, if_cut, is_cut: false })
    }

    /// Goes on to what lies behind, if that is a sound.
    fn end_piece(&mut self) {
        let Some(piece) = self.piece.take() else { return };
        if let Some(missing) = piece.missing() {
            self.note(missing);
        }
        let Some(mut source) = piece.into_source() else { return };
        if !starts(&mut source, 0) {
            return;
        }
        let format = sniff(&mut source);
        match self.piece(source, format) {
            Ok(piece) => self.piece = Some(piece),
            Err(Refusal::Foreign(what) | Refusal::Broken(what) | Refusal::Bomb(what)) => {
                self.note(format!("behind it lies {what}, which is left out"));
            }
        }
    }

    fn repair(&mut self, block: &mut Block) {
        self.heard += block.samples.len() as u64;
        for sample in block.samples.iter_mut().filter(|sample| sample.is_nan() || sample.abs() > LOUDEST) {
            *sample = 0.0;
            self.notes.repaired += 1;
        }
    }

    fn note(&mut self, fault: String) {
        if self.notes.faults.len() < TOLD { self.notes.faults.push(fault) } else { self.notes.more += 1 }
    }

    fn silent(&mut self) -> CoreError {
        let reason = self.notes.faults.first().map(|fault| format!(": {fault}")).unwrap_or_default();
        let came = if self.hints.is_pipe && reason.is_empty() { "nothing" } else { "a file without a single sample" };
        CoreError::unexpected(&self.name, READABLE, format!("{came}{reason}"))
    }

    fn refusal(&self, refusal: &Refusal) -> CoreError {
        let came = match refusal {
            Refusal::Broken(came) | Refusal::Bomb(came) => came.clone(),
            Refusal::Foreign(what) if self.hints.is_pipe => {
                format!("{what}: convert it on the way, with `ffmpeg -v error -i - -f wav -`")
            }
            Refusal::Foreign(what) => format!("{what}: convert it with `ffmpeg -i {0} {0}.wav`", quoted(&self.name)),
        };
        CoreError::unexpected(&self.name, READABLE, came)
    }
}

impl Notes {
    /// All of it in one sentence; `None` when there is nothing to say.
    pub fn sentence(&self) -> Option<String> {
        let repaired =
            (self.repaired > 0).then(|| format!("{} samples were no numbers and became silence", self.repaired));
        let more = (self.more > 0).then(|| format!("and {} more of the kind", self.more));
        let all: Vec<String> = self.faults.iter().cloned().chain(more).chain(repaired).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// As a shell takes it.
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if name.chars().all(is_plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

fn describe_text(mut source: Source) -> String {
    let start: String = String::from_utf8_lossy(source.peek(64)).chars().take(20).collect();
    format!("a text that starts {start:?}")
}

fn describe_bytes(mut source: Source) -> String {
    let start: Vec<String> = source.peek(4).iter().map(|b| format!("{b:02x}")).collect();
    let start = start.join(" ");
    format!("a file that starts with the bytes {start}")
}

/// A source that counts what it gives.
struct Counted {
    inner: Box<dyn MediaSource>,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect(|count| _ = self.count.fetch_add(*count as u64, Relaxed))
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl MediaSource for Counted {
    fn is_seekable(&self) -> bool {
        self.inner.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        self.inner.byte_len()
    }
}
