//! ADPCM: samples in blocks of a fixed length, each of which is unpacked for itself.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use crate::body::Body;
use crate::codec::decoder;
use crate::guard::guarded;
use crate::piece::{Block, Piece, Refusal};
use crate::source::Source;

/// Blocks that are unpacked at once.
const AT_ONCE: usize = 4;

/// How the blocks lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub channels: usize,
    pub rate_hz: u32,
    pub block_bytes: usize,
    /// Frames of a block.
    pub frames: usize,
}

/// Samples in blocks.
pub(crate) struct Blocks {
    body: Body,
    layout: Layout,
    decoder: Box<dyn AudioDecoder>,
    unpacked: Vec<f32>,
    damaged: u64,
}

impl Blocks {
    pub fn new(body: Body, codec: AudioCodecId, layout: Layout) -> Result<Blocks, Refusal> {
        let Layout { channels, rate_hz, block_bytes, frames } = layout;
        // Each block begins with the state of its decoder.
        if channels > 2 || frames < 2 || block_bytes < 4 * channels {
            let came = format!("ADPCM of {channels} channels in blocks of {block_bytes} bytes and {frames} samples");
            return Err(Refusal::Foreign(came));
        }
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(codec)
            .with_sample_rate(rate_hz)
            .with_channels(Channels::Discrete(channels as u16))
            .with_frames_per_block(frames as u64)
            .with_max_frames_per_packet(frames as u64);
        let decoder = decoder(&params).map_err(|e| Refusal::Broken(format!("ADPCM that says {e}")))?;
        Ok(Blocks { body, layout, decoder, unpacked: Vec::new(), damaged: 0 })
    }

    fn unpack(&mut self, data: &[u8], block: &mut Block) {
        let Layout { channels, frames, block_bytes, .. } = self.layout;
        // A file that was cut has a part of a block, which holds a part of its frames.
        let here = frames * data.len() / block_bytes;
        let mut whole = data.to_vec();
        whole.resize(block_bytes, 0);
        let packet = Packet::new(0, Timestamp::new(0), Duration::new(frames as u64), whole);
        let Blocks { decoder, unpacked, .. } = self;
        let outcome = guarded(|| {
            decoder.decode(&packet).map(|sound| sound.copy_to_vec_interleaved(unpacked)).map_err(|e| e.to_string())
        });
        if outcome.and_then(|inner| inner).is_err() {
            self.damaged += 1;
            self.unpacked.clear();
            self.unpacked.resize(frames * channels, 0.0);
        }
        let count = (here * channels).min(self.unpacked.len());
        block.samples.extend_from_slice(&self.unpacked[..count]);
    }
}

impl Piece for Blocks {
    fn read(&mut self, block: &mut Block) -> Result<bool, Refusal> {
        let Layout { channels, rate_hz, block_bytes, .. } = self.layout;
        block.of(channels, rate_hz);
        let bytes = self.body.ready(AT_ONCE * block_bytes, block_bytes).to_vec();
        bytes.chunks(block_bytes).for_each(|data| self.unpack(data, block));
        self.body.consume(bytes.len());
        Ok(!bytes.is_empty())
    }

    fn missing(&self) -> Option<String> {
        let damaged = (self.damaged > 0).then(|| format!("{} damaged frames became silence", self.damaged));
        self.body.fault().map(str::to_owned).or(damaged)
    }

    fn into_source(self: Box<Self>) -> Option<Source> {
        Some(self.body.into_source())
    }
}
