//! What a face is shown on: screen, servos and receivers take the same motion, each in its own time.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use keyface_core::{FacePose, Moment, Span, Spoken};

use crate::face::Look;
use crate::pictures::{Beat, Pictures};
use crate::screen::Screen;
use crate::servo::{SERVO_LEAD, ServoThread};
use crate::stream::out::Outputs;
use crate::wait::Time;
use crate::wait::span;

/// How long the face takes to come to rest at the end.
const TO_REST: Span = Span::from_ms(300);
/// A screen that takes no picture meanwhile does not hold up the end.
const TO_REST_LONGEST: Span = Span::from_ms(600);

/// A face and where it is.
pub struct Body {
    /// How motion becomes a face.
    pub look: Look,
    /// Where the face is seen, if anywhere.
    pub screen: Option<Screen>,
    /// Servos that move with the face, if any.
    pub servos: Option<ServoThread>,
    /// Programs that are sent the face.
    pub outputs: Outputs,
}

impl Body {
    /// Whether somebody sees the face.
    pub fn is_seen(&self) -> bool {
        self.screen.is_some() || self.servos.is_some() || !self.outputs.is_empty()
    }

    /// Shows a picture that is to be `seen` then, and whose sound was in the air when it was `heard`; false when the user
    /// has closed the screen.
    pub fn show(&mut self, spoken: &Spoken, heard: Option<Instant>, seen: Moment, now: Moment) -> bool {
        let pose = self.look.face(spoken, seen);
        self.show_face(&pose, heard, seen, now)
    }

    /// The same of a whole face.
    pub fn show_face(&mut self, pose: &FacePose, heard: Option<Instant>, seen: Moment, now: Moment) -> bool {
        self.outputs.show(pose, seen);
        self.screen.as_mut().is_none_or(|screen| screen.show(pose, heard, seen, now))
    }

    /// Looks after the screen: what it has told, what a slow one has left to send, and whether a lost one is back. False
    /// when the user has closed it.
    pub fn tend(&mut self, now: Moment) -> bool {
        self.screen.as_mut().is_none_or(|screen| screen.tend(now))
    }

    /// The beat that pictures keep; `None` where they are due by the clock.
    pub fn beat(&self) -> Option<Beat> {
        self.screen.as_ref().and_then(Screen::beat)
    }

    /// What can be read when the screen has news.
    pub fn news(&self) -> Option<BorrowedFd<'_>> {
        self.screen.as_ref().and_then(Screen::news)
    }

    /// When [`Body::tend`] or a picture is due, as far as nobody tells.
    pub fn next(&self, pictures: &Pictures, now: Moment) -> Option<Moment> {
        let tend = self.screen.as_ref().and_then(Screen::tend_in).map(|pause| now + span(pause));
        [pictures.next(now, self.beat()), tend].into_iter().flatten().min()
    }

    /// Leaves the servos a face, whose sound was in the air when it was `captured`.
    pub fn drive(&self, spoken: &Spoken, now: Moment, captured: Option<Instant>) {
        self.drive_face(|| self.look.face(spoken, now), captured);
    }

    /// The same of a whole face, which is made only where there are servos.
    pub fn drive_face(&self, face: impl FnOnce() -> FacePose, captured: Option<Instant>) {
        if let Some(servos) = &self.servos {
            servos.follow(face(), captured);
        }
    }

    /// How long the servos need no other face; `None` without any.
    pub fn servos_rest(&self) -> Option<Duration> {
        self.servos.as_ref().map(ServoThread::pause)
    }

    /// How much earlier than the screen its servos want a face.
    pub fn lead(&self) -> Span {
        self.servos.as_ref().map_or(SERVO_LEAD, ServoThread::lead)
    }

    /// Brings the face from where it is to rest, in real time.
    pub fn rest(&mut self, last: Spoken, time: &mut dyn Time) {
        self.rest_by(time, |look, share, seen| look.face(&last.toward(&Spoken::REST, share), seen));
    }

    /// The same of a whole face.
    pub fn rest_face(&mut self, last: FacePose, time: &mut dyn Time) {
        self.rest_by(time, |_, share, _| last.toward(&FacePose::REST, share));
    }

    fn rest_by(&mut self, time: &mut dyn Time, way: impl Fn(&Look, f32, Moment) -> FacePose) {
        self.servos.iter_mut().for_each(ServoThread::park);
        if self.screen.is_none() && self.outputs.is_empty() {
            return;
        }
        let (mut pictures, start) = (Pictures::default(), time.now());
        let mut share = 0.0;
        while share < 1.0 && time.now() - start < TO_REST_LONGEST {
            let now = time.now();
            let mut is_open = self.tend(now);
            if let Some(picture) = pictures.due(now, self.beat()) {
                share = ((picture.at - start).as_s() / TO_REST.as_s()).clamp(0.0, 1.0) as f32;
                let pose = way(&self.look, share, picture.seen);
                is_open = self.show_face(&pose, None, picture.seen, now);
            }
            if !is_open {
                return;
            }
            let next = self.next(&pictures, now).unwrap_or(start + TO_REST_LONGEST);
            time.wait(next, self.news());
        }
    }
}
