//! The device's whole flow on one screen: ear -> line -> files, and line -> look -> screen, servos and receivers.
//!
//! Two clocks meet here and nowhere else. The sound pushes: whatever has come in goes through the line at once.
//! The display pulls: when a picture is due, it asks the line for the motion of that moment. Servos do so at their own
//! rate. Between these the job sleeps, until the next of them is due or somebody rings.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use keyface_core::{Line, Moment, SAMPLE_RATE_HZ, Samples, Span, Spoken, Step};

use crate::AppError;
use crate::animate::{STEP_SAMPLES, tail_samples};
use crate::body::Body;
use crate::clock::PlayClock;
use crate::ears::{Ear, Heard, Pace, samples_in};
use crate::out::Recorder;
use crate::pictures::Pictures;
pub use crate::report::Turn;
use crate::report::{Latency, Report, ServoSummary, Watcher};
use crate::stream::hall::{Hall, Said};
use crate::wait::span;
use crate::wait::{Bell, RealTime, Time};

/// The longest sleep: the service manager is told of a job that has nothing to do, too.
pub(crate) const SLEEP_LONGEST: Span = Span::from_ms(250);
/// Between two steps of the silence behind the sound's end.
const STEP: Duration = Duration::from_millis(20);
/// Silence that is heard after the sound's end, so that the face settles.
const SETTLE: Duration = Duration::from_millis(400);

/// What a live job is made of.
pub struct Parts {
    /// Where the sound comes from.
    pub ear: Box<dyn Ear>,
    /// What makes motion of it.
    pub line: Line,
    /// What the face is shown on.
    pub body: Body,
    /// Messages that change the look, and where they come from.
    pub said: Option<(Hall, Receiver<Said>)>,
    /// Files that are written on the way.
    pub recorder: Option<Recorder>,
    /// In real time, or as fast as the machine can.
    pub pace: Pace,
    /// Stop after so much sound.
    pub limit: Option<Span>,
}

/// A live job.
pub struct App {
    parts: Parts,
    bell: Bell,
    time: Box<dyn Time>,
    clock: PlayClock,
    block: Vec<f32>,
    steps: Vec<Step>,
    heard: Samples,
    ended: Option<(Moment, Samples)>,
    pictures: Pictures,
    /// When the servos want a face.
    next_face: Moment,
    is_closed: bool,
    /// Whether there was somebody who could see the face, or else it was for files or for nobody.
    was_seen: bool,
    watcher: Watcher,
}

impl App {
    /// A job that has not begun.
    ///
    /// # Errors
    /// When the machine has nothing to wait on.
    pub fn new(parts: Parts) -> Result<App, AppError> {
        let bell = Bell::new()?;
        let time = RealTime::since(Instant::now(), bell.clone());
        Ok(App::on(Box::new(time), bell, parts))
    }

    /// The same on any clock.
    fn on(time: Box<dyn Time>, bell: Bell, mut parts: Parts) -> App {
        parts.ear.tie(&bell);
        parts.said.iter().for_each(|(hall, _)| hall.tie(&bell));
        App {
            was_seen: parts.body.is_seen(),
            parts,
            bell,
            time,
            clock: PlayClock::default(),
            block: Vec::new(),
            steps: Vec::new(),
            heard: Samples(0),
            ended: None,
            pictures: Pictures::default(),
            next_face: Moment(0),
            is_closed: false,
            watcher: Watcher::default(),
        }
    }

    /// What wakes it: ring it when `stop` of [`App::run`] is set.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Runs until the sound ends, the window is closed, everybody has left or `stop` is set; then the face goes to rest
    /// and files are closed. `watch` is told how far it has come, in each turn of the loop.
    ///
    /// # Errors
    /// When the ear is lost for good, or a file fails.
    pub fn run(mut self, stop: &AtomicBool, watch: impl FnMut(&Turn)) -> Result<(Report, Vec<PathBuf>), AppError> {
        let outcome = self.live(stop, watch);
        // A face that has lost its ear or its disk goes to rest too.
        self.rest();
        outcome?;
        self.close()
    }

    fn live(&mut self, stop: &AtomicBool, mut watch: impl FnMut(&Turn)) -> Result<(), AppError> {
        while !self.is_over(stop) {
            self.attend();
            self.hear()?;
            self.show();
            self.drive();
            watch(&self.turn());
            self.wait();
        }
        Ok(())
    }

    fn turn(&self) -> Turn {
        self.watcher.turn(self.heard, self.parts.ear.counters())
    }

    fn is_over(&self, stop: &AtomicBool) -> bool {
        let is_done = self.ended.is_some_and(|(_, end)| self.heard.0 >= end.0 + self.tail() as u64);
        let is_enough = self.parts.limit.is_some_and(|limit| self.heard.span() >= limit);
        let is_left = self.was_seen && !self.parts.body.is_seen() && self.parts.recorder.is_none();
        stop.load(Relaxed) || self.is_closed || is_left || is_done || is_enough
    }

    /// Moods, states and gazes; there is no turn of speech to be ended here.
    fn attend(&mut self) {
        let now = self.now();
        while let Some(Said::Ask(ask)) = self.parts.said.as_ref().and_then(|(_, said)| said.try_recv().ok()) {
            if !self.parts.body.look.take(&ask, now) {
                log::warn!("--control: expected mood, state or gaze, because this input has no turns, came {ask:?}");
            }
        }
    }

