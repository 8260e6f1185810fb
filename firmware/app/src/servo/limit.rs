//! Wanted pulses in, pulses that a servo can follow out: no faster, no more sudden and no further than it may.

use crate::board::Joint;

/// A joint on its way. It takes the quickest motion that its limits allow: it accelerates, travels at its top speed and
/// brakes in time to stand on the target (Kröger and Wahl 2010, type II).
///
/// A motion under way would come to a stand at `position + speed |speed| / 2 acceleration`. Towards any target this
/// point moves only towards the target; it starts within the joint's range, targets lie within it, so it never leaves it,
/// whatever is wanted and whenever the next call comes. And two calls move as far as one call of both spans.
#[derive(Clone, Debug)]
pub struct Limit {
    position_us: f64,
    speed: f64,
    range_us: (f64, f64),
    top_speed: f64,
    top_acceleration: f64,
}

impl Limit {
    /// At rest, within the limits of a checked board.
    pub fn new(joint: &Joint) -> Limit {
        Limit {
            position_us: f64::from(joint.rest_us),
            speed: 0.0,
            range_us: (f64::from(joint.min_us), f64::from(joint.max_us)),
            top_speed: f64::from(joint.max_speed_us_per_s),
            top_acceleration: f64::from(joint.max_acceleration_us_per_s2),
        }
    }

    /// Where it is, in microseconds of pulse.
    pub fn position_us(&self) -> f64 {
        self.position_us
    }

    /// Whether it stands still.
    pub fn is_still(&self) -> bool {
        self.speed == 0.0
    }

    /// It stands at a pulse, or at the end of its range next to it.
    pub fn stand_at(&mut self, pulse_us: f64) {
        if pulse_us.is_finite() {
            self.position_us = pulse_us.clamp(self.range_us.0, self.range_us.1);
        }
        self.speed = 0.0;
    }

    /// Moves towards a target for a span and returns where it got; towards a stand, when the target is not a number.
    /// Nothing moves in a span that is not above 0.
    pub fn advance(&mut self, target_us: f64, span_s: f64) -> f64 {
        if span_s.is_nan() || span_s <= 0.0 {
            return self.position_us;
        }
        let stand_us = self.speed * self.speed.abs() / (2.0 * self.top_acceleration);
        let target_us = if target_us.is_finite() { target_us } else { self.position_us + stand_us };
        let distance = target_us.clamp(self.range_us.0, self.range_us.1) - self.position_us;
        // Looked at in the direction in which it has to accelerate, every motion is one with a positive acceleration.
        let side = if distance >= stand_us { 1.0 } else { -1.0 };
        let (moved, speed) = self.travel(side * distance, side * self.speed, span_s);
        self.position_us = (self.position_us + side * moved).clamp(self.range_us.0, self.range_us.1);
        self.speed = side * speed;
        self.position_us
    }

