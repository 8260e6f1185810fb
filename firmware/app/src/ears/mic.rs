//! The microphone in, blocks of 16 kHz mono out. When it is lost, silence in real time until it is back:
//! the face then goes to rest by itself, and audio time never stops.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, Resampler, Samples};

use super::{Ear, EarCounters, Heard, samples_in};
use crate::AppError;
use crate::wait::Bell;
use crate::wait::span;

mod find;
mod stream;
mod supervisor;

#[cfg(test)]
use stream::Mark;
pub use stream::Wanted;
use stream::{Opened, Shared};
use supervisor::Supervisor;

/// How often silence is filled in for a device that is lost.
const FILL: Duration = Duration::from_millis(20);
/// Marks that are kept: at one each 10 ms, 5 s.
const MARKS_KEPT: usize = 512;

/// Listens to a microphone. A supervising thread opens the device, and opens it again when it fails:
/// opening waits for the sound system (10 ms to seconds), which neither the line nor the face may.
pub struct Mic {
    supervisor: Supervisor,
    streams: Receiver<Opened>,
    shared: Arc<Shared>,
    current: Current,
    given: u64,
    filled: u64,
    marks: VecDeque<(AudioTime, Instant)>,
}

/// The stream that is heard now.
struct Current {
    stream: Opened,
    resampler: Resampler,
    /// Audio time of the stream's first sample.
    base: AudioTime,
}

impl Mic {
    /// Opens a device.
    ///
    /// # Errors
    /// When there is no such device or it cannot record, unless it is awaited.
    pub fn open(wanted: Wanted) -> Result<Mic, AppError> {
        let shared = Arc::new(Shared::default());
        let (sender, streams) = channel();
        let (supervisor, first) = Supervisor::start(wanted, Arc::clone(&shared), sender)?;
        let current = Current::new(first, AudioTime(0))?;
        let mut marks = VecDeque::with_capacity(MARKS_KEPT);
        if shared.lost.load(Relaxed) {
            // The silence before the first sound begins now.
            marks.push_back((AudioTime(0), Instant::now()));
        }
        Ok(Mic { supervisor, streams, shared, current, given: 0, filled: 0, marks })
    }

    /// The level of each channel since the stream began, in dB of full scale.
    pub fn levels_db(&self) -> Vec<f32> {
        self.shared.levels()
    }

    fn remember(&mut self, at: AudioTime, captured: Instant) {
        if self.marks.len() == MARKS_KEPT {
            self.marks.pop_front();
        }
        self.marks.push_back((at, captured));
    }

    /// Goes over to a stream that the supervisor has opened.
    fn change_stream(&mut self) -> Result<(), AppError> {
        if let Ok(stream) = self.streams.try_recv() {
            self.current = Current::new(stream, Samples(self.given).time())?;
        }
        Ok(())
    }

    /// Silence up to now, as if the lost device had gone on without a sound.
    fn fill_with_silence(&mut self, out: &mut Vec<f32>) {
        let Some((at, captured)) = self.marks.back().copied() else { return };
        let now = Instant::now();
        let due = at + span(now.saturating_duration_since(captured));
        let missing = (due - Samples(self.given).time()).0;
        let Ok(missing) = u64::try_from(missing) else { return };
        let count = samples_in(Duration::from_micros(missing));
        out.resize(out.len() + count, 0.0);
        self.given += count as u64;
        self.filled += count as u64;
        self.remember(due, now);
    }
}

impl Current {
    fn new(stream: Opened, base: AudioTime) -> Result<Current, AppError> {
        let resampler = Resampler::new(stream.rate_hz)?;
        Ok(Current { stream, resampler, base })
    }
}

