//! Vertices, triangles, and the simple bodies that a head is put together from.

use std::f32::consts::{PI, TAU};

/// A point or a way.
pub type V3 = [f32; 3];

/// Colours, as in the drawn face.
pub mod ink {
    pub const SKIN: u32 = 0xF9C9A4;
    pub const SKIN_SHADE: u32 = 0xE69F78;
    pub const SKIN_DEEP: u32 = 0xC98261;
    pub const BLUSH: u32 = 0xF27D6B;
    pub const SWEATER: u32 = 0xF4805E;
    pub const HAIR: u32 = 0x4A3166;
    pub const HAIR_LIGHT: u32 = 0x6E4C90;
    pub const CREAM: u32 = 0xFFF8EC;
    pub const CORAL: u32 = 0xFF8A66;
    pub const EYE_WHITE: u32 = 0xFFFDFA;
    pub const IRIS: u32 = 0x2FA39C;
    pub const IRIS_RIM: u32 = 0x0E4A55;
    pub const PUPIL: u32 = 0x10242C;
    pub const LASH: u32 = 0x35213F;
    pub const LIP_UPPER: u32 = 0xCB5F58;
    pub const LIP_LOWER: u32 = 0xE07F72;
    pub const LIP_LINE: u32 = 0x8E3238;
    pub const CAVITY: u32 = 0x4E121C;
    pub const CAVITY_DEEP: u32 = 0x2E0A14;
    pub const TOOTH: u32 = 0xFFFEFA;
    pub const TONGUE: u32 = 0xEC7284;
}

/// What a vertex belongs to, and what its movements depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// Moves with the head alone.
    Still,
    /// Skin, lips, and the lining of the mouth.
    Skin(Skin),
    /// Upper teeth.
    UpperTeeth,
    /// Lower teeth.
    LowerTeeth,
    /// Tongue; 1 is the tip.
    Tongue(f32),
    /// Nose.
    Nose,
    /// Eyeball: which, and the place on a ball of radius 1 that looks along z.
    Ball(usize, V3),
    /// Upper lid of an eye: where it is when closed, and when wide open.
    UpperLid(usize, V3, V3),
    /// Lower lid of an eye: where it is when the eye is closed, and when it squints.
    LowerLid(usize, V3, V3),
    /// Brow, and how far along: 0 at the nose, 1 outside.
    Brow(usize, f32),
}

/// Where a vertex of the skin is, seen from the mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skin {
    /// Distance from the lips; 0 on them.
    pub far: f32,
    /// Ring of the lips, from 0 within the mouth to 4 on the skin around them; 5 is everything beyond, -1 the lining.
    pub lip: i32,
    /// 1 over the middle of the mouth, 0 beside a corner, -1 below the middle.
    pub up: f32,
}

/// A point of the mesh.
#[derive(Clone, Copy, Debug)]
pub struct Vertex {
    /// Where, at rest.
    pub at: V3,
    /// Its colour, 0xRRGGBB.
    pub ink: u32,
    /// What it belongs to.
    pub part: Part,
}

/// Triangles over vertices.
#[derive(Default)]
pub struct Mesh {
    /// The vertices, fewer than 65536.
    pub vertices: Vec<Vertex>,
    /// Three to a triangle.
    pub indices: Vec<u16>,
}

impl Mesh {
    /// Adds a sheet of `rows` x `columns` vertices; one that is round joins its last column to its first.
    pub fn sheet(&mut self, rows: usize, columns: usize, is_round: bool, vertex: impl Fn(usize, usize) -> Vertex) {
        let first = self.vertices.len();
        assert!(first + rows * columns <= usize::from(u16::MAX), "a head of so few rings fits into u16 indices");
        self.vertices.extend((0..rows * columns).map(|at| vertex(at / columns, at % columns)));
        let index = |row: usize, column: usize| (first + row * columns + column % columns) as u16;
        for row in 0..rows - 1 {
            for column in 0..if is_round { columns } else { columns - 1 } {
                let [a, b] = [index(row, column), index(row, column + 1)];
                let [c, d] = [index(row + 1, column), index(row + 1, column + 1)];
                self.indices.extend([a, c, b, b, c, d]);
            }
        }
    }

    /// Adds an ellipsoid whose poles lie on the y axis.
    pub fn ellipsoid(&mut self, centre: V3, radii: V3, (rows, columns): (usize, usize), ink: u32, part: Part) {
        self.sheet(rows, columns, true, |row, column| {
            let (down, round) = (PI * row as f32 / (rows - 1) as f32, TAU * column as f32 / columns as f32);
            let on = [down.sin() * round.sin(), down.cos(), down.sin() * round.cos()];
            Vertex { at: add(centre, times(radii, on)), ink, part }
        });
    }

    /// Adds a tube around a line in a plane of constant z.
    pub fn tube(&mut self, line: &[V3], radius: f32, sides: usize, ink: u32) {
        self.sheet(line.len(), sides, true, |row, side| {
            let (before, after) = (line[row.saturating_sub(1)], line[(row + 1).min(line.len() - 1)]);
            let along = unit(sub(after, before));
            let (sin, cos) = (TAU * side as f32 / sides as f32).sin_cos();
            let across = [-along[1] * cos, along[0] * cos, -sin];
            Vertex { at: add(line[row], times([radius; 3], across)), ink, part: Part::Still }
        });
    }

    /// The direction that each vertex faces.
    pub fn normals(&self) -> Vec<V3> {
        let mut sums = vec![[0.0; 3]; self.vertices.len()];
        for triangle in self.indices.as_chunks::<3>().0 {
            let [a, b, c] = triangle.map(|index| self.vertices[usize::from(index)].at);
            let area = cross(sub(b, a), sub(c, a));
            triangle.iter().for_each(|index| sums[usize::from(*index)] = add(sums[usize::from(*index)], area));
        }
        sums.into_iter().map(unit).collect()
    }
}

pub fn add(a: V3, b: V3) -> V3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn sub(a: V3, b: V3) -> V3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Each coordinate of one by that of the other.
pub fn times(a: V3, b: V3) -> V3 {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

pub fn length(a: V3) -> f32 {
    (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt()
}

/// The same direction with length 1; up where there is none.
fn unit(a: V3) -> V3 {
    let length = length(a);
    if length > 1e-9 { a.map(|x| x / length) } else { [0.0, 1.0, 0.0] }
}

fn cross(a: V3, b: V3) -> V3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// A colour between two.
pub fn mixed(a: u32, b: u32, share: f32) -> u32 {
    let one = |shift: u32| {
        let [a, b] = [a, b].map(|ink| (ink >> shift & 0xFF) as f32);
        ((a + share.clamp(0.0, 1.0) * (b - a)).round() as u32) << shift
    };
    one(16) | one(8) | one(0)
}

/// Smooth step from 0 at `low` to 1 at `high`, which may be the lower.
pub fn step(value: f32, low: f32, high: f32) -> f32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// A bell of height 1 around 0.
pub fn bell(x: f32, width: f32) -> f32 {
    (-(x / width) * (x / width)).exp()
}

/// `y` at `x` on a line through points that run to the right.
pub fn on_line(points: &[(f32, f32)], x: f32) -> f32 {
    let after = points.iter().position(|point| point.0 >= x).unwrap_or(points.len() - 1).max(1);
    let ((x0, y0), (x1, y1)) = (points[after - 1], points[after]);
    y0 + ((x - x0) / (x1 - x0)).clamp(0.0, 1.0) * (y1 - y0)
}
