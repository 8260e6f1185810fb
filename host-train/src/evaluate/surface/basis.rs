//! Our own small face: 26 points of the lips, 3 of the chin, 10 of brows and cheeks.
//!
//! Plausible millimetres of an adult face, so that the metrics need no foreign mesh: the mouth is 50 mm wide, `JawOpen`
//! 1 parts the lips by 33 mm, and at any jaw they just touch at `MouthClose = 0.02 + 0.85 JawOpen`. The moves agree
//! with measurements on the ICT head (USC, MIT licence) to a millimetre or two at the middle and at the corners of the
//! mouth; between them they follow a parabola. The tongue has no points.

use keyface_core::MotionChannel;

use super::{LipPair, Moves, Surface};

/// From the middle of the mouth to a corner.
const HALF_WIDTH_MM: f64 = 25.0;
/// From corner to corner, in metres.
pub const MOUTH_WIDTH_M: f64 = 2e-3 * HALF_WIDTH_MM;
/// The corners among the vertices of [`default_surface`], at negative and at positive x. The inner points of the upper
/// lip are 0..5 and those of the lower lip 5..10, in the same direction.
pub const MOUTH_CORNERS: [usize; 2] = [24, 25];
/// What `JawOpen` 1 parts the lips by, and what `MouthClose` 1 brings them together by.
const JAW_MM: f64 = 33.0;
const SEAL_MM: f64 = JAW_MM / 0.85;
/// What lips stand apart at rest: `MouthClose` 0.02 shuts them.
const REST_MM: f64 = 0.02 * SEAL_MM;

const INNER_MM: [f64; 5] = [-16.0, -8.0, 0.0, 8.0, 16.0];
const OUTER_MM: [f64; 7] = [-20.0, -12.0, -5.0, 0.0, 5.0, 12.0, 20.0];
const CHIN_MM: [f64; 3] = [-12.0, 0.0, 12.0];
const BROW_MM: [f64; 6] = [-35.0, -22.0, -10.0, 10.0, 22.0, 35.0];
const CHEEK_MM: [f64; 4] = [-45.0, -30.0, 30.0, 45.0];

#[derive(Clone, Copy, PartialEq)]
enum Part {
    UpperLip,
    LowerLip,
    Corner,
    Chin,
    Brow,
    Cheek,
}

/// The surface that is used where no head is given.
pub fn default_surface() -> Surface {
    use Part::*;
    // In this order, which MOUTH_CORNERS tells.
    let points = [
        (UpperLip, &INNER_MM[..]),
        (LowerLip, &INNER_MM),
        (UpperLip, &OUTER_MM),
        (LowerLip, &OUTER_MM),
        (Corner, &[-HALF_WIDTH_MM, HALF_WIDTH_MM]),
        (Chin, &CHIN_MM),
        (Brow, &BROW_MM),
        (Cheek, &CHEEK_MM),
    ];
    let points: Vec<(Part, f64)> =
        points.into_iter().flat_map(|(part, xs)| xs.iter().map(move |x| (part, *x))).collect();
    let of = |wanted: &[Part]| (0..points.len()).filter(|p| wanted.contains(&points[*p].0)).collect();
    let pair = |(n, x): (usize, &f64)| LipPair {
        upper: n,
        lower: n + INNER_MM.len(),
        rest_m: 1e-3 * REST_MM * middle_share(*x),
    };
    Surface::new(
        "Keyface's own points".into(),
        points.iter().map(|(part, x)| moves(*part, *x)).collect(),
        of(&[UpperLip, LowerLip, Corner]),
        of(&[Brow, Cheek]),
        INNER_MM.iter().enumerate().map(pair).collect(),
        INNER_MM.len() / 2,
    )
}

/// 1 in the middle of the mouth, 0 at its corners.
fn middle_share(x_mm: f64) -> f64 {
    (1.0 - (x_mm / HALF_WIDTH_MM).powi(2)).max(0.0)
}

fn moves(part: Part, x_mm: f64) -> Moves {
    MotionChannel::ALL.map(|channel| {
        let millimetres = match part {
            Part::UpperLip | Part::LowerLip | Part::Corner => lip_move(channel, part, x_mm),
            _ => face_move(channel, part, x_mm),
        };
        millimetres.map(|mm| 1e-3 * mm)
    })
}

