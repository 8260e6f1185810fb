//! The rig: ARKit weights in, the outlines of one stylised face out. A pure function; no pixels here.
//!
//! Face units: the head is about 100 wide, x to the viewer's right, y down, the origin between nose and eyes.
//! The face's own left side is the viewer's right; index 0 is the face's left, as in [`FacePose::eyes`].

mod eyes;
mod gain;
mod mouth;
mod steady;

use keyface_core::{Channel, FacePose};

pub use eyes::{BrowRig, EyeRig};
pub use mouth::{MouthRig, Tongue};
pub use steady::Steady;

/// What the drawn face shows at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigPose {
    /// Lips, teeth and tongue.
    pub mouth: MouthRig,
    /// How far the chin is below its place at rest.
    pub jaw_drop: f32,
    /// How far the cheeks are lifted, 0..=1.
    pub cheek_lift: f32,
    /// How far the cheeks are blown up, 0..=1.
    pub cheek_puff: f32,
    /// Lids and irises.
    pub eyes: [EyeRig; 2],
    /// Brows.
    pub brows: [BrowRig; 2],
    /// How the head is turned.
    pub head: HeadRig,
}

/// How the head is turned, as what a flat drawing needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeadRig {
    /// Shift of a point one unit nearer to the viewer, to the viewer's right (sine of the yaw).
    pub turn: f32,
    /// Shift of a point one unit nearer to the viewer, downwards (minus the sine of the pitch).
    pub nod: f32,
    /// Tilt, clockwise for the viewer, in radians.
    pub tilt_rad: f32,
}

/// A drawn head cannot show the back of a head: farther turns look like this one.
const MAX_TURN_RAD: f32 = 0.6;
/// Chin drop of a fully open jaw.
const CHIN_DROP: f32 = 9.0;

impl RigPose {
    /// The outlines that a pose gives.
    pub fn of(pose: &FacePose) -> RigPose {
        let mouth = MouthRig::of(pose);
        RigPose {
            jaw_drop: CHIN_DROP * gain::jaw(pose[Channel::JawOpen]),
            cheek_lift: gain::cheek_lift(pose),
            cheek_puff: pose[Channel::CheekPuff],
            eyes: EyeRig::pair(pose),
            brows: BrowRig::pair(pose),
            head: HeadRig::of(pose),
            mouth,
        }
    }
}

impl HeadRig {
    fn of(pose: &FacePose) -> HeadRig {
        HeadRig {
            turn: bounded_rad(pose.head.yaw_rad).sin(),
            nod: -bounded_rad(pose.head.pitch_rad).sin(),
            tilt_rad: bounded_rad(pose.head.roll_rad),
        }
    }
}

/// An angle that a flat face can show; what is not a number is 0.
fn bounded_rad(angle_rad: f32) -> f32 {
    if angle_rad.is_finite() { angle_rad.clamp(-MAX_TURN_RAD, MAX_TURN_RAD) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::nine_shapes;

    /// Every number of a rig, as its debug print shows them.
    fn is_finite(rig: &RigPose) -> bool {
        let text = format!("{rig:?}");
        !text.contains("NaN") && !text.contains("inf")
    }

    /// Poses of random weights and angles (a linear congruential generator, so that a failure repeats).
    fn random_poses() -> impl Iterator<Item = FacePose> {
        let mut state = 1u64;
        let mut chance = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..300).map(move |_| {
            let mut pose = FacePose::REST;
            Channel::ALL.iter().for_each(|channel| pose.set(*channel, 1.4 * chance() - 0.2));
            pose.tongue_up = chance();
            pose.head.yaw_rad = 8.0 * chance() - 4.0;
            pose.eyes[1].pitch_rad = 8.0 * chance() - 4.0;
            pose
        })
    }

    #[test]
    fn any_pose_gives_finite_outlines() {
        assert!(random_poses().all(|pose| is_finite(&RigPose::of(&pose))));
    }

    #[test]
    fn angles_and_tongue_that_are_no_numbers_are_ignored() {
        let mut pose = FacePose::REST;
        pose.head.yaw_rad = f32::NAN;
        pose.eyes[0].pitch_rad = f32::INFINITY;
        pose.tongue_up = f32::NAN;
        assert!(is_finite(&RigPose::of(&pose)));
    }

    #[test]
    fn lips_stay_on_the_face() {
        for pose in random_poses().chain(nine_shapes().map(|shape| shape.pose)) {
            let rig = RigPose::of(&pose);
            let chin = 56.0 + rig.jaw_drop;
            assert!(rig.mouth.lower_outer.middle().y < chin - 1.5, "{pose:?}");
            assert!(rig.mouth.opening() >= 0.0 && rig.mouth.width() > 3.0, "{pose:?}");
        }
    }

    #[test]
    fn the_face_turns_to_its_own_left_for_a_positive_yaw() {
        let mut pose = FacePose::REST;
        pose.head.yaw_rad = 0.2;
        pose.head.pitch_rad = 0.1;
        let head = RigPose::of(&pose).head;
        // Its left is the viewer's right; up is negative.
        assert!(head.turn > 0.19 && head.nod < -0.09);
    }
}
