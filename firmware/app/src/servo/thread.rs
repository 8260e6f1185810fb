//! The thread that moves the servos: the newest face is taken from a mailbox at the servos' own rate.
//!
//! Why a thread of its own: Linux has no I2C that does not wait. A transaction takes 2 to 6 ms, and a bus that hangs
//! (a wire torn off, a chip without power that holds the line down) keeps the caller for the kernel's time-out, one
//! second as a rule, each time that it is tried. Hearing and the picture may not stand still for that.
//! Besides, a servo wants its pulses in even steps, and a screen that waits for its picture does not give any.

use std::fmt::Display;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use embedded_hal::i2c::I2c;
use keyface_core::{FacePose, Moment, Span};

use super::bus::open_bus;
use super::lead::lead;
use super::link::ServoCounters;
use super::rack::Rack;
use crate::AppError;
use crate::stats::Spread;
use crate::wait::span;

/// A face that was left longer ago is no longer followed, and the servos go to rest: whoever left it has stopped.
const STALE: Duration = Duration::from_millis(500);
/// The longest way to rest at the end; then the servos are detached where they are.
const PARK_LONGEST: Duration = Duration::from_secs(3);

/// A face is left so long before it is taken: what else the caller does may take as long.
const HEADSTART: Duration = Duration::from_millis(3);

/// How long a servo may take to get where its pulse is; it is detached only then.
const TRAVEL: Duration = Duration::from_millis(200);

/// Servos that move until they are parked.
pub struct ServoThread {
    mailbox: Arc<Mutex<Letter>>,
    lead: Span,
    period: Duration,
    stay: Option<SyncSender<()>>,
    thread: Option<JoinHandle<ServoReport>>,
}

/// What the servos did.
#[derive(Clone, Debug, Default)]
pub struct ServoReport {
    /// What went wrong.
    pub counters: ServoCounters,
    /// From a sound in the air to its pulse on the bus.
    pub ages: Spread,
}

/// The newest face.
struct Letter {
    pose: FacePose,
    left: Instant,
    captured: Option<Instant>,
    /// When it is taken next.
    taken_at: Instant,
}

impl ServoThread {
    /// Moves the servos of a checked board. Those that are `needed` must answer now; others are tried until they do.
    ///
    /// # Errors
    /// When needed servos do not answer, or there is no room for a thread.
    pub fn start(servos: &crate::board::Servos, needed: bool) -> Result<ServoThread, AppError> {
        ServoThread::start_on(servos, needed, open_bus)
    }

    /// The same on any bus.
    ///
    /// # Errors
    /// As [`ServoThread::start`].
    pub fn start_on<I, O>(servos: &crate::board::Servos, needed: bool, open: O) -> Result<ServoThread, AppError>
    where
        I: I2c<Error: Display> + Send + 'static,
        O: FnMut(&str) -> Result<I, AppError> + Clone + Send + 'static,
    {
        let mut rack = Rack::new(servos, &open);
        if needed {
            rack.connect()?;
        }
        let period = Duration::from_micros(rack.period().0.unsigned_abs());
        let (left, taken_at) = (Instant::now(), Instant::now() + period);
        let mailbox = Arc::new(Mutex::new(Letter { pose: FacePose::REST, left, captured: None, taken_at }));
        let (stay, leave) = sync_channel(0);
        let work = Work { rack, mailbox: Arc::clone(&mailbox), started: Instant::now(), ages: Spread::default() };
        let spawned = thread::Builder::new().name("keyface-servos".into()).spawn(move || work.run(&leave));
        let thread = spawned.map_err(|reason| AppError::Thread { what: "servos", reason })?;
        Ok(ServoThread { mailbox, lead: lead(servos), period, stay: Some(stay), thread: Some(thread) })
    }

    /// How much earlier than a screen they want a face.
    pub fn lead(&self) -> Span {
        self.lead
    }

