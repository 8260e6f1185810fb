//! Opus for symphonia, which brings its containers but not its decoder.

use opus_decoder::OpusDecoder;
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

/// Opus always counts time at this rate.
const RATE_HZ: u32 = 48_000;
/// Where a header says how much of the start is to be left out.
const PRE_SKIP_AT: usize = 10;

/// Frames at the start that are no sound yet, which the decoder leaves out.
pub(crate) fn pre_skip(params: &AudioCodecParameters) -> u16 {
    let head = params.extra_data.as_deref().filter(|_| params.codec == CODEC_ID_OPUS);
    head.and_then(|head| head.get(PRE_SKIP_AT..)?.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// The same of an encoder that nobody tells of: libopus's, but for what it was told to hurry.
pub(crate) const USUAL_DELAY: u64 = 312;

/// The header of an MP4 turns the bytes of its numbers round: they become those of an Ogg.
pub(crate) fn from_mp4(params: &mut AudioCodecParameters) {
    if params.codec != CODEC_ID_OPUS {
        return;
    }
    if let Some(pre_skip) = params.extra_data.as_deref_mut().and_then(|head| head.get_mut(PRE_SKIP_AT..PRE_SKIP_AT + 2))
    {
        pre_skip.reverse();
    }
}

/// A decoder of one or two channels.
pub(crate) struct Opus {
    params: AudioCodecParameters,
    decoder: OpusDecoder,
    channels: usize,
    unpacked: Vec<f32>,
    buffer: AudioBuffer<f32>,
    /// Frames at the start that are no sound yet.
    skip: usize,
}

impl Opus {
    fn new(params: &AudioCodecParameters) -> Result<Opus> {
        let channels = params.channels.as_ref().map_or(1, Channels::count);
        if !(1..=2).contains(&channels) {
            return unsupported_error("opus: more than two channels");
        }
        let decoder = OpusDecoder::new(RATE_HZ, channels).map_err(|_| Error::Unsupported("opus: channels"))?;
        let skip = pre_skip(params).into();
        let spec = AudioSpec::new(RATE_HZ, Channels::Discrete(channels as u16));
        let unpacked = vec![0.0; OpusDecoder::MAX_FRAME_SIZE_48K * channels];
        let buffer = AudioBuffer::new(spec, OpusDecoder::MAX_FRAME_SIZE_48K);
        Ok(Opus { params: params.clone(), decoder, channels, unpacked, buffer, skip })
    }
}

impl AudioDecoder for Opus {
    fn reset(&mut self) {
        self.decoder.reset();
    }

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.buffer.clear();
        let Ok(frames) = self.decoder.decode_float(packet.data, &mut self.unpacked, false) else {
            return decode_error("opus: a packet that is none");
        };
        self.buffer.render_uninit(Some(frames));
        self.buffer.copy_from_slice_interleaved(&&self.unpacked[..frames * self.channels]);
        let skip = self.skip.min(frames);
        self.skip -= skip;
        let padding = usize::try_from(packet.trim_end.get()).unwrap_or(0).min(frames - skip);
        self.buffer.trim(skip, padding);
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for Opus {
    fn try_registry_new(params: &AudioCodecParameters, _: &AudioDecoderOptions) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(Opus::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        const INFO: CodecInfo = CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] };
        &[SupportedAudioCodec { id: CODEC_ID_OPUS, info: INFO }]
    }
}
