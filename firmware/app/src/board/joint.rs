//! One servo on a driver of pulses: what it follows, how far and how fast.

use std::collections::BTreeMap;

use keyface_core::Channel;
use keyface_core::check::Check;
use serde::{Deserialize, Serialize};

/// One servo. Its pulse is `rest_us` at 0 and `full_us` at 1; what it follows may also go to -1, on the other side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// For people: `jaw`, `lid_left`.
    pub name: String,
    /// The one of `chips` that it hangs on; `pca9685`, when left out.
    #[serde(default)]
    pub chip: Option<String>,
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

impl Joint {
    pub(super) fn key(&self, key: &str) -> String {
        format!("servos.joint.{}.{key}", self.name)
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let range = self.min_us..=self.max_us;
        let is_pulse = |us: u16| (400..=2_600).contains(&us);
        let is_above_zero = |limit: f32| limit > 0.0 && limit.is_finite();
        let mut checks = follow_checks(&self.follows, &self.key("follows"));
        checks.extend([
            Check::new("an output of 0..=15", self.output < 16, &self.key("output"), self.output),
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
        ]);
        checks
    }
}

/// What must hold of that which a joint follows.
pub(super) fn follow_checks(follows: &BTreeMap<String, f32>, key: &str) -> Vec<Check> {
    let unknown = follows.keys().find(|name| !is_source(name));
    let came = unknown.map_or("", String::as_str);
    vec![
        Check::new("something to follow", !follows.is_empty(), key, "{}"),
        Check::new("an ARKit channel or a Live Link angle", unknown.is_none(), key, came),
        Check::new("finite weights", follows.values().all(|weight| weight.is_finite()), key, "one that is not"),
    ]
}

fn is_source(name: &str) -> bool {
    Channel::from_name(name).is_some() || ANGLES.iter().any(|angle| angle.eq_ignore_ascii_case(name))
}