    /// Leaves a face to be followed; `captured` is when its sound was in the air. Never waits for the bus.
    pub fn follow(&self, pose: FacePose, captured: Option<Instant>) {
        let mut letter = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        *letter = Letter { pose, left: Instant::now(), captured, ..*letter };
    }

    /// How long they need no other face: they take one at their own rate, and want it shortly before.
    pub fn pause(&self) -> Duration {
        let now = Instant::now();
        let taken_at = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner).taken_at;
        let wanted = (taken_at + self.period).checked_duration_since(now + HEADSTART);
        // A bus that hangs takes none.
        let pause = wanted.filter(|pause| !pause.is_zero()).unwrap_or(self.period);
        if pause > self.period { pause - self.period } else { pause }
    }

    /// From now on the servos go to rest and are detached there.
    pub fn park(&mut self) {
        self.stay = None;
    }

    /// Waits until the servos have been parked.
    pub fn finish(mut self) -> ServoReport {
        self.join()
    }

    fn join(&mut self) -> ServoReport {
        self.park();
        let Some(thread) = self.thread.take() else { return ServoReport::default() };
        thread.join().unwrap_or_else(|_| {
            log::error!("servos: their thread broke");
            ServoReport::default()
        })
    }
}

/// A robot whose program ends, for whatever reason, closes its mouth first.
impl Drop for ServoThread {
    fn drop(&mut self) {
        self.join();
    }
}

/// What runs in the thread.
struct Work<I, O> {
    rack: Rack<I, O>,
    mailbox: Arc<Mutex<Letter>>,
    started: Instant,
    ages: Spread,
}