/// Millimetres to the left, up and forward: of the corners, and of the middle of both lips; between them a parabola.
fn lip_move(channel: MotionChannel, part: Part, x_mm: f64) -> [f64; 3] {
    use MotionChannel as M;
    // Corner (outwards, up, forward), middle of the upper lip (up, forward), middle of the lower lip (up, forward).
    let (corner, upper, lower) = match channel {
        M::JawOpen => ([-2.8, -13.0, -11.0], [-2.0, 0.0], [-2.0 - JAW_MM, -19.0]),
        M::MouthClose => ([1.4, 13.7, 8.0], [-0.8, 2.0], [SEAL_MM - 0.8, 17.0]),
        M::MouthFunnel => ([-3.4, 0.0, 8.3], [5.0, 6.5], [-8.0, 6.5]),
        M::MouthPucker => ([-4.6, 2.2, 9.8], [-0.5, 7.0], [0.5, 9.0]),
        M::MouthLowerDown => ([0.0, -1.1, -0.2], [0.0, 0.0], [-7.0, -1.4]),
        M::MouthUpperUp => ([0.2, 4.4, 0.3], [7.6, -0.6], [0.6, -0.2]),
        M::MouthStretch => ([6.6, -3.1, -7.0], [0.0, -1.2], [0.0, -0.8]),
        M::MouthSmile => ([7.1, 10.5, -9.1], [3.8, -2.0], [3.8, -0.8]),
        M::MouthRollLower => ([0.3, -0.4, -0.5], [0.0, 0.0], [1.5, -12.8]),
        M::MouthRollUpper => ([1.6, 0.5, -1.1], [-1.5, -11.0], [0.0, 0.0]),
        M::MouthPress => ([-0.1, 1.3, 0.5], [-0.6, -0.8], [1.8, 1.4]),
        M::TongueOut | M::TongueUp | M::BrowInnerUp => ([0.0; 3], [0.0; 2], [0.0; 2]),
    };
    let middle = if part == Part::UpperLip { upper } else { lower };
    let share = middle_share(x_mm);
    let blend = |corner: f64, middle: f64| corner + share * (middle - corner);
    [corner[0] * x_mm / HALF_WIDTH_MM, blend(corner[1], middle[0]), blend(corner[2], middle[1])]
}

/// Chin, brows and cheeks.
fn face_move(channel: MotionChannel, part: Part, x_mm: f64) -> [f64; 3] {
    use MotionChannel as M;
    let up = |mm: f64| [0.0, mm, 0.0];
    match (part, channel) {
        (Part::Chin, M::JawOpen) => [0.0, -28.0, -29.0],
        (Part::Chin, M::MouthClose) => [0.0, 4.0, 2.5],
        (Part::Chin, M::MouthFunnel | M::MouthLowerDown) => [0.0, -3.6, -1.8],
        (Part::Chin, M::MouthPress | M::MouthSmile) => up(3.5),
        // Inner brows rise by 6 mm, the outer ends hardly.
        (Part::Brow, M::BrowInnerUp) => up(8.0 - 0.2 * x_mm.abs()),
        (Part::Cheek, M::MouthSmile) => up(4.0),
        (Part::Cheek, M::MouthUpperUp) => up(2.0),
        _ => [0.0; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::track;
    use super::*;
    use crate::space::MotionSpace;

    #[test]
    fn an_open_jaw_parts_the_lips_by_33_mm() {
        let surface = default_surface();
        let [rest, open] = [0.0, 1.0].map(|weight| surface.opening_m(&track(MotionChannel::JawOpen, &[weight])[0]));
        assert!((open - rest - 0.033).abs() < 1e-9 && (rest - 0.000_776).abs() < 1e-6);
    }

    #[test]
    fn lips_just_touch_where_the_contacts_say_so() {
        for jaw in [0.0, 0.1, 0.6] {
            let mut motion = track(MotionChannel::JawOpen, &[jaw])[0];
            motion[MotionChannel::MouthClose] = keyface_core::contact::touching(jaw);
            assert!(default_surface().gaps_m(&motion).all(|gap| gap.abs() < 1e-6), "{jaw}");
        }
    }

    #[test]
    fn a_pucker_narrows_the_mouth_and_a_smile_widens_it() {
        let width = |channel: MotionChannel| {
            let at = |x| moves(Part::Corner, x)[channel as usize][0];
            1e3 * (at(HALF_WIDTH_MM) - at(-HALF_WIDTH_MM))
        };
        // Twice the corner's way.
        assert!((width(MotionChannel::MouthPucker) + 9.2).abs() < 1e-9);
        assert!((width(MotionChannel::MouthSmile) - 14.2).abs() < 1e-9);
    }

    #[test]
    fn the_regions_are_of_the_sizes_told() {
        let facts = default_surface().facts();
        assert_eq!((facts.vertices, facts.lips, facts.upper_face, facts.lip_pairs), (39, 26, 10, 5));
        // A smile moves the corners outwards, one to each side.
        let outwards =
            MOUTH_CORNERS.map(|corner| default_surface().moves(corner)[MotionChannel::MouthSmile as usize][0]);
        assert!(outwards[0] < -0.007 && outwards[1] > 0.007, "{outwards:?}");
    }
}
