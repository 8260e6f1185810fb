//! One client's conversation, without its socket: messages in, packets out.

use std::sync::{Arc, Mutex, PoisonError};

use keyface_core::{AudioTime, FacePose, Gains, Line, Model, Moment, SAMPLE_RATE_HZ, Span};

use super::axis::place_at;
use super::fast::Fast;
use super::figures::Figures;
use super::hall::{Hall, Seat};
use super::limit::Limit;
use super::message::{Ask, Flush, Frames, Hello, Tempo};
use super::pcm::Pcm;
use super::playout::Playout;
use super::shapes::names;
use super::tell::{PROTOCOL, Packet, Ready, Tell, Visemes, frame, ms};
use super::turns::Event;
use crate::face::{Life, Look};

/// Text messages a second that are taken for long, and at once.
const TEXTS_HZ: f64 = 50.0;
const TEXTS_AT_ONCE: f64 = 200.0;
/// Seconds of sound a second that are heard for long, and at once, where nobody keeps the time.
const HASTE: f64 = 20.0;
const HASTE_AT_ONCE: f64 = 120.0;
/// Messages that are refused with a reason before the session is.
const PATIENCE: u32 = 16;

/// What all sessions of a service share.
pub struct Host {
    model: Mutex<Model>,
    /// Name of the model.
    pub model_name: String,
    /// How strongly faces move.
    pub gains: Gains,
    /// What lives in a face beside its speech; alike each time that a session is repeated.
    pub life: Option<Life>,
    /// This machine's own face, if it shows one.
    pub hall: Option<Hall>,
    /// What is counted.
    pub figures: Figures,
}

impl Host {
    /// For a model.
    pub fn new(model: Model, gains: Gains, life: Option<Life>, hall: Option<Hall>) -> Host {
        let model_name = model.card.name.clone();
        Host { model: Mutex::new(model), model_name, gains, life, hall, figures: Figures::default() }
    }

