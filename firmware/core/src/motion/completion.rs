//! Where the two clocks meet: steps are pushed by the audio, poses are pulled by the display.

use heapless::Deque;

use super::channels::{MOTION_CHANNELS, Motion, MotionChannel};
use crate::AudioTime;

/// Steps that can be looked back on: more than half a second.
const KNOTS: usize = 32;
/// Fastest movement of a channel, per second: about 250 mm/s of the jaw (its 1 is 33 mm).
const TOP_SPEED: f32 = 8.0;
/// Strongest acceleration of a channel, per second squared: half a natural opening within two steps.
const TOP_ACCELERATION: f32 = 500.0;
/// Lips seal twice as fast: a closure lasts only two or three steps.
const SEAL: f32 = 2.5;

/// Lips whose target closes by more than this from one step to the next are to seal.
const SEALING: f32 = 0.05;

/// One step of the motion, with its speed.
#[derive(Clone, Copy, Debug)]
struct Knot {
    at: AudioTime,
    motion: Motion,
    speed: [f32; MOTION_CHANNELS],
}

/// The motion so far, smooth between the steps: a revised prediction bends it, but never makes it jump.
///
/// It aims at the mean of the last two targets. That costs half a step, and takes away jerk that no face has: predictions
/// tremble from step to step. Lips on their way to a seal are not held up.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    knots: Deque<Knot, KNOTS>,
    last_target: Motion,
}

impl Completion {
    /// At rest.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves towards `target` until time `at`, under the caps on speed and acceleration; returns where it got.
    /// A time that is not later than the last one changes nothing.
    pub fn push(&mut self, at: AudioTime, target: &Motion) -> Motion {
        let target = target.bounded();
        let Some(last) = self.knots.back().copied() else {
            self.last_target = target;
            self.keep(Knot { at, motion: target, speed: [0.0; MOTION_CHANNELS] });
            return target;
        };
        if at <= last.at {
            return last.motion;
        }
        let seals = target[MotionChannel::MouthClose] - self.last_target[MotionChannel::MouthClose] > SEALING;
        let aim = if seals { target } else { self.last_target.toward(target, 0.5) };
        self.last_target = target;
        let seconds = (at - last.at).as_s() as f32;
        let mut knot = Knot { at, ..last };
        for c in 0..MOTION_CHANNELS {
            let hurry = if c == MotionChannel::MouthClose as usize { SEAL } else { 1.0 };
            let speed = capped_speed(aim.0[c] - last.motion.0[c], last.speed[c], seconds, hurry);
            knot.motion.0[c] = last.motion.0[c] + speed * seconds;
            knot.speed[c] = speed;
        }
        knot.motion = knot.motion.bounded();
        self.keep(knot);
        knot.motion
    }

    /// The motion at a time: a cubic Hermite curve between two steps; the ends hold.
    pub fn pose_at(&self, time: AudioTime) -> Motion {
        let mut before = match self.knots.front() {
            Some(first) if time > first.at => *first,
            first => return first.map_or(Motion::REST, |knot| knot.motion),
        };
        for after in self.knots.iter().skip(1) {
            if time <= after.at {
                return hermite(&before, after, time);
            }
            before = *after;
        }
        before.motion
    }

    /// The newest time that [`Completion::pose_at`] knows.
    pub fn newest(&self) -> Option<AudioTime> {
        self.knots.back().map(|knot| knot.at)
    }

    /// Forgets everything: at rest.
    pub fn reset(&mut self) {
        self.knots.clear();
    }

    fn keep(&mut self, knot: Knot) {
        if self.knots.is_full() {
            self.knots.pop_front();
        }
        // There is room now.
        _ = self.knots.push_back(knot);
    }
}

/// The speed that covers `distance` in one step as far as the caps allow.
fn capped_speed(distance: f32, last: f32, seconds: f32, hurry: f32) -> f32 {
    let wanted = (distance / seconds).clamp(-TOP_SPEED * hurry, TOP_SPEED * hurry);
    let change = TOP_ACCELERATION * hurry * seconds;
    let speed = wanted.clamp(last - change, last + change);
    // Momentum must not carry a channel past its goal.
    if speed * distance > 0.0 && speed.abs() > wanted.abs() { wanted } else { speed }
}

