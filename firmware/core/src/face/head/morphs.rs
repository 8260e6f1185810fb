//! How far each channel moves a vertex at full weight.

use super::eyes::{placed, sign};
use super::mesh::{Part, Skin, V3, Vertex, add as plus, bell, step, sub};
use super::skin::{MOUTH_HALF, MOUTH_Y, front};
use crate::Channel;

/// The jaw turns by this angle about a line through the ears.
const JAW_RAD: f32 = 0.58;
const HINGE: (f32, f32) = (0.0, -0.02);
/// A gaze at full weight.
const LOOK_RAD: f32 = 0.5;
/// Share of `JawOpen` at which `MouthClose` has to seal the lips: they touch as [`contact`](crate::contact) says.
const CLOSE_SHARE: f32 = 0.86;

/// The way that a vertex goes.
pub fn moved(channel: Channel, vertex: &Vertex) -> V3 {
    match vertex.part {
        Part::Still => [0.0; 3],
        Part::Skin(skin) => of_skin(channel, vertex.at, &skin),
        Part::UpperTeeth => behind(channel),
        Part::LowerTeeth => plus(with_jaw(channel, vertex.at, 1.0), behind(channel)),
        Part::Tongue(tip) => of_tongue(channel, vertex.at, tip),
        Part::Nose => of_nose(channel, vertex.at),
        Part::Ball(eye, on) => of_ball(channel, vertex.at, eye, on),
        Part::UpperLid(eye, closed, wide) => of_upper_lid(channel, vertex.at, eye, closed, wide),
        Part::LowerLid(eye, closed, narrow) => of_lower_lid(channel, vertex.at, eye, closed, narrow),
        Part::Brow(eye, along) => of_brow(channel, vertex.at, eye, along),
    }
}

/// What moves with the lower jaw by a share.
fn with_jaw(channel: Channel, at: V3, share: f32) -> V3 {
    match channel {
        Channel::JawOpen => opened(at, share),
        Channel::JawForward => [0.0, 0.0, 0.07 * share],
        Channel::JawLeft => [0.07 * share, 0.0, 0.0],
        Channel::JawRight => [-0.07 * share, 0.0, 0.0],
        _ => [0.0; 3],
    }
}

/// Protruded lips leave the teeth behind.
fn behind(channel: Channel) -> V3 {
    match channel {
        Channel::MouthPucker => [0.0, 0.0, -0.09],
        Channel::MouthFunnel => [0.0, 0.0, -0.02],
        _ => [0.0; 3],
    }
}

fn opened(at: V3, share: f32) -> V3 {
    let (sin, cos) = (JAW_RAD * share).sin_cos();
    let (y, z) = (at[1] - HINGE.0, at[2] - HINGE.1);
    [0.0, y * cos - z * sin - y, z * cos + y * sin - z]
}

/// How much of the jaw's way a piece of skin goes.
fn jaw_share(at: V3, skin: &Skin) -> f32 {
    let corner = 0.42 * bell(skin.far, 0.35);
    let below = corner + (1.0 - corner) * step(-skin.up, 0.0, 0.75);
    let above = corner * (1.0 - step(skin.up, 0.0, 0.6));
    let share = if skin.up < 0.0 { below } else { above };
    share * step(at[2], -0.08, 0.20) * step(skin.far, 1.1, 0.35)
}

/// The movement over the skin that a side step makes: skin stays on the skull.
fn along([x, y, _]: V3, by: V3) -> V3 {
    [by[0], by[1], by[2] + front(x + by[0], y + by[1]) - front(x, y)]
}

fn of_skin(channel: Channel, at: V3, skin: &Skin) -> V3 {
    use Channel::*;
    let jaw = jaw_share(at, skin);
    match channel {
        JawOpen | JawForward | JawLeft | JawRight => with_jaw(channel, at, jaw),
        MouthClose => sealing(at, skin),
        CheekPuff => {
            let by = bell(at[0].abs() - 0.27, 0.13) * bell(at[1] - MOUTH_Y - 0.03, 0.14) * step(at[2], 0.0, 0.15);
            [0.09 * by * at[0].signum(), 0.0, 0.06 * by]
        }
        CheekSquintLeft | CheekSquintRight => {
            let side = if channel == CheekSquintLeft { 1.0 } else { -1.0 };
            let by = bell(at[0] - 0.23 * side, 0.11) * bell(at[1] + 0.14, 0.09) * step(at[2], 0.0, 0.15);
            [0.0, 0.03 * by, 0.03 * by]
        }
        NoseSneerLeft | NoseSneerRight => {
            let side = if channel == NoseSneerLeft { 1.0 } else { -1.0 };
            let by = bell(at[0] - 0.08 * side, 0.08) * bell(at[1] + 0.16, 0.09) * step(at[2], 0.0, 0.15);
            [0.0, 0.035 * by, 0.015 * by]
        }
        _ if skin.lip < 0 => [0.0; 3],
        _ => along(at, of_lips(channel, at, skin)),
    }
}

