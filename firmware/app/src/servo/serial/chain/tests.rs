//! Chains against servos that a thread plays at the other end of a pty: they obey, stop answering, or answer garbage.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::super::packet::tests::status;
use super::*;
use crate::board::BusJoint;
use crate::servo::joint::tests::jaw;

const TICK: i64 = 10_000;

/// Registers of a servo.
#[derive(Clone, Copy, Debug, Default)]
struct Servo {
    holds: bool,
    at: u16,
    /// Goals that it was told.
    goals: usize,
    /// The farthest that a goal was from the one before.
    farthest: u16,
}

/// How the servos behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Obey,
    Silent,
    Garbage,
    Overloaded,
}

struct Fake {
    servos: BTreeMap<u8, Servo>,
    mood: Mood,
}

/// A bus with two servos, and the thread that plays them.
struct Rig {
    bus: Bus,
    fake: Arc<Mutex<Fake>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rig {
    fn new(protocol: Protocol) -> Rig {
        let host = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&host).unwrap();
        unlockpt(&host).unwrap();
        let port = ptsname(&host, Vec::new()).unwrap().into_string().unwrap();
        rustix::io::ioctl_fionbio(&host, true).unwrap();
        let servos = [(1, Servo { at: 2_048, ..Servo::default() }), (2, Servo { at: 2_100, ..Servo::default() })];
        let fake = Arc::new(Mutex::new(Fake { servos: servos.into(), mood: Mood::Obey }));
        let stop = Arc::new(AtomicBool::new(false));
        let (inside, over) = (Arc::clone(&fake), Arc::clone(&stop));
        let mut file = std::fs::File::from(host);
        let play = move || {
            let mut came = Vec::new();
            while !over.load(Relaxed) {
                let mut bytes = [0; 512];
                if let Ok(count) = file.read(&mut bytes) {
                    came.extend(&bytes[..count]);
                }
                while let Some((packet, rest)) = split(protocol, &came) {
                    came = rest;
                    let answer = inside.lock().unwrap().answer(protocol, &packet);
                    _ = file.write_all(&answer);
                }
                thread::sleep(Duration::from_micros(200));
            }
        };
        let joint = |id: u8| BusJoint {
            name: format!("jaw {id}"),
            id,
            follows: [("jawOpen".to_owned(), 1.0)].into(),
            rest_steps: 2_048,
            full_steps: 2_448,
            min_steps: 2_000,
            max_steps: 2_400,
            max_speed_steps_per_s: 3_000.0,
            max_acceleration_steps_per_s2: 60_000.0,
        };
        let bus = Bus { port, protocol, baud: 1_000_000, rate_hz: 100, joint: vec![joint(1), joint(2)] };
        Rig { bus, fake, stop, thread: Some(thread::spawn(play)) }
    }

    fn is(&self, mood: Mood) {
        self.fake.lock().unwrap().mood = mood;
    }

    fn servo(&self, id: u8) -> Servo {
        self.fake.lock().unwrap().servos[&id]
    }

