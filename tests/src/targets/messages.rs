//! Conversations of a service: what one client says over its WebSocket, what another says over `--control`, and the time
//! between. A part is a message: its kind, its length, its bytes.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use keyface::face::Life;
use keyface::stream::control::converse;
use keyface::stream::hall::{Hall, Said, Seat};
use keyface::stream::message::Ask;
use keyface::stream::session::{Host, Session};
use keyface::stream::tell::{FRAME_BYTES, Packet};
use keyface::stream::turns::{Event, Place};
use keyface_core::{CHANNELS, FacePose, Gains, Model, Moment, Span};
use serde_json::Value;

use crate::fuzz::{Answer, Length, Node, Target, plain, stretches};

/// Text of the client, its sound, lines of `--control`, and milliseconds that pass.
const TEXT: u8 = b't';
const SOUND: u8 = b's';
const CONTROL: u8 = b'c';
const PAUSE: u8 = b'p';
/// One message comes so long behind another.
const BETWEEN: Span = Span::from_ms(4);
/// No pause is longer: a face is told 60 times a second.
const LONGEST_PAUSE_MS: i64 = 200;
/// A network takes longer than all the rest: more sound than this is not heard.
const MOST_SOUND_S: f64 = 0.1;

pub fn target() -> Target {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/instant");
    let name = folder.to_str().expect("models/ has a name in UTF-8");
    let model = keyface::model::load(name).expect("a model that ships");
    Target {
        name: "messages",
        seeds: seeds(),
        split,
        seal: Box::new(plain),
        feed: Box::new(move |bytes| Conversation::new(&model).hold(bytes)),
    }
}

fn split(bytes: &[u8]) -> Vec<Node> {
    let (mut tree, mut rest) = (Vec::new(), bytes);
    while let Some((kind, body, behind)) = message(rest) {
        tree.push(part(kind, body));
        rest = behind;
    }
    tree.push(Node::leaf(rest));
    tree
}

/// Values of JSON are leaves, so that they come to stand behind other names.
fn part(kind: u8, body: &[u8]) -> Node {
    let inner = match kind {
        SOUND => stretches(body),
        _ => body.split_inclusive(|byte| b",:{\n".contains(byte)).map(Node::leaf).collect(),
    };
    Node::part(&[kind], Length::Varint, inner)
}

/// The first message: its kind, its bytes, and what is behind it.
fn message(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let end = rest.iter().take(4).position(|byte| byte & 0x80 == 0)?;
    let size = rest[..=end].iter().rev().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
    let rest = &rest[end + 1..];
    let (body, behind) = rest.split_at(size.min(rest.len()));
    Some((*kind, body, behind))
}

/// A service with a face of its own, one client, and whoever sits at `--control`.
struct Conversation {
    /// Goes first: a session that ends waits until the face has heard it, and here nobody listens any more.
    said: Receiver<Said>,
    session: Session,
    hall: Hall,
    control: Seat,
    now: Moment,
    told: Vec<Packet>,
    heard_s: f64,
    /// The turn of the face that goes on.
    turn: u32,
}

impl Conversation {
    fn new(model: &Model) -> Conversation {
        let (hall, said) = Hall::new(Span::from_ms(20), Span::from_ms(50));
        let control = hall.sit(false).expect("who looks on finds a seat");
        let host = Host::new(model.clone(), Gains::default(), Some(Life::new(1)), Some(hall.clone()));
        let session = Session::new(Arc::new(host));
        Conversation { said, session, hall, control, now: Moment(0), told: Vec::new(), heard_s: 0.0, turn: 0 }
    }

    /// Its answer is what was told, in order.
    fn hold(mut self, bytes: &[u8]) -> Answer {
        let (mut rest, mut kinds, mut turns) = (bytes, Vec::new(), None);
        while let Some((kind, body, behind)) = message(rest) {
            rest = behind;
            let outcome = self.take(kind, body);
            self.face();
            self.pass(BETWEEN);
            for packet in self.told.drain(..) {
                let kind = checked(&packet, &mut turns);
                kinds.extend((kinds.last() != Some(&kind)).then_some(kind));
            }
            outcome?;
        }
        Ok(kinds.join(" "))
    }

    fn take(&mut self, kind: u8, body: &[u8]) -> Result<(), String> {
        match kind {
            SOUND => return self.sound(body),
            CONTROL => self.control(body),
            PAUSE => {
                let ms = std::str::from_utf8(body).ok().and_then(|ms| ms.trim().parse().ok()).unwrap_or(0);
                let ms = i64::clamp(ms, 0, LONGEST_PAUSE_MS);
                (0..ms / 16).for_each(|_| self.pass(Span::from_ms(16)));
            }
            _ => {
                let text = String::from_utf8_lossy(body);
                self.session.text(&text, self.now, &mut self.told).map_err(|refusal| refusal.0)?;
            }
        }
        Ok(())
    }

    /// As a connection does: in pieces, and only while there is room.
    fn sound(&mut self, body: &[u8]) -> Result<(), String> {
        let a_second = self.session.bytes_a_second().max(1);
        for piece in body.chunks((a_second / 20).max(1)) {
            self.heard_s += piece.len() as f64 / a_second as f64;
            if !self.session.has_room(self.now) || self.session.is_open() && self.heard_s > MOST_SOUND_S {
                return Ok(());
            }
            self.session.sound(piece, self.now, &mut self.told).map_err(|refusal| refusal.0)?;
            self.face();
        }
        Ok(())
    }

    fn control(&mut self, lines: &[u8]) {
        let mut answers = Vec::new();
        converse(lines, &mut answers, &mut self.control).expect("bytes in memory are read and written");
        let answers = String::from_utf8(answers).expect("answers are texts");
        answers.lines().for_each(|answer| _ = json(answer));
    }

