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
    hello_at: Option<Moment>,
}

impl Vmc {
    pub fn new(wire: Wire) -> Vmc {
        Vmc { wire, hello_at: None }
    }
}

impl Receiver for Vmc {
    fn show(&mut self, pose: &FacePose, now: Moment) {
        let mut messages = Vec::new();
        if self.hello_at.is_none_or(|at| now - at >= HELLO_EVERY) {
            self.hello_at = Some(now);
            messages.push(message("/VMC/Ext/OK", &[Arg::Int(LOADED)]));
        }
        messages.push(message("/VMC/Ext/T", &[Arg::Float(now.as_s() as f32)]));
        messages.extend(weights(pose).iter().map(|(name, weight)| value(name, *weight)));
        messages.push(message("/VMC/Ext/Blend/Apply", &[]));
        bundles(&messages).iter().for_each(|datagram| self.wire.send(datagram));
    }
}

/// Every weight under every name that a model may know it by.
fn weights(pose: &FacePose) -> Vec<(&'static str, f32)> {
    let vowels = vowels(pose);
    let blinks = [pose[Channel::EyeBlinkLeft], pose[Channel::EyeBlinkRight]];
    let both = blinks[0].min(blinks[1]);
    let vrm0 =
        ["A", "I", "U", "E", "O"].into_iter().zip(vowels).chain([("Blink_L", blinks[0]), ("Blink_R", blinks[1])]);
    let vrm1 = ["aa", "ih", "ou", "ee", "oh"].into_iter().zip(vowels);
    let vrm1 = vrm1.chain([("blinkLeft", blinks[0]), ("blinkRight", blinks[1]), ("blink", both)]);
    let arkit = Channel::ALL.map(Channel::name).into_iter().zip(shapes(pose));
    vrm0.chain(vrm1).chain(arkit).collect()
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

/// As few datagrams as hold them all, in their order.
fn bundles(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut bundles = vec![BUNDLE.to_vec()];
    for message in messages {
        if bundles.last().is_none_or(|bundle| bundle.len() + 4 + message.len() > DATAGRAM_MOST) {
            bundles.push(BUNDLE.to_vec());
        }
        if let Some(bundle) = bundles.last_mut() {
            bundle.extend((message.len() as i32).to_be_bytes());
            bundle.extend(message);
        }
    }
    bundles
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
    fn every_name_is_sent_once_and_applied_last() {
        let messages: Vec<Vec<u8>> = weights(&FacePose::REST).iter().map(|(name, w)| value(name, *w)).collect();
        assert_eq!(messages.len(), 7 + 8 + 52);
        let mut names: Vec<&str> = weights(&FacePose::REST).iter().map(|(name, _)| *name).collect();
        for name in ["A", "I", "U", "E", "O", "Blink_L", "Blink_R", "aa", "blinkLeft", "JawOpen", "MouthSmileLeft"] {
            assert!(names.contains(&name), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), messages.len());
        let bundles = bundles(&messages);
        assert!(bundles.iter().all(|bundle| bundle.len() <= DATAGRAM_MOST && bundle.starts_with(b"#bundle\0")));
        let bytes: usize = bundles.iter().map(|bundle| bundle.len() - 16).sum();
        assert_eq!(bytes, messages.iter().map(|message| message.len() + 4).sum::<usize>());
    }
}
