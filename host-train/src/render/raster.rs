//! Points in, a grey picture out: z-buffer, shading between the points, antialiased silhouettes.
//!
//! Visibility is hard, so a picture changes with its points in two ways only: by what the seen triangles show, and by
//! where silhouettes lie between two centres of pixels (after Laine et al. 2020). [`slope`](super::slope()) follows both.

use super::body::V3;
use super::depths::{Depths, area, corners, place_of};
use super::mesh::{Mesh, NONE};
use super::silhouette::{self, Blend};
use super::view::{View, dot};

/// A picture, and what its slope needs.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Row by row from the upper left, 0 for black and 1 for white; more where light is bright.
    pub image: Vec<f64>,
    /// The same before silhouettes are antialiased.
    pub(super) plain: Vec<f64>,
    /// The triangle that each pixel shows.
    pub(super) seen: Vec<u32>,
    /// Where the points are in the picture.
    pub(super) placed: Vec<V3>,
    /// Sums of the normals of the triangles at each point, weighted by area.
    pub(super) normals: Vec<V3>,
    /// How bright each point is.
    pub(super) shades: Vec<f64>,
    pub(super) blends: Vec<Blend>,
}

/// Draws a mesh whose points are at these places.
pub fn render(mesh: &Mesh, points: &[V3], view: &View) -> Frame {
    let placed: Vec<V3> = points.iter().map(|at| view.place(at)).collect();
    let normals = normals(mesh, &placed);
    let shades = shades(mesh, &normals, view);
    let depths = fill(mesh, &placed, view.size);
    let plain = shown(mesh, &placed, &shades, &depths.seen, view);
    let blends = silhouette::find(mesh, &placed, &depths);
    let mut image = plain.clone();
    for blend in &blends {
        let (to, from) = (blend.to as usize, blend.from as usize);
        image[to] += blend.share * (plain[from] - plain[to]);
    }
    Frame { image, plain, seen: depths.seen, placed, normals, shades, blends }
}

pub fn sub(a: V3, b: V3) -> V3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub fn cross(a: V3, b: V3) -> V3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn normals(mesh: &Mesh, placed: &[V3]) -> Vec<V3> {
    let mut sums = vec![[0.0; 3]; placed.len()];
    for triangle in &mesh.triangles {
        let [a, b, c] = corners(placed, *triangle);
        let normal = cross(sub(b, a), sub(c, a));
        for at in triangle {
            let sum = &mut sums[*at as usize];
            (0..3).for_each(|k| sum[k] += normal[k]);
        }
    }
    sums
}

/// A normal of length 1, and the length that it had; straight to the viewer where there is none.
pub fn unit(normal: V3) -> (V3, f64) {
    let length = dot(normal, normal).sqrt();
    if length > 1e-12 { (normal.map(|x| x / length), length) } else { ([0.0, 0.0, 1.0], f64::INFINITY) }
}

/// How bright a point is under a light of 1.
pub fn albedo(mesh: &Mesh, point: usize, view: &View) -> f64 {
    view.gain * mesh.greys[point] * if mesh.is_skin[point] { view.skin } else { 1.0 }
}

fn shades(mesh: &Mesh, normals: &[V3], view: &View) -> Vec<f64> {
    let shade = |(point, normal): (usize, &V3)| albedo(mesh, point, view) * view.light(unit(*normal).0);
    normals.iter().enumerate().map(shade).collect()
}

fn fill(mesh: &Mesh, placed: &[V3], size: usize) -> Depths {
    let (seen, depth) = (vec![NONE; size * size], vec![f64::NEG_INFINITY; size * size]);
    let mut depths = Depths { size, seen, depth };
    for (number, (triangle, is_two_sided)) in (0..).zip(mesh.triangles.iter().zip(&mesh.is_two_sided)) {
        let at = corners(placed, *triangle);
        let area = area(at);
        if area > 0.0 || (area < 0.0 && *is_two_sided) {
            fill_one(&mut depths, number, at);
        }
    }
    depths
}

fn fill_one(depths: &mut Depths, number: u32, at: [V3; 3]) {
    let last = depths.size as f64 - 1.0;
    let [(left, right), (bottom, top)] = [0, 1].map(|axis| {
        let [a, b, c] = at.map(|at| at[axis]);
        (a.min(b).min(c).ceil().max(0.0), a.max(b).max(c).floor().min(last))
    });
    if left > right || bottom > top {
        return;
    }
    let shares = Shares::of(at);
    let [by_x, by_y] = shares.slopes([at[0][2], at[1][2], at[2][2]]);
    for y in bottom as usize..=top as usize {
        let [mut a, mut b, _] = shares.at([left, y as f64]);
        let mut depth = at[2][2] + by_x * (left - at[2][0]) + by_y * (y as f64 - at[2][1]);
        let start = depths.pixel(left as usize, y);
        let row = start..=start + (right - left) as usize;
        let (seen, deepest) = (&mut depths.seen[row.clone()], &mut depths.depth[row]);
        for (seen, deepest) in seen.iter_mut().zip(deepest) {
            if a >= 0.0 && b >= 0.0 && a + b <= 1.0 && depth > *deepest {
                (*seen, *deepest) = (number, depth);
            }
            a += shares.by_x[0];
            b += shares.by_x[1];
            depth += by_x;
        }
    }
}

/// How much each corner of a triangle counts at a place of the picture: planes over it.
#[derive(Clone, Copy)]
pub struct Shares {
    origin: V3,
    by_x: [f64; 2],
    by_y: [f64; 2],
}

impl Shares {
    /// Of a triangle with an area.
    pub fn of([a, b, c]: [V3; 3]) -> Shares {
        let inverse = 1.0 / area([a, b, c]);
        Shares {
            origin: c,
            by_x: [(b[1] - c[1]) * inverse, (c[1] - a[1]) * inverse],
            by_y: [(c[0] - b[0]) * inverse, (a[0] - c[0]) * inverse],
        }
    }

    /// The shares at a place; they sum to 1.
    pub fn at(&self, place: [f64; 2]) -> V3 {
        let (x, y) = (place[0] - self.origin[0], place[1] - self.origin[1]);
        let [a, b] = [0, 1].map(|k| x * self.by_x[k] + y * self.by_y[k]);
        [a, b, 1.0 - a - b]
    }

    /// How fast what has these values at the corners changes to the right and up.
    pub fn slopes(&self, [a, b, c]: V3) -> [f64; 2] {
        [self.by_x, self.by_y].map(|by| (a - c) * by[0] + (b - c) * by[1])
    }
}

fn shown(mesh: &Mesh, placed: &[V3], shades: &[f64], seen: &[u32], view: &View) -> Vec<f64> {
    let pixel = |(pixel, seen): (usize, &u32)| {
        if *seen == NONE {
            return view.background;
        }
        let triangle = mesh.triangles[*seen as usize];
        let shares = Shares::of(corners(placed, triangle)).at(place_of(pixel, view.size));
        dot(shares, corners(shades, triangle))
    };
    seen.iter().enumerate().map(pixel).collect()
}
