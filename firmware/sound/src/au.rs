//! AU, the sound of Sun and NeXT, which some speech engines still write.

use crate::body::Body;
use crate::pcm::Encoding;
use crate::piece::{Piece, Refusal};
use crate::plain::Plain;
use crate::source::Source;

const HEAD_BYTES: usize = 24;
const UNKNOWN: u64 = 0xffff_ffff;
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=64;

/// Reads up to the samples.
pub(crate) fn open(mut source: Source) -> Result<Box<dyn Piece>, Refusal> {
    let head = source.peek(HEAD_BYTES).to_vec();
    let field = |n: usize| head.get(4 * n..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_be_bytes(*b));
    let (channels, rate_hz) = (field(5) as usize, field(4));
    if !CHANNELS.contains(&channels) || rate_hz == 0 {
        return Err(Refusal::Broken(format!("an AU file of {channels} channels at {rate_hz} Hz")));
    }
    let encoding = match field(3) {
        1 => Encoding::Mulaw,
        2 => Encoding::S8,
        bytes @ 3..=5 => Encoding::Signed { bytes: bytes as usize - 1, is_big: true },
        6 => Encoding::Float32 { is_big: true },
        7 => Encoding::Float64 { is_big: true },
        27 => Encoding::Alaw,
        other => return Err(Refusal::Foreign(format!("an AU file of encoding {other}"))),
    };
    // A length that is too small is as common as none at all: the samples are all that follows.
    let promised = Some(u64::from(field(2))).filter(|bytes| (1..UNKNOWN).contains(bytes));
    source.skip(u64::from(field(1)).max(HEAD_BYTES as u64));
    let body = Body::new(source, promised, None);
    let promised = promised.map(|bytes| bytes / (encoding.bytes() * channels) as u64);
    Ok(Box::new(Plain { body, encoding, channels, rate_hz, promised, heard: 0, if_cut: None, is_cut: false }))
}
