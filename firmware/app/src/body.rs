//! What a face is shown on: screen, servos and receivers take the same motion, each in its own time.

use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{Micros, Spoken};

use crate::app::DISPLAY_FPS;
use crate::ears::micros;
use crate::face::Look;
use crate::screen::Screen;
use crate::servo::{SERVO_LEAD, Servos};
use crate::stream::out::Outputs;

/// How long the face takes to come to rest at the end.
const TO_REST: Duration = Duration::from_millis(300);

/// A face and where it is.
pub struct Body {
    /// How motion becomes a face.
    pub look: Look,
    /// Where the face is seen, if anywhere.
    pub screen: Option<Screen>,
    /// Servos that move with the face, if any.
    pub servos: Option<Servos>,
    /// Programs that are sent the face.
    pub outputs: Outputs,
}

impl Body {
    /// Whether somebody sees the face.
    pub fn is_seen(&self) -> bool {
        self.screen.is_some() || self.servos.is_some() || !self.outputs.is_empty()
    }

    /// Shows a picture, whose sound was in the air when it was `heard`; false when the user has closed the screen.
    pub fn show(&mut self, spoken: &Spoken, heard: Option<Instant>, now: Micros) -> bool {
        let pose = self.look.face(spoken, now);
        self.outputs.show(&pose, now);
        self.screen.as_mut().is_none_or(|screen| screen.show(&pose, heard, now))
    }

    /// Between pictures: what a slow screen has left to send, and whether a lost one is back.
    pub fn tend(&mut self, now: Micros) -> bool {
        self.screen.as_mut().is_none_or(|screen| screen.tend(now))
    }

    /// Servos take the newest face at their own rate; `captured` is when its sound was in the air.
    pub fn drive(&self, spoken: &Spoken, now: Micros, captured: Option<Instant>) {
        if let Some(servos) = &self.servos {
            servos.follow(self.look.face(spoken, now), captured);
        }
    }

    /// How much earlier than the screen its servos want a face.
    pub fn lead(&self) -> Micros {
        self.servos.as_ref().map_or(SERVO_LEAD, Servos::lead)
    }

    /// Brings the face from where it is to rest, in real time. The clock of the job began at `started`.
    pub fn rest(&mut self, last: Spoken, started: Instant) {
        self.servos.iter_mut().for_each(Servos::park);
        if self.screen.is_none() && self.outputs.is_empty() {
            return;
        }
        let pictures = DISPLAY_FPS * TO_REST.as_millis() as u32 / 1_000;
        for picture in 1..=pictures {
            let spoken = last.toward(&Spoken::REST, picture as f32 / pictures as f32);
            if !self.show(&spoken, None, micros(started.elapsed())) {
                return;
            }
            thread::sleep(Duration::from_secs(1) / DISPLAY_FPS);
        }
    }
}