    fn line(&self) -> Line {
        Line::new(self.model.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Why a session has to end: what is told to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// One client.
pub struct Session {
    host: Arc<Host>,
    texts: Limit,
    refused: u32,
    open: Option<Box<Open>>,
}

/// A client that has said hello.
struct Open {
    hello: Hello,
    pcm: Pcm,
    haste: Limit,
    voice: Voice,
    look: Look,
    visemes: Visemes,
    /// Sound up to here belongs to the turn that was flushed.
    late_until: Moment,
    next_frame: Moment,
    block: Vec<f32>,
    events: Vec<Event>,
}

/// Who makes the motion, and when.
enum Voice {
    Fast(Box<Fast>),
    Real(Box<Playout>),
    Hall(Seat),
}

impl Session {
    /// A client that has not said anything.
    pub fn new(host: Arc<Host>) -> Session {
        Session { host, texts: Limit::new(TEXTS_HZ, TEXTS_AT_ONCE), refused: 0, open: None }
    }

    /// Takes a text message.
    ///
    /// # Errors
    /// When the session cannot go on.
    pub fn text(&mut self, text: &str, now: Moment, out: &mut Vec<Packet>) -> Result<(), Refusal> {
        if !self.texts.take(1.0, now) {
            return Err(Refusal(format!("expected at most {TEXTS_HZ} messages a second, came more")));
        }
        match (Ask::parse(text), &mut self.open) {
            (Ok(Ask::Hello(hello)), None) => self.greet(hello, now, out),
            (Ok(Ask::Hello(_)), Some(_)) => self.refuse("expected one hello, came another", out),
            (Ok(_), None) => Err(Refusal("expected a hello first, came another message".into())),
            (Err(reason), None) => Err(Refusal(reason)),
            (Err(reason), Some(_)) => self.refuse(&reason, out),
            (Ok(_), Some(open)) if open.hello.watch => {
                self.refuse("expected nothing from who watches, came a message", out)
            }
            (Ok(ask), Some(open)) => {
                open.ask(ask, now);
                open.tell(&self.host.figures, out);
                Ok(())
            }
        }
    }

    /// Takes bytes of sound.
    ///
    /// # Errors
    /// When the session cannot go on.
    pub fn sound(&mut self, bytes: &[u8], now: Moment, out: &mut Vec<Packet>) -> Result<(), Refusal> {
        let Some(open) = &mut self.open else {
            return Err(Refusal("expected a hello first, came sound".into()));
        };
        if open.hello.watch {
            return self.refuse("expected nothing from who watches, came sound", out);
        }
        open.sound(bytes, now, &self.host.figures);
        open.tell(&self.host.figures, out);
        Ok(())
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Moment, out: &mut Vec<Packet>) {
        if let Some(open) = &mut self.open {
            open.tick(now);
            open.tell(&self.host.figures, out);
        }
    }

    /// Whether more sound may come now. Who sends it in spite of that waits in his socket.
    pub fn has_room(&mut self, now: Moment) -> bool {
        match &mut self.open {
            None => true,
            Some(open) => match &mut open.voice {
                Voice::Fast(_) => open.haste.has_any(now),
                Voice::Real(playout) => playout.room() > 0,
                Voice::Hall(seat) => seat.has_room(),
            },
        }
    }

    /// Bytes of a second of this client's sound.
    pub fn bytes_a_second(&self) -> usize {
        self.open.as_ref().map_or(1, |open| open.pcm.bytes_a_second())
    }

    /// Whether something happens although nothing comes in.
    pub fn is_moving(&self) -> bool {
        self.open.as_ref().is_some_and(|open| match &open.voice {
            Voice::Fast(_) => false,
            Voice::Real(playout) => open.look.is_alive() || !playout.is_at_rest(),
            Voice::Hall(_) => true,
        })
    }

    /// Whether it has said hello.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether packets are for now: those that a slow client does not take in time may be left out.
    pub fn is_real(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !matches!(open.voice, Voice::Fast(_)))
    }

    fn greet(&mut self, hello: Hello, now: Moment, out: &mut Vec<Packet>) -> Result<(), Refusal> {
        let pcm = Pcm::new(&hello).map_err(|e| Refusal(e.to_string()))?;
        let voice = self.voice(&hello).map_err(Refusal)?;
        let (look_ahead, delay, fps, turn) = match &voice {
            Voice::Fast(fast) => (fast.look_ahead(), Span(0), hello.fps, fast.turn()),
            Voice::Real(playout) => (playout.look_ahead(), playout.lead(), hello.fps, 0),
            Voice::Hall(seat) => (seat.look_ahead(), seat.delay(), crate::pictures::DISPLAY_FPS, seat.turn()),
        };
        let ready = Ready {
            protocol: PROTOCOL,
            now_ms: ms(now.since_start()),
            look_ahead_ms: ms(look_ahead),
            delay_ms: ms(delay),
            fps,
            turn,
            model: &self.host.model_name,
            shapes: names().to_vec(),
        };
        out.push(Tell::Ready(ready).packet());
        let life = self.host.life.filter(|_| hello.alive);
        self.open = Some(Box::new(Open {
            pcm,
            haste: Limit::new(HASTE, HASTE_AT_ONCE),
            voice,
            look: Look::new(self.host.gains, life),
            visemes: Visemes::new(hello.visemes),
            late_until: Moment(i64::MIN),
            next_frame: now,
            block: Vec::new(),
            events: Vec::new(),
            hello,
        }));
        Ok(())
    }

    fn voice(&self, hello: &Hello) -> Result<Voice, String> {
        if hello.play || hello.watch {
            let hall = self.host.hall.as_ref();
            let hall = hall.ok_or("expected a service with a face of its own (--to screen), came one without")?;
            return hall.sit(hello.play).map(Voice::Hall);
        }
        Ok(match hello.pace {
            Tempo::Fast => Voice::Fast(Fast::new(self.host.line(), hello.fps).into()),
            Tempo::Real => Voice::Real(Playout::new(self.host.line()).into()),
        })
    }

    fn refuse(&mut self, reason: &str, out: &mut Vec<Packet>) -> Result<(), Refusal> {
        self.refused += 1;
        self.host.figures.errors.add(1);
        if self.refused > PATIENCE {
            return Err(Refusal(reason.to_owned()));
        }
        out.push(Tell::Error { reason }.packet());
        Ok(())
    }
}

impl Open {
    fn ask(&mut self, ask: Ask, now: Moment) {
        match &ask {
            Ask::Flush(flush) => {
                self.pcm.forget();
                self.late_until = now + Span::from_ms(i64::from(flush.late_ms.unwrap_or(0)));
            }
            Ask::End {} => {
                self.block.clear();
                self.pcm.end(&mut self.block);
                self.hear(now);
            }
            _ => {}
        }
        let events = &mut self.events;
        match (&mut self.voice, ask) {
            (Voice::Hall(seat), ask) => seat.ask(ask),
            (Voice::Fast(fast), Ask::Mute { on }) => fast.mute(on),
            (Voice::Fast(fast), Ask::Mark { name }) => fast.mark(name, now, events),
            (Voice::Fast(fast), Ask::End {}) => fast.end(now, events),
            (Voice::Fast(fast), Ask::Flush(Flush { at_ms, .. })) => fast.flush(at_ms.map(from_ms), now, events),
            (Voice::Real(playout), Ask::Mute { on }) => playout.mute(on),
            (Voice::Real(playout), Ask::Mark { name }) => playout.mark(name),
            (Voice::Real(playout), Ask::End {}) => playout.end(),
            (Voice::Real(playout), Ask::Flush(_)) => _ = playout.flush(place_at(now), now, events),
            (_, ask) => _ = self.look.take(&ask, now),
        }
    }

    fn sound(&mut self, bytes: &[u8], now: Moment, figures: &Figures) {
        if now < self.late_until {
            return;
        }
        self.block.clear();
        self.pcm.push(bytes, &mut self.block);
        figures.samples.add(self.block.len() as u64);
        self.hear(now);
    }

    /// Gives the block to whoever makes motion of it.
    fn hear(&mut self, now: Moment) {
        match &mut self.voice {
            Voice::Fast(fast) => {
                self.haste.spend(self.block.len() as f64 / f64::from(SAMPLE_RATE_HZ), now);
                fast.sound(&self.block, now, &mut self.events);
            }
            Voice::Real(playout) => playout.sound(&self.block),
            Voice::Hall(seat) => seat.sound(&self.block),
        }
    }

    fn tick(&mut self, now: Moment) {
        let axis = place_at(now);
        let Voice::Real(playout) = &mut self.voice else { return };
        playout.advance(axis, axis, |_| ());
        playout.tell(axis, now, &mut self.events);
        if now < self.next_frame {
            return;
        }
        self.next_frame = crate::pictures::next_tick(self.next_frame, now, self.hello.fps);
        if self.look.is_alive() || !playout.is_at_rest() {
            self.events.push(Event::Frame(playout.place(axis, now), playout.spoken(axis)));
        }
    }

    /// Turns what has happened into packets.
    fn tell(&mut self, figures: &Figures, out: &mut Vec<Packet>) {
        let before = out.len();
        if let Voice::Hall(seat) = &mut self.voice {
            while let Some(told) = seat.told() {
                out.extend(packet(&told.0, &told.1, self.hello.frames, &mut self.visemes));
            }
        }
        for event in self.events.drain(..) {
            let pose = match &event {
                Event::Frame(place, spoken) => self.look.face(spoken, place.show),
                Event::Step(place, step) => self.look.mouth(&step.motion, place.show),
                _ => FacePose::REST,
            };
            out.extend(packet(&event, &pose, self.hello.frames, &mut self.visemes));
            figures.turns.add(u64::from(matches!(event, Event::Flushed(_) | Event::Ended(_))));
        }
        figures.packets.add((out.len() - before) as u64);
    }
}

/// An event as the client wants it; frames and steps come with their face.
pub(super) fn packet(event: &Event, pose: &FacePose, frames: Frames, visemes: &mut Visemes) -> Option<Packet> {
    let tell = match event {
        Event::Frame(place, _) => return frame(frames, *place, pose),
        Event::Step(place, step) => return visemes.step(*place, step, pose),
        Event::Mark(place, name) => Tell::Mark {
            turn: place.turn,
            t_ms: ms(place.at.since_start()),
            show_ms: ms(place.show.since_start()),
            name,
        },
        Event::Splice(place) => Tell::Splice { turn: place.turn, from_ms: ms(place.at.since_start()) },
        Event::Flushed(place) => Tell::Flushed { turn: place.turn, t_ms: ms(place.at.since_start()) },
        Event::Ended(place) => Tell::Ended { turn: place.turn, t_ms: ms(place.at.since_start()) },
    };
    Some(tell.packet())
}

fn from_ms(ms: f64) -> AudioTime {
    AudioTime((ms * 1e3) as i64)
}

#[cfg(test)]
mod tests;
