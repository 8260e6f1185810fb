//! A voice out of a loudspeaker, hop by hop on an axis of samples; what is heard now is read from it.
//!
//! Each hop carries its place: sound that comes late is left out, and where there is none it is silent, so that the
//! axis never slips. A supervising thread opens the device, and opens it again when it is lost; meanwhile the axis
//! goes on by this machine's clock, and the face goes on without its voice.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, OutputCallbackInfo, Stream, StreamConfig};
use keyface_core::{HOP_SAMPLES, SAMPLE_RATE_HZ};
use rtrb::{Consumer, Producer, RingBuffer};
use serde::Serialize;

use crate::AppError;
use crate::hush::Hush;
use crate::stream::playout::VoiceHop;
use crate::wait::{Bell, Rope};

/// How long the sound system may take to start a device.
const START_TIMEOUT: Duration = Duration::from_secs(2);
/// Callbacks a second that are asked for: an interruption is silent after one or two of them.
const PERIODS_HZ: u32 = 100;
/// Hops that may wait: a second and more.
const HOPS_WAITING: usize = 128;
const MARKS_WAITING: usize = 512;
/// A voice is faded out and in over 3 ms: a step would click.
const FADE: f32 = 1.0 / 48.0;
/// How often the device is looked at, how long it may stand still, and the pauses before it is opened again.
const LOOK: Duration = Duration::from_millis(20);
const DEAD: Duration = Duration::from_secs(2);
const BACK_OFF: Duration = Duration::from_millis(20);
const BACK_OFF_LONGEST: Duration = Duration::from_secs(4);
/// How often a device that failed is asked for short periods again.
const SHORT_TRIES: usize = 4;
/// The device's own word of its clock is uneven: this share of each is believed, all of it beyond [`JUMP_US`].
const BELIEF: f64 = 0.05;
const JUMP_US: f64 = 40_000.0;
/// Words that say the same for so long, off by so much: the device has paused, and half of each is believed.
const ASIDE_US: f64 = 5_000.0;
const ASIDE_MARKS: i32 = 8;
const BELIEF_ASIDE: f64 = 0.5;

/// What a loudspeaker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SpeakerCounters {
    /// Gaps that the sound system reported.
    pub xruns: u64,
    /// Times that the device was opened again.
    pub reopened: u64,
}

/// A loudspeaker that is open until it is dropped.
pub struct Speaker {
    hops: Producer<VoiceHop>,
    marks: Consumer<Mark>,
    shared: Arc<Shared>,
    clock: Clock,
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the audio thread and the others share.
#[derive(Default)]
struct Shared {
    /// The axis up to here is in the device's hands, or will be with its next callback.
    taken: AtomicU64,
    /// Rings while a voice is played and more of it is wanted.
    rope: Rope,
    /// Before this place the voice is silent.
    silent_before: AtomicU64,
    failed: AtomicBool,
    /// What the device said when it failed.
    reason: Mutex<String>,
    callbacks: AtomicU64,
    xruns: AtomicU64,
    reopened: AtomicU64,
}

/// When a place is heard.
#[derive(Clone, Copy)]
struct Mark {
    place: u64,
    at: Instant,
}

impl Speaker {
    /// Opens a device by the id that `keyface devices` prints, or the default one.
    /// The sound system is trusted to convert the rate, as ALSA's `default`, PulseAudio and PipeWire do.
    ///
    /// # Errors
    /// When there is no such device, or it does not start.
    pub fn open(id: Option<String>) -> Result<Speaker, AppError> {
        let (hops, hops_out) = RingBuffer::new(HOPS_WAITING);
        let (marks_in, marks) = RingBuffer::new(MARKS_WAITING);
        let shared = Arc::new(Shared::default());
        let base = Instant::now();
        let playing = Playing {
            hops: hops_out,
            marks: marks_in,
            hop: None,
            gain: 0.0,
            next: 0,
            base,
            shared: Arc::clone(&shared),
        };
        let playing = Arc::new(Mutex::new(playing));
        let (stop, stopped) = sync_channel(0);
        let (first_in, first) = channel();
        let inside = Arc::clone(&shared);
        let work = move || {
            let opened = open(id.as_deref(), BufferSize::Fixed(SAMPLE_RATE_HZ / PERIODS_HZ), &playing, &inside);
            let stream = match opened {
                Ok(stream) => stream,
                Err(e) => return drop(first_in.send(Err(e.to_string()))),
            };
            if first_in.send(Ok(())).is_ok() {
                let pause = |length| stopped.recv_timeout(length) == Err(RecvTimeoutError::Timeout);
                let mut periods = std::iter::repeat_n(BufferSize::Fixed(SAMPLE_RATE_HZ / PERIODS_HZ), SHORT_TRIES);
                // PulseAudio fails one start in six or so, and is asked as before; a device that goes on failing may not
                // keep up with short periods and takes its own.
                let again = || open(id.as_deref(), periods.next().unwrap_or(BufferSize::Default), &playing, &inside);
                supervise(stream, again, &inside, pause);
            }
        };
        let spawned = thread::Builder::new().name("keyface-voice".into()).spawn(work);
        let thread = spawned.map_err(|reason| AppError::Thread { what: "loudspeaker", reason })?;
        let refused = |reason: String| AppError::Loudspeaker { reason: reason.replace('\n', " ") };
        first.recv().map_err(|e| refused(e.to_string()))?.map_err(refused)?;
        Ok(Speaker { hops, marks, shared, clock: Clock::new(base), stop: Some(stop), thread: Some(thread) })
    }