/// Lips meet where the jaw has opened them: the lower goes most of the way.
fn sealing(at: V3, skin: &Skin) -> V3 {
    if skin.lip < 0 {
        return [0.0; 3];
    }
    // Both lips at this place across the mouth, on the ring that touches.
    let edge = [at[0], MOUTH_Y, at[2]];
    let of = |up: f32| opened(edge, jaw_share(edge, &Skin { up, far: 0.0, ..*skin }));
    let gap = sub(of(-skin.up.abs()), of(skin.up.abs()));
    let share = if skin.up < 0.0 { -0.72 } else { 0.28 } * bell(skin.far, 0.13) / CLOSE_SHARE;
    gap.map(|x| share * x)
}

/// Lips and the skin around them, before they are laid on the skull.
fn of_lips(channel: Channel, at: V3, skin: &Skin) -> V3 {
    use Channel::*;
    let x = at[0];
    let across = (x / MOUTH_HALF).clamp(-1.0, 1.0);
    let middle = 1.0 - across * across;
    let (near, wide) = (bell(skin.far, 0.16), bell(skin.far, 0.26));
    let (upper, lower) = if skin.up > 0.0 { (1.0, 0.0) } else { (0.0, 1.0) };
    let way = upper - lower;
    // Thickness of the red at this place: how far a ring is from where the lips meet.
    let thick = at[1] - MOUTH_Y;
    // Corners lead and the middle stays: a bow, not an edge.
    let [left, right] = [x, -x].map(|x| ((x + 0.01) / MOUTH_HALF).clamp(0.0, 1.0).powi(2));
    // A narrow mouth has no corners that smile.
    let round = -0.018 * across * across * near;
    let (half_left, half_right) = (step(x, -0.09, 0.09), step(-x, -0.09, 0.09));
    match channel {
        MouthFunnel => [-0.42 * x * wide, round + 0.066 * way * middle * near, 0.060 * near],
        MouthPucker => {
            [-0.66 * x * wide, round + 0.022 * way * middle * near, 0.085 * near * (1.0 - 0.3 * across.powi(2))]
        }
        MouthLeft => [0.085 * wide, 0.0, 0.0],
        MouthRight => [-0.085 * wide, 0.0, 0.0],
        MouthSmileLeft => [0.055 * left * wide, 0.072 * left * wide, 0.0],
        MouthSmileRight => [-0.055 * right * wide, 0.072 * right * wide, 0.0],
        MouthFrownLeft => [0.010 * left * wide, -0.062 * left * wide, 0.0],
        MouthFrownRight => [-0.010 * right * wide, -0.062 * right * wide, 0.0],
        MouthDimpleLeft => [0.035 * left * near, 0.010 * left * near, -0.030 * left * near],
        MouthDimpleRight => [-0.035 * right * near, 0.010 * right * near, -0.030 * right * near],
        MouthStretchLeft => [0.065 * left * wide, -0.016 * left * wide, 0.0],
        MouthStretchRight => [-0.065 * right * wide, -0.016 * right * wide, 0.0],
        MouthRollLower => rolled(lower, thick, middle, skin),
        MouthRollUpper => rolled(upper, thick, middle, skin),
        MouthShrugLower => [0.0, 0.034 * lower * middle * wide, 0.026 * lower * wide],
        MouthShrugUpper => [0.0, 0.030 * upper * middle * wide, 0.020 * upper * near],
        MouthPressLeft => [0.0, -0.45 * thick * half_left * near, -0.008 * half_left * near],
        MouthPressRight => [0.0, -0.45 * thick * half_right * near, -0.008 * half_right * near],
        MouthLowerDownLeft => [0.0, -0.090 * lower * half_left * lifted(across) * near, 0.0],
        MouthLowerDownRight => [0.0, -0.090 * lower * half_right * lifted(across) * near, 0.0],
        MouthUpperUpLeft => [0.0, 0.075 * upper * half_left * lifted(across) * near, 0.0],
        MouthUpperUpRight => [0.0, 0.075 * upper * half_right * lifted(across) * near, 0.0],
        _ => [0.0; 3],
    }
}

/// A lip that is raised or lowered alone moves nearly alike along its length.
fn lifted(across: f32) -> f32 {
    1.0 - across.powi(4)
}

/// A lip that is rolled in, over the teeth.
fn rolled(share: f32, thick: f32, middle: f32, skin: &Skin) -> V3 {
    if !(0..=4).contains(&skin.lip) {
        return [0.0; 3];
    }
    let share = share * (0.3 + 0.7 * middle);
    [0.0, -0.62 * thick * share, -0.052 * share * step(skin.lip as f32, 4.6, 2.5)]
}

fn of_tongue(channel: Channel, at: V3, tip: f32) -> V3 {
    match channel {
        // Over the lower teeth and the lip, and down.
        Channel::TongueOut => [-0.15 * at[0] * tip, 0.075 * tip - 0.05 * tip.powi(6), 0.31 * tip * tip],
        _ => with_jaw(channel, at, 0.92),
    }
}

