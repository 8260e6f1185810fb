//! The flow of a face that is given its voice, on one screen: sound -> playout -> loudspeaker, and playout -> body.
//!
//! One clock rules: what a listener hears now. The loudspeaker tells it, and this machine's clock where there is none.
//! Whatever comes in waits its turn; an interruption throws it away at once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use keyface_core::{FacePose, Moment, SAMPLE_RATE_HZ, Samples, Span, Spoken};
use serde::Serialize;

use crate::AppError;
use crate::app::{SLEEP_LONGEST, Turn};
use crate::body::Body;
use crate::ears::{Ear, EarCounters, Heard, Speaker, SpeakerCounters};
use crate::pictures::{DISPLAY_FPS, Picture, Pictures};
use crate::report::{Latency, ServoSummary};
use crate::screen::ScreenCounters;
use crate::stream::axis::{place_at, until};
use crate::stream::hall::{Hall, Said};
use crate::stream::message::Ask;
use crate::stream::playout::Playout;
use crate::stream::turns::Event;
use crate::wait::span;
use crate::wait::{Bell, RealTime, Time};

/// Half a picture: what is shown stands until the next.
const HALF_PICTURE: Span = Span(1_000_000 / (2 * DISPLAY_FPS as i64));

/// How long an interruption may take to throw away what the ear has: an hour of a file, if need be.
const THROWING: Duration = Duration::from_millis(20);

/// What a face that is given its voice is made of.
pub struct Parts {
    /// Where the voice comes from, beside sessions.
    pub ear: Option<Box<dyn Ear>>,
    /// What brings sound, motion and time together.
    pub playout: Playout,
    /// What the face is shown on.
    pub body: Body,
    /// What the voice is heard from, if anything.
    pub speaker: Option<Speaker>,
    /// Who is told.
    pub hall: Hall,
    /// What sessions and `--control` say.
    pub said: Receiver<Said>,
    /// When the clock of the job began.
    pub started: Instant,
    /// Stop after so much time.
    pub limit: Option<Span>,
}

/// A face that is given its voice.
pub struct Talk {
    parts: Parts,
    bell: Bell,
    time: Box<dyn Time>,
    block: Vec<f32>,
    events: Vec<Event>,
    pictures: Pictures,
    /// When the servos want a face.
    next_face: Moment,
    late_until: Moment,
    /// Whether the turn that comes in has any.
    has_sound: bool,
    has_ended: bool,
    is_closed: bool,
    summary: Summary,
}

/// What it did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Seconds of sound that came in.
    pub sound_s: f64,
    /// Turns that were spoken to their end.
    pub ended: u64,
    /// Turns that were interrupted.
    pub flushed: u64,
    /// Times that sound did not come in time.
    pub underruns: u64,
    /// Times that a network failed and began anew.
    pub line_faults: u64,
    /// Pictures that were due.
    pub pictures: u64,
    /// What the ear suffered.
    pub ear: EarCounters,
    /// What the loudspeaker suffered; `None` without one.
    pub speaker: Option<SpeakerCounters>,
    /// What the screen did; `None` without one.
    pub screen: Option<ScreenCounters>,
    /// What the servos did; `None` without any.
    pub servos: Option<ServoSummary>,
    /// The line's own look-ahead.
    pub look_ahead_ms: f32,
    /// From a place of the sound at the loudspeaker, by its own clock, to the picture that was made for it, on its screen.
    pub latency: Option<Latency>,
}

impl Talk {
    /// A job that has not begun.
    ///
    /// # Errors
    /// When the machine has nothing to wait on.
    pub fn new(parts: Parts) -> Result<Talk, AppError> {
        let bell = Bell::new()?;
        let time = RealTime::since(parts.started, bell.clone());
        Ok(Talk::on(Box::new(time), bell, parts))
    }

    /// The same on any clock.
    fn on(time: Box<dyn Time>, bell: Bell, mut parts: Parts) -> Talk {
        parts.ear.iter_mut().for_each(|ear| ear.tie(&bell));
        parts.speaker.iter().for_each(|speaker| speaker.tie(&bell));
        parts.hall.tie(&bell);
        Talk {
            time,
            bell,
            parts,
            block: Vec::new(),
            events: Vec::new(),
            pictures: Pictures::default(),
            next_face: Moment(0),
            late_until: Moment(i64::MIN),
            has_sound: false,
            has_ended: false,
            is_closed: false,
            summary: Summary::default(),
        }
    }

