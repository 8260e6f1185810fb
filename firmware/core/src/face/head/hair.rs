//! What stands still on a head: hair, headset, neck and shoulders.

use std::f32::consts::{PI, TAU};

use super::mesh::{Mesh, Part, Vertex, ink, mixed, on_line, step};

/// The lower edge of the hair before the ears, by x; the parting is on the head's left.
const FRINGE: [(f32, f32); 12] = [
    (-0.53, -0.10),
    (-0.48, 0.02),
    (-0.42, 0.19),
    (-0.36, 0.265),
    (-0.24, 0.280),
    (-0.09, 0.31),
    (0.06, 0.37),
    (0.20, 0.43),
    (0.29, 0.38),
    (0.38, 0.27),
    (0.45, 0.10),
    (0.53, -0.10),
];
/// The lower edge behind the ears.
const NAPE: f32 = -0.44;
const ROWS: usize = 10;
const ROUND: usize = 32;

/// Adds it all.
pub fn add(mesh: &mut Mesh) {
    hair(mesh);
    headset(mesh);
    bust(mesh);
}

/// A cap from the crown to its edge, and a rim from there to the skin.
fn hair(mesh: &mut Mesh) {
    mesh.sheet(ROWS, ROUND, true, |row, column| {
        let (x, z) = (TAU * column as f32 / ROUND as f32).sin_cos();
        let is_rim = row == ROWS - 1;
        let edge = on_line(&FRINGE, 0.53 * x) * step(z, -0.12, 0.02) + NAPE * step(z, 0.02, -0.12);
        let share = (row.min(ROWS - 2)) as f32 / (ROWS - 2) as f32;
        let y = 0.665 + (edge - 0.665) * (1.0 - (share * PI / 2.0).cos()).max(share * share);
        // Wider than the skull, and wider still behind the ears, where a bob turns to the cheeks.
        let level = ((y - 0.02) / 0.66).clamp(-1.0, 1.0);
        let wide = (1.0 - level * level).sqrt() * (1.0 - 0.1 * step(y, -0.2, -0.44));
        let scale = if is_rim { 0.90 } else { 1.0 };
        let at = [0.525 * x * wide * scale, y, 0.548 * z * wide * scale];
        let shade = mixed(ink::HAIR, ink::HAIR_LIGHT, step(y, 0.2, 0.62));
        Vertex { at, ink: shade, part: Part::Still }
    });
}

fn headset(mesh: &mut Mesh) {
    let band: Vec<_> = (0..=16)
        .map(|i| {
            let (sin, cos) = (PI * i as f32 / 16.0).sin_cos();
            [0.575 * cos, 0.715 * sin, 0.0]
        })
        .collect();
    mesh.tube(&band, 0.034, 6, ink::CREAM);
    for sign in [-1.0, 1.0] {
        mesh.ellipsoid([sign * 0.545, 0.0, 0.0], [0.075, 0.155, 0.155], (7, 12), ink::CREAM, Part::Still);
        mesh.ellipsoid([sign * 0.585, 0.0, 0.0], [0.060, 0.105, 0.105], (7, 12), ink::CORAL, Part::Still);
    }
}

fn bust(mesh: &mut Mesh) {
    mesh.sheet(3, 16, true, |row, column| {
        let (x, z) = (TAU * column as f32 / 16.0).sin_cos();
        let y = -0.38 - 0.18 * row as f32;
        let radius = 0.175 + 0.015 * row as f32;
        // Behind the chin, whose outline it would cut else, and into the collar.
        let behind = [0.21, 0.20, 0.07][row];
        Vertex { at: [radius * x, y, radius * z - behind], ink: ink::SKIN_DEEP, part: Part::Still }
    });
    mesh.ellipsoid([0.0, -1.02, -0.04], [0.66, 0.30, 0.34], (8, 16), ink::SWEATER, Part::Still);
    mesh.sheet(6, 16, true, |row, column| {
        let ((up, out), (x, z)) = ((-TAU * row as f32 / 5.0).sin_cos(), (TAU * column as f32 / 16.0).sin_cos());
        let radius = 0.225 + 0.035 * out;
        Vertex { at: [radius * x, -0.725 + 0.035 * up, radius * z - 0.02], ink: ink::CORAL, part: Part::Still }
    });
}
