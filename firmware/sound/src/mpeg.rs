//! MP3 and its older kin: frames found one by one, so that joined files, tags between them and recorded radio are heard
//! whole, whatever a first header says of the length.

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use crate::codec::decoder;
use crate::guard::guarded;
use crate::piece::{Block, Piece, Refusal};
use crate::sniff::starts;
use crate::source::Source;

/// Enough for two frames of any kind and the head of a third.
pub(crate) const PROOF_BYTES: usize = 4 << 10;
/// Tag behind a file.
const ID3V1_BYTES: u64 = 128;
/// Head of a tag before or behind a file.
pub(crate) const TAG_BYTES: usize = 32;
/// Samples that a decoder of layer III is late.
const DECODER_DELAY: usize = 529;
/// Samples that encoder and decoder are late together, of layers I, II and III, where a file does not tell: LAME's for III.
const DELAYS: [usize; 3] = [481, 481, 576 + DECODER_DELAY];
/// kbit/s of layers I, II and III, for MPEG 1 and for MPEG 2.
const KBITS: [[[u32; 15]; 3]; 2] = [
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    ],
    [
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ],
];
const RATES_HZ: [u32; 3] = [44_100, 48_000, 32_000];

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    /// 1, 2 or 3.
    layer: usize,
    rate_hz: u32,
    channels: usize,
    /// Length of the frame, its head counted.
    bytes: usize,
    /// Samples of each channel.
    samples: usize,
    /// Where a first frame tells of the whole file.
    notes_at: usize,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Head> {
        let head: &[u8; 4] = bytes.first_chunk()?;
        if !is_sync(head) {
            return None;
        }
        let version = head[1] >> 3 & 3;
        let layer = 4 - usize::from(head[1] >> 1 & 3);
        let (kbit, rate) = (usize::from(head[2] >> 4), usize::from(head[2] >> 2 & 3));
        let is_first = version == 3;
        let kbit = *KBITS[usize::from(!is_first)].get(layer - 1)?.get(kbit).filter(|kbit| **kbit > 0)? as usize;
        let rate_hz = RATES_HZ.get(rate)? >> (if is_first { 0 } else { 1 + u32::from(version == 0) });
        let padding = usize::from(head[2] >> 1 & 1);
        let channels = if head[3] >> 6 == 3 { 1 } else { 2 };
        let (samples, slot) = match (layer, is_first) {
            (1, _) => (384, 4),
            (3, false) => (576, 1),
            _ => (1_152, 1),
        };
        let bytes = (samples / 8 * kbit * 1_000 / rate_hz as usize / slot + padding) * slot;
        let side = match (is_first, channels) {
            (true, 2) => 32,
            (true, _) | (false, 2) => 17,
            (false, _) => 9,
        };
        let notes_at = 4 + side;
        Some(Head { layer, rate_hz, channels, bytes, samples, notes_at }).filter(|head| head.bytes > 4)
    }

    /// Whether `other` may be of the same stream; a stream may change between one channel and two.
    fn is_like(&self, other: &Head) -> bool {
        (self.layer, self.rate_hz) == (other.layer, other.rate_hz)
    }

    fn codec(&self) -> AudioCodecId {
        [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][self.layer - 1]
    }
}

/// Samples that encoder and decoder of this codec are late together; none where it is no MPEG.
pub(crate) fn delay(codec: AudioCodecId) -> u64 {
    let layer = [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3].iter().position(|known| *known == codec);
    layer.map_or(0, |layer| DELAYS[layer] as u64)
}

/// Whether four bytes may begin a frame.
pub(crate) fn is_sync(head: &[u8]) -> bool {
    head.len() >= 4 && head[0] == 0xff && head[1] & 0xe0 == 0xe0 && head[1] & 0x18 != 8
}

/// Whether these bytes begin a frame of layer II or III: of layer I there are no files, but other sound that looks so.
pub(crate) fn is_head(head: &[u8]) -> bool {
    Head::read(head).is_some_and(|head| head.layer > 1)
}

/// Whether `window` begins with frames: two and the head of a third, or as many as there are.
pub(crate) fn begins(window: &[u8]) -> bool {
    let (mut at, mut first) = (0, None);
    for _ in 0..3 {
        if at == window.len() && first.is_some() {
            return true;
        }
        let Some(head) = Head::read(&window[at.min(window.len())..]) else { return false };
        if !first.get_or_insert(head).is_like(&head) {
            return false;
        }
        at += head.bytes;
    }
    true
}

