//! A face in, the pulse that one joint wants out.

use keyface_core::{Channel, FacePose};

use crate::board::Joint;

/// Which pulse a joint wants for a face: its rest, moved by the weighted sum of what it follows.
#[derive(Clone, Debug)]
pub struct Follow {
    sources: Vec<(Source, f32)>,
    rest_us: f64,
    travel_us: f64,
    range_us: (f64, f64),
}

type Read = fn(&FacePose) -> f32;

/// What is read from a face.
#[derive(Clone, Copy, Debug)]
enum Source {
    Weight(Channel),
    Angle(Read),
}

/// Angles by Live Link's names, in radians.
const ANGLES: [(&str, Read); 9] = [
    ("HeadYaw", |pose| pose.head.yaw_rad),
    ("HeadPitch", |pose| pose.head.pitch_rad),
    ("HeadRoll", |pose| pose.head.roll_rad),
    ("LeftEyeYaw", |pose| pose.eyes[0].yaw_rad),
    ("LeftEyePitch", |pose| pose.eyes[0].pitch_rad),
    ("LeftEyeRoll", |pose| pose.eyes[0].roll_rad),
    ("RightEyeYaw", |pose| pose.eyes[1].yaw_rad),
    ("RightEyePitch", |pose| pose.eyes[1].pitch_rad),
    ("RightEyeRoll", |pose| pose.eyes[1].roll_rad),
];

impl Follow {
    /// For a joint of a checked board, which names nothing unknown.
    pub fn new(joint: &Joint) -> Follow {
        let sources = joint.follows.iter().filter_map(|(name, weight)| Some((source(name)?, *weight)));
        Follow {
            sources: sources.collect(),
            rest_us: f64::from(joint.rest_us),
            travel_us: f64::from(joint.full_us) - f64::from(joint.rest_us),
            range_us: (f64::from(joint.min_us), f64::from(joint.max_us)),
        }
    }

    /// The wanted pulse in microseconds, within the joint's limits; rest for what is not a number.
    pub fn pulse_us(&self, pose: &FacePose) -> f64 {
        let sum: f32 = self.sources.iter().map(|(source, weight)| weight * source.read(pose)).sum();
        let share = if sum.is_finite() { f64::from(sum.clamp(-1.0, 1.0)) } else { 0.0 };
        (self.rest_us + share * self.travel_us).clamp(self.range_us.0, self.range_us.1)
    }
}

impl Source {
    fn read(self, pose: &FacePose) -> f32 {
        match self {
            Source::Weight(channel) => pose[channel],
            Source::Angle(read) => read(pose),
        }
    }
}

fn source(name: &str) -> Option<Source> {
    let angle =
        || ANGLES.iter().find(|(angle, _)| angle.eq_ignore_ascii_case(name)).map(|(_, read)| Source::Angle(*read));
    Channel::from_name(name).map(Source::Weight).or_else(angle)
}

#[cfg(test)]
mod tests {
    use keyface_core::contact::touching;

    use super::*;
    use crate::servo::joint::tests::joint;

    fn follows(what: &[(&str, f32)]) -> Follow {
        let follows = what.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        Follow::new(&Joint { follows, rest_us: 1_500, full_us: 1_900, min_us: 1_400, max_us: 2_000, ..joint() })
    }

    #[test]
    fn a_joint_goes_from_rest_to_full_with_its_weight() {
        let follow = follows(&[("jawOpen", 2.0)]);
        let mut pose = FacePose::REST;
        assert_eq!(follow.pulse_us(&pose), 1_500.0);
        pose.set(Channel::JawOpen, 0.25);
        assert_eq!(follow.pulse_us(&pose), 1_700.0);
        pose.set(Channel::JawOpen, 0.9);
        assert_eq!(follow.pulse_us(&pose), 1_900.0);
    }

    #[test]
    fn a_joint_that_turns_the_other_way_has_its_full_pulse_below_its_rest() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.5);
        let turned = Joint { rest_us: 1_800, full_us: 1_200, ..joint() };
        assert_eq!(Follow::new(&turned).pulse_us(&pose), 1_500.0);
    }

    #[test]
    fn sealed_lips_close_the_jaw_of_a_robot_without_lips_and_never_push_it_through() {
        let follow = follows(&[("jawOpen", 1.0), ("mouthClose", -1.15)]);
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.2);
        pose.set(Channel::MouthClose, touching(0.2));
        assert!(follow.pulse_us(&pose) <= 1_500.0);
        pose.set(Channel::MouthClose, 1.0);
        assert_eq!(follow.pulse_us(&pose), 1_400.0);
    }

    #[test]
    fn every_angle_moves_a_joint_to_both_sides() {
        for (name, _) in ANGLES {
            let follow = follows(&[(name, 0.5)]);
            let mut pose = FacePose::REST;
            let angles = keyface_core::Angles { yaw_rad: 0.2, pitch_rad: 0.2, roll_rad: 0.2 };
            (pose.head, pose.eyes) = (angles, [angles; 2]);
            assert!((follow.pulse_us(&pose) - 1_540.0).abs() < 1e-3, "{name}");
            let angles = keyface_core::Angles { yaw_rad: -0.2, pitch_rad: -0.2, roll_rad: -0.2 };
            (pose.head, pose.eyes) = (angles, [angles; 2]);
            assert!((follow.pulse_us(&pose) - 1_460.0).abs() < 1e-3, "{name}");
        }
    }

    #[test]
    fn what_is_not_a_number_wants_rest() {
        let follow = follows(&[("headYaw", 1.0), ("jawOpen", 1.0)]);
        let mut pose = FacePose::REST;
        for yaw_rad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            pose.head.yaw_rad = yaw_rad;
            assert_eq!(follow.pulse_us(&pose), 1_500.0);
        }
    }
}