    /// Ties a bell to it: it rings when it has taken some of a voice.
    pub fn tie(&self, bell: &Bell) {
        self.shared.rope.tie(bell);
    }

    /// Gives it a hop. One that finds no room is left out.
    pub fn say(&mut self, hop: VoiceHop) {
        _ = self.hops.push(hop);
    }

    /// Nothing before `place` is heard any more.
    pub fn silence(&self, place: u64) {
        self.shared.silent_before.store(place, Relaxed);
    }

    /// The place that is heard at `now`. It never goes back.
    pub fn heard(&mut self, now: Instant) -> u64 {
        while let Ok(mark) = self.marks.pop() {
            self.clock.mark(mark);
        }
        self.clock.heard(now)
    }

    /// The axis up to here is in the device's hands, or will be with its next callback, however much that takes at once.
    pub fn taken(&self) -> u64 {
        self.shared.taken.load(Relaxed)
    }

    /// What went wrong.
    pub fn counters(&self) -> SpeakerCounters {
        SpeakerCounters { xruns: self.shared.xruns.load(Relaxed), reopened: self.shared.reopened.load(Relaxed) }
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("loudspeaker: its thread broke");
        }
    }
}

/// The axis as this machine's clock sees it.
struct Clock {
    base: Instant,
    /// Microseconds from `base` to place 0.
    offset_us: Option<f64>,
    /// Words in a row that were aside, negative when they were early.
    aside: i32,
    last: u64,
}

impl Clock {
    fn new(base: Instant) -> Clock {
        Clock { base, offset_us: None, aside: 0, last: 0 }
    }

    fn mark(&mut self, mark: Mark) {
        let at_us = mark.at.saturating_duration_since(self.base).as_secs_f64() * 1e6;
        let offset_us = at_us - mark.place as f64 * 1e6 / f64::from(SAMPLE_RATE_HZ);
        let Some(known) = self.offset_us.filter(|known| (known - offset_us).abs() < JUMP_US) else {
            self.offset_us = Some(offset_us);
            return;
        };
        let apart = offset_us - known;
        let side = apart.signum() as i32;
        let is_aside = apart.abs() > ASIDE_US;
        self.aside =
            if is_aside && side == self.aside.signum() { self.aside + side } else { side * i32::from(is_aside) };
        let belief = if self.aside.abs() >= ASIDE_MARKS { BELIEF_ASIDE } else { BELIEF };
        self.offset_us = Some(known + belief * apart);
    }

    fn heard(&mut self, now: Instant) -> u64 {
        let now_us = now.saturating_duration_since(self.base).as_secs_f64() * 1e6;
        let place = (now_us - self.offset_us.unwrap_or(now_us)) * f64::from(SAMPLE_RATE_HZ) / 1e6;
        self.last = self.last.max(place.max(0.0) as u64);
        self.last
    }
}

