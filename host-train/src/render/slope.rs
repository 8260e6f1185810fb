//! The slope of a loss by a picture's pixels in, its slope by the points out.
//!
//! It goes through the edges of silhouettes, through the colours between a triangle's corners, and through the normals
//! that light them: without the last a face that bends under a lamp would seem not to change.

use super::body::V3;
use super::depths::{corners, place_of};
use super::mesh::{Mesh, NONE};
use super::raster::{Frame, Shares, albedo, cross, sub, unit};
use super::view::{View, dot};

/// How a loss changes with each point, in what it changes by a metre; `by_pixel` is how it changes with each pixel.
pub fn slope(mesh: &Mesh, view: &View, frame: &Frame, by_pixel: &[f64]) -> Vec<V3> {
    let mut slopes = Slopes::none(frame);
    let by_plain = through_silhouettes(frame, by_pixel, &mut slopes);
    through_colours(mesh, view, frame, &by_plain, &mut slopes);
    through_normals(mesh, view, frame, &mut slopes);
    slopes.by_place.iter().map(|slope| view.back(slope)).collect()
}

/// What a slope by the pixels is by all that they were made of.
pub(super) struct Slopes {
    /// By the places of the points in the picture.
    pub by_place: Vec<V3>,
    /// By the shades of the points.
    by_shade: Vec<f64>,
}

impl Slopes {
    /// Before anything is known.
    pub fn none(frame: &Frame) -> Slopes {
        Slopes { by_place: vec![[0.0; 3]; frame.placed.len()], by_shade: vec![0.0; frame.shades.len()] }
    }
}

/// Moves the edges' ends, and hands on the slope by the pixels before antialiasing.
pub(super) fn through_silhouettes(frame: &Frame, by_pixel: &[f64], slopes: &mut Slopes) -> Vec<f64> {
    let mut by_plain = by_pixel.to_vec();
    for blend in &frame.blends {
        let (to, from) = (blend.to as usize, blend.from as usize);
        let slope = by_pixel[to];
        by_plain[to] -= blend.share * slope;
        by_plain[from] += blend.share * slope;
        let by_crossing = slope * (frame.plain[from] - frame.plain[to]) * blend.sign;
        // The crossing is a + u (b - a) with u = (line - a) / (b - a), each along its own axis.
        let (axis, along) = (blend.axis, 1 - blend.axis);
        let [a, b] = blend.ends.map(|at| frame.placed[at as usize]);
        let span = b[along] - a[along];
        let share = (blend.line - a[along]) / span;
        let steepness = (b[axis] - a[axis]) / span;
        for (end, share) in blend.ends.into_iter().zip([1.0 - share, share]) {
            let place = &mut slopes.by_place[end as usize];
            place[axis] += by_crossing * share;
            place[along] -= by_crossing * share * steepness;
        }
    }
    by_plain
}

/// Moves the planes of colour, and shades the corners.
pub(super) fn through_colours(mesh: &Mesh, view: &View, frame: &Frame, by_plain: &[f64], slopes: &mut Slopes) {
    for (pixel, (seen, slope)) in frame.seen.iter().zip(by_plain).enumerate() {
        if *seen == NONE || *slope == 0.0 {
            continue;
        }
        let triangle = mesh.triangles[*seen as usize];
        let planes = Shares::of(corners(&frame.placed, triangle));
        let shares = planes.at(place_of(pixel, view.size));
        // A corner that moves takes its share of the plane along.
        let [by_x, by_y] = planes.slopes(corners(&frame.shades, triangle));
        for (at, share) in triangle.into_iter().zip(shares) {
            let (at, slope) = (at as usize, slope * share);
            slopes.by_shade[at] += slope;
            slopes.by_place[at][0] -= slope * by_x;
            slopes.by_place[at][1] -= slope * by_y;
        }
    }
}

/// Turns the normals.
fn through_normals(mesh: &Mesh, view: &View, frame: &Frame, slopes: &mut Slopes) {
    let by_normal = |(point, slope): (usize, &f64)| {
        if *slope == 0.0 {
            return [0.0; 3];
        }
        let (toward, length) = unit(frame.normals[point]);
        let by_unit = view.light_slope(toward).map(|x| slope * albedo(mesh, point, view) * x);
        // Only what is across the normal turns it.
        let along = dot(by_unit, toward);
        std::array::from_fn(|k| (by_unit[k] - along * toward[k]) / length)
    };
    let by_normal: Vec<V3> = slopes.by_shade.iter().enumerate().map(by_normal).collect();
    for triangle in &mesh.triangles {
        let of = corners(&by_normal, *triangle);
        let slope: V3 = std::array::from_fn(|k| of[0][k] + of[1][k] + of[2][k]);
        if slope == [0.0; 3] {
            continue;
        }
        // Of the cross product of two sides.
        let [a, b, c] = corners(&frame.placed, *triangle);
        let (by_b, by_c) = (cross(sub(c, a), slope), cross(slope, sub(b, a)));
        let by_a = std::array::from_fn(|k| -by_b[k] - by_c[k]);
        for (at, by) in triangle.iter().zip([by_a, by_b, by_c]) {
            add(&mut slopes.by_place[*at as usize], by);
        }
    }
}

fn add(sum: &mut V3, by: V3) {
    sum.iter_mut().zip(by).for_each(|(sum, by)| *sum += by);
}
