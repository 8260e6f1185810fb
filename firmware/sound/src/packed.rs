//! Containers that symphonia opens: FLAC, Ogg, Matroska and WebM, MP4, CAF, and AAC by itself.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::default::formats::{AdtsReader, CafReader, FlacReader, IsoMp4Reader, MkvReader, OggReader};

use crate::codec::{decoder, foreign};
use crate::guard::guarded;
use crate::joint::{Behind, Segment, Window};
use crate::mp4::leading_samples;
use crate::mpeg;
use crate::opus;
use crate::piece::{Block, Piece, Refusal, shortfall};
use crate::sniff::Format;
use crate::source::Source;
use crate::units::units;

/// What a pipe may bring of a format whose index may lie at its end: four hours of speech.
const KEPT_BYTES: usize = 32 << 20;
/// Nothing that people hear becomes more than so many samples from a byte, beyond a start of so many samples.
const SAMPLES_OF_A_BYTE: u64 = 500;
const START_SAMPLES: u64 = 1 << 24;
/// Divides by all rates that are in use: times are counted in it before the rate is known.
const LEAD_HZ: u32 = 705_600_000;
/// Frames of AAC's first packet, which is the encoder's own.
const AAC_LEAD: u64 = 1_024;
/// How the first packet of Speex begins, and where that lies in an Ogg.
const SPEEX: &[u8] = b"Speex   ";
const SPEEX_AT: usize = 28;
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
    behind: Behind,
}

/// Reads up to the first packet. `fetched` counts bytes.
pub(crate) fn open(mut source: Source, kind: Format, fetched: Arc<AtomicU64>) -> Result<Box<dyn Piece>, Refusal> {
    if kind == Format::Ogg && source.peek(SPEEX_AT + SPEEX.len()).ends_with(SPEEX) {
        return Err(Refusal::Foreign("an Ogg file of Speex".into()));
    }
    let (mut lead, mut is_cut) = (None, false);
    let (source, behind): (Box<dyn MediaSource>, Behind) = match kind {
        Format::Mp4 | Format::Caf => {
            let source = if source.is_seekable() { source } else { kept(source)? };
            let opened = Window::new(source, kind);
            let (mut window, behind) = opened.map_err(|e| format!("{} file that cannot be read ({e})", name(kind)))?;
            is_cut = window.is_cut();
            if kind == Format::Mp4 {
                lead = leading_samples(&mut window, LEAD_HZ);
            }
            (Box::new(window), behind)
        }
        // What a pipe can bring is read as if from one: the same sound comes from both.
        _ => {
            let (segment, behind) = Segment::new(source, units(kind));
            (Box::new(ReadOnlySource::new(segment)), behind)
        }
    };
    let stream = MediaSourceStream::new(source, Default::default());
    let opened =
        guarded(|| probe(kind).probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()));
    let mut format = opened?.map_err(|e| broken(kind, &e))?;
    let (track, decoder) = guarded(|| track_of(format.as_mut(), kind))??;
    let rate_hz = params(&track).and_then(|params| params.sample_rate).unwrap_or(0);
    let lead = lead.map(|lead| lead * u64::from(rate_hz) / u64::from(LEAD_HZ));
    let skip = skip(kind, lead, &track);
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
        fault: is_cut.then(|| "it ends early".into()),
        kind,
        behind,
    }))
}

/// Frames at the start that are no sound, where neither packets nor decoder know of them; `lead` is an MP4's.
fn skip(kind: Format, lead: Option<u64>, track: &Track) -> u64 {
    let is_aac = params(track).is_some_and(|params| params.codec == CODEC_ID_AAC);
    let of_codec = if is_aac { AAC_LEAD } else { params(track).map_or(0, |params| mpeg::delay(params.codec)) };
    match kind {
        Format::Mp4 => lead.unwrap_or(of_codec).saturating_sub(params(track).map_or(0, opus::pre_skip).into()),
        Format::Adts | Format::Matroska => of_codec,
        Format::Caf => match track.delay.unwrap_or(0) {
            0 if params(track).is_some_and(|params| params.codec == CODEC_ID_OPUS) => opus::USUAL_DELAY,
            told => told.into(),
        },
        _ => 0,
    }
}

fn params(track: &Track) -> Option<&AudioCodecParameters> {
    track.codec_params.as_ref()?.audio()
}

