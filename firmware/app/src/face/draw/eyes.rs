//! Eyes and brows.

use super::brush::{Brush, Fill, between, line, outline, polygon};
use super::palette as ink;
use crate::face::curve::{Graph, Point, at};
use crate::face::rig::{BrowRig, EyeRig};

const IRIS_RADIUS: f32 = 8.8;
const PUPIL_RADIUS: f32 = 4.6;
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
    disc(iris.shifted(-3.0, -3.6), 2.7, Fill::Flat(ink::EYE_WHITE));
    disc(iris.shifted(3.2, 3.4), 1.3, Fill::Flat(ink::EYE_WHITE.at(0.75)));
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
    let sign = eye.centre.x.signum();
    let wing = |at_outer: bool| if at_outer { 2.2 } else { 0.3 };
    let (left, right) = (wing(sign < 0.0), wing(sign > 0.0));
    let (from, to) = (p[0].shifted(-left, -0.5 * left), p[6].shifted(right, -0.5 * right));
    let thick = 2.6 - 0.5 * eye.closed;
    let lash = outline(
        from,
        &[
            [p[1].shifted(0.0, -0.6 * thick), p[2].shifted(0.0, -thick), p[3].shifted(0.0, -thick)],
            [p[4].shifted(0.0, -thick), p[5].shifted(0.0, -0.6 * thick), to],
            [p[5].shifted(0.0, 0.5), p[4].shifted(0.0, 0.4), p[3].shifted(0.0, 0.4)],
            [p[2].shifted(0.0, 0.4), p[1].shifted(0.0, 0.5), from],
        ],
        true,
    );
    brush.fill(lash.clone(), Fill::Flat(ink::LASH));
    brush.stroke(lash, 0.7, Fill::Flat(ink::LASH));
    brush.stroke(line(&eye.lower_lid), 0.9, Fill::Flat(ink::SKIN_DEEP.at(0.55 * (1.0 - eye.closed))));
}

/// The fold of the upper lid.
fn crease(brush: &mut Brush, eye: &EyeRig) {
    let fold = eye.upper_lid.shifted(0.0, -4.6 - 1.2 * eye.closed);
    let p = &fold.0;
    let short = [at(0.88 * p[1].x + 0.12 * p[3].x, p[1].y), p[2], p[3]];
    let path = outline(short[0], &[[p[2], p[3], p[3]], [p[4], p[4], at(0.88 * p[5].x + 0.12 * p[3].x, p[5].y)]], false);
    brush.stroke(path, 1.0, Fill::Flat(ink::SKIN_DEEP.at(0.45)));
}

/// One brow: a tapered stroke.
pub fn brow(brush: &mut Brush, brow: &BrowRig) {
    let BrowRig { inner, arch, outer } = *brow;
    let sign = outer.x.signum();
    let upper = [at(inner.x + sign * 4.0, arch.y - 1.6), at(outer.x - sign * 6.0, arch.y - 3.0), outer];
    let lower = [at(outer.x - sign * 7.0, arch.y + 1.2), at(inner.x + sign * 5.0, arch.y + 3.6), inner.shifted(0.0, 2.6)];
    let round = [inner.shifted(-sign * 1.4, 2.2), inner.shifted(-sign * 1.2, 0.4), inner];
    let path = outline(inner, &[upper, lower, round], true);
    brush.fill(path.clone(), Fill::Flat(ink::HAIR));
    brush.stroke(path, 1.0, Fill::Flat(ink::HAIR));
}
