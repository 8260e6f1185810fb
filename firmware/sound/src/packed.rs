//! Containers that symphonia opens: FLAC, Ogg, Matroska and WebM, MP4, CAF, and AAC by itself.

use std::io::Cursor;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::default::formats::{AdtsReader, CafReader, FlacReader, IsoMp4Reader, MkvReader, OggReader};

use crate::codec::decoder;
use crate::guard::guarded;
use crate::joint::Segment;
use crate::mp4::leading_samples;
use crate::piece::{Block, Piece, Refusal, shortfall};
use crate::sniff::Format;
use crate::source::Source;

/// What a pipe may bring of a format whose index may lie at its end: four hours of speech.
const KEPT_BYTES: usize = 32 << 20;
/// Nothing that people hear becomes more than so many samples from a byte, beyond a start of so many samples.
const SAMPLES_OF_A_BYTE: u64 = 500;
const START_SAMPLES: u64 = 1 << 24;
/// Divides by all rates that are in use: times are counted in it before the rate is known.
const LEAD_HZ: u32 = 705_600_000;
/// A damaged packet is no longer than this.
const LONGEST_PACKET_S: u64 = 2;

/// A stream of packets.
pub(crate) struct Packed {
    format: Option<Box<dyn FormatReader>>,
    track: Track,
    decoder: Box<dyn AudioDecoder>,
    /// Bytes that were fetched so far.
    fetched: Arc<AtomicU64>,
    given: u64,
    /// Frames at the start that are still to be left out.
    skip: u64,
    rate_hz: u32,
    damaged: u64,
    fault: Option<String>,
    kind: Format,
    /// What lies behind, of formats that may be joined.
    behind: Option<Arc<Mutex<Source>>>,
}

/// Reads up to the first packet. `fetched` counts bytes.
pub(crate) fn open(source: Source, kind: Format, fetched: Arc<AtomicU64>) -> Result<Box<dyn Piece>, Refusal> {
    let (mut behind, mut lead) = (None, 0);
    let source: Box<dyn MediaSource> = match kind {
        Format::Flac => {
            let (segment, rest) = Segment::new(source);
            behind = Some(rest);
            Box::new(ReadOnlySource::new(segment))
        }
        Format::Mp4 if source.is_seekable() => with_lead(source, &mut lead),
        Format::Mp4 => with_lead(kept(source)?, &mut lead),
        Format::Caf if source.is_seekable() => Box::new(source),
        Format::Caf => Box::new(kept(source)?),
        // What a pipe can bring is read as if from one: the same sound comes from both.
        _ => Box::new(ReadOnlySource::new(source)),
    };
    let stream = MediaSourceStream::new(source, Default::default());
    let opened =
        guarded(|| probe(kind).probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()));
    let mut format = opened?.map_err(|e| format!("a {} file that says {e}", name(kind)))?;
    let (track, decoder) = guarded(|| track_of(format.as_mut(), kind))??;
    let rate_hz = track.codec_params.as_ref().and_then(|p| p.audio()?.sample_rate).unwrap_or(0);
    let skip = lead * u64::from(rate_hz) / u64::from(LEAD_HZ);
    let format = Some(format);
    Ok(Box::new(Packed {
        format,
        track,
        decoder,
        fetched,
        given: 0,
        skip,
        rate_hz,
        damaged: 0,
        fault: None,
        kind,
        behind,
    }))
}

/// An MP4, of which `lead` is told the time before its first sound.
fn with_lead(mut source: impl MediaSource + 'static, lead: &mut u64) -> Box<dyn MediaSource> {
    *lead = leading_samples(&mut source, LEAD_HZ);
    Box::new(source)
}

/// All of a pipe, because its index may lie at its end.
fn kept(mut source: Source) -> Result<Cursor<Vec<u8>>, Refusal> {
    let bytes = source.peek(KEPT_BYTES + 1).to_vec();
    if bytes.len() > KEPT_BYTES {
        let most = KEPT_BYTES >> 20;
        return Err(Refusal::Broken(format!(
            "more than {most} MB of a format whose index may lie at its end: give the file"
        )));
    }
    Ok(Cursor::new(bytes))
}

/// Knows one format only: another one is never found within garbage.
fn probe(kind: Format) -> Probe {
    let mut probe = Probe::default();
    match kind {
        Format::Flac => probe.register_format::<FlacReader<'_>>(),
        Format::Ogg => probe.register_format::<OggReader<'_>>(),
        Format::Matroska => probe.register_format::<MkvReader<'_>>(),
        Format::Mp4 => probe.register_format::<IsoMp4Reader<'_>>(),
        Format::Caf => probe.register_format::<CafReader<'_>>(),
        _ => probe.register_format::<AdtsReader<'_>>(),
    }
    probe
}

