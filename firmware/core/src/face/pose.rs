//! A face at one moment: the 52 ARKit weights, and what ARKit keeps beside them.

use core::ops::Index;

use super::channel::{CHANNELS, Channel};

/// Angles of a head or an eye, in radians.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Angles {
    /// Turning to the face's own left is positive.
    pub yaw_rad: f32,
    /// Looking up is positive.
    pub pitch_rad: f32,
    /// Tilting to the face's own left is positive.
    pub roll_rad: f32,
}

/// One weight per channel (finite, 0..=1), head and eye angles, and the tongue's own lift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FacePose {
    weights: [f32; CHANNELS],
    /// Tongue tip on the ridge behind the teeth, 0..=1; not an ARKit channel.
    pub tongue_up: f32,
    /// Head angles.
    pub head: Angles,
    /// Angles of the left eye, then the right eye.
    pub eyes: [Angles; 2],
}

impl FacePose {
    /// A face at rest.
    pub const REST: FacePose = FacePose {
        weights: [0.0; CHANNELS],
        tongue_up: 0.0,
        head: Angles { yaw_rad: 0.0, pitch_rad: 0.0, roll_rad: 0.0 },
        eyes: [Angles { yaw_rad: 0.0, pitch_rad: 0.0, roll_rad: 0.0 }; 2],
    };

    /// All weights in [`Channel::ALL`]'s order.
    pub fn weights(&self) -> &[f32; CHANNELS] {
        &self.weights
    }

    /// Sets a weight, held to 0..=1; what is not a number becomes 0.
    pub fn set(&mut self, channel: Channel, weight: f32) {
        self.weights[channel as usize] = if weight.is_finite() { weight.clamp(0.0, 1.0) } else { 0.0 };
    }

    /// The face between this one and another: this at 0, the other at 1.
    pub fn toward(&self, other: &FacePose, share: f32) -> FacePose {
        let mix = |a: f32, b: f32| a + share.clamp(0.0, 1.0) * (b - a);
        let turned = |a: Angles, b: Angles| Angles {
            yaw_rad: mix(a.yaw_rad, b.yaw_rad),
            pitch_rad: mix(a.pitch_rad, b.pitch_rad),
            roll_rad: mix(a.roll_rad, b.roll_rad),
        };
        FacePose {
            weights: core::array::from_fn(|i| mix(self.weights[i], other.weights[i])),
            tongue_up: mix(self.tongue_up, other.tongue_up),
            head: turned(self.head, other.head),
            eyes: core::array::from_fn(|i| turned(self.eyes[i], other.eyes[i])),
        }
    }
}

impl Default for FacePose {
    fn default() -> Self {
        FacePose::REST
    }
}

impl Index<Channel> for FacePose {
    type Output = f32;
    fn index(&self, channel: Channel) -> &f32 {
        &self.weights[channel as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_faces_everything_is_between() {
        let mut open = FacePose::REST;
        open.set(Channel::JawOpen, 0.8);
        (open.tongue_up, open.head.yaw_rad, open.eyes[1].pitch_rad) = (0.4, -0.2, 0.1);
        let half = FacePose::REST.toward(&open, 0.5);
        assert_eq!((half[Channel::JawOpen], half.tongue_up), (0.4, 0.2));
        assert_eq!((half.head.yaw_rad, half.eyes[1].pitch_rad, half.eyes[0].pitch_rad), (-0.1, 0.05, 0.0));
        assert_eq!(FacePose::REST.toward(&open, 7.0), open);
    }

    #[test]
    fn a_weight_is_held_to_its_range() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 2.0);
        assert_eq!(pose[Channel::JawOpen], 1.0);
        pose.set(Channel::JawOpen, f32::NAN);
        assert_eq!(pose[Channel::JawOpen], 0.0);
    }
}
