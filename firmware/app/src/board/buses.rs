//! Servos that are told where to go over a serial bus, as a board states them. Their positions are steps, 4096 a turn.

use std::collections::BTreeMap;

use keyface_core::check::Check;
use serde::{Deserialize, Serialize};

use super::joint::{Joint, follow_checks};

/// The last step of a turn.
const LAST_STEP: u16 = 4_095;
/// Beyond this an id means no single servo.
const LAST_ID: u8 = 252;

/// A chain of servos on one serial port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// Serial device file, such as `/dev/ttyUSB0`.
    pub port: String,
    /// What its servos understand.
    pub protocol: Protocol,
    /// Bits a second, as the servos are set: 9600..=4500000.
    pub baud: u32,
    /// How often they are told where to go, 20..=100 times a second.
    pub rate_hz: u32,
    /// What moves.
    pub joint: Vec<BusJoint>,
}

/// What servos on a serial bus understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Dynamixel protocol 2.0, with the control table of the X series.
    Dynamixel,
    /// Feetech STS and SMS.
    Feetech,
}

/// One servo of a chain; as [`Joint`], in steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusJoint {
    /// For people: `jaw`, `lid_left`.
    pub name: String,
    /// Its id on the bus, 0..=252.
    pub id: u8,
    /// What it follows: a weight for each ARKit channel (`jawOpen`) or angle (`headYaw`, in radians).
    pub follows: BTreeMap<String, f32>,
    /// Position of a face at rest, 0..=4095.
    pub rest_steps: u16,
    /// Position of the full motion.
    pub full_steps: u16,
    /// It never goes further down, 0..=4095.
    pub min_steps: u16,
    /// It never goes further up, 0..=4095.
    pub max_steps: u16,
    /// Greatest speed, in steps a second.
    pub max_speed_steps_per_s: f32,
    /// Greatest acceleration, in steps a second squared.
    pub max_acceleration_steps_per_s2: f32,
}

impl BusJoint {
    /// The same motion for whoever counts in microseconds of pulse: a step stands for each.
    pub fn as_joint(&self) -> Joint {
        Joint {
            name: self.name.clone(),
            chip: None,
            output: self.id,
            follows: self.follows.clone(),
            rest_us: self.rest_steps,
            full_us: self.full_steps,
            min_us: self.min_steps,
            max_us: self.max_steps,
            max_speed_us_per_s: self.max_speed_steps_per_s,
            max_acceleration_us_per_s2: self.max_acceleration_steps_per_s2,
        }
    }

    fn checks(&self, bus: &str) -> Vec<Check> {
        let key = |key: &str| format!("servos.buses.{bus}.joint.{}.{key}", self.name);
        let range = self.min_steps..=self.max_steps;
        let is_above_zero = |limit: f32| limit > 0.0 && limit.is_finite();
        let limits = [
            ("max_speed_steps_per_s", self.max_speed_steps_per_s),
            ("max_acceleration_steps_per_s2", self.max_acceleration_steps_per_s2),
        ];
        let mut checks = vec![
            Check::new("an id of 0..=252", self.id <= LAST_ID, &key("id"), self.id),
            Check::new("0..=4095 steps", self.max_steps <= LAST_STEP, &key("max_steps"), self.max_steps),
        ];
        for (name, steps) in [("rest_steps", self.rest_steps), ("full_steps", self.full_steps)] {
            checks.push(Check::new("a position within its limits", range.contains(&steps), &key(name), steps));
        }
        checks.extend(
            limits.map(|(name, limit)| Check::new("a number above 0", is_above_zero(limit), &key(name), limit)),
        );
        checks.extend(follow_checks(&self.follows, &key("follows")));
        checks
    }
}

