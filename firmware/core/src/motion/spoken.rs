//! What is said at one moment: the motion of the mouth, and how it is said. And the way there, in step with each other.

use heapless::Deque;

use super::channels::Motion;
use crate::{AudioTime, HOP_SAMPLES, Hops, Prosody, ProsodyFollower, STEP_HOPS, Span, Stage};

/// What is said at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spoken {
    /// How the mouth moves.
    pub motion: Motion,
    /// How it is said.
    pub prosody: Prosody,
}

impl Spoken {
    /// Nothing is said.
    pub const REST: Spoken = Spoken { motion: Motion::REST, prosody: Prosody::REST };

    /// Part of the way to another.
    pub fn toward(&self, other: &Spoken, share: f32) -> Spoken {
        Spoken { motion: self.motion.toward(other.motion, share), prosody: self.prosody.toward(&other.prosody, share) }
    }
}

/// Steps that can be looked back on, as many as the motion has.
const STEPS: usize = 32;
/// How willingly the face follows what may be a voice and what is none: a share of the way in a step of 20 ms.
const FOLLOW: f32 = 0.25;

/// How it is said at the times of the motion: hops are pushed, the display pulls.
#[derive(Clone, Debug)]
pub struct Delivery {
    follower: ProsodyFollower,
    heard: Prosody,
    /// What was heard and belongs to later steps: the motion looks farther ahead than prosody needs.
    waiting: Deque<Prosody, STEPS>,
    /// Steps that wait.
    wait: usize,
    /// How sure it is that somebody speaks, 0..=1: noise does not move a head.
    voice: f32,
    steps: Deque<(AudioTime, Prosody), STEPS>,
}

impl Delivery {
    /// For motion that lies `look_ahead` behind what is heard.
    pub fn new(look_ahead: Span) -> Delivery {
        let ahead = (look_ahead - Prosody::DELAY).0.max(0) / Hops(STEP_HOPS as u64).span().0;
        Delivery {
            follower: ProsodyFollower::new(),
            heard: Prosody::REST,
            waiting: Deque::new(),
            wait: usize::try_from(ahead).unwrap_or(0).min(STEPS - 1),
            voice: 0.0,
            steps: Deque::new(),
        }
    }

    /// Hears 10 ms.
    pub fn hear(&mut self, hop: &[f32; HOP_SAMPLES]) {
        self.heard = self.follower.push(hop).unwrap_or(self.heard);
    }

    /// A step of the motion is at `at`, where somebody speaks with probability `voice`.
    pub fn step(&mut self, at: AudioTime, voice: f32) {
        // There is room: never more than `wait` stay.
        _ = self.waiting.push_back(self.heard);
        let mut said = None;
        while self.waiting.len() > self.wait {
            said = self.waiting.pop_front();
        }
        self.voice += FOLLOW * (voice - self.voice);
        if self.steps.is_full() {
            self.steps.pop_front();
        }
        _ = self.steps.push_back((at, said.unwrap_or_default().scaled(self.voice)));
    }

    /// How it is said at a time, between the steps in a straight line; the ends hold.
    pub fn at(&self, time: AudioTime) -> Prosody {
        let mut before = match self.steps.front() {
            Some(first) if time > first.0 => *first,
            first => return first.map_or(Prosody::REST, |(_, prosody)| *prosody),
        };
        for after in self.steps.iter().skip(1) {
            if time <= after.0 {
                let share = (time - before.0).as_s() / (after.0 - before.0).as_s();
                let way_s = before.1.way_s + share * (after.1.way_s - before.1.way_s);
                return Prosody { way_s, ..before.1.toward(&after.1, share as f32) };
            }
            before = *after;
        }
        before.1
    }

    /// Forgets everything that was heard.
    pub fn reset(&mut self) {
        self.follower.reset();
        self.heard = Prosody::REST;
        self.waiting.clear();
        self.voice = 0.0;
        self.steps.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of an alternating sound; how loud it is at the time of each step.
    fn loudness(look_ahead_ms: i64, voice: f32) -> impl Fn(i64) -> f32 {
        let mut delivery = Delivery::new(Span::from_ms(look_ahead_ms));
        let hop: [f32; HOP_SAMPLES] = core::array::from_fn(|i| if i % 2 == 0 { 0.3 } else { -0.3 });
        // A second of silence, and then the sound: what the steps say of it is kept for half a second.
        for step in 0..75 {
            let is_loud = step >= 50;
            let hop = if is_loud { hop } else { [0.0; HOP_SAMPLES] };
            delivery.hear(&hop);
            delivery.hear(&hop);
            delivery.step(AudioTime::from_ms(20 * (step + 1) - look_ahead_ms), voice);
        }
        move |ms| delivery.at(AudioTime::from_ms(ms)).loudness
    }

    #[test]
    fn what_looks_far_ahead_says_loud_when_it_is_loud() {
        for look_ahead_ms in [120, 300] {
            let loudness = loudness(look_ahead_ms, 1.0);
            assert!(loudness(900) < 0.1, "{look_ahead_ms} ms: {}", loudness(900));
            assert!(loudness(1_080) > 0.5, "{look_ahead_ms} ms: {}", loudness(1_080));
        }
        // Without a look-ahead it is said as soon as it is known.
        assert!(self::loudness(20, 1.0)(1_120) > 0.4);
    }

    #[test]
    fn what_is_no_voice_moves_nothing() {
        assert_eq!(loudness(60, 0.0)(1_300), 0.0);
    }

    #[test]
    fn between_steps_it_is_between_them() {
        let loudness = loudness(120, 1.0);
        let (a, b) = (loudness(1_000), loudness(1_020));
        assert!(a < b && (loudness(1_010) - 0.5 * (a + b)).abs() < 1e-6);
    }
}