impl<I, O> Work<I, O>
where
    I: I2c<Error: Display>,
    O: FnMut(&str) -> Result<I, AppError> + Clone,
{
    fn run(mut self, leave: &Receiver<()>) -> ServoReport {
        let period = Duration::from_micros(self.rack.period().0.unsigned_abs());
        let mut next = Instant::now() + period;
        while leave.recv_timeout(next.saturating_duration_since(Instant::now())) == Err(RecvTimeoutError::Timeout) {
            next = (next + period).max(Instant::now());
            self.follow(next);
        }
        self.park(period);
        ServoReport { counters: self.rack.counters(), ages: self.ages }
    }

    /// Takes the newest face; the one after it is taken at `next`.
    fn follow(&mut self, next: Instant) {
        let mut letter = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        letter.taken_at = next;
        let (pose, left, captured) = (letter.pose, letter.left, letter.captured);
        drop(letter);
        let is_stale = left.elapsed() > STALE;
        let is_told = self.rack.tick(self.now(), if is_stale { &FacePose::REST } else { &pose });
        if let Some(captured) = captured.filter(|_| is_told && !is_stale) {
            self.ages.add(captured.elapsed().as_secs_f32() * 1_000.0);
        }
    }

    fn park(&mut self, period: Duration) {
        let since = Instant::now();
        while !self.rack.is_parked() && !self.rack.is_lost() && since.elapsed() < PARK_LONGEST {
            thread::sleep(period);
            self.rack.tick(self.now(), &FacePose::REST);
        }
        if !self.rack.is_lost() {
            thread::sleep(TRAVEL);
        }
        self.rack.detach();
    }

    fn now(&self) -> Moment {
        Moment::START + span(self.started.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servo::fake::FakeChip;
    use crate::servo::joint::tests::{jaw, joint};

    fn servos() -> crate::board::Servos {
        let pca9685 =
            crate::board::Pca9685 { bus: "/dev/i2c-1".into(), address: 0x40, rate_hz: 100, clock_hz: 25_000_000 };
        crate::board::Servos {
            pca9685: Some(pca9685),
            chips: Default::default(),
            buses: Default::default(),
            detach_after_s: None,
            joint: vec![joint()],
        }
    }

    /// Leaves a face again and again until the pulse is so.
    fn keep(servos: &ServoThread, open: f32, chip: &FakeChip, is_so: impl Fn(f64) -> bool) {
        wait(chip, |pulse_us| {
            servos.follow(jaw(open), Some(Instant::now()));
            pulse_us.is_some_and(&is_so)
        });
    }

    /// Waits until the pulse is so.
    fn wait(chip: &FakeChip, is_so: impl Fn(Option<f64>) -> bool) {
        let since = Instant::now();
        while !is_so(chip.pulse_us(0)) {
            assert!(since.elapsed() < Duration::from_secs(5), "{:?}", chip.pulse_us(0));
            thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn the_newest_face_is_followed_until_the_servos_are_parked_closed_and_free() {
        let chip = FakeChip::new();
        let mut servos = ServoThread::start_on(&servos(), true, chip.opener()).unwrap();
        servos.follow(jaw(0.2), None);
        keep(&servos, 0.5, &chip, |us| us > 1_690.0);
        servos.park();
        wait(&chip, |pulse_us| pulse_us.is_some_and(|us| (us - 1_500.0).abs() < 3.0));
        let report = servos.finish();
        assert_eq!(chip.pulse_us(0), None);
        assert_eq!(report.counters, ServoCounters::default());
        assert!(report.ages.count() > 0);
    }

    #[test]
    fn faces_are_wanted_at_the_servos_own_rate_and_shortly_before_they_are_taken() {
        let chip = FakeChip::new();
        let servos = ServoThread::start_on(&servos(), true, chip.opener()).unwrap();
        let (start, mut faces) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_millis(300) {
            servos.follow(jaw(0.5), Some(Instant::now()));
            faces += 1;
            assert!(servos.pause() <= 2 * servos.period, "{:?}", servos.pause());
            thread::sleep(servos.pause());
        }
        // A busy machine may sleep longer, never shorter: 100 a second.
        assert!((5..=33).contains(&faces), "{faces} faces in 300 ms");
        let ages = servos.finish().ages;
        assert!(ages.percentile_ms(0.5).unwrap() < 8.0, "{:?} ms", ages.percentile_ms(0.5));
    }

    #[test]
    fn whoever_drops_the_servos_leaves_them_free() {
        let chip = FakeChip::new();
        let servos = ServoThread::start_on(&servos(), true, chip.opener()).unwrap();
        keep(&servos, 1.0, &chip, |us| us > 1_600.0);
        drop(servos);
        assert_eq!(chip.pulse_us(0), None);
    }

    #[test]
    fn a_program_that_hangs_leaves_the_servos_at_rest() {
        let chip = FakeChip::new();
        let servos = ServoThread::start_on(&servos(), true, chip.opener()).unwrap();
        keep(&servos, 1.0, &chip, |us| us > 1_890.0);
        wait(&chip, |pulse_us| pulse_us.is_some_and(|us| (us - 1_500.0).abs() < 3.0));
        drop(servos);
    }

    #[test]
    fn servos_that_are_needed_must_answer_and_others_may_come_late() {
        let chip = FakeChip::new();
        chip.chip().answers = false;
        assert!(ServoThread::start_on(&servos(), true, chip.opener()).is_err());
        let servos = ServoThread::start_on(&servos(), false, chip.opener()).unwrap();
        thread::sleep(Duration::from_millis(50));
        chip.chip().answers = true;
        wait(&chip, |pulse_us| pulse_us.is_some());
        assert_eq!(servos.finish().counters.reopened, 1);
    }

    #[test]
    fn a_bus_that_is_gone_does_not_hold_up_the_end() {
        let chip = FakeChip::new();
        let servos = ServoThread::start_on(&servos(), true, chip.opener()).unwrap();
        keep(&servos, 1.0, &chip, |us| us > 1_600.0);
        chip.chip().answers = false;
        let since = Instant::now();
        let report = servos.finish();
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
        assert!(report.counters.faults > 0);
    }
}
