//! What is behind the lips: two rows of teeth and a tongue.

use super::mesh::{Mesh, Part, Vertex, ink, mixed};
use super::skin::{MOUTH_Y, front};

/// Columns of a row of teeth, three to a tooth.
const COLUMNS: usize = 25;
/// Half the width of the rows, and where they meet below the line of the lips.
const HALF: f32 = 0.142;
const MEET: f32 = -0.022;

/// Adds teeth and tongue.
pub fn add(mesh: &mut Mesh) {
    teeth(mesh, 1.0, 0.075, Part::UpperTeeth);
    teeth(mesh, -1.0, 0.060, Part::LowerTeeth);
    tongue(mesh);
}

/// A row: gum, front, edge, and back, bent like a jaw.
fn teeth(mesh: &mut Mesh, up: f32, height: f32, part: Part) {
    let depth = front(0.0, MOUTH_Y) - 0.080 - if up < 0.0 { 0.012 } else { 0.0 };
    mesh.sheet(4, COLUMNS, false, |row, column| {
        // From left to right above and back below, so that both face the lips.
        let share = up * (2.0 * column as f32 / (COLUMNS - 1) as f32 - 1.0);
        let is_gap = column.is_multiple_of(3);
        // Edges rise to the molars, and a little between two teeth.
        let edge = 0.003 + 0.014 * share * share + if is_gap { 0.006 } else { 0.0 };
        let [high, back] = [[height, 0.0], [0.5 * height, 0.0], [edge, 0.004], [height, 0.04]][row];
        let inset = if is_gap { 0.004 } else { 0.0 };
        let at = [HALF * share, MOUTH_Y + MEET + up * high, depth - 0.11 * share * share - back - inset];
        let shade = [0.35, 0.0, 0.05, 0.6][row] + if is_gap { 0.22 } else { 0.0 };
        Vertex { at, ink: mixed(ink::TOOTH, ink::LIP_LINE, shade * 0.6), part }
    });
}

/// A flat body from the throat to behind the lower teeth, which it does not touch.
fn tongue(mesh: &mut Mesh) {
    let centre = [0.0, MOUTH_Y - 0.070, front(0.0, MOUTH_Y) - 0.24];
    let radii = [0.095, 0.034, 0.115];
    let first = mesh.vertices.len();
    mesh.ellipsoid(centre, radii, (8, 10), ink::TONGUE, Part::Still);
    for vertex in &mut mesh.vertices[first..] {
        let along = (vertex.at[2] - centre[2]) / radii[2];
        // A furrow along the middle.
        let furrow = if vertex.at[0].abs() < 0.03 && vertex.at[1] > centre[1] { -0.006 } else { 0.0 };
        vertex.at[1] += furrow;
        vertex.part = Part::Tongue((0.5 + 0.5 * along).clamp(0.0, 1.0));
    }
}