    fn pass(&mut self, time: Span) {
        self.now = self.now + time;
        self.session.tick(self.now, &mut self.told);
    }

    /// The service's own face: it counts turns, and shows nothing.
    fn face(&mut self) {
        while let Ok(said) = self.said.try_recv() {
            let place = Place { turn: self.turn, at: self.now.heard_if_played(), show: self.now };
            let (event, is_over) = match said {
                Said::Sound(samples) => {
                    assert!(samples.iter().all(|sample| sample.is_finite()), "sound that is not finite");
                    (Event::Frame(place, Default::default()), false)
                }
                Said::Ask(Ask::Flush(_)) => (Event::Flushed(place), true),
                Said::Ask(Ask::End {}) => (Event::Ended(place), true),
                Said::Ask(Ask::Mark { name }) => (Event::Mark(place, name), false),
                Said::Ask(_) => continue,
            };
            self.turn += u32::from(is_over);
            self.hall.tell(event, |_| FacePose::REST);
        }
    }
}

/// What a packet is, when it is what the protocol says; each turn ends once, one behind the other.
fn checked(packet: &Packet, turns: &mut Option<u64>) -> String {
    let text = match packet {
        Packet::Text(text) => text,
        Packet::Bytes(bytes) => {
            assert_eq!(bytes.len(), FRAME_BYTES);
            let floats = bytes[24..].as_chunks().0.iter().map(|float| f32::from_le_bytes(*float));
            assert!(floats.into_iter().all(f32::is_finite), "a binary frame with a value that is not finite");
            return "bytes".into();
        }
    };
    let told = json(text);
    for time in ["t_ms", "show_ms", "from_ms", "now_ms"] {
        assert!(told.get(time).is_none_or(Value::is_number), "a time that is not a number: {text}");
    }
    let kind = told["type"].as_str().expect("a message has a type");
    match kind {
        "frame" => {
            let shapes = told["shapes"].as_array().expect("a frame has shapes");
            let is_weight = |shape: &Value| shape.as_f64().is_some_and(|weight| (0.0..=1.0).contains(&weight));
            assert!(shapes.len() == CHANNELS && shapes.iter().all(is_weight), "{text}");
        }
        "flushed" | "ended" => {
            let turn = told["turn"].as_u64().expect("a turn has a number");
            assert!(turns.is_none_or(|last| turn == last + 1), "turn {turns:?}, then {text}");
            *turns = Some(turn);
        }
        "error" => return told["reason"].as_str().expect("an error has a reason").to_owned(),
        _ => {}
    }
    kind.to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("told what is no JSON: {error}: {text}"))
}

fn seeds() -> Vec<Vec<Node>> {
    let sound: Vec<u8> = (0..1_600u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let text = |text: &str| part(TEXT, text.as_bytes());
    let control = |lines: &str| part(CONTROL, lines.as_bytes());
    let (sound, pause) = (|| part(SOUND, &sound), |ms: &str| part(PAUSE, ms.as_bytes()));
    let look = [
        text(r#"{"type":"mood","name":"happy","strength":0.5}"#),
        text(r#"{"type":"gaze","yaw_deg":-20,"pitch_deg":5.5}"#),
        text(r#"{"type":"state","name":"thinking"}"#),
        text(r#"{"type":"mute","on":true}"#),
    ];
    let lines = "{\"type\":\"flush\"}\n{\"type\":\"mood\",\"name\":\"sad\"}\n{\"type\":\"end\"}\nnonsense\n";
    vec![
        vec![
            text(r#"{"type":"hello","rate":24000,"format":"s16le","channels":2,"visemes":"oculus","fps":30}"#),
            sound(),
            text(r#"{"type":"mark","name":"w1"}"#),
            sound(),
            text(r#"{"type":"flush","at_ms":12.5,"late_ms":20}"#),
            sound(),
            pause("30"),
            sound(),
            text(r#"{"type":"end"}"#),
        ],
        [
            vec![
                text(r#"{"type":"hello","rate":16000,"format":"f32le","pace":"real","frames":"f32","alive":false}"#),
                sound(),
                text(r#"{"type":"end"}"#),
                pause("500"),
                sound(),
                text(r#"{"type":"flush"}"#),
                pause("200"),
            ],
            look.to_vec(),
        ]
        .concat(),
        vec![
            text(r#"{"type":"hello","rate":8000,"format":"mulaw","play":true,"watch":false,"visemes":"vrm1"}"#),
            sound(),
            text(r#"{"type":"mark","name":""}"#),
            control(lines),
            text(r#"{"type":"end"}"#),
        ],
        vec![
            text(r#"{"type":"hello","rate":48000,"watch":true,"frames":"none","visemes":"rhubarb"}"#),
            control("{\"type\":\"mark\",\"name\":\"a\"}\n{\"type\":\"mute\",\"on\":false}\n"),
            pause("16"),
        ],
        vec![
            text(r#"{"type":"hello","rate":192000,"pace":"real","visemes":"openxr","fps":120,"channels":8}"#),
            look[1].clone(),
            sound(),
            pause("100"),
        ],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::to_bytes;

    #[test]
    fn undamaged_conversations_are_held_to_their_end() {
        let target = target();
        let words = [
            &["ready", "frame", "viseme", "mark", "flushed", "ended"][..],
            &["ready", "bytes", "ended", "flushed"],
            &["ready", "frame", "mark", "flushed", "ended"],
            &["ready", "mark"],
            &["ready", "frame"],
        ];
        for (seed, words) in target.seeds.iter().zip(words) {
            let bytes = to_bytes(seed);
            assert_eq!(to_bytes(&split(&bytes)), bytes);
            let told = (target.feed)(&bytes).unwrap();
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
    }
}
