//! An input device opened through cpal: its audio thread averages channels into a lock-free ring.
//! That thread never allocates, locks, logs or waits.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{
    BufferSize, Error, ErrorKind, FromSample, InputCallbackInfo, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedStreamConfig, SupportedStreamConfigRange,
};
use keyface_core::{SAMPLE_RATE_HZ, Span};
use keyface_sound::{Channels, Levels, Mixer};
use rtrb::{Consumer, Producer, RingBuffer};

use super::find::find;
use crate::board::{InputChannels, Microphone};
use crate::hush::Hush;
use crate::wait::Rope;

/// Sound that the ring holds when nobody fetches it.
const RING_SECONDS: usize = 2;
/// Marks that wait in their ring; a callback makes one.
const MARKS_WAITING: usize = 512;
/// Callbacks a second that are asked for; what comes is the sound system's choice.
const PERIODS_HZ: u32 = 100;
/// How long the sound system may take to start a device.
const START_TIMEOUT: Duration = Duration::from_secs(2);

/// What the audio thread tells the others. Counters since the microphone was first opened.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Rings when sound has come, and when the device is lost or found.
    pub rope: Rope,
    /// The device reported an error that ends its stream.
    pub failed: AtomicBool,
    /// No stream is open.
    pub lost: AtomicBool,
    /// Callbacks so far: a standstill means a dead device.
    pub callbacks: AtomicU64,
    /// Samples in a row that are exactly zero: no room is that quiet.
    pub zeros: AtomicU64,
    /// Gaps that the sound system reported.
    pub xruns: AtomicU64,
    /// Samples that did not fit into the ring.
    pub dropped_samples: AtomicU64,
    /// Channels of the device.
    pub channels: AtomicUsize,
    /// The channel that is heard instead of a mix that cancels itself out, or [`NONE`].
    pub instead: AtomicUsize,
    /// The level of each channel since its stream began, in hundredths of a dB.
    pub levels_db: [AtomicI32; CHANNELS_SHOWN],
}

/// No channel.
pub(super) const NONE: usize = usize::MAX;
/// Channels whose level is told; an array of more has no levels beyond these.
const CHANNELS_SHOWN: usize = 16;
const CENTI: f32 = 100.0;

impl Shared {
    /// dB of full scale, channel by channel.
    pub fn levels(&self) -> Vec<f32> {
        let count = self.channels.load(Relaxed).min(CHANNELS_SHOWN);
        self.levels_db[..count].iter().map(|db| db.load(Relaxed) as f32 / CENTI).collect()
    }
}

/// When a sample was in the air.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Samples of the stream up to here.
    pub samples: u64,
    /// When the last of them was captured.
    pub captured: Instant,
}

impl Mark {
    /// Time since the stream's first sample.
    pub fn end(&self, rate_hz: u32) -> Span {
        Span((u128::from(self.samples) * 1_000_000 / u128::from(rate_hz)) as i64)
    }
}

/// The readers' end of a stream.
pub(super) struct Opened {
    pub samples: Consumer<f32>,
    pub marks: Consumer<Mark>,
    pub rate_hz: u32,
    pub name: String,
}

/// Which device, and how it is asked to record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// An id or a name as `keyface devices` prints it, or ALSA's name; `None` is the system's default.
    pub id: Option<String>,
    /// Which of its channels are heard.
    pub channels: Channels,
    /// The rate to ask for; a device that does not have it, or `None`, records at its own.
    pub rate_hz: Option<u32>,
    /// Whether a device that is missing at the start is waited for, in silence; it is an error otherwise.
    pub is_awaited: bool,
}

impl From<&Microphone> for Wanted {
    fn from(board: &Microphone) -> Wanted {
        let id = Some(board.device.clone()).filter(|device| device != "default");
        Wanted { id, channels: channels(board), rate_hz: Some(board.rate_hz), is_awaited: false }
    }
}

/// The board's channels as the mixer knows them.
fn channels(board: &Microphone) -> Channels {
    match &board.channel {
        InputChannels::Mix => Channels::Mix,
        InputChannels::One(channel) => Channels::These(vec![*channel]),
        InputChannels::Several(channels) => Channels::These(channels.clone()),
    }
}

impl Opened {
    /// The stream of a device that is not there: it never has a sample.
    pub fn absent(wanted: &Wanted) -> Opened {
        let name = wanted.id.clone().unwrap_or_else(|| "the default microphone".into());
        Opened { samples: RingBuffer::new(1).1, marks: RingBuffer::new(1).1, rate_hz: SAMPLE_RATE_HZ, name }
    }
}