fn hermite(a: &Knot, b: &Knot, time: AudioTime) -> Motion {
    let seconds = (b.at - a.at).as_s() as f32;
    let t = (time - a.at).as_s() as f32 / seconds;
    let (t2, t3) = (t * t, t * t * t);
    let mut motion = Motion::REST;
    for c in 0..MOTION_CHANNELS {
        motion.0[c] = (2.0 * t3 - 3.0 * t2 + 1.0) * a.motion.0[c]
            + (t3 - 2.0 * t2 + t) * seconds * a.speed[c]
            + (3.0 * t2 - 2.0 * t3) * b.motion.0[c]
            + (t3 - t2) * seconds * b.speed[c];
    }
    motion.bounded()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jaw(weight: f32) -> Motion {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = weight;
        motion
    }

    fn line(targets: &[f32]) -> Completion {
        let mut completion = Completion::new();
        for (n, target) in targets.iter().enumerate() {
            completion.push(AudioTime::from_ms(20 * n as i64), &jaw(*target));
        }
        completion
    }

    #[test]
    fn a_revised_target_never_makes_the_pose_jump() {
        let completion = line(&[0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        let mut last = 0.0;
        for ms in 0..160 {
            let now = completion.pose_at(AudioTime::from_ms(ms))[MotionChannel::JawOpen];
            assert!((now - last).abs() <= 1.6 * TOP_SPEED * 1e-3, "{ms} ms: {last} -> {now}");
            last = now;
        }
    }

    #[test]
    fn targets_that_tremble_move_nothing() {
        let completion = line(&[0.3, 0.2, 0.4, 0.2, 0.4, 0.2, 0.4]);
        for ms in 60..=120 {
            let now = completion.pose_at(AudioTime::from_ms(ms))[MotionChannel::JawOpen];
            assert!((now - 0.3).abs() < 0.01, "{ms} ms: {now}");
        }
    }

    #[test]
    fn a_seal_is_not_held_up() {
        let mut closed = jaw(0.05);
        closed[MotionChannel::MouthClose] = 0.1;
        let mut completion = line(&[0.3, 0.3]);
        let open = completion.push(AudioTime::from_ms(40), &jaw(0.3))[MotionChannel::MouthClose];
        let now = completion.push(AudioTime::from_ms(60), &closed)[MotionChannel::MouthClose];
        assert!(open == 0.0 && (now - 0.1).abs() < 1e-6, "{open} {now}");
    }

    #[test]
    fn a_target_that_stays_is_reached() {
        let end = line(&[0.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]).pose_at(AudioTime::from_ms(140));
        assert!((end[MotionChannel::JawOpen] - 0.3).abs() < 0.01, "{end:?}");
    }

    #[test]
    fn silence_settles_to_rest() {
        let end = line(&[0.3, 0.3, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).pose_at(AudioTime::from_ms(200));
        assert!(end[MotionChannel::JawOpen] < 1e-3, "{end:?}");
    }

    #[test]
    fn nothing_pushed_is_rest_and_the_ends_hold() {
        assert_eq!(Completion::new().pose_at(AudioTime(5)), Motion::REST);
        let completion = line(&[0.2, 0.2]);
        assert_eq!(completion.pose_at(AudioTime(-9)), completion.pose_at(AudioTime(0)));
        assert_eq!(completion.pose_at(AudioTime::from_ms(900)), completion.pose_at(AudioTime::from_ms(20)));
    }

    #[test]
    fn an_old_time_changes_nothing() {
        let mut completion = line(&[0.2, 0.2]);
        completion.push(AudioTime::from_ms(10), &jaw(1.0));
        assert_eq!(completion.newest(), Some(AudioTime::from_ms(20)));
    }
}
