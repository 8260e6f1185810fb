//! Key motions in, the motion flow out: the keys behind and the key ahead, as CompletionNet reads them.
//!
//! The trainer calls the same function, with true keys, predicted keys, or a mixture.

use heapless::Deque;

use super::heads::{Heads, NEXT_TIME_UNIT_MS};
use super::key::KeyMotion;
use crate::{AudioTime, MOTION_CHANNELS, Motion, Span};

/// Keys behind that the flow tells of.
pub const PAST_KEYS: usize = 3;
/// Values of one past key: pose, time since, confidence.
const PAST: usize = MOTION_CHANNELS + 2;
/// Values of the flow at one step: the past keys, and the pose of the next key and the time until it.
pub const FLOW: usize = PAST_KEYS * PAST + MOTION_CHANNELS + 1;
/// Longest time that the flow tells, in units of [`NEXT_TIME_UNIT_MS`].
pub(crate) const LONGEST: f32 = 5.0;

/// What CompletionNet reads of the keys at one step.
pub type Flow = [f32; FLOW];

/// The last few keys that were confirmed.
#[derive(Clone, Debug, Default)]
pub struct KeyQueue {
    past: Deque<KeyMotion, PAST_KEYS>,
}

impl KeyQueue {
    /// Nothing heard yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The newest key.
    pub fn newest(&self) -> Option<&KeyMotion> {
        self.past.back()
    }

    /// Takes a confirmed key; one that is not later than the newest is refused (`false`).
    pub fn push(&mut self, key: KeyMotion) -> bool {
        if self.newest().is_some_and(|last| key.at <= last.at) {
            return false;
        }
        if self.past.is_full() {
            self.past.pop_front();
        }
        self.past.push_back(key).is_ok()
    }

    /// The flow at time `now`, with the key that is expected next.
    pub fn flow(&self, now: AudioTime, next_pose: &Motion, next_time_ms: f32) -> Flow {
        let mut flow = [0.0; FLOW];
        let (past, next) = flow.split_at_mut(PAST_KEYS * PAST);
        past.chunks_exact_mut(PAST).for_each(|slot| slot[MOTION_CHANNELS] = LONGEST);
        for (slot, key) in past.chunks_exact_mut(PAST).zip(self.past.iter().rev()) {
            slot[..MOTION_CHANNELS].copy_from_slice(&key.pose.0);
            slot[MOTION_CHANNELS] = ((now - key.at).as_ms() / NEXT_TIME_UNIT_MS).clamp(0.0, LONGEST);
            slot[MOTION_CHANNELS + 1] = key.confidence;
        }
        next[..MOTION_CHANNELS].copy_from_slice(&next_pose.0);
        next[MOTION_CHANNELS] = (next_time_ms / NEXT_TIME_UNIT_MS).clamp(0.0, LONGEST);
        flow
    }

    /// Forgets every key.
    pub fn clear(&mut self) {
        self.past.clear();
    }
}

/// Turns the heads of each step into confirmed keys and the flow.
#[derive(Clone, Debug)]
pub struct KeyTracker {
    keys: KeyQueue,
    threshold: f32,
    refractory: Span,
}

impl KeyTracker {
    /// A key is confirmed where its probability exceeds `threshold`, at least `refractory` after the one before.
    pub fn new(threshold: f32, refractory: Span) -> Self {
        KeyTracker { keys: KeyQueue::new(), threshold, refractory }
    }

    /// One step: `now` is the end of the step's own audio, `step` its length.
    pub fn push(&mut self, now: AudioTime, step: Span, heads: &Heads) -> (Flow, Option<KeyMotion>) {
        let at = now + Span((step.0 as f32 * (heads.offset - 0.5)) as i64);
        let key = KeyMotion { at, pose: heads.pose, confidence: heads.boundary };
        let rested = self.keys.newest().is_none_or(|last| at - last.at >= self.refractory);
        let confirmed = heads.boundary > self.threshold && rested && self.keys.push(key);
        (self.keys.flow(now, &heads.next_pose, heads.next_time_ms), confirmed.then_some(key))
    }

    /// Forgets every key.
    pub fn reset(&mut self) {
        self.keys.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(at_ms: i64) -> KeyMotion {
        KeyMotion { at: AudioTime::from_ms(at_ms), pose: Motion::REST, confidence: 0.9 }
    }

    #[test]
    fn keys_are_strictly_increasing() {
        let mut keys = KeyQueue::new();
        assert!(keys.push(key(10)));
        assert!(!keys.push(key(10)));
        assert!(keys.push(key(11)));
    }

    #[test]
    fn the_oldest_key_makes_room() {
        let mut keys = KeyQueue::new();
        (0..9).for_each(|n| assert!(keys.push(key(10 * n))));
        let flow = keys.flow(AudioTime::from_ms(100), &Motion::REST, 50.0);
        assert!((flow[MOTION_CHANNELS] - 0.2).abs() < 1e-6, "80 ms was the newest");
        assert!((flow[FLOW - 1] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn two_keys_of_one_boundary_are_one() {
        let mut raw = [0.0; crate::heads::HEADS];
        raw[crate::heads::BOUNDARY] = 5.0;
        let heads = Heads::from_raw(&raw);
        let mut tracker = KeyTracker::new(0.5, Span::from_ms(35));
        let step = Span::from_ms(20);
        let found = (1..=4).filter(|n| tracker.push(AudioTime::from_ms(20 * n), step, &heads).1.is_some()).count();
        assert_eq!(found, 2);
    }
}
