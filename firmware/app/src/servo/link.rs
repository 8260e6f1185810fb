//! When a chip or a bus is told, asked, lost and tried again; the same for both.

use std::ops::Add;

use keyface_core::{Moment, Span};
use serde::Serialize;

use super::joint::MovingJoint;
use crate::AppError;

/// After this many ticks without one, the servos have long come to a stand where they were.
const STANDSTILL_TICKS: f64 = 5.0;
/// Pause before it is tried again; it doubles.
const PAUSE: Span = Span::from_ms(50);
const PAUSE_LONGEST: Span = Span::from_ms(2_000);

/// What the servos have suffered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServoCounters {
    /// Times that the chip did not answer, or had lost its settings.
    pub faults: u64,
    /// Times that it was found again.
    pub reopened: u64,
    /// Times that a servo at rest was detached.
    #[serde(rename = "let_go")]
    pub detached: u64,
}

impl Add for ServoCounters {
    type Output = ServoCounters;

    fn add(self, other: ServoCounters) -> ServoCounters {
        ServoCounters {
            faults: self.faults + other.faults,
            reopened: self.reopened + other.reopened,
            detached: self.detached + other.detached,
        }
    }
}

/// The times of one chip or bus.
pub(super) struct Link {
    /// Between two ticks.
    pub tick: Span,
    /// What went wrong so far.
    pub counters: ServoCounters,
    last: Option<Moment>,
    ask: Span,
    ask_at: Moment,
    retry_at: Moment,
    pause: Span,
}

impl Link {
    /// For one that is told each `tick`, and asked each `ask` whether it is still as it was set up.
    pub fn new(tick: Span, ask: Span) -> Link {
        let (ask_at, retry_at) = (Moment(0), Moment(i64::MIN));
        Link { tick, counters: ServoCounters::default(), last: None, ask, ask_at, retry_at, pause: PAUSE }
    }

    /// The span to move for, at most a tick: a late one shall be no jump. After a long pause the joints stand.
    pub fn span_s(&mut self, now: Moment, joints: &mut [MovingJoint]) -> f64 {
        let passed = self.last.map_or(self.tick, |last| now - last);
        self.last = Some(now);
        if passed.as_s() > STANDSTILL_TICKS * self.tick.as_s() {
            joints.iter_mut().for_each(MovingJoint::stand);
        }
        passed.min(self.tick).as_s()
    }

    /// Whether one that is lost is to be tried again now.
    pub fn is_retry(&self, now: Moment) -> bool {
        now >= self.retry_at
    }

    /// It was tried again, and answers.
    pub fn found(&mut self, now: Moment, name: &str) {
        self.ask_at = now + self.ask;
        self.counters.reopened += u64::from(self.counters.faults > 0);
        log::info!("servos: {name} answers");
    }

    /// Whether it is to be asked now; the next time is a while later.
    pub fn must_ask(&mut self, now: Moment) -> bool {
        let is_due = now >= self.ask_at;
        if is_due {
            self.ask_at = now + self.ask;
        }
        is_due
    }

    /// It was asked, and is as it was set up.
    pub fn holds(&mut self) {
        self.pause = PAUSE;
    }

    /// It failed, and `was_there` before.
    pub fn lost(&mut self, now: Moment, error: &AppError, was_there: bool) {
        let is_news = was_there || self.counters.faults == 0;
        log::log!(if is_news { log::Level::Warn } else { log::Level::Debug }, "{error}; trying again");
        self.counters.faults += 1;
        self.retry_at = now + self.pause;
        self.pause = (self.pause + self.pause).min(PAUSE_LONGEST);
    }

    /// Whether it has failed twice running.
    pub fn is_failing(&self) -> bool {
        self.pause > PAUSE + PAUSE
    }
}
