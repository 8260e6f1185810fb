//! Eyes with irises, lids with lashes, and brows.

use std::f32::consts::TAU;

use super::mesh::{Mesh, Part, V3, Vertex, add as plus, ink, mixed, times};
use super::skin::front;

/// Place and half axes of an eye.
const PLACE: (f32, f32) = (0.205, 0.05);
const RADII: V3 = [0.122, 0.126, 0.082];
/// How far its middle lies behind the skin, and how far it is turned outwards.
const BEHIND: f32 = 0.040;
const OUTWARDS_RAD: f32 = 0.24;
/// Rings of a ball as angles from where it looks, with the colours inside each.
const RINGS: [(f32, u32); 11] = [
    (0.0, ink::PUPIL),
    (0.40, ink::PUPIL),
    (0.42, ink::IRIS_RIM),
    (0.48, ink::IRIS),
    (0.70, ink::IRIS),
    (0.74, ink::IRIS_RIM),
    (0.82, ink::IRIS_RIM),
    (0.85, ink::EYE_WHITE),
    (1.15, ink::EYE_WHITE),
    (1.60, ink::EYE_WHITE),
    (2.10, ink::EYE_WHITE),
];
/// Vertices of a ring, and columns of a lid.
const ROUND: usize = 18;
const COLUMNS: usize = 11;
/// Lids lie so far before the ball, lashes farther.
const LID: f32 = 1.10;
const LASH: f32 = 1.17;
/// Edges of the lids as angles about the line of the corners: 0 is straight ahead.
const UPPER: Edge = Edge { open: 0.84, closed: -0.50, other: 1.02 };
const LOWER: Edge = Edge { open: -0.80, closed: -0.46, other: -0.52 };

/// Where the upper lid begins.
const UNDER_BROW: f32 = 1.75;

/// Where a lid's edge is: open, closed, and opened wide (upper) or squinting (lower).
struct Edge {
    open: f32,
    closed: f32,
    other: f32,
}

/// Adds both eyes and brows; 0 is the head's left.
pub fn add(mesh: &mut Mesh) {
    for eye in 0..2 {
        ball(mesh, eye);
        light(mesh, eye);
        upper_lid(mesh, eye);
        lower_lid(mesh, eye);
        brow(mesh, eye);
    }
}

/// 1 for the head's left eye, -1 for its right.
pub fn sign(eye: usize) -> f32 {
    1.0 - 2.0 * eye as f32
}

/// From a ball of radius 1 that looks along z to the place of an eye.
pub fn placed(eye: usize, on: V3) -> V3 {
    let [x, y, z] = times(RADII, on);
    let (sin, cos) = (sign(eye) * OUTWARDS_RAD).sin_cos();
    let turned = [x * cos + z * sin, y, z * cos - x * sin];
    let (x, y) = (sign(eye) * PLACE.0, PLACE.1);
    plus(turned, [x, y, front(x, y) - BEHIND])
}

/// Eyes at rest look nearly straight ahead, although their balls are turned outwards.
fn ahead(eye: usize, [x, y, z]: V3) -> V3 {
    let (sin, cos) = (-0.7 * sign(eye) * OUTWARDS_RAD).sin_cos();
    [x * cos + z * sin, y, z * cos - x * sin]
}

fn ball(mesh: &mut Mesh, eye: usize) {
    mesh.sheet(RINGS.len(), ROUND, true, |row, column| {
        let (away, ink) = RINGS[row];
        let (up, side) = (TAU * column as f32 / ROUND as f32).sin_cos();
        let on = ahead(eye, [away.sin() * side, away.sin() * up, away.cos()]);
        // The iris is lighter below, where light falls through it.
        let ink = if ink == ink::IRIS { mixed(ink, 0x7FE0D0, 0.5 - 0.5 * up) } else { ink };
        Vertex { at: placed(eye, on), ink, part: Part::Ball(eye, on) }
    });
}

