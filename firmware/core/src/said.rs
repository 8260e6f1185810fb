//! What several lines say of the same moment, as one.

use crate::{Motion, PHONES};

/// What a line says of a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Probability of each phone.
    pub phones: [f32; PHONES],
    /// How the face moves.
    pub motion: Motion,
}

impl Said {
    /// So far, 0..=1, on the way to another.
    #[must_use]
    pub fn toward(&self, to: &Said, share: f32) -> Said {
        let phones = core::array::from_fn(|n| self.phones[n] + share * (to.phones[n] - self.phones[n]));
        Said { phones, motion: self.motion.toward(to.motion, share) }
    }

    /// The mean of this and others.
    #[must_use]
    pub fn with(self, others: &[Said]) -> Said {
        (2u8..).zip(others).fold(self, |mean, (count, other)| mean.toward(other, 1.0 / f32::from(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MotionChannel::JawOpen;

    fn said(value: f32) -> Said {
        let mut motion = Motion::REST;
        motion[JawOpen] = value;
        Said { phones: [value; PHONES], motion }
    }

    #[test]
    fn each_line_counts_alike() {
        let mean = said(0.3).with(&[said(0.6), said(0.0), said(0.9)]);
        assert!((mean.phones[5] - 0.45).abs() < 1e-6 && (mean.motion[JawOpen] - 0.45).abs() < 1e-6);
        assert_eq!(said(0.3).with(&[]), said(0.3));
    }
}