    /// Once what was written has been read.
    fn settled(&self, id: u8) -> Servo {
        thread::sleep(Duration::from_millis(20));
        self.servo(id)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The first packet and what follows it.
fn split(protocol: Protocol, came: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let length = match protocol {
        Protocol::Dynamixel => 7 + usize::from(u16::from_le_bytes([*came.get(5)?, *came.get(6)?])),
        Protocol::Feetech => 4 + usize::from(*came.get(3)?),
    };
    (came.len() >= length).then(|| (came[..length].to_vec(), came[length..].to_vec()))
}

impl Fake {
    /// Does what a packet says, and answers it where one does.
    fn answer(&mut self, protocol: Protocol, packet: &[u8]) -> Vec<u8> {
        let (id, instruction, body) = match protocol {
            Protocol::Dynamixel => (packet[4], packet[7], &packet[8..packet.len() - 2]),
            Protocol::Feetech => (packet[2], packet[4], &packet[5..packet.len() - 1]),
        };
        // Registers by their numbers in the makers' tables: motor, goal, place.
        let (address, size, rest) = match protocol {
            Protocol::Dynamixel => (u16::from_le_bytes([body[0], body[1]]), usize::from(body[2]), &body[4..]),
            Protocol::Feetech => (u16::from(body[0]), usize::from(body[1]), &body[2..]),
        };
        if instruction == 0x83 {
            assert_eq!(id, 0xFE);
            rest.chunks(size + 1).for_each(|value| self.write(protocol, address, value));
            return Vec::new();
        }
        assert_eq!(instruction, 2, "{packet:02x?}");
        let servo = self.servos[&id];
        let value = match (protocol, address) {
            (Protocol::Dynamixel, 64) | (Protocol::Feetech, 40) => u32::from(servo.holds),
            (Protocol::Dynamixel, 132) | (Protocol::Feetech, 56) => u32::from(servo.at),
            other => panic!("{other:?}"),
        };
        let value = &value.to_le_bytes()[..size];
        match self.mood {
            Mood::Obey => status(protocol, id, 0, value),
            Mood::Silent => Vec::new(),
            Mood::Garbage => (0..60).map(|at| (at * 37 % 251) as u8).collect(),
            Mood::Overloaded => status(protocol, id, 0x20, value),
        }
    }

    fn write(&mut self, protocol: Protocol, address: u16, value: &[u8]) {
        let servo = self.servos.get_mut(&value[0]).unwrap();
        match (protocol, address) {
            (Protocol::Dynamixel, 64) | (Protocol::Feetech, 40) => servo.holds = value[1] != 0,
            (Protocol::Dynamixel, 116) | (Protocol::Feetech, 42) => {
                assert!(servo.holds, "told where to go while its motor is off");
                let goal = u16::from_le_bytes([value[1], value[2]]);
                assert!((2_000..=2_400).contains(&goal), "{goal} is beyond its limits");
                servo.farthest = servo.farthest.max(goal.abs_diff(servo.at));
                (servo.at, servo.goals) = (goal, servo.goals + 1);
            }
            other => panic!("{other:?}"),
        }
    }
}

const BOTH: [Protocol; 2] = [Protocol::Dynamixel, Protocol::Feetech];

fn ticks(chain: &mut Chain, ticks: std::ops::Range<i64>, open: f32) -> usize {
    ticks.filter(|tick| chain.tick(Moment(tick * TICK), &jaw(open))).count()
}

#[test]
fn servos_begin_where_they_stand_and_keep_limits_speed_and_rest() {
    for protocol in BOTH {
        let rig = Rig::new(protocol);
        let mut chain = Chain::new(&rig.bus, None);
        chain.connect().unwrap();
        assert!(!rig.servo(1).holds, "nothing moves before it is told");
        ticks(&mut chain, 0..60, 0.0);
        let servo = rig.settled(2);
        assert!(servo.holds && servo.at == 2_048 && servo.goals > 1, "{protocol:?}: {servo:?}");
        assert!(servo.farthest <= 31, "{servo:?}: 3000 steps a second are 30 in a tick");
        ticks(&mut chain, 60..160, 1.0);
        assert_eq!(rig.settled(1).at, 2_400, "held at its limit, below its full position");
        ticks(&mut chain, 160..300, 0.0);
        assert!(chain.is_parked());
        let servo = rig.settled(1);
        assert!(servo.at == 2_048 && servo.farthest <= 31, "{servo:?}");
        chain.detach();
        assert!(!rig.settled(1).holds && !rig.servo(2).holds);
        assert_eq!(chain.counters(), ServoCounters::default());
    }
}

#[test]
fn servos_that_do_not_answer_answer_garbage_or_are_overloaded_are_lost_and_found_again() {
    for protocol in BOTH {
        for mood in [Mood::Silent, Mood::Garbage, Mood::Overloaded] {
            let rig = Rig::new(protocol);
            let mut chain = Chain::new(&rig.bus, None);
            chain.connect().unwrap();
            ticks(&mut chain, 0..30, 1.0);
            rig.is(mood);
            assert!(ticks(&mut chain, 30..130, 1.0) < 40, "{protocol:?} {mood:?}");
            assert!(chain.counters().faults > 1 && chain.is_lost(), "{protocol:?} {mood:?}: {:?}", chain.counters());
            let stands = rig.settled(1).at;
            rig.is(Mood::Obey);
            // The first goal afterwards is where it stands.
            rig.fake.lock().unwrap().servos.get_mut(&1).unwrap().farthest = 0;
            ticks(&mut chain, 130..600, 0.0);
            assert_eq!(chain.counters().reopened, 1, "{protocol:?} {mood:?}");
            let servo = rig.settled(1);
            assert!(servo.at == 2_048 && servo.farthest <= 31, "{protocol:?} {mood:?} from {stands}: {servo:?}");
        }
    }
}

#[test]
fn a_servo_that_lost_its_power_is_noticed_and_taken_again() {
    let rig = Rig::new(Protocol::Feetech);
    let mut chain = Chain::new(&rig.bus, None);
    ticks(&mut chain, 0..60, 0.0);
    rig.fake.lock().unwrap().servos.get_mut(&2).unwrap().holds = false;
    // Two are asked in turn, four times a second, and a face that stands still tells them nothing.
    ticks(&mut chain, 60..200, 0.0);
    assert_eq!(chain.counters().faults, 1);
    assert!(rig.settled(2).holds);
}

#[test]
fn motors_are_detached_after_their_time_at_rest_and_taken_again() {
    let rig = Rig::new(Protocol::Dynamixel);
    let mut chain = Chain::new(&rig.bus, Some(0.5));
    ticks(&mut chain, 0..100, 0.0);
    assert!(!rig.settled(1).holds);
    assert_eq!(chain.counters(), ServoCounters { detached: 2, ..ServoCounters::default() });
    ticks(&mut chain, 100..200, 1.0);
    let servo = rig.settled(1);
    assert!(servo.holds && servo.at == 2_400 && servo.farthest <= 31, "{servo:?}");
}

#[test]
fn a_port_that_is_not_there_and_servos_that_are_not_are_told() {
    let rig = Rig::new(Protocol::Dynamixel);
    let missing = Bus { port: "/dev/ttyNoSuch".into(), ..rig.bus.clone() };
    let error = Chain::new(&missing, None).connect().unwrap_err().to_string();
    assert!(error.starts_with("servos: expected a serial port, came /dev/ttyNoSuch: No such file"), "{error}");
    assert!(error.contains("/dev/serial/by-id"), "{error}");
    rig.is(Mood::Silent);
    let error = Chain::new(&rig.bus, None).connect().unwrap_err().to_string();
    assert!(error.contains(", came nothing from servo 1 (check power, wires, baud and ids)"), "{error}");
    let no_port = Bus { port: "/dev/null".into(), ..rig.bus.clone() };
    assert!(Chain::new(&no_port, None).connect().unwrap_err().to_string().contains("expected a serial port"));
}