impl Ear for Mic {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        let before = out.len();
        let is_lost = self.shared.lost.load(Relaxed);
        while let Ok(mark) = self.current.stream.marks.pop() {
            self.remember(self.current.base + mark.end(self.current.stream.rate_hz), mark.captured);
        }
        let ready = self.current.stream.samples.slots();
        if let Ok(chunk) = self.current.stream.samples.read_chunk(ready) {
            let (first, second) = chunk.as_slices();
            self.current.resampler.push(first, out);
            self.current.resampler.push(second, out);
            chunk.commit_all();
        }
        self.given += (out.len() - before) as u64;
        if is_lost {
            self.fill_with_silence(out);
        }
        self.change_stream()?;
        Ok(if out.len() == before { Heard::Nothing } else { Heard::Sound })
    }

    fn tie(&mut self, bell: &Bell) {
        self.shared.rope.tie(bell);
    }

    fn due_in(&self) -> Option<Duration> {
        self.shared.lost.load(Relaxed).then_some(FILL)
    }

    fn captured(&self, at: AudioTime) -> Option<Instant> {
        let index = self.marks.partition_point(|(end, _)| *end < at);
        let (end, captured) = self.marks.get(index)?;
        captured.checked_sub(Duration::from_micros(u64::try_from((*end - at).0).ok()?))
    }

    fn latency(&self) -> Samples {
        self.current.resampler.latency()
    }

    fn is_steady(&self) -> bool {
        true
    }

    fn counters(&self) -> EarCounters {
        EarCounters {
            xruns: self.shared.xruns.load(Relaxed),
            dropped_samples: self.shared.dropped_samples.load(Relaxed),
            reopened: self.supervisor.reopened(),
            filled_samples: self.filled,
        }
    }

    fn name(&self) -> String {
        format!("{} at {} Hz", self.current.stream.name, self.current.stream.rate_hz)
    }
}

#[cfg(test)]
mod tests {
    use rtrb::RingBuffer;

    use super::*;

    /// A microphone whose device is this test: what it hears and marks is pushed here.
    fn mic() -> (Mic, rtrb::Producer<f32>, rtrb::Producer<Mark>) {
        let (samples_in, samples) = RingBuffer::new(96_000);
        let (marks_in, marks) = RingBuffer::new(64);
        let opened = Opened { samples, marks, rate_hz: 48_000, name: "test".into() };
        let shared = Arc::new(Shared::default());
        let mic = Mic {
            supervisor: Supervisor::idle(),
            streams: channel().1,
            shared,
            current: Current::new(opened, AudioTime(0)).unwrap(),
            given: 0,
            filled: 0,
            marks: VecDeque::new(),
        };
        (mic, samples_in, marks_in)
    }

    #[test]
    fn a_moment_is_traced_to_its_capture() {
        let (mut mic, mut samples, mut marks) = mic();
        let now = Instant::now();
        samples.push_entire_slice(&[0.5; 4_800]).unwrap();
        marks.push(Mark { samples: 2_400, captured: now }).unwrap();
        marks.push(Mark { samples: 4_800, captured: now + Duration::from_millis(50) }).unwrap();
        let mut out = Vec::new();
        assert_eq!(mic.read(&mut out).unwrap(), Heard::Sound);
        assert!(out.len() as u64 + mic.latency().0 >= 1_600, "{}", out.len());
        assert_eq!(mic.captured(AudioTime::from_ms(80)), Some(now + Duration::from_millis(30)));
        assert_eq!(mic.captured(AudioTime::from_ms(200)), None);
    }

    #[test]
    fn a_lost_device_turns_into_silence_in_real_time() {
        let (mut mic, mut samples, mut marks) = mic();
        samples.push_entire_slice(&[0.5; 4_800]).unwrap();
        let captured = Instant::now().checked_sub(Duration::from_millis(300)).unwrap();
        marks.push(Mark { samples: 4_800, captured }).unwrap();
        mic.shared.lost.store(true, Relaxed);
        let mut out = Vec::new();
        mic.read(&mut out).unwrap();
        let due = samples_in(Duration::from_millis(100) + captured.elapsed());
        assert!(out.len() >= 6_400 && out.len() <= due, "{} of {due}", out.len());
        assert_eq!(out.last(), Some(&0.0));
        let real = mic.counters().real(Samples(out.len() as u64)).0;
        assert!((1_500..=1_600).contains(&real), "silence in place of a device is not heard: {real}");
    }
}
