//! A face that follows what a camera saw, or what was made without a sound: a take in, shown in real time.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use keyface_core::{FacePose, Moment, Samples, Span};
use keyface_sound::seen::Take;
use serde::Serialize;

use crate::app::{SLEEP_LONGEST, Turn};
use crate::body::Body;
use crate::ears::EarCounters;
use crate::pictures::Pictures;
use crate::report::{Latency, ServoSummary};
use crate::screen::ScreenCounters;
use crate::wait::{Bell, RealTime, Time, span};
use crate::{AppError, bounded};

/// The largest take: some two hours at 60 rows a second.
const TAKE_BYTES: u64 = 256 << 20;

/// A take that is shown.
pub struct Perform {
    take: Take,
    end: Moment,
    body: Body,
    bell: Bell,
    time: Box<dyn Time>,
    pictures: Pictures,
    /// When the servos want a face.
    next_face: Moment,
    is_closed: bool,
    shown: u64,
}

/// What it did.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Faces of the take, and rows that had none.
    pub rows: usize,
    /// Rows without a face.
    pub skipped: usize,
    /// Seconds that were shown.
    pub shown_s: f64,
    /// Pictures that were due.
    pub pictures: u64,
    /// What the screen did; `None` without one.
    pub screen: Option<ScreenCounters>,
    /// What the servos did; `None` without any.
    pub servos: Option<ServoSummary>,
    /// From the moment that a picture is of to its being in the screen's hands.
    pub latency: Option<Latency>,
}

/// Reads a take: the CSV of the Live Link Face app.
///
/// # Errors
/// When the file cannot be read, is larger than 256 MB, or is no such CSV: the text says what came instead.
pub fn read(path: &Path) -> Result<Take, AppError> {
    let text = bounded::read(path, TAKE_BYTES)?;
    let wrong = |came: String| {
        AppError::unexpected(
            path.display().to_string(),
            "a CSV of the Live Link Face app (Timecode, JawOpen, ...)",
            came,
        )
    };
    let text = String::from_utf8(text).map_err(|_| wrong("other bytes".into()))?;
    Take::parse(&text).map_err(wrong)
}

impl Perform {
    /// A take that is shown on a body, up to `limit`.
    ///
    /// # Errors
    /// When the machine has nothing to wait on.
    pub fn new(take: Take, body: Body, limit: Option<Span>) -> Result<Perform, AppError> {
        let bell = Bell::new()?;
        let time = RealTime::since(Instant::now(), bell.clone());
        Ok(Perform::on(Box::new(time), bell, take, body, limit))
    }

    /// The same on any clock.
    fn on(time: Box<dyn Time>, bell: Bell, take: Take, body: Body, limit: Option<Span>) -> Perform {
        let length = Span::from_s(take.length_s());
        let end = Moment::START + limit.map_or(length, |limit| limit.min(length));
        let (pictures, next_face) = (Pictures::default(), Moment(0));
        Perform { take, end, body, bell, time, pictures, next_face, is_closed: false, shown: 0 }
    }

    /// What wakes it: ring it when `stop` of [`Perform::run`] is set.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Runs until the take ends, the window is closed, everybody has left or `stop` is set; then the face goes to rest.
    pub fn run(mut self, stop: &AtomicBool, mut watch: impl FnMut(&Turn)) -> Summary {
        let was_seen = self.body.is_seen();
        let has_left = |body: &Body| was_seen && !body.is_seen();
        while !stop.load(Relaxed) && !self.is_closed && self.now() < self.end && !has_left(&self.body) {
            self.show();
            self.drive();
            watch(&self.turn());
            self.wait();
        }
        let over = self.now().min(self.end);
        let last = self.face(over);
        self.body.rest_face(last, self.time.as_mut());
        self.close(over)
    }

    /// Each turn of the loop is a beat.
    fn turn(&self) -> Turn {
        Turn { heard: Samples(0), steps: self.shown, line_faults: 0, ear: EarCounters::default() }
    }

    fn face(&self, at: Moment) -> FacePose {
        self.take.at(at.as_s())
    }

    fn show(&mut self) {
        let now = self.now();
        self.is_closed = !self.body.tend(now);
        let Some(picture) = self.pictures.due(now, self.body.beat()).filter(|_| !self.is_closed) else { return };
        self.shown += 1;
        let pose = self.face(picture.seen);
        self.is_closed = !self.body.show_face(&pose, Some(Instant::now()), picture.seen, now);
    }

    /// The servos are left a face as often as they take one.
    fn drive(&mut self) {
        let now = self.now();
        if now < self.next_face {
            return;
        }
        let ahead = now + self.body.lead();
        self.body.drive_face(|| self.face(ahead), Some(Instant::now()));
        self.next_face = self.body.servos_rest().map_or(Moment(i64::MAX), |pause| now + span(pause));
    }

    fn now(&self) -> Moment {
        self.time.now()
    }

    fn wait(&mut self) {
        let now = self.now();
        let picture = self.body.next(&self.pictures, now).unwrap_or(Moment(i64::MAX));
        let until = picture.min(self.next_face).min(self.end).min(now + SLEEP_LONGEST);
        self.time.wait(until, self.body.news());
    }

    fn close(self, over: Moment) -> Summary {
        let Body { screen, servos, .. } = self.body;
        Summary {
            rows: self.take.poses.len(),
            skipped: self.take.skipped,
            shown_s: over.as_s(),
            pictures: self.shown,
            latency: screen.as_ref().and_then(|screen| Latency::new(screen.ages(), Span(0))),
            screen: screen.map(|screen| screen.counters()),
            servos: servos.map(|servos| ServoSummary::new(&servos.finish(), Span(0))),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { rows, skipped, shown_s, pictures, .. } = self;
        write!(f, "take      {shown_s:.1} s shown of {rows} faces ({skipped} rows without one), {pictures} pictures")?;
        if let Some(ScreenCounters { shown, skipped, lost, reopened }) = self.screen {
            write!(f, "\nscreen    {shown} pictures shown, {skipped} skipped, ")?;
            write!(f, "lost {lost} times, opened again {reopened} times")?;
        }
        if let Some(ServoSummary { counters, .. }) = self.servos {
            write!(f, "\nservos    {} faults, found again {} times", counters.faults, counters.reopened)?;
        }
        Ok(())
    }
}
