//! The VMC protocol (OSC over UDP), as VSeeFace, VNyan, Warudo and others receive it: the shapes under ARKit's names,
//! for models with "perfect sync", and beside them the vowels and blinks of VRM 0 and VRM 1, for all others.

use keyface_core::{Channel, FacePose, Moment, Span};

use super::Receiver;
use super::wire::Wire;
use crate::stream::shapes::{shapes, vowels};

/// A datagram that no network has to cut.
const DATAGRAM_MOST: usize = 1_400;
/// The head of a bundle that is for now.
const BUNDLE: &[u8] = b"#bundle\0\0\0\0\0\0\0\0\x01";
/// Whether there is a model, and how often that is said.
const LOADED: i32 = 1;
const HELLO_EVERY: Span = Span::from_ms(1_000);

/// Sends to one host.
pub(super) struct Vmc {
    wire: Wire,
    picture: Picture,
    hello_at: Option<Moment>,
}

impl Vmc {
    pub fn new(wire: Wire) -> Vmc {
        Vmc { wire, picture: Picture::new(), hello_at: None }
    }
}

impl Receiver for Vmc {
    fn show(&mut self, pose: &FacePose, now: Moment) {
        if self.hello_at.is_none_or(|at| now - at >= HELLO_EVERY) {
            self.hello_at = Some(now);
            self.wire.send(&hello());
        }
        self.picture.fill(pose, now);
        self.picture.datagrams.iter().for_each(|datagram| self.wire.send(datagram));
    }
}

/// What is sent for a picture: always the same bytes but for its numbers.
struct Picture {
    datagrams: Vec<Vec<u8>>,
    /// In which datagram each number stands, and where: the time, then each weight.
    numbers: Vec<(usize, usize)>,
}

impl Picture {
    fn new() -> Picture {
        let mut picture = Picture { datagrams: vec![BUNDLE.to_vec()], numbers: Vec::new() };
        let values = weights(&FacePose::REST).map(|(name, weight)| value(name, weight));
        for message in std::iter::once(message("/VMC/Ext/T", &[Arg::Float(0.0)])).chain(values) {
            let end = picture.add(&message);
            picture.numbers.push((picture.datagrams.len() - 1, end - size_of::<f32>()));
        }
        picture.add(&message("/VMC/Ext/Blend/Apply", &[]));
        picture
    }

    /// Adds a message to as few datagrams as hold them all; where it ends in the last.
    fn add(&mut self, message: &[u8]) -> usize {
        if self.datagrams.last().is_none_or(|last| last.len() + 4 + message.len() > DATAGRAM_MOST) {
            self.datagrams.push(BUNDLE.to_vec());
        }
        self.datagrams.last_mut().map_or(0, |last| {
            last.extend((message.len() as i32).to_be_bytes());
            last.extend(message);
            last.len()
        })
    }

    fn fill(&mut self, pose: &FacePose, now: Moment) {
        let values = std::iter::once(now.as_s() as f32).chain(weights(pose).map(|(_, weight)| weight));
        for (&(datagram, at), value) in self.numbers.iter().zip(values) {
            self.datagrams[datagram][at..at + size_of::<f32>()].copy_from_slice(&value.to_be_bytes());
        }
    }
}

/// Every weight under every name that a model may know it by.
fn weights(pose: &FacePose) -> impl Iterator<Item = (&'static str, f32)> {
    let vowels = vowels(pose);
    let blinks = [pose[Channel::EyeBlinkLeft], pose[Channel::EyeBlinkRight]];
    let both = blinks[0].min(blinks[1]);
    let vrm0 =
        ["A", "I", "U", "E", "O"].into_iter().zip(vowels).chain([("Blink_L", blinks[0]), ("Blink_R", blinks[1])]);
    let vrm1 = ["aa", "ih", "ou", "ee", "oh"].into_iter().zip(vowels);
    let vrm1 = vrm1.chain([("blinkLeft", blinks[0]), ("blinkRight", blinks[1]), ("blink", both)]);
    let arkit = Channel::ALL.map(Channel::name).into_iter().zip(shapes(pose));
    vrm0.chain(vrm1).chain(arkit)
}

/// There is a model: a datagram of its own.
fn hello() -> Vec<u8> {
    let message = message("/VMC/Ext/OK", &[Arg::Int(LOADED)]);
    [BUNDLE, &(message.len() as i32).to_be_bytes(), &message].concat()
}

enum Arg<'a> {
    Text(&'a str),
    Float(f32),
    Int(i32),
}

fn value(name: &str, weight: f32) -> Vec<u8> {
    message("/VMC/Ext/Blend/Val", &[Arg::Text(name), Arg::Float(weight)])
}

/// An OSC message: address, types, arguments; each text ends in zeros up to four bytes.
fn message(address: &str, args: &[Arg]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    text(&mut bytes, address);
    let types = args.iter().map(|arg| match arg {
        Arg::Text(_) => 's',
        Arg::Float(_) => 'f',
        Arg::Int(_) => 'i',
    });
    text(&mut bytes, &std::iter::once(',').chain(types).collect::<String>());
    for arg in args {
        match arg {
            Arg::Text(word) => text(&mut bytes, word),
            Arg::Float(number) => bytes.extend(number.to_be_bytes()),
            Arg::Int(number) => bytes.extend(number.to_be_bytes()),
        }
    }
    bytes
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(text.as_bytes());
    bytes.resize((bytes.len() + 1).next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blend_value_has_the_documented_bytes() {
        let expected = b"/VMC/Ext/Blend/Val\0\0,sf\0A\0\0\0\x3f\0\0\0";
        assert_eq!(value("A", 0.5), expected);
        assert_eq!(message("/VMC/Ext/Blend/Apply", &[]), b"/VMC/Ext/Blend/Apply\0\0\0\0,\0\0\0");
        assert_eq!(message("/VMC/Ext/OK", &[Arg::Int(1)]), b"/VMC/Ext/OK\0,i\0\0\0\0\0\x01");
        assert_eq!(value("Blink_L", 0.0).len(), 20 + 4 + 8 + 4);
    }

    #[test]
    fn every_name_is_sent_once_with_its_weight_and_applied_last() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.5);
        let mut picture = Picture::new();
        picture.fill(&pose, Moment::from_ms(2_500));
        assert!(picture.datagrams.iter().all(|sent| sent.len() <= DATAGRAM_MOST && sent.starts_with(BUNDLE)));
        let mut expected = vec![message("/VMC/Ext/T", &[Arg::Float(2.5)])];
        expected.extend(weights(&pose).map(|(name, weight)| value(name, weight)));
        expected.push(message("/VMC/Ext/Blend/Apply", &[]));
        assert_eq!(picture.datagrams.iter().flat_map(|sent| messages(sent)).collect::<Vec<_>>(), expected);
        let mut names: Vec<&str> = weights(&pose).map(|(name, _)| name).collect();
        for name in ["A", "I", "U", "E", "O", "Blink_L", "Blink_R", "aa", "blinkLeft", "JawOpen", "MouthSmileLeft"] {
            assert!(names.contains(&name), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 7 + 8 + 52);
    }

    /// The messages of a bundle.
    fn messages(bundle: &[u8]) -> Vec<Vec<u8>> {
        let (mut rest, mut messages) = (&bundle[BUNDLE.len()..], Vec::new());
        while let Some((size, more)) = rest.split_first_chunk() {
            let (message, behind) = more.split_at(i32::from_be_bytes(*size) as usize);
            messages.push(message.to_vec());
            rest = behind;
        }
        messages
    }
}
