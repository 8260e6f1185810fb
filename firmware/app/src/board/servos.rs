//! Servos as a board states them: which joint follows what, how far and how fast.

use std::collections::BTreeMap;

use keyface_core::check::Check;
use serde::{Deserialize, Serialize};

use super::buses::Bus;
use super::joint::Joint;

/// Servos on drivers of pulses, and on serial buses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servos {
    /// The board that makes the pulses of joints that name no other.
    #[serde(default)]
    pub pca9685: Option<Pca9685>,
    /// Further ones, by the names that joints give.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chips: BTreeMap<String, Pca9685>,
    /// Serial buses with servos of their own, by names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buses: BTreeMap<String, Bus>,
    /// Seconds at rest after which the servos are detached, so that they neither hum nor heat; never, when left out.
    #[serde(default)]
    pub detach_after_s: Option<f32>,
    /// What moves by pulses.
    #[serde(default)]
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

/// At this address every PCA9685 answers until it has been set up.
const ALL_CALL: u8 = 0x70;

impl Servos {
    /// Each chip and the joints that hang on it; the one without a name first.
    pub fn chips(&self) -> impl Iterator<Item = (&Pca9685, Vec<&Joint>)> {
        self.named()
            .map(|(name, chip)| (chip, self.joint.iter().filter(|joint| joint.chip.as_deref() == name).collect()))
    }

    fn named(&self) -> impl Iterator<Item = (Option<&str>, &Pca9685)> {
        let further = self.chips.iter().map(|(name, chip)| (Some(name.as_str()), chip));
        self.pca9685.iter().map(|chip| (None, chip)).chain(further)
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let has_joints = !self.joint.is_empty() || !self.buses.is_empty();
        let mut checks = vec![Check::new("at least one joint", has_joints, "servos.joint", "[]")];
        for (name, bus) in &self.buses {
            let is_alone = self.buses.values().filter(|other| other.port == bus.port).count() == 1;
            let key = format!("servos.buses.{name}.port");
            checks.push(Check::new("a port for each bus", is_alone, &key, &bus.port));
            checks.extend(bus.checks(name));
        }
        for (at, (name, chip)) in self.named().enumerate() {
            let key = name.map_or_else(|| "servos.pca9685".to_owned(), |name| format!("servos.chips.{name}"));
            let is_other = |(_, other): (_, &Pca9685)| (&other.bus, other.address) != (&chip.bus, chip.address);
            let is_alone = self.named().take(at).all(is_other);
            let place = format!("{:#04x} of {}", chip.address, chip.bus);
            checks.push(Check::new("a place on a bus for each chip", is_alone, &format!("{key}.address"), place));
            checks.extend(chip.checks(&key, self.chips.is_empty()));
        }
        for (index, joint) in self.joint.iter().enumerate() {
            let is_same = |other: &Joint| (&other.chip, other.output) == (&joint.chip, joint.output);
            let is_first = !self.joint[..index].iter().any(is_same);
            let is_known = joint.chip.as_ref().is_none_or(|chip| self.chips.contains_key(chip));
            let came = joint.chip.as_deref().unwrap_or_default();
            let is_driven = joint.chip.is_some() || self.pca9685.is_some();
            checks.push(Check::new("servos.pca9685, or a chip", is_driven, &joint.key("chip"), "nothing"));
            checks.push(Check::new("one of servos.chips", is_known, &joint.key("chip"), came));
            checks.push(Check::new("an output for each joint", is_first, &joint.key("output"), joint.output));
            checks.extend(joint.checks());
        }
        checks
    }
}

