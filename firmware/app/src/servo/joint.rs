//! A face in, the pulse of one servo out: it follows, within its limits, and is detached after a while at rest.

use std::ops::RangeInclusive;

use keyface_core::FacePose;

use super::follow::Follow;
use super::limit::Limit;
use super::pca9685::{Counts, Prescale};

/// This close to its rest a joint is at rest: a step of the chip at 50 Hz, which no servo follows.
const AT_REST_US: f64 = 5.0;

/// One joint on its output.
pub(super) struct MovingJoint {
    pub output: u8,
    follow: Follow,
    limit: Limit,
    prescale: Prescale,
    counts: RangeInclusive<Counts>,
    rest_us: f64,
    detach_after_s: f64,
    rested_s: f64,
}

impl MovingJoint {
    /// At rest, of a checked board.
    pub fn new(joint: &crate::board::Joint, prescale: Prescale, detach_after_s: Option<f32>) -> MovingJoint {
        MovingJoint {
            output: joint.output,
            follow: Follow::new(joint),
            limit: Limit::new(joint),
            prescale,
            counts: prescale.within(joint.min_us, joint.max_us),
            rest_us: f64::from(joint.rest_us),
            detach_after_s: detach_after_s.map_or(f64::INFINITY, f64::from),
            rested_s: 0.0,
        }
    }

    /// Moves for a span; `None` while the servo is detached. A servo that is detached keeps its place, so that its first
    /// pulse afterwards is its last one before.
    pub fn tick(&mut self, pose: &FacePose, span_s: f64) -> Option<Counts> {
        let wanted_us = self.follow.pulse_us(pose);
        let is_near_rest = |pulse_us: f64| (pulse_us - self.rest_us).abs() <= AT_REST_US;
        let is_at_rest = is_near_rest(wanted_us) && is_near_rest(self.limit.position_us());
        self.rested_s = if is_at_rest { self.rested_s + span_s } else { 0.0 };
        if self.is_detached() {
            self.stand();
            return None;
        }
        self.limit.advance(wanted_us, span_s);
        Some(self.pulse())
    }

    /// Whether it stands at its rest, or has been detached there.
    pub fn is_parked(&self) -> bool {
        self.is_detached() || (self.limit.position_us() == self.rest_us && self.limit.is_still())
    }

    /// Its servo has had no new pulse for a while, and stands.
    pub fn stand(&mut self) {
        self.limit.stand_at(self.limit.position_us());
    }

    /// Its servo stands at a pulse that the chip sends.
    pub fn stand_at(&mut self, counts: Counts) {
        self.limit.stand_at(self.prescale.pulse_us(counts));
    }

    fn is_detached(&self) -> bool {
        self.rested_s > self.detach_after_s
    }

    /// Rounded, but never over the joint's limits.
    fn pulse(&self) -> Counts {
        self.prescale.counts(self.limit.position_us()).clamp(*self.counts.start(), *self.counts.end())
    }
}

#[cfg(test)]
pub(in crate::servo) mod tests {
    use keyface_core::Channel;

    use super::*;

    /// A jaw: closed at 1500 us, open at 1900 us.
    pub fn joint() -> crate::board::Joint {
        crate::board::Joint {
            name: "jaw".into(),
            chip: None,
            output: 0,
            follows: [("jawOpen".to_owned(), 1.0)].into(),
            rest_us: 1_500,
            full_us: 1_900,
            min_us: 1_450,
            max_us: 1_950,
            max_speed_us_per_s: 4_000.0,
            max_acceleration_us_per_s2: 80_000.0,
        }
    }

    pub fn jaw(open: f32) -> FacePose {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, open);
        pose
    }

    #[test]
    fn a_servo_is_detached_after_its_time_at_rest_and_taken_again_without_a_jump() {
        let mut joint = MovingJoint::new(&joint(), Prescale::new(50, 25_000_000), Some(0.5));
        (0..20).for_each(|_| assert!(joint.tick(&jaw(0.8), 0.02).is_some()));
        let ticks = (0..200).take_while(|_| joint.tick(&jaw(0.0), 0.02).is_some()).count();
        assert!((25..60).contains(&ticks), "{ticks} ticks until it was detached");
        assert_eq!(joint.tick(&jaw(0.005), 0.02), None);
        let (rest, first) = (Prescale::new(50, 25_000_000).counts(1_500.0), joint.tick(&jaw(1.0), 0.02).unwrap());
        assert!(first.abs_diff(rest) <= 4, "{rest:?} to {first:?}");
    }

    #[test]
    fn a_servo_is_never_detached_away_from_its_rest() {
        let mut joint = MovingJoint::new(&joint(), Prescale::new(50, 25_000_000), Some(0.1));
        (0..1_000).for_each(|_| assert!(joint.tick(&jaw(0.3), 0.02).is_some()));
    }

    #[test]
    fn a_servo_without_a_time_is_never_detached() {
        let mut joint = MovingJoint::new(&joint(), Prescale::new(50, 25_000_000), None);
        (0..10_000).for_each(|_| assert!(joint.tick(&jaw(0.0), 0.02).is_some()));
    }

    #[test]
    fn rounding_never_leads_over_a_limit() {
        for (min_us, max_us) in [(1_499, 1_901), (1_500, 1_900), (1_497, 1_903)] {
            let made = crate::board::Joint { min_us, max_us, ..joint() };
            for rate_hz in [40, 50, 60, 333 - 3] {
                let prescale = Prescale::new(rate_hz, 25_000_000);
                let mut joint = MovingJoint::new(&made, prescale, None);
                for open in [0.0, 1.0, 0.5] {
                    let counts = (0..100).filter_map(|_| joint.tick(&jaw(open), 0.02));
                    let range = f64::from(min_us)..=f64::from(max_us);
                    counts.for_each(|c| assert!(range.contains(&prescale.pulse_us(c)), "{rate_hz} Hz, {c:?}"));
                }
            }
        }
    }
}
