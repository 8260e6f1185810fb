//! Speech through the line to a jaw: what a person in front of the robot sees.

use std::path::Path;

use keyface_core::{FacePose, Gains, Line, Micros, Motion, retarget};

use super::bank::Bank;
use super::fake::FakeChip;
use super::joint::tests::joint;
use crate::animate::{STEP_SAMPLES, tail_samples};
use crate::ears::{Sound, read_sound};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live");
const REST_US: f64 = 1_500.0;
const TRAVEL_US: f64 = 400.0;
const TOP_SPEED: f64 = 6_000.0;
const TOP_ACCELERATION: f64 = 300_000.0;
const COUNT_US: f64 = 4.88;
const TICK_S: f64 = 0.02;

/// A jaw without lips: sealed lips close it.
fn servos() -> keyface_core::Servos {
    let jaw = keyface_core::Joint {
        follows: [("jawOpen".to_owned(), 2.5), ("mouthClose".to_owned(), -3.0)].into(),
        max_speed_us_per_s: TOP_SPEED as f32,
        max_acceleration_us_per_s2: TOP_ACCELERATION as f32,
        min_us: REST_US as u16,
        ..joint()
    };
    let pca9685 = keyface_core::Pca9685 { bus: "/dev/i2c-1".into(), address: 0x40, rate_hz: 50 };
    keyface_core::Servos { pca9685, detach_after_s: Some(1.0), joint: vec![jaw] }
}

/// One tick of the servos.
struct Tick {
    /// The audio time of its face.
    at_s: f64,
    face: FacePose,
    pulse_us: Option<f64>,
}

fn clip() -> Sound {
    read_sound(&Path::new(MODEL).join("demo.wav")).unwrap()
}

/// The clip, then silence, step by step; a tick for each step.
fn speak(line: &mut Line, chip: &FakeChip) -> Vec<Tick> {
    let mut bank = Bank::new(&servos(), chip.opener());
    bank.connect().unwrap();
    let (sound, silence) = (clip().samples, vec![0.0; tail_samples(line) + 2 * 16_000]);
    let mut ticks = Vec::new();
    for block in [sound, silence].concat().chunks(STEP_SAMPLES) {
        let (mut at, mut motion) = (Micros(0), Motion::REST);
        line.push(block, |step| (at, motion) = (step.at, step.motion)).unwrap();
        let face = retarget(&motion, Gains::default());
        bank.tick(Micros(ticks.len() as i64 * 20_000), &face);
        ticks.push(Tick { at_s: at.as_s(), face, pulse_us: chip.pulse_us(0) });
    }
    ticks
}

/// When the lips of the speaker are closed, by the clip's own phone times.
fn closures() -> Vec<(f64, f64)> {
    let text = std::fs::read_to_string(Path::new(MODEL).join("demo.TextGrid")).unwrap();
    let (_, phones) = text.split_once("\"phones\"").unwrap();
    let value = |line: &str| line.split_once("= ").unwrap().1.trim().trim_matches('"').to_owned();
    let lines: Vec<&str> = phones.lines().filter(|line| line.contains("= ")).skip(3).collect();
    let intervals = lines.chunks_exact(3).map(|i| (value(i[0]), value(i[1]), value(i[2])));
    let is_closed = |phone: &str| ["P", "B", "M"].contains(&phone.to_uppercase().as_str());
    intervals.filter(|(.., phone)| is_closed(phone)).map(|(a, b, _)| (a.parse().unwrap(), b.parse().unwrap())).collect()
}

#[test]
fn the_jaw_speaks_within_its_limits_closes_for_p_b_m_and_is_let_go_at_the_end() {
    let chip = FakeChip::new();
    let mut line = Line::new(crate::model::load(MODEL).unwrap());
    let ticks = speak(&mut line, &chip);
    let pulses: Vec<f64> = ticks.iter().filter_map(|tick| tick.pulse_us).collect();
    for tick in &ticks {
        println!(
            "{:.2} {:.3} {:?}",
            tick.at_s,
            super::Follow::new(&servos().joint[0]).pulse_us(&tick.face),
            tick.pulse_us
        );
    }
    println!("{:?}", closures());
}
