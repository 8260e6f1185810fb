//! The servos' bus.

use keyface_core::Board;

use super::access::hindrance;
use super::finding::Finding;
use super::machine::Machine;

/// What brings an I2C bus.
const ABSENT: &str = "enable I2C (Raspberry Pi: dtparam=i2c_arm=on in /boot/firmware/config.txt; Jetson: jetson-io.py), \
                      `sudo modprobe i2c-dev`, and see which buses `ls /dev/i2c-*` shows";

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    let Some(servos) = &board.servos else { return vec![] };
    let bus = &servos.pca9685.bus;
    let found = format!("{bus} can be used, for {} servos", servos.joint.len());
    vec![match hindrance(machine, bus, ABSENT) {
        Some((what, advice)) => Finding::failed("servos", what, advice),
        None => Finding::ok("servos", found),
    }]
}
