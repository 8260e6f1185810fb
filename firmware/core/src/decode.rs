//! An audio file in, mono samples at the file's own rate out: WAV, FLAC, MP3 and OGG Vorbis.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::time::Duration;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use crate::CoreError;

/// What a file may be, in the words of an error.
const READABLE: &str = "sound (WAV, FLAC, MP3 or OGG Vorbis)";
/// Beyond this a value is no sample: 120 dB over full scale.
const LOUDEST: f32 = 1e6;
/// Writers that do not know the length put a count near the top of an `i32` or `u32` of bytes into the header.
const PROMISE_LIMIT_FRAMES: u64 = 0x7fff_0000 / 8;

/// A decoded file.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// One channel, the mean of the file's; full scale is -1..=1.
    pub samples: Vec<f32>,
    /// Sample rate of the file.
    pub rate_hz: u32,
    /// Channels in the file.
    pub channels_in: usize,
    /// Samples that were no numbers and became 0.
    pub repaired: u64,
    /// What is missing, when the file ends early or is damaged; everything readable is in `samples`.
    pub truncated: Option<String>,
}

impl Audio {
    /// How long the sound lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate_hz.max(1)))
    }
}

/// Decodes a whole file. `name` serves errors and, by its extension, the search for the format.
///
/// # Errors
/// [`CoreError::Unexpected`] when nothing can be heard: an empty file, a text, an unknown or unsupported format.
pub fn decode_audio(mut source: impl Read + Seek + Send + Sync + 'static, name: &str) -> Result<Audio, CoreError> {
    let refuse = |came: String| CoreError::unexpected(name, READABLE, came);
    let byte_len = check_head(&mut source).map_err(refuse)?;
    let mut format = open(Measured { source, byte_len }, name).map_err(|e| refuse(format!("a file that says {e}")))?;
    let track = format.default_track(TrackType::Audio).cloned().ok_or_else(|| refuse("a file without sound".into()))?;
    let decoder = decoder_of(&track).map_err(|e| refuse(format!("an encoding that Keyface does not know ({e})")))?;
    let mut reading = Reading::new(decoder, &track);
    let fault = reading.read_all(format.as_mut(), track.id);
    let promised = promised_frames(&track);
    let has_open_end = promised.is_none() && format.format_info().short_name == "wave";
    reading.into_audio(promised, fault.filter(|_| !has_open_end)).map_err(refuse)
}

/// Looks at the first bytes, because a search for MPEG frames finds some in any garbage. Returns the length in bytes.
fn check_head(source: &mut (impl Read + Seek)) -> Result<u64, String> {
    let unreadable = |e: std::io::Error| format!("a file that cannot be read ({e})");
    let byte_len = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut head = Vec::new();
    source.by_ref().take(64).read_to_end(&mut head).map_err(unreadable)?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if is_sound(&head) { Ok(byte_len) } else { Err(describe(&head)) }
}

fn is_sound(head: &[u8]) -> bool {
    let mpeg_sync = head.len() > 2 && head[0] == 0xff && head[1] & 0xe0 == 0xe0;
    [b"RIFF".as_slice(), b"fLaC", b"OggS", b"ID3"].iter().any(|magic| head.starts_with(magic)) || mpeg_sync
}

fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "an empty file".into();
    }
    if head.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~') || *b >= 0x80) && head[0] < 0x80 {
        let start: String = String::from_utf8_lossy(head).chars().take(20).collect();
        return format!("a text that starts {start:?}");
    }
    let start: Vec<String> = head.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("a file that starts with the bytes {}", start.join(" "))
}

fn open(source: impl MediaSource + 'static, name: &str) -> Result<Box<dyn FormatReader>, Error> {
    let mut hint = Hint::new();
    if let Some((_, extension)) = name.rsplit_once('.') {
        hint.with_extension(&extension.to_ascii_lowercase());
    }
    let stream = MediaSourceStream::new(Box::new(source), Default::default());
    symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
}

fn decoder_of(track: &Track) -> Result<Box<dyn AudioDecoder>, Error> {
    let params =
        track.codec_params.as_ref().and_then(|p| p.audio()).ok_or(Error::Unsupported("no audio parameters"))?;
    symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default())
}

