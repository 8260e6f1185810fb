//! Servos as a board states them: which joint follows what, how far and how fast.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Channel;
use crate::check::Check;

/// Servos on one driver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servos {
    /// The board that makes the pulses.
    pub pca9685: Pca9685,
    /// Seconds at rest after which the servos are let go, so that they neither hum nor heat; never, when left out.
    #[serde(default)]
    pub detach_after_s: Option<f32>,
    /// What moves.
    pub joint: Vec<Joint>,
}

/// A PCA9685: sixteen outputs of pulses on the I2C bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pca9685 {
    /// I2C device file, such as `/dev/i2c-1`.
    pub bus: String,
    /// Address on the bus, 0x40..=0x7f.
    pub address: u8,
    /// Pulses a second, 40..=330: 50 for most hobby servos.
    pub rate_hz: u32,
    /// The chip's own clock as it was measured, 23..=27 MHz: pulses are as wrong as this is.
    #[serde(default = "nominal_clock_hz")]
    pub clock_hz: u32,
}

/// What the data sheet says; single chips are off by some percent.
const fn nominal_clock_hz() -> u32 {
    25_000_000
}

/// One servo. Its pulse is `rest_us` at 0 and `full_us` at 1; what it follows may also go to -1, on the other side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// For people: `jaw`, `lid_left`.
    pub name: String,
    /// Output of the driver, 0..=15.
    pub output: u8,
    /// What it follows: a weight for each ARKit channel (`jawOpen`) or angle (`headYaw`, in radians).
    pub follows: BTreeMap<String, f32>,
    /// Pulse of a face at rest, in microseconds.
    pub rest_us: u16,
    /// Pulse of the full motion; below `rest_us` for a servo that turns the other way.
    pub full_us: u16,
    /// No pulse is ever shorter, 400..=2600.
    pub min_us: u16,
    /// No pulse is ever longer, 400..=2600.
    pub max_us: u16,
    /// Greatest speed, in microseconds of pulse a second.
    pub max_speed_us_per_s: f32,
    /// Greatest acceleration, in microseconds of pulse a second squared.
    pub max_acceleration_us_per_s2: f32,
}

/// Angles that a joint can follow beside the channels, as Live Link names them.
const ANGLES: [&str; 9] = [
    "HeadYaw",
    "HeadPitch",
    "HeadRoll",
    "LeftEyeYaw",
    "LeftEyePitch",
    "LeftEyeRoll",
    "RightEyeYaw",
    "RightEyePitch",
    "RightEyeRoll",
];

impl Servos {
    pub(super) fn checks(&self) -> Vec<Check> {
        let Pca9685 { bus, address, rate_hz, clock_hz } = &self.pca9685;
        let is_first = |index: usize| self.joint[..index].iter().all(|joint| joint.output != self.joint[index].output);
        let mut checks = vec![
            Check::new("a file below /dev", bus.starts_with("/dev/"), "servos.pca9685.bus", bus),
            Check::new("an address of 64..=127", (0x40..=0x7f).contains(address), "servos.pca9685.address", address),
            Check::new("a rate of 40..=330 Hz", (40..=330).contains(rate_hz), "servos.pca9685.rate_hz", rate_hz),
            Check::new(
                "a clock of 23000000..=27000000 Hz",
                (23_000_000..=27_000_000).contains(clock_hz),
                "servos.pca9685.clock_hz",
                clock_hz,
            ),
            Check::new("at least one joint", !self.joint.is_empty(), "servos.joint", "[]"),
        ];
        for (index, joint) in self.joint.iter().enumerate() {
            checks.push(Check::new("an output for each joint", is_first(index), &joint.key("output"), joint.output));
            checks.extend(joint.checks());
        }
        checks
    }
}

impl Joint {
    fn key(&self, key: &str) -> String {
        format!("servos.joint.{}.{key}", self.name)
    }

    fn checks(&self) -> Vec<Check> {
        let range = self.min_us..=self.max_us;
        let is_pulse = |us: u16| (400..=2_600).contains(&us);
        let is_above_zero = |limit: f32| limit > 0.0 && limit.is_finite();
        let unknown = self.follows.keys().find(|name| !is_source(name));
        let weights_hold = self.follows.values().all(|weight| weight.is_finite());
        vec![
            Check::new("an output of 0..=15", self.output < 16, &self.key("output"), self.output),
            Check::new("something to follow", !self.follows.is_empty(), &self.key("follows"), "{}"),
            Check::new(
                "an ARKit channel or a Live Link angle",
                unknown.is_none(),
                &self.key("follows"),
                unknown.map_or("", String::as_str),
            ),
            Check::new("finite weights", weights_hold, &self.key("follows"), "one that is not"),
            Check::new("400..=2600 us", is_pulse(self.min_us), &self.key("min_us"), self.min_us),
            Check::new("400..=2600 us", is_pulse(self.max_us), &self.key("max_us"), self.max_us),
            Check::new("a pulse within its limits", range.contains(&self.rest_us), &self.key("rest_us"), self.rest_us),
            Check::new("a pulse within its limits", range.contains(&self.full_us), &self.key("full_us"), self.full_us),
            Check::new(
                "a speed above 0",
                is_above_zero(self.max_speed_us_per_s),
                &self.key("max_speed_us_per_s"),
                self.max_speed_us_per_s,
            ),
            Check::new(
                "an acceleration above 0",
                is_above_zero(self.max_acceleration_us_per_s2),
                &self.key("max_acceleration_us_per_s2"),
                self.max_acceleration_us_per_s2,
            ),
        ]
    }
}

fn is_source(name: &str) -> bool {
    Channel::from_name(name).is_some() || ANGLES.iter().any(|angle| angle.eq_ignore_ascii_case(name))
}