/// The reflection of a window.
fn light(mesh: &mut Mesh, eye: usize) {
    mesh.sheet(3, 10, true, |row, column| {
        let radius = [0.0, 0.11, 0.17][row];
        let (up, side) = (TAU * column as f32 / 10.0).sin_cos();
        let (x, y) = (-0.26 + radius * side, 0.30 + radius * up);
        let on = ahead(eye, times([1.012; 3], [x, y, (1.0 - x * x - y * y).sqrt()]));
        Vertex { at: placed(eye, on), ink: ink::EYE_WHITE, part: Part::Ball(eye, on) }
    });
}

/// A place on a lid: turned about the line of the corners, and to the side.
fn on_lid(eye: usize, turned: f32, column: usize, before: f32) -> V3 {
    let side = 1.45 * (2.0 * column as f32 / (COLUMNS - 1) as f32 - 1.0);
    let (sin, cos) = turned.sin_cos();
    placed(eye, times([before; 3], [side.sin(), side.cos() * sin, side.cos() * cos]))
}

fn upper_lid(mesh: &mut Mesh, eye: usize) {
    // Rows from under the brow to the edge: share of the way back to the brow, and more, as an angle.
    let rows: [(f32, f32, f32, u32); 8] = [
        (1.0, 0.0, 1.0, ink::SKIN),
        (0.72, 0.0, LID, ink::SKIN),
        (0.46, 0.0, LID, ink::SKIN),
        (0.20, 0.12, LID, ink::SKIN),
        (0.0, 0.255, LID, ink::SKIN_SHADE),
        (0.0, 0.245, LID + 0.01, ink::LASH),
        (0.0, 0.0, LASH, ink::LASH),
        (0.0, -0.02, 1.02, ink::LASH),
    ];
    mesh.sheet(rows.len(), COLUMNS, false, |row, column| {
        let (back, over, before, ink) = rows[row];
        let place = |edge: f32| on_lid(eye, edge + over + back * (UNDER_BROW - edge), column, before);
        let part = Part::UpperLid(eye, place(UPPER.closed), place(UPPER.other));
        Vertex { at: place(UPPER.open), ink, part }
    });
}

fn lower_lid(mesh: &mut Mesh, eye: usize) {
    let rows: [(f32, f32, u32); 5] = [
        (-1.75, 1.0, ink::SKIN),
        (-0.30, LID - 0.01, ink::SKIN),
        (-0.09, LID, ink::SKIN),
        (-0.06, LID, ink::SKIN_DEEP),
        (0.0, 1.02, ink::SKIN_DEEP),
    ];
    mesh.sheet(rows.len(), COLUMNS, false, |row, column| {
        let (under, before, ink) = rows[row];
        // Rows go up, so columns go to the left.
        let column = COLUMNS - 1 - column;
        let place = |edge: f32| on_lid(eye, if row == 0 { under } else { edge + under }, column, before);
        let part = Part::LowerLid(eye, place(LOWER.closed), place(LOWER.other));
        Vertex { at: place(LOWER.open), ink, part }
    });
}

/// Points along a brow, and around it.
const ALONG: usize = 10;
const AROUND: usize = 6;

/// Middle line of a brow from the nose outwards: a bow that tapers.
fn brow(mesh: &mut Mesh, eye: usize) {
    mesh.sheet(ALONG, AROUND, true, |row, column| {
        let t = row as f32 / (ALONG - 1) as f32;
        let (x, y) = (sign(eye) * (0.095 + 0.235 * t), 0.222 + 0.116 * t * (1.0 - t) + 0.008 * t);
        let half = 0.019 * (1.0 - 0.85 * t.powi(3)) * (0.6 + 0.4 * (4.0 * t).min(1.0));
        let (up, before) = (TAU * column as f32 / AROUND as f32).sin_cos();
        let at = [x, y + sign(eye) * half * up, front(x, y) + 0.012 + 0.8 * half * before];
        Vertex { at, ink: ink::HAIR, part: Part::Brow(eye, t) }
    });
}
