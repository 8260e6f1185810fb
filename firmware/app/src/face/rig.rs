//! The rig: ARKit weights in, the outlines of one stylised face out. A pure function; no pixels here.
//!
//! Face units: the head is about 100 wide, x to the viewer's right, y down, the origin between nose and eyes.
//! The face's own left side is the viewer's right; index 0 is the face's left, as in [`FacePose::eyes`].

mod eyes;
mod gain;
mod mouth;

use keyface_core::{Channel, FacePose};

pub use eyes::{BrowRig, EyeRig};
pub use mouth::{MouthRig, Tongue};

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