impl Pca9685 {
    fn checks(&self, key: &str, is_only: bool) -> Vec<Check> {
        let Pca9685 { bus, address, rate_hz, clock_hz } = self;
        let key = |name: &str| format!("{key}.{name}");
        vec![
            Check::new("a file below /dev", bus.starts_with("/dev/"), &key("bus"), bus),
            Check::new("an address of 64..=127", (0x40..=0x7f).contains(address), &key("address"), address),
            Check::new(
                "another address than 112, at which every chip answers",
                is_only || *address != ALL_CALL,
                &key("address"),
                address,
            ),
            Check::new("a rate of 40..=330 Hz", (40..=330).contains(rate_hz), &key("rate_hz"), rate_hz),
            Check::new(
                "a clock of 23000000..=27000000 Hz",
                (23_000_000..=27_000_000).contains(clock_hz),
                &key("clock_hz"),
                clock_hz,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::board::Board;

    const BOARD: &str = r#"
        name = "head"
        description = "Two chips."
        target = "x86_64-unknown-linux-gnu"
        glibc = "2.34"
        model = "live"
        microphone = { device = "default", rate_hz = 48000 }
        display = { kind = "none" }
        [servos]
        pca9685 = { bus = "/dev/i2c-1", address = 0x40, rate_hz = 50 }
        [servos.chips.neck]
        bus = "/dev/i2c-1"
        address = 0x41
        rate_hz = 60
        clock_hz = 24500000
        [[servos.joint]]
        name = "jaw"
        output = 3
        follows = { jawOpen = 1.0 }
        rest_us = 1500
        full_us = 1900
        min_us = 1450
        max_us = 1950
        max_speed_us_per_s = 4000
        max_acceleration_us_per_s2 = 80000
        [[servos.joint]]
        name = "yaw"
        chip = "neck"
        output = 3
        follows = { headYaw = 1.0 }
        rest_us = 1500
        full_us = 1900
        min_us = 1450
        max_us = 1950
        max_speed_us_per_s = 4000
        max_acceleration_us_per_s2 = 80000
    "#;

    fn refusal(from: &str, to: &str) -> String {
        assert!(BOARD.contains(from));
        Board::from_toml("head.toml", &BOARD.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn each_chip_has_the_joints_that_name_it() {
        let servos = Board::from_toml("head.toml", BOARD).unwrap().servos.unwrap();
        let told = |(chip, joints): (&super::Pca9685, Vec<&super::Joint>)| {
            (chip.address, chip.clock_hz, joints.iter().map(|joint| joint.name.clone()).collect::<Vec<_>>())
        };
        let chips: Vec<_> = servos.chips().map(told).collect();
        let expected = [(0x40, 25_000_000, vec!["jaw".to_owned()]), (0x41, 24_500_000, vec!["yaw".to_owned()])];
        assert_eq!(chips, expected);
    }

    #[test]
    fn two_chips_in_one_place_are_refused() {
        let error = refusal("address = 0x41", "address = 0x40");
        let expected = "expected a place on a bus for each chip, came servos.chips.neck.address = 0x40 of /dev/i2c-1";
        assert_eq!(error, format!("head.toml: {expected}"));
        let elsewhere = BOARD.replacen("bus = \"/dev/i2c-1\"\n", "bus = \"/dev/i2c-7\"\n", 1);
        assert!(Board::from_toml("head.toml", &elsewhere.replace("address = 0x41", "address = 0x40")).is_ok());
    }

    #[test]
    fn the_address_at_which_all_answer_is_refused_among_several() {
        let error = refusal("address = 0x41", "address = 0x70");
        assert!(error.ends_with("at which every chip answers, came servos.chips.neck.address = 112"), "{error}");
    }

    #[test]
    fn a_joint_on_a_chip_that_is_not_there_is_refused() {
        let error = refusal("chip = \"neck\"", "chip = \"nick\"");
        assert_eq!(error, "head.toml: expected one of servos.chips, came servos.joint.yaw.chip = nick");
    }

    #[test]
    fn two_joints_on_one_output_are_refused() {
        let error = refusal("chip = \"neck\"", "");
        assert_eq!(error, "head.toml: expected an output for each joint, came servos.joint.yaw.output = 3");
    }

    #[test]
    fn a_further_chip_keeps_the_ranges_of_the_first() {
        let error = refusal("24500000", "20000000");
        assert!(error.ends_with("came servos.chips.neck.clock_hz = 20000000"), "{error}");
        assert!(refusal("rate_hz = 60", "rate_hz = 20").ends_with("came servos.chips.neck.rate_hz = 20"));
    }
}