/// What runs in the audio thread; it outlives each device.
struct Playing {
    hops: Consumer<VoiceHop>,
    marks: Producer<Mark>,
    hop: Option<VoiceHop>,
    gain: f32,
    next: u64,
    base: Instant,
    shared: Arc<Shared>,
}

impl Playing {
    /// A device begins: the axis has gone on meanwhile by the clock.
    fn begin(&mut self) {
        let since = self.base.elapsed().as_micros() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000_000;
        self.next = self.next.max(since);
        self.gain = 0.0;
    }

    /// `ahead` is the time until what is written now will be heard.
    fn fill(&mut self, out: &mut [f32], ahead: Duration) {
        _ = self.marks.push(Mark { place: self.next, at: Instant::now() + ahead });
        let silent_before = self.shared.silent_before.load(Relaxed);
        for slot in out.iter_mut() {
            let goal = if self.next < silent_before { 0.0 } else { 1.0 };
            self.gain += (goal - self.gain).clamp(-FADE, FADE);
            *slot = self.gain * self.sample();
            self.next += 1;
        }
        self.shared.taken.store(self.next + out.len() as u64, Relaxed);
        self.shared.callbacks.fetch_add(1, Relaxed);
        if self.hop.is_some() {
            self.shared.rope.pull();
        }
    }

    fn sample(&mut self) -> f32 {
        loop {
            let hop = match self.hop {
                Some(hop) => hop,
                None => match self.hops.pop() {
                    Ok(hop) => *self.hop.insert(hop),
                    Err(_) => return 0.0,
                },
            };
            match self.next.checked_sub(hop.at) {
                None => return 0.0,
                Some(within) if within < HOP_SAMPLES as u64 => return hop.samples[within as usize],
                Some(_) => self.hop = None,
            }
        }
    }
}

/// Opens and starts a device. It sounds as long as the stream is kept.
fn open(
    id: Option<&str>,
    wanted: BufferSize,
    playing: &Arc<Mutex<Playing>>,
    shared: &Arc<Shared>,
) -> Result<Stream, cpal::Error> {
    let _hush = Hush::new();
    let host = cpal::default_host();
    let found = match id {
        None => host.default_output_device(),
        Some(id) => host.device_by_id(&id.parse()?),
    };
    let device = found.ok_or(ErrorKind::DeviceNotAvailable)?;
    if let Ok(mut playing) = playing.lock() {
        playing.begin();
    }
    start(&device, wanted, playing, shared).or_else(|_| start(&device, BufferSize::Default, playing, shared))
}

fn start(
    device: &cpal::Device,
    buffer_size: BufferSize,
    playing: &Arc<Mutex<Playing>>,
    shared: &Arc<Shared>,
) -> Result<Stream, cpal::Error> {
    let config = StreamConfig { channels: 1, sample_rate: SAMPLE_RATE_HZ, buffer_size };
    let (playing, shared) = (Arc::clone(playing), Arc::clone(shared));
    let on_sound = move |out: &mut [f32], info: &OutputCallbackInfo| {
        let times = info.timestamp();
        // Only a device that is already given up could hold it.
        match playing.try_lock() {
            Ok(mut playing) => playing.fill(out, times.playback.saturating_duration_since(times.callback)),
            Err(_) => out.fill(0.0),
        }
    };
    // A sound server that was killed reports errors 100 000 times a second: the first counts.
    let on_error = move |error: cpal::Error| match error.kind() {
        ErrorKind::Xrun => _ = shared.xruns.fetch_add(1, Relaxed),
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ => {
            if !shared.failed.swap(true, Relaxed)
                && let Ok(mut reason) = shared.reason.try_lock()
            {
                *reason = error.to_string();
            }
        }
    };
    let stream = device.build_output_stream(config, on_sound, on_error, Some(START_TIMEOUT))?;
    stream.play()?;
    Ok(stream)
}

