//! Events in, the messages that a client is told out.

use keyface_core::{CHANNELS, FacePose, Span, Step};
use serde::Serialize;

use super::message::{Frames, VisemeSet};
use super::shapes::{shapes, viseme};
use super::turns::Place;

/// Version of the protocol.
pub const PROTOCOL: u32 = 1;
/// First byte of a binary frame.
const FRAME: u8 = 1;
/// Bytes of a binary frame.
pub const FRAME_BYTES: usize = 24 + 4 * (CHANNELS + 2);

/// What goes to a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// A text message.
    Text(String),
    /// A binary message.
    Bytes(Vec<u8>),
}

/// A text message to a client.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tell<'a> {
    /// The answer to a hello.
    Ready(Ready<'a>),
    /// What the face shows.
    Frame {
        /// The turn.
        turn: u32,
        /// Since the turn's first sample.
        t_ms: f64,
        /// On the server's clock.
        show_ms: f64,
        /// The 52 weights, in the order of `ready`'s names.
        shapes: Vec<f64>,
        /// Head: to its own left, and up, in degrees.
        head_deg: [f64; 2],
    },
    /// The mouth shows another viseme from here on.
    Viseme {
        /// The turn.
        turn: u32,
        /// Since the turn's first sample.
        t_ms: f64,
        /// On the server's clock.
        show_ms: f64,
        /// Its name in the set that hello asked for.
        name: &'a str,
        /// Its place in that set.
        index: usize,
    },
    /// A mark's place.
    Mark {
        /// The turn.
        turn: u32,
        /// Since the turn's first sample.
        t_ms: f64,
        /// On the server's clock.
        show_ms: f64,
        /// As it was sent.
        name: &'a str,
    },
    /// What was told of this turn from here on is no longer so.
    Splice {
        /// The turn.
        turn: u32,
        /// Since the turn's first sample.
        from_ms: f64,
    },
    /// The turn was interrupted.
    Flushed {
        /// The turn that is over.
        turn: u32,
        /// How far it came.
        t_ms: f64,
    },
    /// The turn's sound has ended.
    Ended {
        /// The turn that is over.
        turn: u32,
        /// How long it was.
        t_ms: f64,
    },
    /// Something was refused.
    Error {
        /// What was expected, and what came.
        reason: &'a str,
    },
}

/// The answer to a hello.
#[derive(Clone, Debug, Serialize)]
pub struct Ready<'a> {
    /// Version of this protocol.
    pub protocol: u32,
    /// The server's clock now: `show_ms` counts on it.
    pub now_ms: f64,
    /// How much sound behind a moment has to come before that moment is told.
    pub look_ahead_ms: f64,
    /// The earliest time between a sound's coming and its showing: 0 where frames are told at once.
    pub delay_ms: f64,
    /// Frames a second.
    pub fps: u32,
    /// The turn that the next sound belongs to.
    pub turn: u32,
    /// The model that hears.
    pub model: &'a str,
    /// Names of the shapes, as Apple spells them.
    pub shapes: Vec<String>,
}

impl Tell<'_> {
    /// As a packet.
    pub fn packet(&self) -> Packet {
        // These types hold nothing that JSON could not: no maps, and no number that is not finite.
        Packet::Text(serde_json::to_string(self).unwrap_or_default())
    }
}

/// A time as clients read it, to a hundredth of a millisecond.
pub fn ms(time: Span) -> f64 {
    (time.0 as f64 / 10.0).round() / 100.0
}

/// A frame, as the client wants it.
pub fn frame(frames: Frames, place: Place, pose: &FacePose) -> Option<Packet> {
    let head_deg = [pose.head.yaw_rad, pose.head.pitch_rad].map(f32::to_degrees);
    let (turn, t_ms, show_ms) = (place.turn, ms(place.at.since_start()), ms(place.show.since_start()));
    match frames {
        Frames::None => None,
        Frames::Json => {
            let short = |value: f32| (f64::from(value) * 1e4).round() / 1e4;
            let shapes = shapes(pose).map(short).to_vec();
            Some(Tell::Frame { turn, t_ms, show_ms, shapes, head_deg: head_deg.map(short) }.packet())
        }
        Frames::F32 => {
            let mut bytes = Vec::with_capacity(FRAME_BYTES);
            bytes.extend([FRAME, 0, 0, 0]);
            bytes.extend(turn.to_le_bytes());
            bytes.extend(t_ms.to_le_bytes());
            bytes.extend(show_ms.to_le_bytes());
            shapes(pose).iter().chain(&head_deg).for_each(|value| bytes.extend(value.to_le_bytes()));
            Some(Packet::Bytes(bytes))
        }
    }
}

/// Tells visemes when they change.
#[derive(Debug)]
pub struct Visemes {
    set: VisemeSet,
    last: Option<(u32, usize)>,
}

impl Visemes {
    /// In the names of a set.
    pub fn new(set: VisemeSet) -> Visemes {
        Visemes { set, last: None }
    }

    /// What a step changes, if anything. Each turn tells its first.
    pub fn step(&mut self, place: Place, step: &Step, pose: &FacePose) -> Option<Packet> {
        let (name, index) = viseme(self.set, step, pose)?;
        if self.last.replace((place.turn, index)) == Some((place.turn, index)) {
            return None;
        }
        Some(
            Tell::Viseme {
                turn: place.turn,
                t_ms: ms(place.at.since_start()),
                show_ms: ms(place.show.since_start()),
                name,
                index,
            }
            .packet(),
        )
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::{AudioTime, Channel, Moment, Viseme};

    use super::*;
    use crate::out::step_of;

    const PLACE: Place = Place { turn: 3, at: AudioTime(1_016_666), show: Moment(2_000_000) };

    #[test]
    fn a_binary_frame_holds_every_field_at_its_place() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.25);
        pose.head.pitch_rad = 0.1;
        let Some(Packet::Bytes(bytes)) = frame(Frames::F32, PLACE, &pose) else { panic!("binary") };
        assert_eq!((bytes.len(), FRAME_BYTES), (240, 240));
        assert_eq!(bytes[..8], [1, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(bytes[8..16], 1_016.67f64.to_le_bytes());
        assert_eq!(bytes[16..24], 2_000.0f64.to_le_bytes());
        assert_eq!(bytes[24 + 4 * 17..][..4], 0.25f32.to_le_bytes());
        assert_eq!(bytes[236..], 0.1f32.to_degrees().to_le_bytes());
    }

    #[test]
    fn visemes_are_told_when_they_change_and_at_the_start_of_each_turn() {
        let mut visemes = Visemes::new(VisemeSet::Oculus);
        let mut told =
            |turn, viseme| visemes.step(Place { turn, ..PLACE }, &step_of(0, viseme), &FacePose::REST).is_some();
        let said = [(0, Viseme::Sil), (0, Viseme::Sil), (0, Viseme::Aa), (1, Viseme::Aa), (1, Viseme::Aa)];
        assert_eq!(said.map(|(turn, viseme)| told(turn, viseme)), [true, false, true, true, false]);
    }
}
