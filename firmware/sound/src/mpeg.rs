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

pub(crate) mod frame;

use frame::{Head, PROOF_BYTES, begins};

/// Tag behind a file.
const ID3V1_BYTES: u64 = 128;
/// Head of a tag before or behind a file.
pub(crate) const TAG_BYTES: usize = 32;
/// Samples that a decoder of layer III is late.
const DECODER_DELAY: usize = 529;
/// Samples that encoder and decoder are late together, of layers I, II and III, where a file does not tell: LAME's for III.
const DELAYS: [usize; 3] = [481, 481, 576 + DECODER_DELAY];
impl Head {
    fn codec(&self) -> AudioCodecId {
        [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][self.layer - 1]
    }
}

/// Samples that encoder and decoder of this codec are late together; none where it is no MPEG.
pub(crate) fn delay(codec: AudioCodecId) -> u64 {
    let layer = [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3].iter().position(|known| *known == codec);
    layer.map_or(0, |layer| DELAYS[layer] as u64)
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