    /// What wakes it: ring it when `stop` of [`Talk::run`] is set.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Runs until the voice ends, the window is closed or `stop` is set; then the face goes to rest.
    ///
    /// # Errors
    /// When the ear is lost for good.
    pub fn run(mut self, stop: &AtomicBool, watch: impl FnMut(&Turn)) -> Result<Summary, AppError> {
        let outcome = self.live(stop, watch);
        let heard = self.heard();
        let last = self.parts.playout.spoken(heard);
        self.parts.body.rest(last, self.time.as_mut());
        outcome?;
        Ok(self.close())
    }

    fn live(&mut self, stop: &AtomicBool, mut watch: impl FnMut(&Turn)) -> Result<(), AppError> {
        while !self.is_over(stop) {
            self.attend();
            self.listen()?;
            self.play();
            self.show();
            self.drive();
            watch(&self.turn());
            self.wait();
        }
        Ok(())
    }

    fn is_over(&self, stop: &AtomicBool) -> bool {
        let is_done = self.has_ended && self.parts.playout.is_at_rest();
        let is_enough = self.parts.limit.is_some_and(|limit| self.now().since_start() >= limit);
        stop.load(Relaxed) || self.is_closed || is_done || is_enough
    }

    /// A face that waits for a voice lives too: each turn of the loop is a beat.
    fn turn(&self) -> Turn {
        let ear = self.parts.ear.as_ref().map_or(EarCounters::default(), |ear| ear.counters());
        Turn { heard: Samples(0), steps: self.summary.pictures, line_faults: self.parts.playout.faults(), ear }
    }

    /// What sessions and `--control` have said.
    fn attend(&mut self) {
        while let Ok(said) = self.parts.said.try_recv() {
            match said {
                Said::Sound(samples) => self.take(&samples),
                Said::Ask(ask) => self.ask(ask),
            }
        }
        self.parts.hall.set_room(self.parts.playout.room() > 0);
    }

    fn ask(&mut self, ask: Ask) {
        let now = self.now();
        match ask {
            Ask::Flush(flush) => {
                self.late_until = now + Span::from_ms(i64::from(flush.late_ms.unwrap_or(0)));
                self.interrupt(now);
            }
            Ask::End {} => self.parts.playout.end(),
            Ask::Mark { name } => self.parts.playout.mark(name),
            Ask::Mute { on } => self.parts.playout.mute(on),
            ask => _ = self.parts.body.look.take(&ask, now),
        }
    }

    /// Silent from here on, and on the way to rest; what has come in belongs to the turn that is over.
    fn interrupt(&mut self, now: Moment) {
        let heard = self.heard();
        let silent_to = self.parts.playout.flush(heard, now, &mut self.events);
        self.parts.speaker.iter().for_each(|speaker| speaker.silence(silent_to));
        self.pictures.hasten(now);
        self.tell();
        self.has_sound = false;
        let begun = Instant::now();
        // A sender without an end must not keep the face from going on.
        while self.throw_away() && begun.elapsed() < THROWING {}
    }

    /// What has come through the ear, as long as there is room.
    fn listen(&mut self) -> Result<(), AppError> {
        if self.parts.playout.room() == 0 {
            return Ok(());
        }
        let Some(ear) = self.parts.ear.as_mut().filter(|_| !self.has_ended) else { return Ok(()) };
        self.block.clear();
        let heard = ear.read(&mut self.block)?;
        let block = std::mem::take(&mut self.block);
        if self.now() >= self.late_until {
            self.take(&block);
        }
        self.block = block;
        // A connection whose sound was thrown away, or that had none, is no turn.
        if matches!(heard, Heard::TurnEnd | Heard::End) && std::mem::take(&mut self.has_sound) {
            self.parts.playout.end();
        }
        self.has_ended |= heard == Heard::End;
        Ok(())
    }

    /// Throws away what the ear has; false when that is all. A file is thrown away to its end.
    fn throw_away(&mut self) -> bool {
        let Some(ear) = self.parts.ear.as_mut().filter(|_| !self.has_ended) else { return false };
        self.block.clear();
        let heard = ear.read(&mut self.block).unwrap_or(Heard::End);
        self.has_ended |= heard == Heard::End;
        heard == Heard::Sound
    }

    fn take(&mut self, samples: &[f32]) {
        self.has_sound |= !samples.is_empty();
        self.summary.sound_s += samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        self.parts.playout.sound(samples);
    }

    /// The voice goes on, and what has come to its place is told.
    fn play(&mut self) {
        let (heard, now) = (self.heard(), self.now());
        let Parts { playout, speaker, .. } = &mut self.parts;
        let taken = speaker.as_ref().map_or(heard, Speaker::taken);
        playout.advance(heard, taken, |hop| speaker.iter_mut().for_each(|speaker| speaker.say(hop)));
        playout.tell(heard, now, &mut self.events);
        self.tell();
    }

