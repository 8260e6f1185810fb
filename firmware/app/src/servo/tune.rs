//! Moves of one servo at a time in, the board's servos with the limits that were found out.
//!
//! A servo that is tuned moves slowly, from where it stands, and never beyond hard limits; all others are free.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use embedded_hal::i2c::I2c;
use keyface_core::{FacePose, Moment, Span};

use super::lead::travel_s;
use super::rack::Rack;
use crate::AppError;
use crate::board::{BusJoint, Joint, Servos};

/// Pulses that every hobby servo takes, in microseconds, and the widest that a board may have.
pub const USUAL_US: RangeInclusive<u16> = 1_000..=2_000;
pub const WIDEST_US: RangeInclusive<u16> = 400..=2_600;
/// Steps of a servo on a serial bus: a turn.
const STEPS: RangeInclusive<u16> = 0..=4_095;
/// A horn that meets something hard shall meet it softly: units a second, and a second squared.
const SPEED: f32 = 400.0;
const ACCELERATION: f32 = 2_000.0;
/// How long a servo may lag behind what it is told.
const LAG: Span = Span::from_ms(100);

/// One move.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Take this joint.
    Joint(String),
    /// Take the next joint.
    Next,
    /// Go so much further.
    By(i32),
    /// Go there.
    To(u16),
    /// What it stands at is one of its limits.
    Mark(Mark),
}

/// What a place is for a joint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It never goes lower.
    Min,
    /// Where it is for a face at rest.
    Rest,
    /// Where it is for the full motion.
    Full,
    /// It never goes higher.
    Max,
}

impl FromStr for Move {
    type Err = String;

    /// `joint jaw`, `by -10`, `to 1500`, `min`, `rest`, `full`, `max`.
    fn from_str(line: &str) -> Result<Move, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let made = match *words.as_slice() {
            ["joint", name] => Some(Move::Joint(name.to_owned())),
            ["by", units] => units.parse().ok().map(Move::By),
            ["to", place] => place.parse().ok().map(Move::To),
            ["min"] => Some(Move::Mark(Mark::Min)),
            ["rest"] => Some(Move::Mark(Mark::Rest)),
            ["full"] => Some(Move::Mark(Mark::Full)),
            ["max"] => Some(Move::Mark(Mark::Max)),
            _ => None,
        };
        made.ok_or_else(|| format!("expected joint NAME, by UNITS, to PLACE, min, rest, full or max, came {line:?}"))
    }
}

/// A joint of a board, and the bus that it hangs on, if it is one on a serial bus.
struct Tuned {
    bus: Option<String>,
    joint: Joint,
}

/// Tunes the joints of a board.
pub struct Tuner<I, O> {
    servos: Servos,
    hard_us: RangeInclusive<u16>,
    open: O,
    joints: Vec<Tuned>,
    at: usize,
    rack: Rack<I, O>,
    goal: u16,
    now: Moment,
}

