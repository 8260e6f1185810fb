//! Speech through the line to a jaw: what a person in front of the robot sees.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use keyface_core::{AudioTime, Gains, Line, Moment, Motion, retarget};

use super::fake::FakeChip;
use super::follow::Follow;
use super::joint::tests::joint;
use super::lead::lead;
use super::limit::Limit;
use super::rack::Rack;
use super::thread::ServoThread;
use crate::animate::STEP_SAMPLES;
use crate::app::{App, Parts};
use crate::body::Body;
use crate::ears::{FileEar, Pace, read_sound};
use crate::face::Look;
use crate::stream::out::Outputs;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live");
const REST_US: f64 = 1_500.0;
/// The farthest in a tick, and the greatest change of that; a count of the chip more, which rounds.
const STEP_US: f64 = 4_500.0 * 0.02 + COUNT_US;
const BEND_US: f64 = 120_000.0 * 0.02 * 0.02 + 2.0 * COUNT_US;
const COUNT_US: f64 = 4.88;
/// This close to its rest a jaw of 260 us is closed.
const CLOSED_US: f64 = 13.0;
const GAINS: Gains = Gains { jaw: 1.5, lips: 1.3 };

/// A jaw without lips: what seals the lips of a face closes it.
pub fn servos() -> crate::board::Servos {
    let jaw = crate::board::Joint {
        follows: [("jawOpen".to_owned(), 1.6), ("mouthClose".to_owned(), -1.6)].into(),
        full_us: 1_760,
        min_us: 1_480,
        max_us: 1_780,
        max_speed_us_per_s: 4_500.0,
        max_acceleration_us_per_s2: 120_000.0,
        ..joint()
    };
    let pca9685 = crate::board::Pca9685 { bus: "/dev/i2c-1".into(), address: 0x40, rate_hz: 50, clock_hz: 25_000_000 };
    crate::board::Servos {
        pca9685: Some(pca9685),
        chips: Default::default(),
        buses: Default::default(),
        detach_after_s: Some(1.0),
        joint: vec![jaw],
    }
}

/// One tick of the servos.
struct Tick {
    /// The audio time of its face.
    at_s: f64,
    wanted_us: f64,
    pulse_us: Option<f64>,
}