fn name(kind: Format) -> &'static str {
    match kind {
        Format::Flac => "FLAC",
        Format::Ogg => "Ogg",
        Format::Matroska => "Matroska or WebM",
        Format::Mp4 => "MP4",
        Format::Caf => "CAF",
        _ => "AAC",
    }
}

/// The first track of sound that can be decoded.
fn track_of(format: &mut dyn FormatReader, kind: Format) -> Result<(Track, Box<dyn AudioDecoder>), Refusal> {
    let mut refusal = Refusal::Broken(format!("a {} file without sound", name(kind)));
    let is_sound = |track: &&Track| track.codec_params.as_ref().is_some_and(|params| params.audio().is_some());
    let default = format.default_track(TrackType::Audio).cloned();
    for track in default.iter().chain(format.tracks().iter().filter(is_sound)) {
        let Some(params) = track.codec_params.as_ref().and_then(|params| params.audio()) else { continue };
        match decoder(params) {
            Ok(decoder) => return Ok((track.clone(), decoder)),
            Err(e) => refusal = Refusal::Foreign(format!("a {} file of a codec ({e})", name(kind))),
        }
    }
    Err(refusal)
}

impl Packed {
    /// The next packet; `None` at the end, and where it cannot go on, which is told by `fault`.
    fn next(&mut self) -> Option<Packet> {
        let format = self.format.as_mut()?;
        let track_id = self.track.id;
        let outcome = guarded(|| {
            loop {
                match format.next_packet() {
                    Ok(Some(packet)) if packet.track_id != track_id => {}
                    other => return other,
                }
            }
        });
        match outcome {
            Ok(Ok(packet)) => return packet,
            // One Ogg stream behind another.
            Ok(Err(Error::ResetRequired)) => match guarded(|| track_of(format.as_mut(), Format::Ogg)) {
                Ok(Ok((track, decoder))) => {
                    (self.track, self.decoder) = (track, decoder);
                    return self.next();
                }
                _ => self.fault = Some("a further stream cannot be read".into()),
            },
            Ok(Err(Error::IoError(e))) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                // A WebM that was recorded live has no end of its own.
                self.fault = (self.kind != Format::Matroska).then(|| "it ends early".into());
            }
            Ok(Err(e)) => self.fault = Some(format!("reading stopped: {e}")),
            Err(panic) => (self.fault, self.format) = (Some(panic), None),
        }
        None
    }

    /// A packet that cannot be decoded becomes silence of its length, so that what follows keeps its time.
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let Packed { decoder, .. } = self;
        let outcome = guarded(|| match decoder.decode(packet) {
            Ok(sound) => {
                block.of(sound.spec().channels().count().max(1), sound.spec().rate());
                sound.copy_to_vec_interleaved(&mut block.samples);
                Ok(())
            }
            Err(e) => Err(e),
        })?;
        match outcome {
            Ok(()) => self.rate_hz = block.rate_hz,
            Err(Error::DecodeError(_) | Error::IoError(_)) => {
                self.damaged += 1;
                block.of(1, self.rate_hz);
                block.samples.resize(self.length(packet), 0.0);
            }
            Err(e) => return Err(format!("decoding stopped: {e}")),
        }
        self.given += block.frames() as u64;
        let most = START_SAMPLES.max(self.fetched.load(Relaxed).saturating_mul(SAMPLES_OF_A_BYTE));
        if self.given > most {
            return Err(format!(
                "{} kB that unpack to more than {} million samples: no sound is that plain",
                self.fetched.load(Relaxed) / 1_000,
                most / 1_000_000
            ));
        }
        Ok(())
    }

    /// Samples of a packet by its own word.
    fn length(&self, packet: &Packet) -> usize {
        let rate_hz = u64::from(self.rate_hz);
        let ticks = packet.dur.get();
        let samples = self.track.time_base.map_or(ticks, |base| {
            ticks.saturating_mul(rate_hz).saturating_mul(u64::from(base.numer.get())) / u64::from(base.denom.get())
        });
        samples.min(LONGEST_PACKET_S * rate_hz) as usize
    }
}

impl Piece for Packed {
    fn read(&mut self, block: &mut Block) -> Result<bool, String> {
        block.samples.clear();
        let Some(packet) = self.next() else { return Ok(false) };
        self.decode(&packet, block)?;
        let skip = self.skip.min(block.frames() as u64);
        self.skip -= skip;
        block.samples.drain(..skip as usize * block.channels);
        Ok(true)
    }

    fn missing(&self) -> Option<String> {
        let promised = self.track.num_frames.filter(|_| self.behind.is_some());
        let damaged = (self.damaged > 0).then(|| format!("{} damaged frames became silence", self.damaged));
        let faults = [shortfall(promised, self.given, self.rate_hz).or(self.fault.clone()), damaged];
        let faults: Vec<String> = faults.into_iter().flatten().collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }

    fn into_source(mut self: Box<Self>) -> Option<Source> {
        drop(self.format.take());
        let behind = Arc::into_inner(self.behind.take()?)?;
        Some(behind.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
