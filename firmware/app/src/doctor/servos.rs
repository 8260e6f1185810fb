//! The servos' buses.

use super::access::hindrance;
use super::finding::Finding;
use super::machine::Machine;
use crate::board::{Board, Bus, Pca9685};
use crate::servo::pulses;

/// What brings an I2C bus.
const ABSENT: &str = "enable I2C (Raspberry Pi: dtparam=i2c_arm=on in /boot/firmware/config.txt; Jetson: jetson-io.py), \
                      `sudo modprobe i2c-dev`, and see which buses `ls /dev/i2c-*` shows";

/// What brings a serial port.
const NO_PORT: &str = "plug the adapter in, or write another into `port` (`ls /dev/serial/by-id/*` lists them)";

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    let Some(servos) = &board.servos else { return vec![] };
    let chips = servos.chips().map(|(chip, joints)| of_chip(chip, joints.len(), machine));
    chips.chain(servos.buses.values().map(|bus| of_bus(bus, machine))).collect()
}

fn of_bus(bus: &Bus, machine: &Machine) -> Finding {
    let Bus { port, baud, joint, .. } = bus;
    match hindrance(machine, port, NO_PORT) {
        Some((what, advice)) => Finding::failed("servos", what, advice),
        None => {
            Finding::ok("servos", format!("{port} can be used, for {} servos at {baud} bits a second", joint.len()))
        }
    }
}

fn of_chip(chip: &Pca9685, joints: usize, machine: &Machine) -> Finding {
    let Pca9685 { bus, address, clock_hz, .. } = chip;
    match hindrance(machine, bus, ABSENT) {
        Some((what, advice)) => Finding::failed("servos", what, advice),
        None => {
            let clock = f64::from(*clock_hz) / 1e6;
            let (ticks, pulses_hz) = pulses(chip);
            Finding::ok(
                "servos",
                format!(
                    "{bus} can be used, for {joints} servos at {address:#04x}, whose clock has {clock} MHz if a meter \
                     on an output that moves shows {pulses_hz:.2} Hz; else clock_hz = {ticks} x what it shows"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::machine::tests::machine;

    const BOARD: &str = r#"
        name = "b"
        description = "Two chips."
        target = "x86_64-unknown-linux-gnu"
        glibc = "2.34"
        model = "live"
        microphone = { device = "default", rate_hz = 48000 }
        display = { kind = "none" }
        [servos]
        pca9685 = { bus = "/dev/i2c-1", address = 0x40, rate_hz = 50 }
        [servos.chips.neck]
        bus = "/dev/i2c-7"
        address = 0x41
        rate_hz = 50
        clock_hz = 24500000
        [servos.buses.lids]
        port = "/dev/ttyUSB0"
        protocol = "feetech"
        baud = 1000000
        rate_hz = 50
        [[servos.buses.lids.joint]]
        name = "lid"
        id = 1
        follows = { eyeBlinkLeft = 1.0 }
        rest_steps = 2048
        full_steps = 2300
        min_steps = 2000
        max_steps = 2350
        max_speed_steps_per_s = 3000
        max_acceleration_steps_per_s2 = 60000
        [[servos.joint]]
        name = "jaw"
        output = 0
        follows = { jawOpen = 1.0 }
        rest_us = 1500
        full_us = 1900
        min_us = 1450
        max_us = 1950
        max_speed_us_per_s = 4000
        max_acceleration_us_per_s2 = 80000
    "#;

    #[test]
    fn each_chip_is_told_with_its_bus_address_and_clock_and_each_port_with_its_servos() {
        let board = Board::from_toml("b.toml", BOARD).unwrap();
        let told = |files: &[(&str, &str)]| {
            let (_folder, machine) = machine(files);
            check(&board, &machine).iter().map(|finding| format!("{finding:?}")).collect::<Vec<_>>()
        };
        let found = told(&[("/dev/i2c-1", ""), ("/dev/i2c-7", "")]);
        assert!(
            found[0].contains("/dev/i2c-1 can be used, for 1 servos at 0x40, whose clock has 25 MHz if"),
            "{found:?}"
        );
        assert!(
            found[1].contains("/dev/i2c-7 can be used, for 0 servos at 0x41, whose clock has 24.5 MHz"),
            "{found:?}"
        );
        let lids = &told(&[("/dev/ttyUSB0", "")])[2];
        assert!(lids.contains("/dev/ttyUSB0 can be used, for 1 servos at 1000000 bits a second"), "{lids}");
        assert!(found[2].contains("/dev/ttyUSB0 is not there") && found[2].contains("by-id"), "{found:?}");
        assert!(found[0].contains("shows 50.03 Hz; else clock_hz = 499712 x what it shows"), "{found:?}");
        assert!(found[1].contains("shows 49.85 Hz; else clock_hz = 491520 x what it shows"), "{found:?}");
        assert!(told(&[("/dev/i2c-1", "")])[1].contains("/dev/i2c-7 is not there"));
    }
}