/// The tongue's tip goes up to the ridge behind the upper teeth.
pub fn lifted_tongue(vertex: &Vertex) -> V3 {
    match vertex.part {
        Part::Tongue(tip) => [0.0, 0.065 * tip * tip, -0.008 * tip * tip],
        _ => [0.0; 3],
    }
}

fn of_nose(channel: Channel, at: V3) -> V3 {
    let side = match channel {
        Channel::NoseSneerLeft => 1.0,
        Channel::NoseSneerRight => -1.0,
        _ => return [0.0; 3],
    };
    [0.0, 0.026 * step(side * at[0], -0.02, 0.03), 0.0]
}

/// The channel's eye, with what is the same on both sides.
fn eye_of(channel: Channel) -> Option<(usize, Channel)> {
    use Channel::*;
    Some(match channel {
        EyeBlinkLeft | EyeLookDownLeft | EyeLookInLeft | EyeLookOutLeft | EyeLookUpLeft | EyeSquintLeft
        | EyeWideLeft | CheekSquintLeft | BrowDownLeft | BrowOuterUpLeft => (0, channel),
        EyeBlinkRight => (1, EyeBlinkLeft),
        EyeLookDownRight => (1, EyeLookDownLeft),
        EyeLookInRight => (1, EyeLookInLeft),
        EyeLookOutRight => (1, EyeLookOutLeft),
        EyeLookUpRight => (1, EyeLookUpLeft),
        EyeSquintRight => (1, EyeSquintLeft),
        EyeWideRight => (1, EyeWideLeft),
        CheekSquintRight => (1, CheekSquintLeft),
        BrowDownRight => (1, BrowDownLeft),
        BrowOuterUpRight => (1, BrowOuterUpLeft),
        _ => return None,
    })
}

fn of_ball(channel: Channel, at: V3, eye: usize, on: V3) -> V3 {
    let Some((_, of)) = eye_of(channel).filter(|(which, _)| *which == eye) else { return [0.0; 3] };
    let out = sign(eye) * LOOK_RAD;
    let (yaw, pitch) = match of {
        Channel::EyeLookOutLeft => (out, 0.0),
        Channel::EyeLookInLeft => (-out, 0.0),
        Channel::EyeLookUpLeft => (0.0, 0.75 * LOOK_RAD),
        Channel::EyeLookDownLeft => (0.0, -0.75 * LOOK_RAD),
        _ => return [0.0; 3],
    };
    sub(placed(eye, turned(on, yaw, pitch)), at)
}

/// Turned to its own left, and up.
fn turned([x, y, z]: V3, yaw: f32, pitch: f32) -> V3 {
    let ((ys, yc), (ps, pc)) = (yaw.sin_cos(), pitch.sin_cos());
    let (x, z) = (x * yc + z * ys, z * yc - x * ys);
    [x, y * pc + z * ps, z * pc - y * ps]
}

fn of_upper_lid(channel: Channel, at: V3, eye: usize, closed: V3, wide: V3) -> V3 {
    let (to, share) = match eye_of(channel) {
        Some((which, Channel::EyeBlinkLeft)) if which == eye => (closed, 1.0),
        Some((which, Channel::EyeWideLeft)) if which == eye => (wide, 1.0),
        Some((which, Channel::EyeSquintLeft)) if which == eye => (closed, 0.16),
        // Lids follow the gaze.
        Some((which, Channel::EyeLookDownLeft)) if which == eye => (closed, 0.22),
        Some((which, Channel::EyeLookUpLeft)) if which == eye => (wide, 0.6),
        Some((which, Channel::BrowDownLeft)) if which == eye => (closed, 0.10),
        _ => return [0.0; 3],
    };
    sub(to, at).map(|x| share * x)
}

fn of_lower_lid(channel: Channel, at: V3, eye: usize, closed: V3, narrow: V3) -> V3 {
    let (to, share) = match eye_of(channel) {
        Some((which, Channel::EyeBlinkLeft)) if which == eye => (closed, 1.0),
        Some((which, Channel::EyeSquintLeft)) if which == eye => (narrow, 1.0),
        Some((which, Channel::CheekSquintLeft)) if which == eye => (narrow, 0.6),
        _ => return [0.0; 3],
    };
    sub(to, at).map(|x| share * x)
}

/// Brows as the drawn face moves them: at the nose, in the middle, outside.
fn of_brow(channel: Channel, at: V3, eye: usize, t: f32) -> V3 {
    let (ends, inwards) = match (channel, eye_of(channel)) {
        (Channel::BrowInnerUp, _) => ([0.065, 0.045, 0.010], 0.0),
        (_, Some((which, Channel::BrowOuterUpLeft))) if which == eye => ([0.015, 0.060, 0.060], 0.0),
        (_, Some((which, Channel::BrowDownLeft))) if which == eye => ([-0.050, -0.035, -0.015], 0.018),
        _ => return [0.0; 3],
    };
    let [inner, arch, outer] = ends;
    let up = inner * (1.0 - t) * (1.0 - 2.0 * t) + 4.0 * arch * t * (1.0 - t) + outer * t * (2.0 * t - 1.0);
    along(at, [-sign(eye) * inwards * (1.0 - t), up, 0.0])
}