    fn tell(&mut self) {
        let Parts { body, hall, .. } = &mut self.parts;
        for event in self.events.drain(..) {
            self.summary.ended += u64::from(matches!(event, Event::Ended(_)));
            self.summary.flushed += u64::from(matches!(event, Event::Flushed(_)));
            hall.tell(event, |event| match event {
                Event::Step(place, step) => body.look.mouth(&step.motion, place.show),
                Event::Frame(place, spoken) => body.look.face(spoken, place.show),
                _ => FacePose::REST,
            });
        }
    }

    /// The servos are left a face as often as they take one.
    fn drive(&mut self) {
        let now = self.now();
        if now < self.next_face {
            return;
        }
        let spoken = self.spoken(self.parts.body.lead());
        self.parts.body.drive(&spoken, now, Some(Instant::now()));
        self.next_face = self.parts.body.servos_rest().map_or(Moment(i64::MAX), |pause| now + span(pause));
    }

    /// When a picture is due, the motion of what is heard in its middle becomes a face.
    fn show(&mut self) {
        let now = self.now();
        self.is_closed = !self.parts.body.tend(now);
        let beat = self.parts.body.beat();
        let Some(Picture { seen, .. }) = self.pictures.due(now, beat).filter(|_| !self.is_closed) else { return };
        self.summary.pictures += 1;
        let heard = self.heard();
        let half = beat.map_or(HALF_PICTURE, |beat| Span(beat.period.0 / 2));
        let spoken = self.spoken(seen - now + half);
        self.is_closed = !self.parts.body.show(&spoken, Some(Instant::now()), seen, now);
        let playout = &self.parts.playout;
        self.events.push(Event::Frame(playout.place(heard, now), playout.spoken(heard)));
        self.tell();
    }

    /// What is said so much later than what is heard now.
    fn spoken(&mut self, ahead: Span) -> Spoken {
        let ahead = ahead.0 * i64::from(SAMPLE_RATE_HZ) / 1_000_000;
        let place = self.heard().saturating_add_signed(ahead);
        self.parts.playout.spoken(place)
    }

    /// The place that is heard now: asked for anew each time, because a step of the line takes milliseconds.
    fn heard(&mut self) -> u64 {
        match &mut self.parts.speaker {
            Some(speaker) => speaker.heard(Instant::now()),
            None => place_at(self.now()),
        }
    }

    fn now(&self) -> Moment {
        self.time.now()
    }

    /// Sleeps until something is due, or somebody rings.
    fn wait(&mut self) {
        let (heard, now) = (self.heard(), self.now());
        let voice = self.parts.playout.next(heard, self.parts.hall.is_watched());
        let voice = voice.map(|place| now + until(place - heard));
        let hears = self.parts.playout.room() > 0 && !self.has_ended;
        let ear = self.parts.ear.as_ref().filter(|_| hears).and_then(|ear| ear.due_in());
        let picture = self.parts.body.next(&self.pictures, now);
        let limit = self.parts.limit.map(|limit| Moment::START + limit);
        let due = [voice, ear.map(|pause| now + span(pause)), picture, limit, Some(self.next_face)];
        let until = due.into_iter().flatten().fold(now + SLEEP_LONGEST, Moment::min);
        self.time.wait(until, self.parts.body.news());
    }

    fn close(self) -> Summary {
        let Parts { ear, playout, body: Body { screen, servos, .. }, speaker, .. } = self.parts;
        Summary {
            underruns: playout.underruns(),
            line_faults: playout.faults(),
            ear: ear.map_or(EarCounters::default(), |ear| ear.counters()),
            speaker: speaker.map(|speaker| speaker.counters()),
            latency: screen.as_ref().and_then(|screen| Latency::new(screen.ages(), Span(0))),
            screen: screen.map(|screen| screen.counters()),
            servos: servos.map(|servos| ServoSummary::new(&servos.finish(), Span(0))),
            look_ahead_ms: playout.look_ahead().as_ms(),
            ..self.summary
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { sound_s, ended, flushed, underruns, line_faults, look_ahead_ms, .. } = self;
        writeln!(f, "voice     {sound_s:.1} s in {ended} turns, {flushed} more interrupted, {underruns} underruns")?;
        if let Some(SpeakerCounters { xruns, reopened }) = self.speaker {
            writeln!(f, "speaker   {xruns} xruns, opened again {reopened} times")?;
        }
        if let Some(ScreenCounters { shown, skipped, lost, reopened }) = self.screen {
            write!(f, "screen    {shown} pictures shown, {skipped} skipped, ")?;
            writeln!(f, "lost {lost} times, opened again {reopened} times")?;
        }
        write!(f, "line      {line_faults} faults, look-ahead {look_ahead_ms:.0} ms")
    }
}

#[cfg(test)]
mod tests;
