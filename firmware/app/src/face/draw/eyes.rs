//! Eyes and brows.

use super::brush::{Brush, between, line, outline, polygon};
use super::ink::Fill;
use super::palette as ink;
use crate::face::curve::{Graph, Point, at};
use crate::face::rig::{BrowRig, EyeRig};

const IRIS_RADIUS: f32 = 9.3;
const PUPIL_RADIUS: f32 = 5.0;
/// Points of a round shape that the lids cut.
const ROUND_POINTS: usize = 48;
/// From here on only the lash line is drawn.
const SHUT: f32 = 0.97;

/// One eye.
pub fn eye(brush: &mut Brush, eye: &EyeRig) {
    brush.glow(eye.centre.shifted(0.0, -1.0), 17.0, 16.0, ink::SKIN_DEEP.at(0.16));
    if eye.closed < SHUT {
        ball(brush, eye);
    }
    lashes(brush, eye);
    crease(brush, eye);
}

fn ball(brush: &mut Brush, eye: &EyeRig) {
    let top = eye.upper_lid.middle().y;
    let white = between(&eye.upper_lid, &eye.lower_lid);
    brush.fill(white, Fill::Down(top, ink::EYE_SHADE, top + 9.0, ink::EYE_WHITE));
    let lids = (Graph::of(&eye.upper_lid), Graph::of(&eye.lower_lid));
    let mut disc = |centre: Point, radius: f32, fill: Fill| brush.fill(round(centre, radius, &lids), fill);
    let iris = eye.iris;
    disc(iris, IRIS_RADIUS, Fill::Flat(ink::IRIS_RIM));
    disc(iris, IRIS_RADIUS - 1.1, Fill::Down(iris.y - 5.0, ink::IRIS, iris.y + 8.0, ink::IRIS_LIGHT));
    disc(iris, PUPIL_RADIUS, Fill::Flat(ink::PUPIL));
    disc(iris.shifted(-3.1, -3.5), 2.8, Fill::Flat(ink::EYE_WHITE));
    disc(iris.shifted(3.4, 3.6), 1.4, Fill::Flat(ink::EYE_WHITE.at(0.75)));
    brush.stroke(line(&eye.upper_lid.shifted(0.0, 1.8)), 2.2, Fill::Flat(ink::LASH.at(0.16)));
}

/// A disc, cut by the lids.
fn round(centre: Point, radius: f32, (upper, lower): &(Graph, Graph)) -> Option<tiny_skia::Path> {
    let turn = std::f32::consts::TAU / ROUND_POINTS as f32;
    polygon((0..ROUND_POINTS).map(|i| {
        let (sin, cos) = (i as f32 * turn).sin_cos();
        let p = centre.shifted(radius * cos, radius * sin);
        let top = upper.y(p.x);
        at(p.x, p.y.clamp(top, lower.y(p.x).max(top)))
    }))
}

/// The upper lash line, thickest in the middle, with a small wing outside; and a thin lower one.
fn lashes(brush: &mut Brush, eye: &EyeRig) {
    let p = &eye.upper_lid.0;
    let outwards = eye.centre.x.signum();
    let wing = |sign: f32| if sign == outwards { at(sign * 2.3, -1.6 + 2.2 * eye.closed) } else { at(sign * 0.5, 0.2) };
    let (left, right) = (wing(-1.0), wing(1.0));
    let (from, to) = (p[0].shifted(left.x, left.y), p[6].shifted(right.x, right.y));
    let thick = 2.7 - 0.7 * eye.closed;
    let up = |p: Point, share: f32| p.shifted(0.0, -share * thick);
    let lash = outline(
        from,
        &[
            [up(p[1], 0.5).shifted(0.6 * left.x, 0.0), up(p[2], 1.0), up(p[3], 1.0)],
            [up(p[4], 1.0), up(p[5], 0.5).shifted(0.6 * right.x, 0.0), to],
            [to, p[6], p[6]],
            [p[5].shifted(0.0, 0.3), p[4].shifted(0.0, 0.3), p[3].shifted(0.0, 0.3)],
            [p[2].shifted(0.0, 0.3), p[1].shifted(0.0, 0.3), p[0]],
        ],
        true,
    );
    brush.fill(lash.clone(), Fill::Flat(ink::LASH));
    brush.stroke(lash, 0.8, Fill::Flat(ink::LASH));
    brush.stroke(line(&eye.lower_lid), 0.9, Fill::Flat(ink::SKIN_DEEP.at(0.5 * (1.0 - eye.closed))));
}

/// The fold over the upper lid.
fn crease(brush: &mut Brush, eye: &EyeRig) {
    let middle = eye.upper_lid.middle().shifted(0.0, -5.4 - 1.4 * eye.closed);
    let side = |sign: f32| middle.shifted(sign * 8.4, 3.0);
    let arch = |sign: f32| middle.shifted(sign * 5.0, -0.2);
    let path = outline(side(-1.0), &[[arch(-1.0), arch(1.0), side(1.0)]], false);
    brush.stroke(path, 1.0, Fill::Flat(ink::SKIN_DEEP.at(0.38)));
}

/// Points along each side of a brow.
const BROW_POINTS: usize = 14;
/// Half the thickness of a brow.
const BROW_HALF: f32 = 1.5;

/// One brow: a bow that tapers outwards.
pub fn brow(brush: &mut Brush, brow: &BrowRig) {
    let side = |sign: f32| (0..BROW_POINTS).map(move |i| brow_point(brow, i as f32 / (BROW_POINTS - 1) as f32, sign));
    let path = polygon(side(-1.0).chain(side(1.0).rev()));
    brush.fill(path.clone(), Fill::Flat(ink::HAIR));
    brush.stroke(path, 1.3, Fill::Flat(ink::HAIR));
}

/// A point beside the brow's middle line, a quadratic Bezier that passes the arch half-way.
fn brow_point(brow: &BrowRig, t: f32, sign: f32) -> Point {
    let BrowRig { inner, arch, outer } = *brow;
    let bezier = |a: f32, b: f32, c: f32| {
        let control = 2.0 * b - 0.5 * (a + c);
        (1.0 - t) * ((1.0 - t) * a + 2.0 * t * control) + t * t * c
    };
    let half = BROW_HALF * (1.0 - t.powi(3)) * (0.72 + 0.28 * (t * 4.0).min(1.0));
    at(bezier(inner.x, arch.x, outer.x), bezier(inner.y, arch.y, outer.y) + sign * half)
}