/// Opens and starts a device. The sound flows as long as the [`Stream`] is kept.
pub(super) fn open(wanted: &Wanted, shared: &Arc<Shared>) -> Result<(Stream, Opened), cpal::Error> {
    let _hush = Hush::new();
    let device = find(wanted.id.as_deref())?;
    let supported = config(&device, wanted.rate_hz)?;
    let mixer = Mixer::new(&wanted.channels, usize::from(supported.channels().max(1)), supported.sample_rate());
    let mixer = mixer.map_err(|sentence| Error::with_message(ErrorKind::InvalidInput, sentence))?;
    let wanted = BufferSize::Fixed(supported.sample_rate() / PERIODS_HZ);
    // A device that ALSA shares among programs has one size only, and names it no sooner than it refuses another.
    let begin = |size| start(&device, &supported, size, mixer.clone(), shared);
    let (stream, opened) = begin(wanted).or_else(|error| match error.kind() {
        ErrorKind::UnsupportedConfig => begin(BufferSize::Default),
        _ => Err(error),
    })?;
    stream.play()?;
    Ok((stream, opened))
}

fn start(
    device: &cpal::Device,
    supported: &SupportedStreamConfig,
    buffer_size: BufferSize,
    mixer: Mixer,
    shared: &Arc<Shared>,
) -> Result<(Stream, Opened), cpal::Error> {
    let config = StreamConfig { buffer_size, ..supported.config() };
    let rate_hz = config.sample_rate;
    let (samples_in, samples) = RingBuffer::new(rate_hz as usize * RING_SECONDS);
    let (marks_in, marks) = RingBuffer::new(MARKS_WAITING);
    let callback = Callback {
        samples: samples_in,
        marks: marks_in,
        frame: vec![0.0; usize::from(config.channels.max(1))],
        mixer,
        levels: Levels::new(config.channels.into()),
        rate_hz,
        heard: 0,
        shared: Arc::clone(shared),
    };
    let stream = build(device, config, supported.sample_format(), callback, Arc::clone(shared))?;
    let name = device.description().map_or_else(|_| "microphone".into(), |d| d.name().to_owned());
    Ok((stream, Opened { samples, marks, rate_hz, name }))
}

/// The device's own choice, at `rate_hz` if it can.
fn config(device: &cpal::Device, rate_hz: Option<u32>) -> Result<SupportedStreamConfig, cpal::Error> {
    let own = device.default_input_config()?;
    let Some(rate_hz) = rate_hz.filter(|rate_hz| *rate_hz != own.sample_rate()) else { return Ok(own) };
    let is_alike =
        |c: &SupportedStreamConfigRange| (c.channels(), c.sample_format()) == (own.channels(), own.sample_format());
    let asked = device.supported_input_configs()?.filter(is_alike).find_map(|c| c.try_with_sample_rate(rate_hz));
    if asked.is_none() {
        log::warn!("microphone: {rate_hz} Hz is none of its rates; it records at {} Hz", own.sample_rate());
    }
    Ok(asked.unwrap_or(own))
}

fn build(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    callback: Callback,
    shared: Arc<Shared>,
) -> Result<Stream, cpal::Error> {
    match format {
        SampleFormat::I8 => build_as::<i8>(device, config, callback, shared),
        SampleFormat::I16 => build_as::<i16>(device, config, callback, shared),
        SampleFormat::I24 => build_as::<cpal::I24>(device, config, callback, shared),
        SampleFormat::I32 => build_as::<i32>(device, config, callback, shared),
        SampleFormat::U8 => build_as::<u8>(device, config, callback, shared),
        SampleFormat::U16 => build_as::<u16>(device, config, callback, shared),
        SampleFormat::F32 => build_as::<f32>(device, config, callback, shared),
        SampleFormat::F64 => build_as::<f64>(device, config, callback, shared),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }
}

fn build_as<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut callback: Callback,
    shared: Arc<Shared>,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    // A killed sound server reports errors 100 000 times a second: only flags may be set here.
    let on_error = move |error: cpal::Error| match error.kind() {
        ErrorKind::Xrun => _ = shared.xruns.fetch_add(1, Relaxed),
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ => shared.failed.store(true, Relaxed),
    };
    let on_sound = move |data: &[T], info: &InputCallbackInfo| callback.take(data, info);
    device.build_input_stream(config, on_sound, on_error, Some(START_TIMEOUT))
}