impl Bus {
    pub(super) fn checks(&self, name: &str) -> Vec<Check> {
        let key = |key: &str| format!("servos.buses.{name}.{key}");
        let mut checks = vec![
            Check::new("a file below /dev", self.port.starts_with("/dev/"), &key("port"), &self.port),
            Check::new(
                "9600..=4500000 bits a second",
                (9_600..=4_500_000).contains(&self.baud),
                &key("baud"),
                self.baud,
            ),
            Check::new("a rate of 20..=100 Hz", (20..=100).contains(&self.rate_hz), &key("rate_hz"), self.rate_hz),
            Check::new("at least one joint", !self.joint.is_empty(), &key("joint"), "[]"),
        ];
        for (at, joint) in self.joint.iter().enumerate() {
            let is_first = !self.joint[..at].iter().any(|other| other.id == joint.id);
            checks.push(Check::new(
                "an id for each joint",
                is_first,
                &key(&format!("joint.{}.id", joint.name)),
                joint.id,
            ));
            checks.extend(joint.checks(name));
        }
        checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Board;

    const BOARD: &str = r#"
        name = "head"
        description = "A chain."
        target = "x86_64-unknown-linux-gnu"
        glibc = "2.34"
        model = "live"
        microphone = { device = "default", rate_hz = 48000 }
        display = { kind = "none" }
        [servos.buses.face]
        port = "/dev/ttyUSB0"
        protocol = "dynamixel"
        baud = 1000000
        rate_hz = 100
        [[servos.buses.face.joint]]
        name = "jaw"
        id = 3
        follows = { jawOpen = 1.0 }
        rest_steps = 2048
        full_steps = 2300
        min_steps = 2000
        max_steps = 2350
        max_speed_steps_per_s = 3000
        max_acceleration_steps_per_s2 = 60000
    "#;

    fn refusal(from: &str, to: &str) -> String {
        assert!(BOARD.contains(from));
        Board::from_toml("head.toml", &BOARD.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_chain_needs_no_chip_and_moves_as_a_joint_does() {
        let servos = Board::from_toml("head.toml", BOARD).unwrap().servos.unwrap();
        assert_eq!(servos.chips().count(), 0);
        let bus = &servos.buses["face"];
        assert_eq!((bus.protocol, bus.baud), (Protocol::Dynamixel, 1_000_000));
        let joint = bus.joint[0].as_joint();
        assert_eq!((joint.output, joint.rest_us, joint.max_us, joint.max_speed_us_per_s), (3, 2_048, 2_350, 3_000.0));
    }

    #[test]
    fn what_a_chain_cannot_be_is_refused_by_its_key() {
        for (from, to, told) in [
            (
                "max_steps = 2350",
                "max_steps = 4096",
                "expected 0..=4095 steps, came servos.buses.face.joint.jaw.max_steps",
            ),
            ("rest_steps = 2048", "rest_steps = 1999", "expected a position within its limits"),
            ("id = 3", "id = 254", "expected an id of 0..=252"),
            ("jawOpen", "jawOpn", "came servos.buses.face.joint.jaw.follows = jawOpn"),
            ("\"dynamixel\"", "\"morse\"", "unknown variant `morse`, expected `dynamixel` or `feetech`"),
            ("/dev/ttyUSB0", "COM3", "expected a file below /dev"),
            ("rest_steps", "rest_us", "unknown field `rest_us`"),
            ("baud = 1000000", "baud = 0", "bits a second"),
            ("max_speed_steps_per_s = 3000", "max_speed_steps_per_s = 0", "expected a number above 0"),
        ] {
            let error = refusal(from, to);
            assert!(error.contains(told), "{error}");
        }
        let twice = BOARD.to_owned() + &BOARD[BOARD.find("[[servos").unwrap()..];
        let error = Board::from_toml("head.toml", &twice).unwrap_err().to_string();
        assert!(error.contains("expected an id for each joint, came servos.buses.face.joint.jaw.id = 3"), "{error}");
    }

    #[test]
    fn two_chains_on_one_port_are_refused() {
        let chain = &BOARD[BOARD.find("[servos.").unwrap()..];
        let error = Board::from_toml("head.toml", &(BOARD.to_owned() + &chain.replace(".face", ".neck"))).unwrap_err();
        let told = "expected a port for each bus, came servos.buses.face.port = /dev/ttyUSB0";
        assert!(error.to_string().contains(told), "{error}");
    }

    #[test]
    fn servos_that_are_neither_on_a_chip_nor_on_a_bus_are_refused() {
        let none = &BOARD[..BOARD.find("[servos").unwrap()];
        let error = Board::from_toml("head.toml", &format!("{none}\n[servos]\n")).unwrap_err().to_string();
        assert!(error.contains("expected at least one joint"), "{error}");
        let joint = "[[servos.joint]]\nname = \"a\"\noutput = 0\nfollows = { jawOpen = 1.0 }\nrest_us = 1500\nfull_us = 1600\n\
                     min_us = 1400\nmax_us = 1700\nmax_speed_us_per_s = 1.0\nmax_acceleration_us_per_s2 = 1.0\n";
        let error = Board::from_toml("head.toml", &format!("{BOARD}\n{joint}")).unwrap_err().to_string();
        assert!(error.contains("expected servos.pca9685, or a chip"), "{error}");
    }
}
