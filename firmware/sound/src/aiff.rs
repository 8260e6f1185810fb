//! AIFF and AIFF-C, as Macs and samplers write them.

use symphonia::core::codecs::audio::well_known::CODEC_ID_ADPCM_IMA_QT;

use crate::blocks::{Blocks, Layout};
use crate::body::Body;
use crate::chunk::{Chunk, Chunks, known_length};
use crate::pcm::Encoding;
use crate::piece::{Piece, Refusal};
use crate::plain::Plain;
use crate::source::Source;

const SAMPLES: &[u8; 4] = b"SSND";
/// Where the compression stands in a `COMM` chunk of AIFF-C.
const COMPRESSION_AT: usize = 18;
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=64;
/// QuickTime's ADPCM: 64 samples of a channel in 34 bytes.
const IMA_BYTES: usize = 34;
const IMA_FRAMES: usize = 64;

/// What the chunk `COMM` says.
struct Common {
    channels: usize,
    bits: usize,
    rate_hz: u32,
    compression: [u8; 4],
}

/// Reads up to the samples.
pub(crate) fn open(mut source: Source) -> Result<Box<dyn Piece>, Refusal> {
    let chunks = Chunks::open(&mut source, true);
    let mut common = None;
    loop {
        let ends = || Refusal::Broken("an AIFF that ends before its samples".into());
        let Chunk { name, size } = chunks.next(&mut source).ok_or_else(ends)?;
        match (&name, common.take()) {
            (b"COMM", _) => {
                common = Some(Common::new(&chunks, source.peek((size as usize).min(COMPRESSION_AT + 4)))?);
            }
            (SAMPLES, Some(common)) => {
                let offset = chunks.number(source.peek(8));
                source.consume(8);
                source.skip(offset.min(size));
                return common.samples(source, chunks, known_length(size).map(|size| size.saturating_sub(8 + offset)));
            }
            (_, kept) => common = kept,
        }
        chunks.skip(&mut source, size, [b"COMM", SAMPLES]);
    }
}

impl Common {
    fn new(chunks: &Chunks, bytes: &[u8]) -> Result<Common, Refusal> {
        let field = |at: usize, length: usize| bytes.get(at..at + length).map_or(0, |field| chunks.number(field));
        let (channels, bits) = (field(0, 2) as usize, field(6, 2) as usize);
        let rate_hz = bytes.get(8..).and_then(|rate| rate.first_chunk()).map_or(0, extended);
        if !CHANNELS.contains(&channels) || rate_hz == 0 {
            return Err(Refusal::Broken(format!("an AIFF of {channels} channels at {rate_hz} Hz")));
        }
        let compression = bytes.get(COMPRESSION_AT..).and_then(|rest| rest.first_chunk()).copied().unwrap_or(*b"NONE");
        Ok(Common { channels, bits, rate_hz, compression })
    }

    fn samples(self, source: Source, chunks: Chunks, length: Option<u64>) -> Result<Box<dyn Piece>, Refusal> {
        let Common { channels, rate_hz, .. } = self;
        let body = match length {
            Some(1..) => Body::new(source, length, Some(chunks)),
            _ => Body::of_unknown_length(source, chunks),
        };
        if &self.compression == b"ima4" {
            let layout = Layout { channels, rate_hz, block_bytes: IMA_BYTES * channels, frames: IMA_FRAMES };
            return Ok(Box::new(Blocks::new(body, CODEC_ID_ADPCM_IMA_QT, layout)?));
        }
        let encoding = self.encoding()?;
        let promised = length.map(|length| length / (encoding.bytes() * channels) as u64);
        Ok(Box::new(Plain { body, encoding, channels, rate_hz, promised, heard: 0, if_cut: None, is_cut: false }))
    }

    fn encoding(&self) -> Result<Encoding, Refusal> {
        let bytes = self.bits.div_ceil(8);
        let mut compression = self.compression;
        compression.make_ascii_lowercase();
        Ok(match (&compression, bytes) {
            (b"none" | b"twos", 1) => Encoding::S8,
            (b"none" | b"twos" | b"in24" | b"in32", 2..=4) => Encoding::Signed { bytes, is_big: true },
            (b"sowt", 1) => Encoding::S8,
            (b"sowt", 2..=4) => Encoding::Signed { bytes, is_big: false },
            (b"raw ", 1) => Encoding::U8,
            (b"fl32", _) => Encoding::Float32 { is_big: true },
            (b"fl64", _) => Encoding::Float64 { is_big: true },
            (b"ulaw", _) => Encoding::Mulaw,
            (b"alaw", _) => Encoding::Alaw,
            (other, _) => {
                let name = String::from_utf8_lossy(other).into_owned();
                return Err(Refusal::Foreign(format!("an AIFF of {name:?} with {} bits", self.bits)));
            }
        })
    }
}

/// A number of 80 bits: sign and exponent in 16, then the fraction with its leading one.
fn extended(bytes: &[u8; 10]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]]) & 0x7fff) - 16_383;
    let fraction = u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
    if (0..=31).contains(&exponent) { fraction >> (31 - exponent) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_80_bits_is_read() {
        assert_eq!(extended(&[0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 16_000);
        assert_eq!(extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(extended(&[0; 10]), 0);
    }
}