/// What runs in the audio thread.
struct Callback {
    samples: Producer<f32>,
    marks: Producer<Mark>,
    /// One sample of each channel.
    frame: Vec<f32>,
    mixer: Mixer,
    levels: Levels,
    rate_hz: u32,
    heard: u64,
    shared: Arc<Shared>,
}

impl Callback {
    fn take<T>(&mut self, data: &[T], info: &InputCallbackInfo)
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        let Callback { samples, frame, mixer, levels, .. } = self;
        let channels = frame.len();
        let frames = data.len() / channels;
        let fits = frames.min(samples.slots());
        let mut mixed = |data: &[T]| {
            frame.iter_mut().zip(data).for_each(|(to, from)| *to = f32::from_sample_(*from));
            levels.add(frame);
            mixer.mix(frame)
        };
        if let Ok(chunk) = samples.write_chunk_uninit(fits) {
            chunk.fill_from_iter(data.chunks_exact(channels).map(&mut mixed));
        }
        self.publish();
        self.heard += fits as u64;
        _ = self.marks.push(Mark { samples: self.heard, captured: self.captured(frames, info) });
        self.count(data, frames, fits);
        self.shared.rope.pull();
    }

    /// What the others may read.
    fn publish(&self) {
        self.levels.each_db(|channel, db| {
            if let Some(slot) = self.shared.levels_db.get(channel) {
                slot.store((db * CENTI) as i32, Relaxed);
            }
        });
        self.shared.channels.store(self.frame.len(), Relaxed);
        self.shared.instead.store(self.mixer.instead().unwrap_or(NONE), Relaxed);
    }

    /// When the last sample of this callback was captured.
    fn captured(&self, frames: usize, info: &InputCallbackInfo) -> Instant {
        let now = Instant::now();
        let times = info.timestamp();
        let age_of_first = times.callback.saturating_duration_since(times.capture);
        let length = Duration::from_micros(frames as u64 * 1_000_000 / u64::from(self.rate_hz));
        now.checked_sub(age_of_first.saturating_sub(length)).unwrap_or(now)
    }

    fn count<T: SizedSample>(&self, data: &[T], frames: usize, fits: usize) {
        self.shared.callbacks.fetch_add(1, Relaxed);
        if data.iter().all(|s| *s == T::EQUILIBRIUM) {
            self.shared.zeros.fetch_add(frames as u64, Relaxed);
        } else {
            self.shared.zeros.store(0, Relaxed);
        }
        if fits < frames {
            self.shared.dropped_samples.fetch_add((frames - fits) as u64, Relaxed);
        }
    }
}

/// How long the device has given nothing but exact zeros.
pub(super) fn silent_for(shared: &Shared, rate_hz: u32) -> Duration {
    Duration::from_secs_f64(shared.zeros.load(Relaxed) as f64 / f64::from(rate_hz.max(1)))
}

#[cfg(test)]
mod tests {
    use cpal::{InputStreamTimestamp, StreamInstant};

    use super::*;

    #[test]
    fn what_a_machine_that_is_overloaded_does_not_fetch_is_dropped_and_counted_and_what_follows_keeps_its_time() {
        let (samples_in, mut samples) = RingBuffer::new(1_000);
        let (marks_in, mut marks) = RingBuffer::new(8);
        let shared = Arc::new(Shared::default());
        let mixer = Mixer::new(&Channels::Mix, 1, SAMPLE_RATE_HZ).unwrap();
        let (levels, frame, rate_hz) = (Levels::new(1), vec![0.0], SAMPLE_RATE_HZ);
        let mut callback = Callback {
            samples: samples_in,
            marks: marks_in,
            frame,
            mixer,
            levels,
            rate_hz,
            heard: 0,
            shared: Arc::clone(&shared),
        };
        let now = StreamInstant::from_nanos(1_000_000_000);
        let info = InputCallbackInfo::new(InputStreamTimestamp { callback: now, capture: now });
        let before = Instant::now();
        [0.1f32; 3_200].chunks(160).for_each(|block| callback.take(block, &info));
        assert_eq!(shared.dropped_samples.load(Relaxed), 2_200);
        assert_eq!(samples.read_chunk(samples.slots()).map(|chunk| chunk.commit_all()).ok(), Some(()));
        while marks.pop().is_ok() {}
        callback.take(&[0.1f32; 160], &info);
        let mark = marks.pop().unwrap();
        assert_eq!(mark.samples, 1_160, "samples that were dropped have no place");
        assert!(mark.captured >= before, "and what is heard now is of now");
    }
}
