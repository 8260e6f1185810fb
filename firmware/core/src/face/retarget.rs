//! Motion in, face out: paired channels are spread over both sides, with a gain per jaw and lips.

use super::channel::Channel;
use super::pose::FacePose;
use crate::contact::touching;
use crate::{Motion, MotionChannel};

/// How strongly a face shows what the model predicts; 1 is a natural human face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gains {
    /// Gain of the jaw, 0.5..=2.5.
    pub jaw: f32,
    /// Gain of the lips and the tongue, 0.5..=2.5.
    pub lips: f32,
}

impl Default for Gains {
    fn default() -> Self {
        Gains { jaw: 1.0, lips: 1.0 }
    }
}

/// Spreads motion over a face. A sealed mouth stays sealed under any gain.
pub fn retarget(motion: &Motion, gains: Gains) -> FacePose {
    use MotionChannel as M;
    let mut pose = FacePose::REST;
    let jaw = motion[M::JawOpen] * gains.jaw;
    pose.set(Channel::JawOpen, jaw);
    pose.set(Channel::MouthClose, sealed(motion, jaw));
    for (from, to) in LIPS {
        to.iter().for_each(|channel| pose.set(*channel, motion[*from] * gains.lips));
    }
    pose.set(Channel::BrowInnerUp, motion[M::BrowInnerUp]);
    pose.tongue_up = (motion[M::TongueUp] * gains.lips).clamp(0.0, 1.0);
    pose
}

/// Keeps the share of the seal that the motion asks for when the jaw is scaled.
fn sealed(motion: &Motion, jaw: f32) -> f32 {
    touching(jaw) * motion[MotionChannel::MouthClose] / touching(motion[MotionChannel::JawOpen])
}

const LIPS: &[(MotionChannel, &[Channel])] = &[
    (MotionChannel::MouthFunnel, &[Channel::MouthFunnel]),
    (MotionChannel::MouthPucker, &[Channel::MouthPucker]),
    (MotionChannel::MouthLowerDown, &[Channel::MouthLowerDownLeft, Channel::MouthLowerDownRight]),
    (MotionChannel::MouthUpperUp, &[Channel::MouthUpperUpLeft, Channel::MouthUpperUpRight]),
    (MotionChannel::MouthStretch, &[Channel::MouthStretchLeft, Channel::MouthStretchRight]),
    (MotionChannel::MouthSmile, &[Channel::MouthSmileLeft, Channel::MouthSmileRight]),
    (MotionChannel::MouthRollLower, &[Channel::MouthRollLower]),
    (MotionChannel::MouthRollUpper, &[Channel::MouthRollUpper]),
    (MotionChannel::MouthPress, &[Channel::MouthPressLeft, Channel::MouthPressRight]),
    (MotionChannel::TongueOut, &[Channel::TongueOut]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paired_channels_move_both_sides() {
        let mut motion = Motion::REST;
        motion[MotionChannel::MouthSmile] = 0.3;
        let pose = retarget(&motion, Gains::default());
        assert_eq!(pose[Channel::MouthSmileLeft], 0.3);
        assert_eq!(pose[Channel::MouthSmileRight], 0.3);
    }

    #[test]
    fn a_sealed_mouth_stays_sealed_at_double_gain() {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = 0.10;
        motion[MotionChannel::MouthClose] = 0.105;
        let pose = retarget(&motion, Gains { jaw: 2.0, lips: 2.0 });
        assert!((pose[Channel::MouthClose] - touching(0.20)).abs() < 1e-6);
    }
}