/// Where frames begin in `window`.
pub(crate) fn find(window: &[u8]) -> Option<usize> {
    (0..window.len().saturating_sub(PROOF_BYTES)).find(|at| window[*at] == 0xff && begins(&window[*at..]))
}

/// A stream of frames.
pub(crate) struct Mpeg {
    source: Source,
    stream: Option<Stream>,
    damaged: u64,
    /// Bytes that are no frame, behind the last one.
    junk: u64,
}

/// Frames that follow each other.
struct Stream {
    head: Head,
    decoder: Box<dyn AudioDecoder>,
    unpacked: Vec<f32>,
    /// Frames of the decoder's delay that are still to be left out.
    skip: usize,
    /// Frames of MPEG until the one that the first called the last, and samples to leave out there.
    last: Option<(u64, usize)>,
    count: u64,
}

impl Mpeg {
    pub fn new(source: Source) -> Mpeg {
        Mpeg { source, stream: None, damaged: 0, junk: 0 }
    }

    /// Goes to the next frame, over tags and over what is no frame; `None` at the end or before another format.
    fn find_frame(&mut self) -> Option<Head> {
        loop {
            let window = self.source.peek(TAG_BYTES);
            if window.is_empty() {
                return None;
            }
            if let Some(bytes) = tag_bytes(window) {
                self.source.skip(bytes);
                continue;
            }
            if let Some(head) = Head::read(window)
                && self.is_proven(&head)
            {
                self.junk = 0;
                return Some(head);
            }
            let is_cut_tag = self.source.peek(3) == b"ID3";
            if !is_cut_tag && starts(&mut self.source, 0) {
                return None;
            }
            self.source.consume(1);
            self.junk += 1;
        }
    }

    /// A frame of the stream that is heard needs no proof, another one needs those that follow.
    fn is_proven(&mut self, head: &Head) -> bool {
        let is_expected = self.junk == 0 && self.stream.as_ref().is_some_and(|stream| stream.head.is_like(head));
        is_expected || begins(self.source.peek(PROOF_BYTES))
    }

    fn decode(&mut self, head: Head, block: &mut Block) -> Result<(), String> {
        let data = self.source.peek(head.bytes).to_vec();
        self.source.consume(data.len());
        let notes = Notes::read(&head, &data);
        let is_next = self.stream.as_ref().is_some_and(|stream| stream.head.is_like(&head)) && notes.is_none();
        if !is_next {
            self.stream = Some(Stream::new(head, notes.as_ref())?);
        }
        let Some(stream) = self.stream.as_mut().filter(|_| notes.is_none()) else { return Ok(()) };
        if !stream.decode(head, data, block) {
            self.damaged += 1;
        }
        Ok(())
    }
}

impl Stream {
    fn new(head: Head, notes: Option<&Notes>) -> Result<Stream, String> {
        let mut params = AudioCodecParameters::new();
        params.for_codec(head.codec()).with_sample_rate(head.rate_hz);
        let decoder = decoder(&params).map_err(|e| format!("an MPEG stream that says {e}"))?;
        let skip = notes.and_then(|notes| notes.delay).unwrap_or(DELAYS[head.layer - 1]);
        let last = notes.and_then(|notes| Some((notes.frames?, notes.padding)));
        Ok(Stream { head, decoder, unpacked: Vec::new(), skip, last, count: 0 })
    }

    /// False when the frame is damaged: then it is silence of its length.
    fn decode(&mut self, head: Head, data: Vec<u8>, block: &mut Block) -> bool {
        self.count += 1;
        let packet = Packet::new(0, Timestamp::new(0), Duration::new(head.samples as u64), data);
        let Stream { decoder, unpacked, .. } = self;
        let outcome = guarded(|| match decoder.decode(&packet) {
            Ok(sound) => {
                sound.copy_to_vec_interleaved(unpacked);
                Some(sound.spec().channels().count())
            }
            Err(_) => None,
        });
        let channels = outcome.ok().flatten().filter(|channels| *channels > 0);
        block.of(channels.unwrap_or(head.channels), head.rate_hz);
        if channels.is_none() {
            self.unpacked.clear();
            self.unpacked.resize(head.samples * head.channels, 0.0);
        }
        let frames = self.unpacked.len() / block.channels;
        let skip = self.skip.min(frames);
        self.skip -= skip;
        let padding = self.last.filter(|(last, _)| *last == self.count).map_or(0, |(_, padding)| padding);
        let until = frames.saturating_sub(padding).max(skip);
        block.samples.extend_from_slice(&self.unpacked[skip * block.channels..until * block.channels]);
        channels.is_some()
    }
}