impl<I, O> Tuner<I, O>
where
    I: I2c<Error: Display>,
    O: FnMut(&str) -> Result<I, AppError> + Clone,
{
    /// For the servos of a checked board, which have a joint; the first joint first. No pulse leaves `hard_us`.
    ///
    /// # Errors
    /// When the joint's chip or bus does not answer.
    pub fn new(servos: Servos, hard_us: RangeInclusive<u16>, open: O) -> Result<Tuner<I, O>, AppError> {
        let on_buses = servos.buses.iter().flat_map(|(name, bus)| bus.joint.iter().map(move |joint| (name, joint)));
        let on_buses = on_buses.map(|(name, joint)| Tuned { bus: Some(name.clone()), joint: joint.as_joint() });
        let joints =
            servos.joint.iter().map(|joint| Tuned { bus: None, joint: joint.clone() }).chain(on_buses).collect();
        let nobody = Servos { joint: vec![], buses: Default::default(), ..servos.clone() };
        let rack = Rack::new(&nobody, &open);
        let mut tuner = Tuner { servos, hard_us, open, joints, at: 0, rack, goal: 0, now: Moment(0) };
        tuner.take(0)?;
        Ok(tuner)
    }

    /// The joint that moves, and where it is told to be.
    pub fn standing(&self) -> (&str, u16) {
        (&self.joints[self.at].joint.name, self.goal)
    }

    /// Begins a move; how long it takes. Call [`Tuner::tick`] meanwhile.
    ///
    /// # Errors
    /// When there is no such joint, or its chip or bus does not answer.
    pub fn make(&mut self, step: &Move) -> Result<Span, AppError> {
        let before = self.goal;
        match step {
            Move::Joint(name) => self.take(self.named(name)?)?,
            Move::Next => self.take((self.at + 1) % self.joints.len())?,
            Move::By(units) => self.goal = self.within(i32::from(self.goal).saturating_add(*units)),
            Move::To(place) => self.goal = self.within(i32::from(*place)),
            Move::Mark(mark) => set(&mut self.joints[self.at].joint, *mark, self.goal),
        }
        let Joint { max_speed_us_per_s: speed, max_acceleration_us_per_s2: acceleration, .. } = self.moving();
        let way = f64::from(before.abs_diff(self.goal));
        let is_move = matches!(step, Move::By(_) | Move::To(_));
        Ok(if is_move { Span::from_s(travel_s(way, speed.into(), acceleration.into())) + LAG } else { Span(0) })
    }

    /// Time between two ticks.
    pub fn period(&self) -> Span {
        self.rack.period()
    }

    /// Moves on for a period; whether the chip or bus has been told.
    pub fn tick(&mut self) -> bool {
        self.now = self.now + self.period();
        let Joint { rest_us, full_us, .. } = self.moving();
        let mut pose = FacePose::REST;
        pose.head.yaw_rad = (f32::from(self.goal) - f32::from(rest_us)) / (f32::from(full_us) - f32::from(rest_us));
        self.rack.tick(self.now, &pose)
    }

    /// Lets the servo go; the board's servos as they are now.
    pub fn finish(mut self) -> Servos {
        self.rack.detach();
        let (on_buses, on_chips): (Vec<_>, Vec<_>) = self.joints.into_iter().partition(|tuned| tuned.bus.is_some());
        self.servos.joint = on_chips.into_iter().map(|tuned| tuned.joint).collect();
        let of_buses = self.servos.buses.values_mut().flat_map(|bus| &mut bus.joint);
        of_buses.zip(on_buses).for_each(|(joint, tuned)| *joint = as_on_bus(joint, &tuned.joint));
        self.servos
    }

    /// Takes a joint, which goes on from where it stands to its rest; the one before is detached.
    fn take(&mut self, at: usize) -> Result<(), AppError> {
        self.rack.detach();
        self.at = at;
        self.goal = self.within(i32::from(self.joints[at].joint.rest_us));
        let mut alone = self.servos.clone();
        alone.detach_after_s = None;
        alone.joint.clear();
        alone.buses.retain(|name, _| Some(name) == self.joints[at].bus.as_ref());
        let moving = self.moving();
        match alone.buses.values_mut().next() {
            Some(bus) => {
                bus.joint.retain(|joint| joint.id == moving.output);
                bus.joint.iter_mut().for_each(|joint| *joint = as_on_bus(joint, &moving));
            }
            None => alone.joint.push(moving),
        }
        self.rack = Rack::new(&alone, &self.open);
        self.rack.connect()
    }

    /// The joint as it moves here: slowly, over all that the hard limits leave, following a share of -1..=1.
    fn moving(&self) -> Joint {
        let (joint, hard) = (self.joints[self.at].joint.clone(), self.hard());
        let rest = joint.rest_us.clamp(*hard.start(), *hard.end());
        let reach = (rest - hard.start()).max(hard.end() - rest).max(1);
        Joint {
            follows: [("headYaw".to_owned(), 1.0)].into(),
            rest_us: rest,
            full_us: rest + reach,
            min_us: *hard.start(),
            max_us: *hard.end(),
            max_speed_us_per_s: joint.max_speed_us_per_s.min(SPEED),
            max_acceleration_us_per_s2: joint.max_acceleration_us_per_s2.min(ACCELERATION),
            ..joint
        }
    }

    fn hard(&self) -> RangeInclusive<u16> {
        if self.joints[self.at].bus.is_some() { STEPS } else { self.hard_us.clone() }
    }

    fn within(&self, place: i32) -> u16 {
        let hard = self.hard();
        place.clamp(i32::from(*hard.start()), i32::from(*hard.end())) as u16
    }

    fn named(&self, name: &str) -> Result<usize, AppError> {
        let names = || self.joints.iter().map(|tuned| tuned.joint.name.as_str());
        let unknown = || {
            let known: Vec<&str> = names().collect();
            AppError::Servos { reason: format!("expected one of {}, came {name}", known.join(", ")) }
        };
        names().position(|other| other == name).ok_or_else(unknown)
    }
}

/// Sets one of a joint's places; the others give way, so that the board stays sound.
fn set(joint: &mut Joint, mark: Mark, place: u16) {
    let Joint { min_us, max_us, rest_us, full_us, .. } = joint;
    match mark {
        Mark::Min => (*min_us, *max_us) = (place, place.max(*max_us)),
        Mark::Max => (*min_us, *max_us) = (place.min(*min_us), place),
        Mark::Rest => *rest_us = place,
        Mark::Full => *full_us = place,
    }
    if matches!(mark, Mark::Rest | Mark::Full) {
        (*min_us, *max_us) = (place.min(*min_us), place.max(*max_us));
    }
    for kept in [rest_us, full_us] {
        *kept = (*kept).clamp(*min_us, *max_us);
    }
}

