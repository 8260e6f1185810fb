//! The decoders of packed sound: symphonia's, and Opus.

use std::sync::LazyLock;

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AC3, CODEC_ID_AC4, CODEC_ID_DCA, CODEC_ID_EAC3, CODEC_ID_TRUEHD, CODEC_ID_TTA, CODEC_ID_WAVPACK,
    CODEC_ID_WMA,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;

use crate::opus::Opus;

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<Opus>();
    codecs
});

/// Codecs of films and archives, by their names.
const FOREIGN: [(AudioCodecId, &str); 8] = [
    (CODEC_ID_AC3, "AC-3"),
    (CODEC_ID_EAC3, "E-AC-3"),
    (CODEC_ID_AC4, "AC-4"),
    (CODEC_ID_DCA, "DTS"),
    (CODEC_ID_TRUEHD, "TrueHD"),
    (CODEC_ID_WAVPACK, "WavPack"),
    (CODEC_ID_TTA, "True Audio"),
    (CODEC_ID_WMA, "Windows Media"),
];
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

/// What cannot be decoded, and why where the codec has no other name.
pub(crate) fn foreign(params: Option<&AudioCodecParameters>, error: &Error) -> String {
    let name = FOREIGN.iter().find(|(known, _)| params.is_some_and(|params| params.codec == *known));
    let why = match error {
        Error::Unsupported(why) | Error::DecodeError(why) | Error::LimitError(why) => why,
        _ => "it is damaged",
    };
    name.map_or_else(|| format!("a codec that is not read here ({why})"), |(_, name)| (*name).to_owned())
}
