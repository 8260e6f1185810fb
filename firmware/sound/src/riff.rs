//! WAV, and its kin for long files: RF64, BW64, and RIFX with the bytes turned round.

use symphonia::core::codecs::audio::well_known::{CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS};

use crate::blocks::{Blocks, Layout};
use crate::body::Body;
use crate::chunk::{Chunk, Chunks, known_length};
use crate::g722::G722;
use crate::mpeg::Mpeg;
use crate::pcm::Encoding;
use crate::piece::{Piece, Refusal};
use crate::plain::Plain;
use crate::source::Source;

const SAMPLES: &[u8; 4] = b"data";
/// Bytes of a format that are looked at.
const FORMAT_BYTES: usize = 40;
/// Up to the size of a frame; older writers leave out the bits.
const LEAST_BYTES: usize = 14;
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=64;
const EXTENSIBLE: u64 = 0xfffe;

/// Codecs that a WAV may hold and that are not read here.
const FOREIGN: [(u64, &str); 16] = [
    (0x22, "TrueSpeech"),
    (0x31, "GSM 6.10"),
    (0x42, "G.723.1"),
    (0x45, "G.726"),
    (0x64, "G.726"),
    (0x65, "G.722 of more than one channel"),
    (0x28f, "G.722 of more than one channel"),
    (0x83, "G.729"),
    (0xff, "AAC"),
    (0x160, "Windows Media"),
    (0x161, "Windows Media"),
    (0x162, "Windows Media"),
    (0x2000, "AC-3"),
    (0x2001, "DTS"),
    (0x704f, "Opus"),
    (0xf1ac, "FLAC"),
];

/// What the chunk `fmt ` says.
struct Format {
    kind: u64,
    channels: usize,
    rate_hz: u32,
    frame_bytes: usize,
    bits: usize,
    block_frames: usize,
}

/// Reads up to the samples.
pub(crate) fn open(mut source: Source) -> Result<Box<dyn Piece>, Refusal> {
    let is_big = source.peek(4) == b"RIFX";
    let chunks = Chunks::open(&mut source, is_big);
    let (mut format, mut long) = (None, None);
    loop {
        let ends = || Refusal::Broken("a WAV that ends before its samples".into());
        let Chunk { name, size } = chunks.next(&mut source).ok_or_else(ends)?;
        match (&name, format.take()) {
            (b"fmt ", _) => format = Some(Format::new(&chunks, source.peek(FORMAT_BYTES.min(size as usize)))?),
            (SAMPLES, Some(format)) => {
                let length = known_length(size).or(long.filter(|_| size != 0));
                return format.samples(source, chunks, length);
            }
            (b"ds64", kept) => (format, long) = (kept, length_of_rf64(source.peek(16))),
            (_, kept) => format = kept,
        }
        chunks.skip(&mut source, size, [b"fmt ", SAMPLES]);
    }
}

/// The length of `data` where 32 bits do not hold it.
fn length_of_rf64(bytes: &[u8]) -> Option<u64> {
    let length = u64::from_le_bytes(*bytes.get(8..)?.first_chunk()?);
    Some(length).filter(|length| (1..i64::MAX as u64).contains(length))
}

impl Format {
    fn new(chunks: &Chunks, bytes: &[u8]) -> Result<Format, Refusal> {
        let field = |at: usize, length: usize| bytes.get(at..at + length).map_or(0, |field| chunks.number(field));
        if bytes.len() < LEAST_BYTES {
            return Err(Refusal::Broken("a WAV that ends within its header".into()));
        }
        let kind = if field(0, 2) == EXTENSIBLE { field(24, 2) } else { field(0, 2) };
        let (channels, rate_hz) = (field(2, 2) as usize, field(4, 4) as u32);
        if !CHANNELS.contains(&channels) || rate_hz == 0 {
            return Err(Refusal::Broken(format!("a WAV of {channels} channels at {rate_hz} Hz")));
        }
        let (frame_bytes, bits, block_frames) = (field(12, 2) as usize, field(14, 2) as usize, field(18, 2) as usize);
        Ok(Format { kind, channels, rate_hz, frame_bytes, bits, block_frames })
    }

    fn samples(self, source: Source, chunks: Chunks, length: Option<u64>) -> Result<Box<dyn Piece>, Refusal> {
        if matches!(self.kind, 0x50 | 0x55) {
            return Ok(Box::new(Mpeg::new(source)));
        }
        let body = match length {
            Some(_) => Body::new(source, length, Some(chunks)),
            None => Body::of_unknown_length(source, chunks),
        };
        if matches!(self.kind, 0x65 | 0x28f) && self.channels == 1 {
            return Ok(Box::new(G722::new(body, length)));
        }
        if matches!(self.kind, 0x02 | 0x11) {
            return Ok(Box::new(self.blocks(body)?));
        }
        let encoding = self.encoding(chunks.is_big)?;
        let Format { channels, rate_hz, .. } = self;
        let promised = length.map(|length| length / (encoding.bytes() * channels) as u64);
        Ok(Box::new(Plain { body, encoding, channels, rate_hz, promised, heard: 0, if_cut: None, is_cut: false }))
    }

    fn encoding(&self, is_big: bool) -> Result<Encoding, Refusal> {
        let by_bits = self.bits.div_ceil(8);
        let by_frame = self.frame_bytes / self.channels;
        // 20 bits lie in 3 bytes or in 4: the frame tells which, unless it cannot hold them.
        let is_whole = self.frame_bytes.is_multiple_of(self.channels) && by_frame >= by_bits;
        match (self.kind, if is_whole { by_frame } else { by_bits }) {
            (1, 1) => Ok(Encoding::U8),
            (1, bytes @ 2..=4) => Ok(Encoding::Signed { bytes, is_big }),
            (3, 4) => Ok(Encoding::Float32 { is_big }),
            (3, 8) => Ok(Encoding::Float64 { is_big }),
            (6, _) => Ok(Encoding::Alaw),
            (7, _) => Ok(Encoding::Mulaw),
            _ => Err(self.foreign()),
        }
    }

    fn blocks(&self, body: Body) -> Result<Blocks, Refusal> {
        let Format { channels, rate_hz, frame_bytes: block_bytes, .. } = *self;
        let each = block_bytes / channels;
        let (codec, frames) = match self.kind {
            0x11 => (CODEC_ID_ADPCM_IMA_WAV, each.saturating_sub(4) * 2 + 1),
            _ => (CODEC_ID_ADPCM_MS, each.saturating_sub(7) * 2 + 2),
        };
        let frames = if (1..=frames).contains(&self.block_frames) { self.block_frames } else { frames };
        Blocks::new(body, codec, Layout { channels, rate_hz, block_bytes, frames })
    }

    fn foreign(&self) -> Refusal {
        let name = FOREIGN.iter().find(|(kind, _)| *kind == self.kind);
        let other = || format!("format {:#x} with {} bits", self.kind, self.bits);
        Refusal::Foreign(format!("a WAV of {}", name.map_or_else(other, |(_, name)| (*name).to_owned())))
    }
}