    /// The sound's clock: what has come in goes through the line, and its steps into the files.
    fn hear(&mut self) -> Result<(), AppError> {
        self.listen()?;
        let block = std::mem::take(&mut self.block);
        for piece in block.chunks(STEP_SAMPLES) {
            self.steps.clear();
            for step in self.parts.line.push(piece) {
                self.steps.extend(self.watcher.line(step)?);
            }
            let now = self.now();
            for step in &self.steps {
                self.clock.arrived(step.at, now);
                self.watcher.step();
            }
            self.record(piece)?;
        }
        self.heard.0 += block.len() as u64;
        self.block = block;
        Ok(())
    }

    /// Fills the block from the ear; behind its end, with silence.
    fn listen(&mut self) -> Result<(), AppError> {
        self.block.clear();
        if let Some((since, end)) = self.ended {
            let passed = Duration::from_micros((self.now() - since).0.unsigned_abs());
            let due = if self.parts.pace == Pace::Fast { self.tail() } else { samples_in(passed).min(self.tail()) };
            let given = (self.heard.0 - end.0) as usize;
            self.block.resize(due.saturating_sub(given), 0.0);
        } else if self.parts.ear.read(&mut self.block)? == Heard::End {
            self.ended = Some((self.now(), self.heard));
        }
        self.block.truncate(self.wanted());
        Ok(())
    }

    /// Samples up to the limit.
    fn wanted(&self) -> usize {
        let samples = |limit: Span| (limit.0.max(0) as u64 * u64::from(SAMPLE_RATE_HZ)).div_ceil(1_000_000);
        let left = self.parts.limit.map_or(u64::MAX, |limit| samples(limit).saturating_sub(self.heard.0));
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    fn tail(&self) -> usize {
        tail_samples(&self.parts.line) + samples_in(SETTLE)
    }

    fn record(&mut self, piece: &[f32]) -> Result<(), AppError> {
        let Some(recorder) = &mut self.parts.recorder else { return Ok(()) };
        let end = self.ended.map(|(_, end)| end.time());
        let heard = if end.is_none() { recorder.hear(piece) } else { Ok(()) };
        let mut steps = self.steps.iter();
        match heard.and_then(|()| steps.try_for_each(|step| recorder.step(&self.parts.line, step, end))) {
            // A face that is seen goes on when nobody reads its curves any more.
            Err(error) if error.is_unread() && self.parts.body.is_seen() => {
                log::warn!("{error}");
                self.parts.recorder = None;
                Ok(())
            }
            done => done,
        }
    }

    /// The display's clock: when a picture is due, the motion of that moment becomes a face.
    fn show(&mut self) {
        let now = self.now();
        self.is_closed = !self.parts.body.tend(now);
        let Some(picture) = self.pictures.due(now, self.parts.body.beat()).filter(|_| !self.is_closed) else { return };
        let at = self.clock.show(picture.at);
        let spoken = at.map_or(Spoken::REST, |at| self.parts.line.spoken_at(at));
        let captured = at.and_then(|at| self.parts.ear.captured(at)).filter(|_| self.ended.is_none());
        self.is_closed = !self.parts.body.show(&spoken, captured, picture.seen, now);
        if at.is_some() {
            self.watcher.picture(captured.map(|captured| captured.elapsed()));
        }
    }

    /// The servos' clock: they are left a face as often as they take one.
    fn drive(&mut self) {
        let now = self.now();
        if now < self.next_face {
            return;
        }
        if let Some(at) = self.clock.ahead(now, self.parts.body.lead()).filter(|_| self.parts.body.servos.is_some()) {
            let captured = self.parts.ear.captured(at).filter(|_| self.ended.is_none());
            self.parts.body.drive(&self.parts.line.spoken_at(at), now, captured);
        }
        self.next_face = self.parts.body.servos_rest().map_or(Moment(i64::MAX), |pause| now + span(pause));
    }

    fn now(&self) -> Moment {
        self.time.now()
    }

    /// Sleeps until something is due, or somebody rings.
    fn wait(&mut self) {
        let now = self.now();
        let settling = if self.parts.pace == Pace::Fast { Duration::ZERO } else { STEP };
        let sound = if self.ended.is_some() { Some(settling) } else { self.parts.ear.due_in() };
        let sound = sound.map_or(Moment(i64::MAX), |pause| now + span(pause));
        let picture = self.parts.body.next(&self.pictures, now).unwrap_or(Moment(i64::MAX));
        let until = sound.min(picture).min(self.next_face).min(now + SLEEP_LONGEST);
        self.time.wait(until, self.parts.body.news());
    }

    /// Brings the face from where it is to rest, in real time.
    fn rest(&mut self) {
        let shown = self.clock.show(self.now());
        let last = shown.map_or(Spoken::REST, |at| self.parts.line.spoken_at(at));
        self.parts.body.rest(last, self.time.as_mut());
    }

    fn close(self) -> Result<(Report, Vec<PathBuf>), AppError> {
        let heard = self.ended.map_or(self.heard, |(_, end)| end);
        let end = heard.time();
        let Parts { ear, line, body: Body { screen, servos, .. }, recorder, .. } = self.parts;
        let servos = servos.map(|servos| ServoSummary::new(&servos.finish(), line.look_ahead()));
        let report = self.watcher.report(heard, line.look_ahead(), ear.as_ref());
        let latency = screen.as_ref().map_or(report.latency, |screen| Latency::new(screen.ages(), line.look_ahead()));
        let report = Report { screen: screen.map(|screen| screen.counters()), servos, latency, ..report };
        let files = recorder.map_or(Ok(Vec::new()), |recorder| recorder.finish(end))?;
        Ok((report, files))
    }
}

#[cfg(test)]
mod tests;