/// A joint on a bus that goes where, and as quickly as, another does.
fn as_on_bus(joint: &BusJoint, as_here: &Joint) -> BusJoint {
    BusJoint {
        follows: as_here.follows.clone(),
        rest_steps: as_here.rest_us,
        full_steps: as_here.full_us,
        min_steps: as_here.min_us,
        max_steps: as_here.max_us,
        max_speed_steps_per_s: as_here.max_speed_us_per_s,
        max_acceleration_steps_per_s2: as_here.max_acceleration_us_per_s2,
        ..joint.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servo::fake::FakeChip;
    use crate::servo::joint::tests::joint;

    fn servos() -> Servos {
        let pca9685 =
            crate::board::Pca9685 { bus: "/dev/i2c-1".into(), address: 0x40, rate_hz: 50, clock_hz: 25_000_000 };
        let neck = Joint { name: "neck".into(), output: 3, ..joint() };
        let (chips, buses) = Default::default();
        Servos { pca9685: Some(pca9685), chips, buses, detach_after_s: Some(1.0), joint: vec![joint(), neck] }
    }

    /// What came of a script, and every pulse of both outputs on the way.
    fn tuned(script: &[&str]) -> (Servos, Vec<[Option<f64>; 2]>) {
        let chip = FakeChip::new();
        let mut tuner = Tuner::new(servos(), USUAL_US, chip.opener()).unwrap();
        let mut pulses = Vec::new();
        for line in script {
            let takes = tuner.make(&line.parse().unwrap()).unwrap();
            (0..=takes.0 / tuner.period().0).for_each(|_| {
                assert!(tuner.tick());
                pulses.push([chip.pulse_us(0), chip.pulse_us(3)]);
            });
        }
        let servos = tuner.finish();
        assert_eq!([chip.pulse_us(0), chip.pulse_us(3)], [None; 2], "free at the end");
        (servos, pulses)
    }

    #[test]
    fn places_that_are_marked_become_the_boards() {
        let script =
            ["to 1400", "min", "by 60", "rest", "to 1850", "full", "by 40", "max", "joint neck", "by -30", "min"];
        let (servos, _) = tuned(&script);
        let places = |joint: &Joint| [joint.min_us, joint.rest_us, joint.full_us, joint.max_us];
        assert_eq!(places(&servos.joint[0]), [1_400, 1_460, 1_850, 1_890]);
        assert_eq!(places(&servos.joint[1]), [1_470, 1_500, 1_900, 1_950]);
        let others = |servos: Servos| (servos.pca9685, servos.detach_after_s, servos.joint[0].follows.clone());
        assert_eq!(others(servos), others(self::servos()));
    }

    #[test]
    fn no_move_leads_beyond_the_hard_limits_or_is_quick() {
        let (servos, pulses) = tuned(&["to 9000", "max", "by -30000", "min"]);
        assert_eq!((servos.joint[0].min_us, servos.joint[0].max_us), (1_000, 2_000));
        let jaw: Vec<f64> = pulses.iter().filter_map(|[jaw, _]| *jaw).collect();
        assert!(jaw.iter().all(|us| (1_000.0..=2_000.0).contains(us)));
        assert!(jaw.contains(&2_000.0) || jaw.iter().any(|us| *us > 1_994.0), "it gets there");
        // 400 us/s are 8 in a tick; and a count of the chip, which rounds.
        assert!(jaw.windows(2).all(|p| (p[1] - p[0]).abs() <= 8.0 + 4.9), "slow");
        assert!((jaw[0] - 1_500.0).abs() < 9.0, "from its rest on");
    }

    #[test]
    fn one_servo_moves_and_the_others_are_free() {
        let (_, pulses) = tuned(&["by 50", "joint neck", "by 50"]);
        assert!(pulses.iter().all(|both| both.iter().flatten().count() == 1), "{pulses:?}");
    }

    #[test]
    fn a_place_that_is_outside_the_others_moves_them_along() {
        let (servos, _) = tuned(&["to 1600", "min", "to 1700", "max"]);
        let Joint { min_us, rest_us, full_us, max_us, .. } = servos.joint[0];
        assert_eq!([min_us, rest_us, full_us, max_us], [1_600, 1_600, 1_700, 1_700]);
    }

    #[test]
    fn a_move_that_is_none_is_told() {
        let error = "by much".parse::<Move>().unwrap_err();
        assert_eq!(error, "expected joint NAME, by UNITS, to PLACE, min, rest, full or max, came \"by much\"");
        let mut tuner = Tuner::new(servos(), USUAL_US, FakeChip::new().opener()).unwrap();
        let error = tuner.make(&Move::Joint("nick".into())).unwrap_err().to_string();
        assert_eq!(error, "servos: expected one of jaw, neck, came nick");
    }
}
