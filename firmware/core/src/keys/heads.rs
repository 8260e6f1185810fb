//! What KeyMotionNet says at every step: the layout of its `heads` output, and the same values by name.

use crate::{MOTION_CHANNELS, Motion, PHONES};

/// Logit of "a key motion falls into this step".
pub const BOUNDARY: usize = PHONES;
/// Where in the step the key lies: -0.5..=0.5 of a step from its middle.
pub const OFFSET: usize = BOUNDARY + 1;
/// First value of the pose now.
pub const POSE: usize = OFFSET + 1;
/// First value of the pose of the next key.
pub const NEXT_POSE: usize = POSE + MOTION_CHANNELS;
/// Time until the next key, in units of [`NEXT_TIME_UNIT_MS`].
pub const NEXT_TIME: usize = NEXT_POSE + MOTION_CHANNELS;
/// Logit of "the lips are sealed".
pub const CLOSURE: usize = NEXT_TIME + 1;
/// Logit of "the lower lip touches the upper teeth".
pub const LIP_TEETH: usize = CLOSURE + 1;
/// Logit of "somebody speaks".
pub const VOICE: usize = LIP_TEETH + 1;
/// Length of the output.
pub const HEADS: usize = VOICE + 1;

/// Unit of [`NEXT_TIME`]: about a phone.
pub const NEXT_TIME_UNIT_MS: f32 = 100.0;

/// KeyMotionNet's output of one step, decoded.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// Probability of each phone, in [`crate::Phone::ALL`]'s order.
    pub phones: [f32; PHONES],
    /// Probability that a key motion falls into this step.
    pub boundary: f32,
    /// Where in the step it lies, -0.5..=0.5 of a step from its middle.
    pub offset: f32,
    /// The pose now.
    pub pose: Motion,
    /// The pose of the next key.
    pub next_pose: Motion,
    /// Milliseconds until the next key.
    pub next_time_ms: f32,
    /// Probability of sealed lips.
    pub closure: f32,
    /// Probability of lip on teeth.
    pub lip_teeth: f32,
    /// Probability of speech.
    pub voice: f32,
}

impl Heads {
    /// Decodes the raw output of the network.
    pub fn from_raw(raw: &[f32; HEADS]) -> Heads {
        Heads {
            phones: softmax(raw),
            boundary: sigmoid(raw[BOUNDARY]),
            offset: raw[OFFSET].clamp(-0.5, 0.5),
            pose: Motion::from_slice(&raw[POSE..]).bounded(),
            next_pose: Motion::from_slice(&raw[NEXT_POSE..]).bounded(),
            next_time_ms: (raw[NEXT_TIME] * NEXT_TIME_UNIT_MS).clamp(0.0, 500.0),
            closure: sigmoid(raw[CLOSURE]),
            lip_teeth: sigmoid(raw[LIP_TEETH]),
            voice: sigmoid(raw[VOICE]),
        }
    }
}

/// What is heard of a moment, as far as several hearings of it have a mean: the probability of each phone, of sealed lips
/// and of lip on teeth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence([f32; PHONES + 2]);

impl Evidence {
    /// The sum of none.
    pub const NONE: Evidence = Evidence([0.0; PHONES + 2]);

    /// One sum more.
    pub fn add(&mut self, other: Evidence) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, p)| *sum += p);
    }

    /// This times a factor.
    pub fn scaled(self, factor: f32) -> Evidence {
        Evidence(self.0.map(|p| factor * p))
    }
}

impl From<&Heads> for Evidence {
    fn from(heads: &Heads) -> Evidence {
        let mut all = [0.0; PHONES + 2];
        all[..PHONES].copy_from_slice(&heads.phones);
        (all[PHONES], all[PHONES + 1]) = (heads.closure, heads.lip_teeth);
        Evidence(all)
    }
}

impl Heads {
    /// The same, where this is heard.
    pub(crate) fn believing(mut self, evidence: Evidence) -> Heads {
        self.phones.copy_from_slice(&evidence.0[..PHONES]);
        (self.closure, self.lip_teeth) = (evidence.0[PHONES], evidence.0[PHONES + 1]);
        self
    }
}

/// `1 / (1 + e^-x)`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

fn softmax(raw: &[f32; HEADS]) -> [f32; PHONES] {
    let top = raw[..PHONES].iter().copied().fold(f32::MIN, f32::max);
    let mut out = [0.0; PHONES];
    out.iter_mut().zip(raw).for_each(|(to, logit)| *to = libm::expf(logit - top));
    let sum: f32 = out.iter().sum();
    out.map(|p| p / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_a_distribution() {
        let mut raw = [0.0; HEADS];
        raw[3] = 90.0;
        let heads = Heads::from_raw(&raw);
        assert!((heads.phones.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(heads.phones[3] > 0.99);
    }

    #[test]
    fn each_value_belongs_to_one_head() {
        let of = |at: usize| {
            let mut raw = [0.0; HEADS];
            raw[at] = 0.4;
            let Heads { phones, boundary, offset, pose, next_pose, next_time_ms, closure, lip_teeth, voice } =
                Heads::from_raw(&raw);
            let is_uneven = phones.iter().any(|p| *p != phones[0]);
            let raised = [boundary, closure, lip_teeth, voice].map(|p| p > 0.5);
            let moved = [offset > 0.0, pose != Motion::REST, next_pose != Motion::REST, next_time_ms > 0.0];
            [[is_uneven].as_slice(), &raised, &moved].concat().iter().position(|is_moved| *is_moved)
        };
        let order = [(0, 0), (BOUNDARY, 1), (OFFSET, 5), (POSE, 6), (NEXT_POSE, 7), (NEXT_TIME, 8), (CLOSURE, 2)];
        let starts: Vec<(usize, usize)> = order.into_iter().chain([(LIP_TEETH, 3), (VOICE, 4), (HEADS, 9)]).collect();
        for (head, next) in starts.iter().zip(&starts[1..]) {
            (head.0..next.0).for_each(|at| assert_eq!(of(at), Some(head.1), "value {at}"));
        }
    }
}
