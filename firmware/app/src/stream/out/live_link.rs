//! Live Link Face over UDP, as Unreal Engine receives it from a phone: one datagram for each picture, big-endian.

use keyface_core::{Angles, FacePose, Moment, sha256_hex};

use super::Receiver;
use super::wire::Wire;
use crate::stream::shapes::shapes;

const VERSION: u8 = 6;
const SUBJECT: &str = "Keyface";
/// The clock that frames are counted on.
const FPS: i32 = 60;
/// 52 weights and 9 angles.
const VALUES: u8 = 61;

/// Sends to one host.
pub(super) struct LiveLink {
    wire: Wire,
    device: String,
}

impl LiveLink {
    pub fn new(wire: Wire) -> LiveLink {
        LiveLink { wire, device: device_id() }
    }
}

impl Receiver for LiveLink {
    fn show(&mut self, pose: &FacePose, now: Moment) {
        self.wire.send(&datagram(&self.device, pose, now));
    }
}

/// An identity that stays with the machine, so that two faces in one room stay two.
fn device_id() -> String {
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let hash = sha256_hex(format!("keyface {}", machine.trim()).as_bytes()).to_ascii_uppercase();
    [&hash[..8], &hash[8..12], &hash[12..16], &hash[16..20], &hash[20..32]].join("-")
}

fn datagram(device: &str, pose: &FacePose, now: Moment) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for text in [device, SUBJECT] {
        bytes.extend((text.len() as i32).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    let ticks = now.0.max(0) * i64::from(FPS);
    bytes.extend(((ticks / 1_000_000) as i32).to_be_bytes());
    bytes.extend(((ticks % 1_000_000) as f32 / 1e6).to_be_bytes());
    bytes.extend(FPS.to_be_bytes());
    bytes.extend(1i32.to_be_bytes());
    bytes.push(VALUES);
    shapes(pose).iter().for_each(|weight| bytes.extend(weight.to_be_bytes()));
    for Angles { yaw_rad, pitch_rad, roll_rad } in [pose.head, pose.eyes[0], pose.eyes[1]] {
        [yaw_rad, pitch_rad, roll_rad].iter().for_each(|angle| bytes.extend(angle.to_be_bytes()));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use keyface_core::Channel;

    use super::*;

    #[test]
    fn a_datagram_has_the_documented_bytes() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.5);
        pose.head.yaw_rad = -0.25;
        let device = "00000000-0000-0000-0000-000000000000";
        let bytes = datagram(device, &pose, Moment(1_025_000));
        let mut expected = vec![6, 0, 0, 0, 36];
        expected.extend(device.as_bytes());
        expected.extend([0, 0, 0, 7]);
        expected.extend(b"Keyface");
        // Frame 61 and a half, at 60/1 a second; 61 values.
        expected.extend([0, 0, 0, 61, 0x3f, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 1, 61]);
        let mut values = [0u8; 4 * 61];
        values[4 * 17..4 * 18].copy_from_slice(&[0x3f, 0, 0, 0]);
        values[4 * 52..4 * 53].copy_from_slice(&[0xbe, 0x80, 0, 0]);
        expected.extend(values);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn the_device_is_named_by_a_uuid_that_stays() {
        let id = device_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!((lengths.as_slice(), id.len()), (&[8, 4, 4, 4, 12][..], 36));
        assert_eq!(id, device_id());
    }
}