/// The clip and two seconds of silence, step by step; a tick for each step.
fn speak(chip: &FakeChip) -> Vec<Tick> {
    let mut line = Line::new(crate::model::load(MODEL).unwrap());
    let servos = servos();
    let (follow, mut rack) = (Follow::new(&servos.joint[0]), Rack::new(&servos, &chip.opener()));
    rack.connect().unwrap();
    let sound = [read_sound(&Path::new(MODEL).join("demo.wav")).unwrap().samples, vec![0.0; 2 * 16_000]].concat();
    let mut ticks = Vec::new();
    for block in sound.chunks_exact(STEP_SAMPLES) {
        let step = line.push(block).last().transpose().unwrap();
        let (at, motion) = step.map_or((AudioTime(0), Motion::REST), |step| (step.at, step.motion));
        let face = retarget(&motion, GAINS);
        rack.tick(Moment(ticks.len() as i64 * 20_000), &face);
        ticks.push(Tick { at_s: at.as_s(), wanted_us: follow.pulse_us(&face), pulse_us: chip.pulse_us(0) });
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
fn the_jaw_speaks_within_its_limits() {
    let ticks = speak(&FakeChip::new());
    let pulses: Vec<f64> = ticks.iter().filter_map(|tick| tick.pulse_us).collect();
    assert!(pulses.iter().any(|us| *us > REST_US + 130.0), "a jaw that speaks opens");
    assert!(pulses.iter().all(|us| (1_480.0..=1_780.0).contains(us)));
    assert!(pulses.windows(2).all(|p| (p[1] - p[0]).abs() <= STEP_US));
    assert!(pulses.windows(3).all(|p| (p[2] - 2.0 * p[1] + p[0]).abs() <= BEND_US));
}

#[test]
fn the_jaw_closes_for_p_b_and_m() {
    let ticks = speak(&FakeChip::new());
    let closures = closures();
    assert_eq!(closures.len(), 11);
    let mut closed = 0;
    for (from_s, to_s) in closures {
        let during = ticks.iter().filter(|tick| (from_s - 0.02..=to_s + 0.06).contains(&tick.at_s));
        let lowest = during.fold((f64::MAX, f64::MAX), |low, tick| {
            (low.0.min(tick.wanted_us), low.1.min(tick.pulse_us.unwrap_or(REST_US)))
        });
        let (is_wanted, is_closed) = (lowest.0 <= REST_US, lowest.1 <= REST_US + CLOSED_US);
        assert!(is_closed || !is_wanted, "{from_s} s: {:.0} us was wanted, {:.0} us came", lowest.0, lowest.1);
        closed += usize::from(is_closed);
    }
    // The jaw loses none of the closures that the model's face makes: seven of this clip's.
    assert!(closed >= 7, "{closed} of 11 closures");
}

#[test]
fn the_jaw_is_closed_and_detached_after_the_speech() {
    let ticks = speak(&FakeChip::new());
    let last = ticks.iter().rev().find_map(|tick| tick.pulse_us).unwrap();
    assert!((last - REST_US).abs() <= COUNT_US, "{last} us");
    assert_eq!(ticks.last().unwrap().pulse_us, None);
}

/// How far a jaw is from what the lips show, root mean square, when it is told so many steps earlier.
fn apart(jaw: &crate::board::Joint, wanted_us: &[f64], earlier: usize) -> f64 {
    let mut limit = Limit::new(jaw);
    let told = wanted_us[earlier..].iter().copied().chain(std::iter::repeat(REST_US));
    let apart = wanted_us.iter().zip(told).map(|(shown, told)| (limit.advance(told, 0.02) - shown).powi(2));
    (apart.sum::<f64>() / wanted_us.len() as f64).sqrt()
}

#[test]
fn a_slow_jaw_is_nearer_to_the_lips_when_it_is_told_as_much_earlier_as_it_asks_for() {
    let wanted_us: Vec<f64> = speak(&FakeChip::new()).iter().map(|tick| tick.wanted_us).collect();
    for (speed, acceleration) in [(1_500.0, 30_000.0), (900.0, 12_000.0)] {
        let mut slow = servos();
        slow.joint[0].max_speed_us_per_s = speed;
        slow.joint[0].max_acceleration_us_per_s2 = acceleration;
        let lead = (lead(&slow).as_ms() / 20.0).round() as usize;
        let apart: Vec<f64> = (0..8).map(|earlier| apart(&slow.joint[0], &wanted_us, earlier)).collect();
        let least = apart.iter().copied().fold(f64::MAX, f64::min);
        assert!(apart[lead] < 0.85 * apart[0] && apart[lead] < 1.15 * least, "{speed} us/s, {lead} steps: {apart:?}");
    }
}

#[test]
fn a_live_job_moves_the_servos_in_time_and_parks_them() {
    let chip = FakeChip::new();
    let mut sound = read_sound(&Path::new(MODEL).join("demo.wav")).unwrap();
    sound.samples.truncate(16_000);
    let parts = Parts {
        ear: Box::new(FileEar::new(sound, Pace::RealTime)),
        line: Line::new(crate::model::load(MODEL).unwrap()),
        body: Body {
            look: Look::new(GAINS, None),
            screen: None,
            servos: Some(ServoThread::start_on(&servos(), true, chip.opener()).unwrap()),
            outputs: Outputs::default(),
        },
        said: None,
        recorder: None,
        pace: Pace::RealTime,
        limit: None,
    };
    let mut widest = REST_US;
    let watch = |_: &crate::app::Turn| widest = widest.max(chip.pulse_us(0).unwrap_or(REST_US));
    let (report, _) = App::new(parts).unwrap().run(&AtomicBool::new(false), watch).unwrap();
    assert!(widest > REST_US + 80.0, "{widest} us");
    assert_eq!(chip.pulse_us(0), None);
    let servos = report.servos.unwrap();
    assert_eq!(servos.counters.faults, 0);
    assert!(servos.latency.unwrap().p50_ms < 500.0);
}
