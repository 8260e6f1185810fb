//! Nine mouth shapes that viewers must tell apart, as natural poses: for contact sheets and tests.

use keyface_core::{FacePose, Gains, Motion, MotionChannel as M, retarget};

/// A named mouth shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MouthShape {
    /// Short name, as on a contact sheet.
    pub name: &'static str,
    /// The pose at natural effort.
    pub pose: FacePose,
}

/// Targets at natural effort, measured on one adult actor's speech in ARKit channels.
const SHAPES: [(&str, &[(M, f32)]); 9] = [
    ("rest", &[]),
    (
        "M B P",
        &[
            (M::JawOpen, 0.10),
            (M::MouthClose, 0.105),
            (M::MouthRollLower, 0.10),
            (M::MouthRollUpper, 0.05),
            (M::MouthPress, 0.20),
        ],
    ),
    ("F V", &[(M::JawOpen, 0.06), (M::MouthUpperUp, 0.18), (M::MouthRollLower, 0.35)]),
    ("TH", &[(M::JawOpen, 0.08), (M::MouthLowerDown, 0.15), (M::MouthUpperUp, 0.10), (M::TongueOut, 0.18)]),
    ("OO", &[(M::JawOpen, 0.05), (M::MouthFunnel, 0.30), (M::MouthPucker, 0.55)]),
    (
        "EE",
        &[
            (M::JawOpen, 0.05),
            (M::MouthLowerDown, 0.25),
            (M::MouthUpperUp, 0.18),
            (M::MouthStretch, 0.16),
            (M::MouthSmile, 0.20),
        ],
    ),
    ("AH", &[(M::JawOpen, 0.30), (M::MouthLowerDown, 0.28), (M::MouthUpperUp, 0.10)]),
    ("L", &[(M::JawOpen, 0.12), (M::MouthLowerDown, 0.18), (M::MouthUpperUp, 0.10), (M::TongueUp, 1.0)]),
    (
        "S",
        &[
            (M::JawOpen, 0.02),
            (M::MouthLowerDown, 0.28),
            (M::MouthUpperUp, 0.22),
            (M::MouthStretch, 0.12),
            (M::TongueUp, 0.35),
        ],
    ),
];

/// The nine shapes, rest first.
pub fn nine_shapes() -> [MouthShape; 9] {
    SHAPES.map(|(name, weights)| MouthShape { name, pose: pose(weights) })
}

fn pose(weights: &[(M, f32)]) -> FacePose {
    let mut motion = Motion::REST;
    weights.iter().for_each(|(channel, weight)| motion[*channel] = *weight);
    retarget(&motion, Gains::default())
}