impl Piece for Mpeg {
    fn read(&mut self, block: &mut Block) -> Result<bool, Refusal> {
        let Some(head) = self.find_frame() else { return Ok(false) };
        block.of(head.channels, head.rate_hz);
        self.decode(head, block)?;
        Ok(true)
    }

    fn missing(&self) -> Option<String> {
        // The first frame of a recorded radio refers to one that was not recorded.
        let damaged = (self.damaged > 1).then(|| format!("{} damaged frames became silence", self.damaged));
        self.source.fault().map(str::to_owned).or(damaged)
    }

    fn into_source(self: Box<Self>) -> Option<Source> {
        Some(self.source)
    }
}

/// What a first frame tells of the file instead of sounding.
struct Notes {
    frames: Option<u64>,
    /// Samples to leave out at the start, if it tells.
    delay: Option<usize>,
    /// Samples to leave out at the end.
    padding: usize,
}

impl Notes {
    fn read(head: &Head, frame: &[u8]) -> Option<Notes> {
        let silent = Notes { frames: None, delay: None, padding: 0 };
        if head.layer != 3 {
            return None;
        }
        if frame.get(36..)?.starts_with(b"VBRI") {
            return Some(silent);
        }
        let notes = frame.get(head.notes_at..)?;
        if !notes.starts_with(b"Xing") && !notes.starts_with(b"Info") {
            return None;
        }
        let flags = *notes.get(7)?;
        let frames = notes.get(8..).and_then(|b| b.first_chunk()).filter(|_| flags & 1 != 0);
        let frames = frames.map(|bytes| u64::from(u32::from_be_bytes(*bytes)));
        let length = |flag: u8, bytes: usize| if flags & flag != 0 { bytes } else { 0 };
        let encoder_at = 8 + length(1, 4) + length(2, 4) + length(4, 100) + length(8, 4);
        let Some([a, b, c]) = notes.get(encoder_at + 21..).and_then(|b| b.first_chunk()).copied() else {
            return Some(Notes { frames, ..silent });
        };
        let (delay, padding) = (usize::from(a) << 4 | usize::from(b >> 4), usize::from(b & 0x0f) << 8 | usize::from(c));
        let delay = Some(delay).filter(|delay| *delay > 0).map(|delay| delay + DECODER_DELAY);
        Some(Notes { frames, delay, padding: padding.saturating_sub(DECODER_DELAY) })
    }
}

/// Length of the tag that begins here.
pub(crate) fn tag_bytes(window: &[u8]) -> Option<u64> {
    if window.starts_with(b"ID3") && window.len() >= 10 {
        let size = window[6..10].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if window[5] & 0x10 != 0 { 10 } else { 0 };
        return Some(10 + size + footer);
    }
    if window.starts_with(b"APETAGEX") && window.len() >= TAG_BYTES {
        let size = window[12..16].first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
        let is_before = window[23] & 0x20 != 0;
        return Some(u64::from(if is_before { size.saturating_add(32) } else { 32 }));
    }
    window.starts_with(b"TAG").then_some(ID3V1_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_length_and_kind_are_read() {
        let head = Head::read(&[0xff, 0xfb, 0x90, 0x64]).unwrap();
        assert_eq!((head.layer, head.rate_hz, head.channels, head.bytes, head.samples), (3, 44_100, 2, 417, 1_152));
        let head = Head::read(&[0xff, 0xf3, 0x48, 0xc4]).unwrap();
        assert_eq!((head.layer, head.rate_hz, head.channels, head.samples), (3, 16_000, 1, 576));
        assert!(Head::read(&[0xff, 0xff, 0xff, 0xff]).is_none());
    }

    #[test]
    fn one_frame_is_no_proof_and_three_are() {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
        frame.resize(417, 0);
        assert!(!begins(&[frame.clone(), vec![1; 500]].concat()));
        assert!(begins(&frame.repeat(3)));
    }
}
