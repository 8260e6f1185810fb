//! A robot's board: servos that are asked for, and those that cannot be had.

use std::time::{Duration, Instant};

use crate::util::Desk;
use crate::wav::clip_wav;

const ROBOT: &str = r#"
    name = "robot"
    description = "A jaw."
    target = "x86_64-unknown-linux-gnu"
    glibc = "2.34"
    model = "live"
    microphone = { device = "default", rate_hz = 48000 }
    display = { kind = "none" }
"#;

const SERVOS: &str = r#"
    [servos]
    pca9685 = { bus = "/dev/i2c-no-such", address = 0x40, rate_hz = 50 }
    [[servos.joint]]
    name = "jaw"
    output = 0
    follows = { jawOpen = 1.0, mouthClose = -1.15 }
    rest_us = 1500
    full_us = 1900
    min_us = 1450
    max_us = 1950
    max_speed_us_per_s = 4000
    max_acceleration_us_per_s2 = 80000
"#;

fn desk(board: &str) -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk.write("robot.toml", board);
    desk
}

#[cfg(target_os = "linux")]
#[test]
fn servos_that_are_asked_for_must_be_there() {
    let line = desk(&[ROBOT, SERVOS].concat()).refuse("run --board robot.toml --input a.wav --to servo");
    let expected = "keyface: servos: expected an I2C bus, came /dev/i2c-no-such: No such file or directory (os error 2); \
                    switch I2C on (raspi-config on a Raspberry Pi), or name in the board what `ls /dev/i2c-*` lists";
    assert_eq!(line, expected);
}

#[cfg(target_os = "linux")]
#[test]
fn servos_that_come_with_the_board_are_tried_while_the_rest_goes_on() {
    let desk = desk(&[ROBOT, SERVOS].concat());
    let started = Instant::now();
    let line = desk.run("run --board robot.toml --input a.wav --seconds 0.5").warned();
    assert!(line.starts_with("keyface: servos: expected an I2C bus, came /dev/i2c-no-such: "), "{line}");
    assert!(line.ends_with("; trying again"), "{line}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_counts_what_the_servos_suffered() {
    let desk = desk(&[ROBOT, SERVOS].concat());
    let run = desk.run("run --board robot.toml --input a.wav --seconds 0.5 --json").done();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(report["servos"]["faults"].as_u64().unwrap() >= 2, "{report}");
    assert_eq!(report["servos"]["reopened"], 0);
    assert!(report["servos"]["latency"].is_null());
}

#[test]
fn servos_without_a_board_that_has_them_are_refused() {
    let desk = desk(ROBOT);
    for args in ["run --input a.wav --to servo", "run --board robot.toml --input a.wav --to servo,file:a.csv"] {
        let line = desk.refuse(args);
        assert_eq!(line, "keyface: --to servo: expected --board with a board that has servos, came none");
    }
}

#[test]
fn servos_do_not_move_faster_than_speech() {
    let line = desk(&[ROBOT, SERVOS].concat()).refuse("run --board robot.toml --input a.wav --fast");
    assert!(line.starts_with("keyface: --fast: expected real time, because servos move with the face"), "{line}");
}

#[test]
fn a_joint_that_follows_nothing_known_is_told_by_name() {
    let board = [ROBOT, &SERVOS.replace("jawOpen", "jawOpn")].concat();
    let line = desk(&board).refuse("run --board robot.toml --input a.wav");
    let expected =
        "keyface: robot.toml: expected an ARKit channel or a Live Link angle, came servos.joint.jaw.follows = jawOpn";
    assert_eq!(line, expected);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_tuned_is_told() {
    let desk = desk(&[ROBOT, SERVOS].concat());
    desk.write("moves", "by 10\n");
    let line = desk.refuse("tune --board robot.toml --script moves");
    assert!(line.starts_with("keyface: servos: expected an I2C bus, came /dev/i2c-no-such: "), "{line}");
    let line = desk.refuse("tune --board robot.toml --script moves --hard 300..2000");
    assert!(line.contains("expected a range within 400..2600, such as 1000..2000"), "{line}");
    desk.write("robot.toml", ROBOT);
    let line = desk.refuse("tune --board robot.toml --script moves");
    assert_eq!(line, "keyface: tune: expected --board with a board that has servos, came none");
}
