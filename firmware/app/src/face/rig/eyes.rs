//! Eyes and brows of the rig.

use keyface_core::{Channel, FacePose};

use super::bounded_rad;
use crate::face::curve::{Bend, Edge, Point, at};

/// One eye in face units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EyeRig {
    /// Border of the upper lid.
    pub upper_lid: Edge,
    /// Border of the lower lid.
    pub lower_lid: Edge,
    /// Middle of the iris.
    pub iris: Point,
    /// Middle of the eye at rest.
    pub centre: Point,
    /// How far the lids are closed, 0..=1.
    pub closed: f32,
}

/// One brow in face units, from the nose outwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrowRig {
    /// Inner end.
    pub inner: Point,
    /// Highest part.
    pub arch: Point,
    /// Outer end.
    pub outer: Point,
}

/// Place of the eyes: the face's left is at the viewer's right.
const EYE_X: f32 = 21.0;
const EYE_Y: f32 = -5.0;
const HALF_WIDTH: f32 = 12.6;
/// Height of the open lids over and under the eye's middle.
const UPPER_OPEN: f32 = 9.9;
const LOWER_OPEN: f32 = 9.0;
/// Where closed lids meet, under the eye's middle.
const MEET: f32 = 6.2;
/// Travel of the iris per radian of gaze, and its largest travel.
const GAZE_TRAVEL: f32 = 17.0;
const GAZE_LIMIT: Point = at(5.6, 4.4);
/// Angle that a full look weight stands for.
const LOOK_RAD: f32 = 0.5;

/// The channels of one side.
struct Side {
    sign: f32,
    blink: Channel,
    squint: Channel,
    cheek: Channel,
    wide: Channel,
    /// Down, up, to the face's left, to the face's right.
    look: [Channel; 4],
    brow_down: Channel,
    brow_outer: Channel,
}

const SIDES: [Side; 2] = {
    use Channel::*;
    [
        Side {
            sign: 1.0,
            blink: EyeBlinkLeft,
            squint: EyeSquintLeft,
            cheek: CheekSquintLeft,
            wide: EyeWideLeft,
            look: [EyeLookDownLeft, EyeLookUpLeft, EyeLookOutLeft, EyeLookInLeft],
            brow_down: BrowDownLeft,
            brow_outer: BrowOuterUpLeft,
        },
        Side {
            sign: -1.0,
            blink: EyeBlinkRight,
            squint: EyeSquintRight,
            cheek: CheekSquintRight,
            wide: EyeWideRight,
            look: [EyeLookDownRight, EyeLookUpRight, EyeLookInRight, EyeLookOutRight],
            brow_down: BrowDownRight,
            brow_outer: BrowOuterUpRight,
        },
    ]
};

impl EyeRig {
    /// The left and the right eye of a pose.
    pub fn pair(pose: &FacePose) -> [EyeRig; 2] {
        [eye(pose, 0), eye(pose, 1)]
    }

    /// Height between the lids at the middle of the eye.
    pub fn opening(&self) -> f32 {
        self.lower_lid.middle().y - self.upper_lid.middle().y
    }
}

fn eye(pose: &FacePose, index: usize) -> EyeRig {
    let side = &SIDES[index];
    let centre = at(side.sign * EYE_X, EYE_Y);
    let gaze = gaze(pose, index);
    let closed = (1.08 * pose[side.blink]).min(1.0);
    let squint = (pose[side.squint] + 0.6 * pose[side.cheek]).min(1.0);
    // The upper lid follows the gaze, as living lids do.
    let upper = -UPPER_OPEN * (1.0 + 0.24 * pose[side.wide] - 0.22 * squint) + 0.45 * gaze.y;
    let lower = LOWER_OPEN * (1.0 - 0.34 * squint) + 0.25 * gaze.y;
    EyeRig {
        upper_lid: lid(centre, side.sign, upper + closed * (MEET - upper), closed),
        lower_lid: lid(centre, side.sign, lower + closed * (MEET - lower), closed),
        iris: centre.shifted(gaze.x, gaze.y),
        centre,
        closed,
    }
}

