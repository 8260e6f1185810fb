//! The turns of a live job in; what systemd is told out: that the face lives, that it still lives, that it ends.
//! Started by hand, without `NOTIFY_SOCKET`, it tells nobody anything.
//!
//! A beat means that sound has become motion since the beat before, not merely that the program runs. A line, a screen
//! or a microphone that hangs stops the beats, and systemd starts the service anew (`WatchdogSec=`).

use std::env;
use std::time::{Duration, Instant};

use keyface_core::SAMPLE_RATE_HZ;

use crate::app::Turn;
use crate::ears::Ear;

/// Beats in the time after which systemd takes a silent service for dead.
const BEATS: u32 = 4;
/// How often the status is told where no watchdog waits.
const UNWATCHED: Duration = Duration::from_secs(5);
/// Sound that a line in order never hears without a step: 0.5 s, four times the longest look-ahead.
const DEAF_SAMPLES: u64 = SAMPLE_RATE_HZ as u64 / 2;

/// What one message says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// The first motion is there: the service has started.
    Ready,
    /// Motion has been made since the last beat.
    Beat,
    /// It ends in order.
    Stopping,
    /// One line for people.
    Status(String),
}

/// The link to the service manager of one live job.
pub struct Service {
    tell: fn(&[Word]),
    name: String,
    every: Duration,
    told: Option<Instant>,
    pulse: Pulse,
}

impl Service {
    /// A job that hears `ear`; `None` when no service manager has started it.
    pub fn of(ear: &dyn Ear) -> Option<Service> {
        Service::named(ear.name(), ear.is_steady())
    }

    /// A job that hears what `name` says; `is_steady` when it never pauses.
    pub fn named(name: String, is_steady: bool) -> Option<Service> {
        env::var_os("NOTIFY_SOCKET")?;
        let every = watchdog().map_or(UNWATCHED, |patience| patience / BEATS);
        let pulse = Pulse::new(is_steady);
        Some(Service { tell, name, every, told: None, pulse })
    }

    /// Call in each turn of the loop. The first motion makes the service ready; then it beats.
    pub fn turn(&mut self, turn: &Turn) {
        let is_due = self.told.is_none_or(|at| at.elapsed() >= self.every);
        if !self.pulse.beats(turn, is_due) {
            return;
        }
        let status = Word::Status(status(&self.name, turn));
        if self.told.is_none() {
            (self.tell)(&[Word::Ready]);
        }
        (self.tell)(&[Word::Beat, status]);
        self.told = Some(Instant::now());
    }
}

/// Tells that the job ends in order.
pub fn stopping() {
    tell(&[Word::Stopping, Word::Status("the face goes to rest".into())]);
}

/// Whether sound still becomes motion.
#[derive(Debug)]
struct Pulse {
    is_steady: bool,
    /// Steps at the last beat.
    beaten: u64,
    /// Steps so far, and the sound that had been heard when the last of them came.
    steps: u64,
    heard: u64,
}

impl Pulse {
    fn new(is_steady: bool) -> Pulse {
        Pulse { is_steady, beaten: 0, steps: 0, heard: 0 }
    }

    /// Whether a beat that is due may be given.
    fn beats(&mut self, turn: &Turn, is_due: bool) -> bool {
        if turn.steps != self.steps {
            (self.steps, self.heard) = (turn.steps, turn.heard.0);
        }
        let is_idle = !self.is_steady && turn.heard.0 - self.heard <= DEAF_SAMPLES;
        let beats = is_due && (self.steps != self.beaten || is_idle);
        if beats {
            self.beaten = self.steps;
        }
        beats
    }
}

fn status(name: &str, turn: &Turn) -> String {
    let ear = turn.ear;
    format!(
        "hears {name} for {:.0} s; {} line faults, microphone opened again {} times, {} xruns",
        ear.real(turn.heard).span().as_s(),
        turn.line_faults,
        ear.reopened,
        ear.xruns
    )
}

#[cfg(target_os = "linux")]
fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// Elsewhere nobody watches.
#[cfg(not(target_os = "linux"))]
fn watchdog() -> Option<Duration> {
    None
}

#[cfg(target_os = "linux")]
fn tell(words: &[Word]) {
    use sd_notify::NotifyState;

    let states: Vec<NotifyState> = words
        .iter()
        .map(|word| match word {
            Word::Ready => NotifyState::Ready,
            Word::Beat => NotifyState::Watchdog,
            Word::Stopping => NotifyState::Stopping,
            Word::Status(text) => NotifyState::Status(text),
        })
        .collect();
    if let Err(error) = sd_notify::notify(&states) {
        log::debug!("the service manager does not listen: {error}");
    }
}

/// Elsewhere nobody listens.
#[cfg(not(target_os = "linux"))]
fn tell(_: &[Word]) {}

#[cfg(test)]
mod tests {
    use keyface_core::Samples;

    use super::*;
    use crate::ears::EarCounters;

    fn turn(heard: u64, steps: u64) -> Turn {
        Turn { heard: Samples(heard), steps, line_faults: 0, ear: EarCounters::default() }
    }

    #[test]
    fn each_beat_needs_a_step_of_its_own() {
        let mut pulse = Pulse::new(true);
        assert!(!pulse.beats(&turn(0, 0), true));
        assert!(pulse.beats(&turn(2_000, 1), true));
        assert!(!pulse.beats(&turn(2_320, 2), false));
        assert!(pulse.beats(&turn(2_400, 2), true));
        assert!(!pulse.beats(&turn(2_500, 2), true));
    }

    #[test]
    fn a_microphone_that_gives_no_sound_stops_the_beats() {
        let mut pulse = Pulse::new(true);
        assert!(pulse.beats(&turn(16_000, 40), true));
        assert!((0..1_000).all(|_| !pulse.beats(&turn(16_000, 40), true)));
    }

    #[test]
    fn a_pipe_may_be_silent_but_its_line_may_not_be_deaf() {
        let mut pulse = Pulse::new(false);
        assert!(pulse.beats(&turn(0, 0), true));
        assert!(pulse.beats(&turn(16_000, 40), true));
        assert!((0..1_000).all(|_| pulse.beats(&turn(16_100, 40), true)));
        let mut deaf = (1..=100).map(|n| pulse.beats(&turn(16_100 + n * 320, 40), true));
        assert!(deaf.any(|beats| !beats));
        assert!(!pulse.beats(&turn(48_100, 40), true));
    }

    #[test]
    fn the_status_tells_what_is_heard_and_what_went_wrong() {
        let turn = Turn { ear: EarCounters { reopened: 2, ..EarCounters::default() }, ..turn(32_000, 90) };
        let expected = "hears desk at 48000 Hz for 2 s; 0 line faults, microphone opened again 2 times, 0 xruns";
        assert_eq!(status("desk at 48000 Hz", &turn), expected);
    }
}