/// All of a pipe, because its index may lie at its end.
fn kept(mut source: Source) -> Result<Source, Refusal> {
    let bytes = source.peek(KEPT_BYTES + 1).to_vec();
    if bytes.len() > KEPT_BYTES {
        let most = KEPT_BYTES >> 20;
        return Err(Refusal::Broken(format!(
            "more than {most} MB of a format whose index may lie at its end: give the file"
        )));
    }
    Ok(Source::new(Box::new(Cursor::new(bytes))))
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

/// What is wrong with a file that does not open.
fn broken(kind: Format, error: &Error) -> String {
    let what = match error {
        Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => "that ends within its header".into(),
        Error::Unsupported(why) if why.contains("missing moov") => {
            "without its index (moov), which is written at the end: its recording was cut off".into()
        }
        other => format!("that says {other}"),
    };
    format!("{} file {what}", name(kind))
}

fn name(kind: Format) -> &'static str {
    match kind {
        Format::Flac => "a FLAC",
        Format::Ogg => "an Ogg",
        Format::Matroska => "a Matroska or WebM",
        Format::Mp4 => "an MP4",
        Format::Caf => "a CAF",
        _ => "an AAC",
    }
}

/// The first track of sound that can be decoded.
fn track_of(format: &mut dyn FormatReader, kind: Format) -> Result<(Track, Box<dyn AudioDecoder>), Refusal> {
    let mut refusal = Refusal::Broken(format!("{} file without sound", name(kind)));
    let default = format.default_track(TrackType::Audio).cloned();
    for track in default.iter().chain(format.tracks()) {
        let mut track = track.clone();
        let params = match &mut track.codec_params {
            Some(CodecParameters::Audio(params)) => params,
            Some(_) => continue,
            None => {
                refusal = Refusal::Foreign(format!("{} file without sound of a known codec", name(kind)));
                continue;
            }
        };
        if kind == Format::Mp4 {
            opus::from_mp4(params);
        }
        match decoder(params) {
            Ok(decoder) => return Ok((track, decoder)),
            Err(e) => refusal = Refusal::Foreign(format!("{} file of {}", name(kind), foreign(Some(params), &e))),
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
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), Refusal> {
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
            Err(e @ Error::Unsupported(_)) => {
                return Err(Refusal::Foreign(format!(
                    "{} file of {}",
                    name(self.kind),
                    foreign(params(&self.track), &e)
                )));
            }
            Err(e) => return Err(format!("decoding stopped: {e}").into()),
        }
        self.given += block.frames() as u64;
        let most = START_SAMPLES.max(self.fetched.load(Relaxed).saturating_mul(SAMPLES_OF_A_BYTE));
        if self.given > most {
            return Err(Refusal::Bomb(format!(
                "{} kB that unpack to more than {} million samples: no sound is that plain",
                self.fetched.load(Relaxed) / 1_000,
                most / 1_000_000
            )));
        }
        Ok(())
    }

    /// Samples of a packet by its own word.
    fn length(&self, packet: &Packet) -> usize {
        self.samples(packet.dur.get()).min(LONGEST_PACKET_S * u64::from(self.rate_hz)) as usize
    }

    /// Ticks of the track as samples.
    fn samples(&self, ticks: u64) -> u64 {
        self.track.time_base.map_or(ticks, |base| {
            let ticks = ticks.saturating_mul(u64::from(self.rate_hz));
            ticks.saturating_mul(u64::from(base.numer.get())) / u64::from(base.denom.get())
        })
    }

    /// A first packet of a Matroska that lies before the sound's start tells how much of it is no sound.
    fn begin(&mut self, packet: &Packet) {
        let is_first = self.given == 0 && self.kind == Format::Matroska;
        if is_first && params(&self.track).is_some_and(|params| opus::pre_skip(params) == 0) {
            let early = u64::try_from(packet.pts.get().saturating_neg()).unwrap_or(0);
            if early > 0 {
                self.skip = self.samples(early).min(u64::from(self.rate_hz));
            }
        }
    }
}

impl Piece for Packed {
    fn read(&mut self, block: &mut Block) -> Result<bool, Refusal> {
        block.samples.clear();
        let Some(packet) = self.next() else { return Ok(false) };
        self.begin(&packet);
        self.decode(&packet, block)?;
        let skip = self.skip.min(block.frames() as u64);
        self.skip -= skip;
        block.samples.drain(..skip as usize * block.channels);
        Ok(true)
    }

    fn missing(&self) -> Option<String> {
        let promised = self.track.num_frames.filter(|_| self.kind == Format::Flac);
        let damaged = (self.damaged > 0).then(|| format!("{} damaged frames became silence", self.damaged));
        let faults = [shortfall(promised, self.given, self.rate_hz).or(self.fault.clone()), damaged];
        let faults: Vec<String> = faults.into_iter().flatten().collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }

    fn into_source(self: Box<Self>) -> Option<Source> {
        let Packed { format, behind, .. } = *self;
        drop(format);
        behind.into_source()
    }
}
