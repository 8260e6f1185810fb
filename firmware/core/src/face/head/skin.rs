//! Skin: rings around the mouth, from its lining over the lips to the back of the head.

use std::f32::consts::TAU;

use super::mesh::{Mesh, Part, Skin, V3, Vertex, bell, ink, mixed, step};

/// Vertices of a ring.
const ROUND: usize = 36;
/// Half the axes of the skull, and the height of its middle.
const AXES: V3 = [0.47, 0.60, 0.50];
const MIDDLE_Y: f32 = 0.02;
/// Direction of the mouth from the skull's middle: its sine and cosine.
const MOUTH: (f32, f32) = (-0.533, 0.846);
/// Height and half width of the mouth.
pub const MOUTH_Y: f32 = MIDDLE_Y + AXES[1] * MOUTH.0;
pub const MOUTH_HALF: f32 = 0.18;

/// A ring: half its axes as angles (to the side, up, down), how far before the skull, colours of its two halves.
struct Ring {
    side: f32,
    up: f32,
    down: f32,
    before: f32,
    inks: [u32; 2],
    skin: (i32, f32),
}

const fn lip(lip: i32, [side, up, down, before]: [f32; 4], inks: [u32; 2]) -> Ring {
    Ring { side, up, down, before, inks, skin: (lip, 0.0) }
}

/// Lining and lips, from the throat outwards.
const MOUTH_RINGS: [Ring; 9] = [
    lip(-1, [0.02, 0.01, 0.01, -0.34], [ink::CAVITY_DEEP; 2]),
    lip(-1, [0.30, 0.19, 0.20, -0.20], [ink::CAVITY_DEEP; 2]),
    lip(-1, [0.325, 0.15, 0.16, -0.035], [ink::CAVITY; 2]),
    lip(0, [0.335, 0.012, 0.012, -0.022], [ink::CAVITY, ink::CAVITY]),
    lip(1, [0.358, 0.003, 0.004, 0.004], [ink::LIP_LINE, ink::LIP_LINE]),
    lip(2, [0.366, 0.021, 0.027, 0.024], [ink::LIP_UPPER, ink::LIP_LOWER]),
    lip(2, [0.378, 0.046, 0.066, 0.032], [ink::LIP_UPPER, ink::LIP_LOWER]),
    lip(3, [0.390, 0.080, 0.112, 0.014], [ink::LIP_UPPER, ink::LIP_LOWER]),
    lip(4, [0.402, 0.090, 0.124, 0.004], [ink::SKIN, ink::SKIN_SHADE]),
];
/// Angles from the mouth of the rings beyond the lips, the last at the back of the head.
const FAR: [f32; 13] = [0.17, 0.23, 0.31, 0.40, 0.51, 0.64, 0.80, 1.00, 1.25, 1.55, 1.95, 2.45, 3.1];

/// Adds the skin.
pub fn add(mesh: &mut Mesh) {
    let beyond = FAR.iter().map(|far| {
        let side = (far * far + 0.152 * bell(*far, 0.6)).sqrt();
        let far_skin = (5, far - 0.13);
        Ring { side, up: *far, down: *far, before: 0.0, inks: [ink::SKIN; 2], skin: far_skin }
    });
    let rings: Vec<Ring> = MOUTH_RINGS.into_iter().chain(beyond).collect();
    mesh.sheet(rings.len(), ROUND, true, |row, column| vertex(&rings[row], column));
    nose(mesh);
}

fn vertex(ring: &Ring, column: usize) -> Vertex {
    let (up, side) = (TAU * column as f32 / ROUND as f32).sin_cos();
    let height = if up > 0.0 { ring.up } else { ring.down };
    // Lips end in points; rings far from them are round.
    let lens = up.abs().powf(if ring.skin.0 < 5 { 1.2 } else { 1.0 }).copysign(up);
    let bow = if (2..=4).contains(&ring.skin.0) && up > 0.0 { 1.0 - 0.22 * bell(side, 0.16) } else { 1.0 };
    let smile = 0.03 * side.powi(2) * bell(ring.skin.1, 0.25);
    let mut at = surface_at(ring.side * side, height * lens * bow + smile);
    at[2] += ring.before;
    let skin = Skin { far: ring.skin.1.max(0.0), lip: ring.skin.0, up };
    Vertex { at, ink: colour(ring.inks[usize::from(up < 0.0)], &skin, at), part: Part::Skin(skin) }
}

/// Blushing cheeks, and shade under the chin.
fn colour(ink: u32, skin: &Skin, at: V3) -> u32 {
    if skin.lip < 4 {
        return ink;
    }
    let cheek = bell(at[0].abs() - 0.30, 0.10) * bell(at[1] + 0.17, 0.08) * step(at[2], 0.0, 0.2);
    let under = step(at[1], -0.42, -0.56);
    mixed(mixed(ink, ink::BLUSH, 0.42 * cheek), ink::SKIN_DEEP, 0.6 * under)
}

/// A point of the skull at angles from the mouth, to the side and up.
fn surface_at(side: f32, up: f32) -> V3 {
    let far = side.hypot(up);
    let (sin, cos) = far.sin_cos();
    let share = if far > 1e-6 { sin / far } else { 1.0 };
    let (x, lift) = (share * side, share * up);
    let y = MIDDLE_Y + AXES[1] * (cos * MOUTH.0 + lift * MOUTH.1);
    [AXES[0] * narrow(y) * x, y, AXES[2] * (cos * MOUTH.1 - lift * MOUTH.0)]
}

/// Heads are narrower at the jaw than at the temples.
fn narrow(y: f32) -> f32 {
    1.0 - 0.20 * step(y, -0.02, -0.58)
}

/// How far before the skull's middle its front is at a place.
pub fn front(x: f32, y: f32) -> f32 {
    let (x, y) = (x / (AXES[0] * narrow(y)), (y - MIDDLE_Y) / AXES[1]);
    AXES[2] * (1.0 - x * x - y * y).max(0.0).sqrt()
}

fn nose(mesh: &mut Mesh) {
    let centre = [0.0, -0.105, front(0.0, -0.105) + 0.012];
    mesh.ellipsoid(centre, [0.046, 0.040, 0.052], (7, 12), mixed(ink::SKIN, ink::SKIN_SHADE, 0.35), Part::Nose);
}