/// Keeps a device open, by opening it `again`, until `pause` says that it is time to stop.
fn supervise<S>(
    first: S,
    mut again: impl FnMut() -> Result<S, cpal::Error>,
    shared: &Shared,
    pause: impl Fn(Duration) -> bool,
) {
    let mut stream = Some(first);
    while stream.is_some() {
        if !watch(shared, &pause) {
            return;
        }
        let reason = shared.reason.try_lock().map_or_else(|_| String::new(), |mut reason| std::mem::take(&mut *reason));
        let reason =
            if reason.is_empty() { "it takes no sound any more".to_owned() } else { reason.replace('\n', " ") };
        log::warn!("loudspeaker: {reason}; the face goes on without its voice, and it is tried again");
        stream = None;
        let mut back_off = BACK_OFF;
        while stream.is_none() {
            if !pause(back_off) {
                return;
            }
            shared.failed.store(false, Relaxed);
            stream = again().ok();
            back_off = (back_off * 2).min(BACK_OFF_LONGEST);
        }
        shared.reopened.fetch_add(1, Relaxed);
        log::warn!("loudspeaker: it is back");
    }
}

/// Looks at the device until it fails; false when it is time to stop.
fn watch(shared: &Shared, pause: &impl Fn(Duration) -> bool) -> bool {
    let (mut callbacks, mut since) = (shared.callbacks.load(Relaxed), Instant::now());
    while pause(LOOK) {
        let now = shared.callbacks.load(Relaxed);
        if now != callbacks {
            (callbacks, since) = (now, Instant::now());
        }
        if shared.failed.load(Relaxed) || since.elapsed() > DEAD {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing() -> (Playing, Producer<VoiceHop>, Consumer<Mark>) {
        let (hops_in, hops) = RingBuffer::new(64);
        let (marks, marks_out) = RingBuffer::new(8);
        let shared = Arc::new(Shared::default());
        (Playing { hops, marks, hop: None, gain: 1.0, next: 0, base: Instant::now(), shared }, hops_in, marks_out)
    }

    fn hop(at: u64, level: f32) -> VoiceHop {
        VoiceHop { at, samples: [level; HOP_SAMPLES] }
    }

    fn filled(playing: &mut Playing, count: usize) -> Vec<f32> {
        let mut out = vec![9.0; count];
        out.chunks_mut(70).for_each(|block| playing.fill(block, Duration::from_millis(10)));
        out
    }

    #[test]
    fn a_hop_sounds_at_its_place_and_a_gap_is_silent() {
        let (mut playing, mut hops, _marks) = playing();
        hops.push(hop(160, 0.5)).unwrap();
        hops.push(hop(480, 0.25)).unwrap();
        let out = filled(&mut playing, 800);
        let expected = |from: usize, level: f32| out[from..from + 160].iter().all(|s| *s == level);
        assert!(
            expected(0, 0.0) && expected(160, 0.5) && expected(320, 0.0) && expected(480, 0.25) && expected(640, 0.0)
        );
    }

    #[test]
    fn sound_that_comes_late_is_left_out_and_what_follows_keeps_its_place() {
        let (mut playing, mut hops, _marks) = playing();
        filled(&mut playing, 240);
        (0..3).for_each(|n| hops.push(hop(160 * n, n as f32)).unwrap());
        let out = filled(&mut playing, 240);
        assert!(out[..80].iter().all(|s| *s == 1.0) && out[80..].iter().all(|s| *s == 2.0));
    }

    #[test]
    fn an_interruption_is_silent_within_three_milliseconds_and_the_next_turn_is_heard() {
        let (mut playing, mut hops, _marks) = playing();
        (0..4).for_each(|n| hops.push(hop(160 * n, 0.5)).unwrap());
        filled(&mut playing, 100);
        playing.shared.silent_before.store(320, Relaxed);
        let out = filled(&mut playing, 540);
        assert!(out[48..220].iter().all(|s| s.abs() < 1e-6));
        assert!(out[..48].windows(2).all(|pair| pair[0] >= pair[1]), "without a click");
        assert!(out[220 + 48..].iter().all(|s| (*s - 0.5).abs() < 1e-6));
    }

    #[test]
    fn a_device_that_takes_much_at_once_is_given_all_of_it() {
        let (mut playing, mut hops, _marks) = playing();
        let (mut given, mut out) = (0, vec![0.0; 1_000]);
        for callback in 0..20 {
            playing.fill(&mut out, Duration::from_millis(60));
            // The first is for finding out how much it takes.
            assert!(callback == 0 || out.iter().all(|s| *s == 0.5), "a gap in callback {callback}");
            while given < playing.shared.taken.load(Relaxed) {
                hops.push(hop(given, 0.5)).unwrap();
                given += HOP_SAMPLES as u64;
            }
        }
    }

    #[test]
    fn a_device_that_fails_is_opened_again_and_the_voice_goes_on_at_its_place() {
        let (mut playing, mut hops, _marks) = playing();
        let (shared, tries) = (Arc::clone(&playing.shared), std::cell::Cell::new(0));
        shared.failed.store(true, Relaxed);
        let again = || {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { Err(ErrorKind::DeviceNotAvailable.into()) } else { Ok(()) }
        };
        let pauses = std::cell::RefCell::new(Vec::new());
        let pause = |length| {
            pauses.borrow_mut().push(length);
            shared.reopened.load(Relaxed) == 0
        };
        supervise((), again, &shared, pause);
        assert_eq!((tries.get(), shared.reopened.load(Relaxed)), (3, 1));
        let quiet: Duration = pauses.borrow().iter().sum();
        assert!(quiet < Duration::from_millis(20 + 40 + 80 + 50), "{quiet:?}");
        // Sound for the time meanwhile is left out.
        playing.base = Instant::now().checked_sub(Duration::from_millis(100)).unwrap();
        playing.begin();
        let at = playing.next;
        assert!(at >= 1_600);
        (0..3).for_each(|n| hops.push(hop(at - 320 + 160 * n, n as f32)).unwrap());
        assert!(filled(&mut playing, 160)[48..].iter().all(|sample| *sample == 2.0));
    }

    #[test]
    fn in_a_day_a_loudspeaker_whose_clock_is_off_stays_within_ten_milliseconds() {
        for ppm in [-100.0, 100.0] {
            let base = Instant::now();
            let mut clock = Clock::new(base);
            for n in 1..24 * 36_000u64 {
                // A mark each 100 ms of sound; what the device takes for that is off.
                let at = base + Duration::from_secs_f64(n as f64 * 0.1 * (1.0 - ppm * 1e-6));
                clock.mark(Mark { place: 1_600 * n, at });
                let apart = clock.heard(at) as f64 - 1_600.0 * n as f64;
                assert!(apart.abs() < 0.010 * f64::from(SAMPLE_RATE_HZ), "{ppm} ppm, {n}: {apart} samples");
            }
        }
    }

    #[test]
    fn a_device_that_has_paused_is_followed_within_a_tenth_of_a_second() {
        let base = Instant::now();
        let mut clock = Clock::new(base);
        // Marks each 10 ms, up to 3 ms wrong; after a second the device plays 15 ms later than before.
        let at = |n: u64| {
            let wrong = Duration::from_micros((n * 7_919) % 3_000);
            base + Duration::from_millis(10 * n + if n < 100 { 0 } else { 15 }) + wrong
        };
        (1..110).for_each(|n| clock.mark(Mark { place: 160 * n, at: at(n) }));
        let apart = clock.heard(base + Duration::from_millis(1_115)) as f64 / 16.0 - 1_100.0;
        assert!(apart.abs() < 6.0, "{apart} ms");
    }

    #[test]
    fn the_clock_follows_uneven_marks_evenly_and_never_goes_back() {
        let base = Instant::now();
        let mut clock = Clock::new(base);
        let mut last = 0;
        for n in 1..500u64 {
            // Marks each 10 ms, up to 6 ms wrong; what they mean is heard 30 ms after it is taken.
            let wrong = Duration::from_micros((n * 7_919) % 6_000);
            clock.mark(Mark { place: 160 * n, at: base + Duration::from_millis(10 * n + 30) + wrong });
            let heard = clock.heard(base + Duration::from_millis(10 * n));
            assert!(heard >= last);
            last = heard;
        }
        let expected = 16 * (10 * 499 - 30 - 3);
        assert!((last as i64 - expected).abs() < 32, "{last} and {expected}: within 2 ms");
    }
}