/// A lid's border; both borders share their corners, and become one line when the eye is closed.
fn lid(centre: Point, sign: f32, y: f32, closed: f32) -> Edge {
    let inner = centre.shifted(-sign * HALF_WIDTH, 2.4 - 0.6 * closed);
    let outer = centre.shifted(sign * HALF_WIDTH, 0.6 + 0.6 * closed);
    let (left, right) = if sign > 0.0 { (inner, outer) } else { (outer, inner) };
    let bend = Bend { roundness: 0.72 - 0.4 * closed, flatness: 0.56, bow: 0.0 };
    Edge::through(left, centre.shifted(0.0, y), right, bend)
}

/// Shift of the iris. Eye angles win; look weights stand in where there are none.
fn gaze(pose: &FacePose, index: usize) -> Point {
    let eye = pose.eyes[index];
    let [down, up, left, right] = SIDES[index].look.map(|channel| pose[channel]);
    let or = |angle_rad: f32, look: f32| if angle_rad == 0.0 { look * LOOK_RAD } else { bounded_rad(angle_rad) };
    let x = GAZE_TRAVEL * or(eye.yaw_rad, left - right);
    let y = GAZE_TRAVEL * or(-eye.pitch_rad, down - up);
    at(x.clamp(-GAZE_LIMIT.x, GAZE_LIMIT.x), y.clamp(-GAZE_LIMIT.y, GAZE_LIMIT.y))
}

impl BrowRig {
    /// The left and the right brow of a pose.
    pub fn pair(pose: &FacePose) -> [BrowRig; 2] {
        [0, 1].map(|index| brow(pose, &SIDES[index]))
    }
}

fn brow(pose: &FacePose, side: &Side) -> BrowRig {
    let (down, inner_up, outer_up) = (pose[side.brow_down], pose[Channel::BrowInnerUp], pose[side.brow_outer]);
    let point = |x: f32, y: f32| at(side.sign * x, y);
    BrowRig {
        inner: point(10.5 - 1.5 * down, -20.8 - 6.5 * inner_up - 1.5 * outer_up + 5.0 * down),
        arch: point(21.0, -23.9 - 4.5 * inner_up - 6.0 * outer_up + 3.5 * down),
        outer: point(32.5, -19.6 - 1.0 * inner_up - 6.0 * outer_up + 1.5 * down),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_blink_leaves_no_gap_between_the_lids() {
        let mut pose = FacePose::REST;
        pose.set(Channel::EyeBlinkLeft, 1.0);
        pose.set(Channel::EyeWideLeft, 1.0);
        let [left, right] = EyeRig::pair(&pose);
        assert!(left.opening().abs() < 1e-4 && left.closed == 1.0);
        assert!(right.opening() > 15.0);
    }

    #[test]
    fn the_gaze_stays_inside_the_eye() {
        let mut pose = FacePose::REST;
        pose.eyes[0].yaw_rad = 1.5;
        pose.eyes[0].pitch_rad = 1.5;
        let [left, _] = EyeRig::pair(&pose);
        assert_eq!(left.iris, left.centre.shifted(GAZE_LIMIT.x, -GAZE_LIMIT.y));
    }

    #[test]
    fn look_weights_move_both_irises_the_same_way() {
        let mut pose = FacePose::REST;
        pose.set(Channel::EyeLookOutLeft, 0.5);
        pose.set(Channel::EyeLookInRight, 0.5);
        let [left, right] = EyeRig::pair(&pose);
        assert!(left.iris.x - left.centre.x > 2.0);
        assert_eq!(left.iris.x - left.centre.x, right.iris.x - right.centre.x);
    }

    #[test]
    fn brows_rise_and_fall() {
        let arch = |channel: Channel| {
            let mut pose = FacePose::REST;
            pose.set(channel, 1.0);
            BrowRig::pair(&pose)[0].arch.y
        };
        assert!(arch(Channel::BrowOuterUpLeft) < arch(Channel::BrowDownRight));
        assert!(arch(Channel::BrowDownRight) < arch(Channel::BrowDownLeft));
    }
}