    /// How far it gets on its way over `distance`, and its speed then.
    fn travel(&self, distance: f64, speed: f64, span_s: f64) -> (f64, f64) {
        let up = self.top_acceleration;
        let peak = (up * distance + 0.5 * speed * speed).max(0.0).sqrt().min(self.top_speed);
        let cruise = distance - (2.0 * peak * peak - speed * speed) / (2.0 * up);
        let cruise_s = if peak < self.top_speed { 0.0 } else { cruise / peak };
        let (mut at, mut now, mut left_s) = (0.0, speed, span_s);
        for (acceleration, phase_s) in [(up, (peak - speed) / up), (0.0, cruise_s), (-up, peak / up)] {
            let part_s = phase_s.max(0.0).min(left_s);
            at += now * part_s + 0.5 * acceleration * part_s * part_s;
            now = (now + acceleration * part_s).clamp(-self.top_speed, self.top_speed);
            left_s -= part_s;
        }
        if left_s > 0.0 { (distance, 0.0) } else { (at, now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::servo::joint::tests::joint;

    const ROUNDING: f64 = 1e-6;

    fn limit(chance: &mut Chance) -> Limit {
        Limit {
            position_us: 1_500.0,
            speed: 0.0,
            range_us: (1_000.0, 2_000.0),
            top_speed: 100.0 + 10_000.0 * chance.share(),
            top_acceleration: 500.0 + 300_000.0 * chance.share(),
        }
    }

    /// Where a motion would come to a stand now.
    fn stand_us(limit: &Limit) -> f64 {
        limit.position_us + limit.speed * limit.speed.abs() / (2.0 * limit.top_acceleration)
    }

    #[test]
    fn no_target_and_no_jitter_leads_beyond_speed_acceleration_or_range() {
        let mut chance = Chance(1);
        for _ in 0..200 {
            let mut limit = limit(&mut chance);
            let mut target_us = 1_500.0;
            for _ in 0..500 {
                if chance.share() < 0.2 {
                    target_us = 500.0 + 2_000.0 * chance.share();
                }
                let (before, span_s) = (limit.clone(), 0.05 * chance.share() * chance.share());
                let at = limit.advance(target_us, span_s);
                assert!((at - before.position_us).abs() <= limit.top_speed * span_s + ROUNDING);
                assert!((limit.speed - before.speed).abs() <= limit.top_acceleration * span_s + ROUNDING);
                assert!(limit.speed.abs() <= limit.top_speed);
                assert!((1_000.0..=2_000.0).contains(&at));
                assert!((1_000.0 - ROUNDING..=2_000.0 + ROUNDING).contains(&stand_us(&limit)), "{limit:?}");
            }
        }
    }

    #[test]
    fn from_a_stand_it_reaches_the_target_in_the_shortest_time_and_never_passes_it() {
        let mut chance = Chance(2);
        for _ in 0..500 {
            let mut limit = limit(&mut chance);
            let target_us = 1_000.0 + 1_000.0 * chance.share();
            let distance = (target_us - 1_500.0).abs();
            let (top, up) = (limit.top_speed, limit.top_acceleration);
            let shortest_s =
                if distance * up < top * top { 2.0 * (distance / up).sqrt() } else { distance / top + top / up };
            let (mut time_s, mut left) = (0.0, distance);
            while limit.position_us != target_us || !limit.is_still() {
                let span_s = 0.001 + 0.02 * chance.share();
                let now_left = (limit.advance(target_us, span_s) - target_us) * (1_500.0 - target_us).signum();
                assert!(now_left >= 0.0 && now_left <= left, "{now_left} us left after {left}");
                (time_s, left) = (time_s + span_s, now_left);
                assert!(time_s <= shortest_s + 0.021 + ROUNDING, "{time_s} s, {shortest_s} s would do");
            }
        }
    }

    #[test]
    fn two_calls_move_as_far_as_one() {
        let mut chance = Chance(3);
        for _ in 0..2_000 {
            let mut once = limit(&mut chance);
            once.advance(1_000.0 + 1_000.0 * chance.share(), 0.1 * chance.share());
            let mut twice = once.clone();
            let (target_us, span_s, cut) = (1_000.0 + 1_000.0 * chance.share(), 0.3 * chance.share(), chance.share());
            once.advance(target_us, span_s);
            twice.advance(target_us, span_s * cut);
            twice.advance(target_us, span_s * (1.0 - cut));
            assert!((once.position_us - twice.position_us).abs() < 1e-6, "{once:?} {twice:?}");
        }
    }

    #[test]
    fn a_target_that_turns_round_is_passed_only_by_the_way_to_brake() {
        let mut limit = Limit { top_speed: 2_000.0, top_acceleration: 20_000.0, ..Limit::new(&joint()) };
        limit.stand_at(1_500.0);
        limit.advance(1_900.0, 0.1);
        let stand_us = stand_us(&limit);
        let mut furthest: f64 = 0.0;
        while limit.position_us != 1_500.0 {
            furthest = furthest.max(limit.advance(1_500.0, 0.001));
        }
        assert!(furthest <= stand_us + ROUNDING && furthest > stand_us - 1.0, "{furthest} {stand_us}");
    }

    #[test]
    fn what_is_not_a_number_brings_it_to_a_stand_and_never_out() {
        let mut limit = Limit::new(&joint());
        limit.advance(1_800.0, 0.02);
        for target_us in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(limit.advance(target_us, 0.02).is_finite());
        }
        for span_s in [f64::NAN, -1.0, 0.0] {
            let before = limit.position_us;
            assert_eq!(limit.advance(1_800.0, span_s), before);
        }
        (0..200).for_each(|_| _ = limit.advance(f64::NAN, 0.02));
        assert!(limit.is_still());
        limit.stand_at(f64::NAN);
        assert!(limit.position_us.is_finite());
    }

    #[test]
    fn a_stand_outside_the_range_is_brought_into_it() {
        let mut limit = Limit::new(&joint());
        limit.stand_at(9_000.0);
        assert_eq!(limit.position_us(), f64::from(joint().max_us));
    }
}