fn promised_frames(track: &Track) -> Option<u64> {
    track.num_frames.filter(|frames| *frames < PROMISE_LIMIT_FRAMES)
}

/// A file being read: what has been decoded so far, and what went wrong on the way.
struct Reading {
    decoder: Box<dyn AudioDecoder>,
    interleaved: Vec<f32>,
    samples: Vec<f32>,
    rate_hz: u32,
    channels: usize,
    repaired: u64,
    damaged: u64,
}

impl Reading {
    fn new(decoder: Box<dyn AudioDecoder>, track: &Track) -> Reading {
        let params = track.codec_params.as_ref().and_then(|p| p.audio());
        let rate_hz = params.and_then(|p| p.sample_rate).unwrap_or(0);
        let channels = params.and_then(|p| p.channels.as_ref()).map_or(0, |c| c.count());
        Reading { decoder, interleaved: Vec::new(), samples: Vec::new(), rate_hz, channels, repaired: 0, damaged: 0 }
    }

    /// Reads to the end, or to the fault that it returns.
    fn read_all(&mut self, format: &mut dyn FormatReader, track_id: u32) -> Option<String> {
        loop {
            let packet = match format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return None,
                Err(Error::IoError(e)) if e.kind() == ErrorKind::UnexpectedEof => return Some("it ends early".into()),
                Err(e) => return Some(format!("reading stopped: {e}")),
            };
            if packet.track_id == track_id
                && let Err(fault) = self.take(&packet)
            {
                return Some(fault);
            }
        }
    }

    /// A packet that cannot be decoded becomes silence of its length, so that what follows keeps its time.
    fn take(&mut self, packet: &symphonia::core::packet::Packet) -> Result<(), String> {
        match self.decoder.decode(packet) {
            Ok(sound) => {
                let spec = sound.spec();
                (self.rate_hz, self.channels) = (spec.rate(), spec.channels().count());
                sound.copy_to_vec_interleaved(&mut self.interleaved);
                self.mix();
                Ok(())
            }
            Err(Error::DecodeError(_) | Error::IoError(_)) => {
                self.damaged += 1;
                let frames = usize::try_from(packet.dur.get()).unwrap_or(0);
                self.samples.resize(self.samples.len() + frames, 0.0);
                Ok(())
            }
            Err(e) => Err(format!("decoding stopped: {e}")),
        }
    }

    fn mix(&mut self) {
        let channels = self.channels.max(1);
        let Reading { interleaved, samples, repaired, .. } = self;
        samples.extend(interleaved.chunks_exact(channels).map(|frame| {
            let sum: f32 = frame.iter().map(|s| repair(*s, repaired)).sum();
            sum / channels as f32
        }));
    }

    fn into_audio(self, promised: Option<u64>, fault: Option<String>) -> Result<Audio, String> {
        if self.samples.is_empty() || self.rate_hz == 0 {
            let reason = fault.map(|f| format!(": {f}")).unwrap_or_default();
            return Err(format!("a file without a single sample{reason}"));
        }
        let truncated = self.missing(promised, fault);
        let Reading { samples, rate_hz, channels: channels_in, repaired, .. } = self;
        Ok(Audio { samples, rate_hz, channels_in, repaired, truncated })
    }

    fn missing(&self, promised: Option<u64>, fault: Option<String>) -> Option<String> {
        let seconds = |frames: u64| frames as f64 / f64::from(self.rate_hz);
        let heard = self.samples.len() as u64;
        let short = promised
            .filter(|p| *p > heard)
            .map(|p| format!("expected {:.2} s as its header says, came {:.2} s", seconds(p), seconds(heard)));
        let damaged = (self.damaged > 0).then(|| format!("{} damaged frames became silence", self.damaged));
        let faults: Vec<String> = [short.or(fault), damaged].into_iter().flatten().collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }
}

fn repair(sample: f32, repaired: &mut u64) -> f32 {
    if sample.abs() <= LOUDEST {
        return sample;
    }
    *repaired += 1;
    0.0
}

/// A source whose length is known.
struct Measured<S> {
    source: S,
    byte_len: u64,
}

impl<S: Read> Read for Measured<S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.source.read(buffer)
    }
}

impl<S: Seek> Seek for Measured<S> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.source.seek(to)
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Measured<S> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.byte_len)
    }
}

#[cfg(test)]
mod tests;
