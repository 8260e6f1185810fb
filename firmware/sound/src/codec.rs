//! The decoders of packed sound: symphonia's, and Opus.

use std::sync::LazyLock;

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;

use crate::opus::Opus;

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<Opus>();
    codecs
});

/// Samples of a packet, all channels together: seconds of sound. Decoders make room for as many as a file says.
const MOST_SAMPLES: u64 = 1 << 22;

/// A decoder for what `params` describe.
pub(crate) fn decoder(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, Error> {
    let channels = params.channels.as_ref().map_or(1, |channels| channels.count().max(1)) as u64;
    let frames = params.max_frames_per_packet.max(params.frames_per_block).unwrap_or(0);
    if frames.saturating_mul(channels) > MOST_SAMPLES {
        return Err(Error::LimitError("samples of a packet"));
    }
    CODECS.make_audio_decoder(params, &AudioDecoderOptions::default())
}
