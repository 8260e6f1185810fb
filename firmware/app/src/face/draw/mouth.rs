//! Lips, teeth and tongue. What is inside the mouth is cut by the inner lip edges, so that nothing needs a mask.

use super::brush::{Brush, between, line, outline, polygon};
use super::ink::{Fill, Ink};
use super::palette as ink;
use crate::face::curve::{Edge, Graph, Point, at};
use crate::face::rig::{MouthRig, Tongue};

/// Points along the upper and the lower side of a cut shape.
const CUT_POINTS: usize = 32;
/// Opening under which the inside cannot be seen, in face units.
const SHUT: f32 = 0.15;

/// The whole mouth; `jaw_drop` only shapes the shadow under it.
pub fn mouth(brush: &mut Brush, rig: &MouthRig, jaw_drop: f32) {
    let under = rig.lower_outer.middle();
    brush.glow(under.shifted(0.0, 3.4 - 0.1 * jaw_drop), 0.62 * rig.width().max(14.0), 4.2, ink::SKIN_DEEP.at(0.26));
    if rig.opening() > SHUT {
        inside(brush, rig);
    }
    lips(brush, rig);
    if rig.tuck > 0.0 && rig.opening() > SHUT {
        bite(brush, rig);
    }
    if rig.tongue.out > 0.0 {
        tongue_out(brush, rig);
    }
}

fn inside(brush: &mut Brush, rig: &MouthRig) {
    let (top, bottom) = (rig.upper_inner.middle().y, rig.lower_inner.middle().y);
    let cavity = between(&rig.upper_inner, &rig.lower_inner);
    brush.fill(cavity, Fill::Down(top, ink::CAVITY_DEEP, bottom.max(top + 4.0), ink::CAVITY));
    let inside = rig.inside();
    tongue_lying(brush, rig, &inside);
    tongue_lifted(brush, rig, &inside);
    lower_teeth(brush, rig, &inside);
    upper_teeth(brush, rig, &inside);
    tooth_gaps(brush, rig, &inside);
}

/// A shape given as its upper and lower border over x, cut by the lips.
fn cut(
    inside: &(Graph, Graph),
    centre_x: f32,
    half_width: f32,
    upper: impl Fn(f32) -> f32,
    lower: impl Fn(f32) -> f32,
) -> Option<tiny_skia::Path> {
    let x = |i: usize| centre_x + half_width * (2.0 * i as f32 / (CUT_POINTS - 1) as f32 - 1.0);
    let column = |i: usize| {
        let x = x(i);
        let share = (x - centre_x) / half_width;
        let (lip_top, lip_bottom) = (inside.0.y(x), inside.1.y(x).max(inside.0.y(x)));
        let top = upper(share).clamp(lip_top, lip_bottom);
        (at(x, top), at(x, lower(share).clamp(top, lip_bottom)))
    };
    let tops = (0..CUT_POINTS).map(|i| column(i).0);
    let bottoms = (0..CUT_POINTS).rev().map(|i| column(i).1);
    polygon(tops.chain(bottoms))
}

/// Height of a dome over -1..=1: 1 in the middle, 0 at both ends.
fn dome(share: f32) -> f32 {
    (1.0 - share * share).max(0.0).sqrt()
}

fn tongue_lying(brush: &mut Brush, rig: &MouthRig, inside: &(Graph, Graph)) {
    let Tongue { back_y, x, .. } = rig.tongue;
    let floor = rig.lower_inner.middle().y + 1.0;
    let upper = |share: f32| floor - (floor - back_y) * dome(share);
    let shape = cut(inside, x, 0.42 * rig.width(), upper, |_| f32::MAX);
    brush.fill(shape, Fill::Down(back_y, ink::TONGUE, back_y + 6.0, ink::TONGUE_DEEP));
}

/// The underside of a tongue whose tip is behind the upper teeth.
fn tongue_lifted(brush: &mut Brush, rig: &MouthRig, inside: &(Graph, Graph)) {
    let lift = rig.tongue.lift;
    if lift < 0.1 {
        return;
    }
    let floor = rig.lower_inner.middle().y + 1.0;
    let tip = floor + lift * (rig.upper_teeth_y - 0.6 - floor);
    let upper = |share: f32| floor + (tip - floor) * (1.0 - share.abs().powf(2.6));
    let half = 0.27 * rig.width() + 1.0;
    let shape = cut(inside, rig.tongue.x, half, upper, |_| f32::MAX);
    brush.fill(shape, Fill::Down(tip + 1.0, ink::TONGUE, floor + 1.0, ink::TONGUE_DEEP));
}

/// A row's edge rises towards the molars, and ends round.
fn arch(share: f32) -> f32 {
    0.9 * share * share + 5.0 * share.powi(16)
}

fn upper_teeth(brush: &mut Brush, rig: &MouthRig, inside: &(Graph, Graph)) {
    let edge_y = rig.upper_teeth_y;
    let (x, half) = (rig.tongue.x, rig.teeth_half_width);
    // Over a tucked lip the teeth stand before it.
    let over_lip = 1.0 * rig.tuck;
    let inside = (inside.0, Graph::of(&rig.lower_inner.shifted(0.0, over_lip)));
    let shape = cut(&inside, x, half, |_| f32::MIN, |share| edge_y + 0.8 * over_lip - arch(share));
    let top = rig.upper_inner.middle().y;
    brush.fill(shape, Fill::Down(top, ink::TOOTH_SHADE, top + 2.2, ink::TOOTH));
}

fn lower_teeth(brush: &mut Brush, rig: &MouthRig, inside: &(Graph, Graph)) {
    let edge_y = rig.lower_teeth_y;
    let (x, half) = (rig.tongue.x, rig.teeth_half_width);
    let shape = cut(inside, x, 0.94 * half, |share| edge_y - 0.9 * share * share + 4.0 * share.powi(12), |_| f32::MAX);
    brush.fill(shape, Fill::Down(edge_y, ink::TOOTH, edge_y + 5.0, ink::TOOTH_SHADE));
}

/// Upper teeth before a tucked lip, with their shadow on it and the gap between the front two.
fn bite(brush: &mut Brush, rig: &MouthRig) {
    let (x, half, edge_y) = (rig.tongue.x, rig.teeth_half_width, rig.upper_teeth_y + 0.8 * rig.tuck);
    let over = (Graph::of(&rig.upper_inner), Graph::of(&rig.lower_inner.shifted(0.0, 2.2 * rig.tuck)));
    let shadow = cut(&over, x, 0.96 * half, |_| f32::MIN, |share| edge_y + 1.0 - arch(share));
    brush.fill(shadow, Fill::Flat(ink::LIP_LINE.at(0.7 * rig.tuck)));
    upper_teeth(brush, rig, &rig.inside());
    for share in [-0.44, 0.0, 0.44] {
        let gap = cut(&over, x + share * half, 0.22, |_| f32::MIN, |_| edge_y - 0.3);
        brush.fill(gap, Fill::Flat(ink::LIP_LINE.at(0.28 * rig.tuck)));
    }
}

/// Teeth that meet show where they meet and where each ends: that is what says s.
fn tooth_gaps(brush: &mut Brush, rig: &MouthRig, inside: &(Graph, Graph)) {
    let together = 1.0 - ((rig.lower_teeth_y - rig.upper_teeth_y) / 0.8).clamp(0.0, 1.0);
    if together == 0.0 || rig.tuck > 0.5 {
        return;
    }
    let (x, half, edge_y) = (rig.tongue.x, rig.teeth_half_width, rig.upper_teeth_y);
    let bite = cut(inside, x, half, |s| edge_y - 0.9 * s * s - 0.3, |s| edge_y - 0.9 * s * s + 0.35);
    brush.fill(bite, Fill::Flat(ink::LIP_LINE.at(0.75 * together)));
    for share in [-0.78, -0.52, -0.26, 0.0, 0.26, 0.52, 0.78] {
        let gap = cut(inside, x + share * half, 0.22, |_| f32::MIN, |_| f32::MAX);
        brush.fill(gap, Fill::Flat(ink::LIP_LINE.at(0.30 * together)));
    }
}

fn lips(brush: &mut Brush, rig: &MouthRig) {
    let (top, middle) = (rig.upper_outer.middle().y, rig.upper_inner.middle().y);
    let upper = between(&rig.upper_outer, &rig.upper_inner);
    brush.fill(upper, Fill::Down(top - 1.0, ink::LIP_LOWER, middle + 1.0, ink::LIP_UPPER));
    let (inner, bottom) = (rig.lower_inner.middle().y, rig.lower_outer.middle().y);
    let lower = between(&rig.lower_inner, &rig.lower_outer);
    brush.fill(lower, Fill::Down(inner, ink::LIP_UPPER, inner + 0.6 * (bottom - inner).max(0.5), ink::LIP_LOWER));
    shine(brush, rig);
    lip_lines(brush, rig);
}

fn shine(brush: &mut Brush, rig: &MouthRig) {
    let (inner, outer) = (rig.lower_inner.middle(), rig.lower_outer.middle());
    let thick = outer.y - inner.y;
    let spot = at(inner.x - 0.08 * rig.width(), inner.y + 0.48 * thick);
    brush.glow(spot, 0.22 * rig.width(), (0.34 * thick).max(0.1), ink::LIP_SHINE.at(0.8));
}

/// The line where closed lips meet fades into thin rims as they part.
fn lip_lines(brush: &mut Brush, rig: &MouthRig) {
    let shut = 1.0 - (rig.opening() / 3.0).clamp(0.0, 1.0);
    let rim = Fill::Flat(ink::LIP_LINE.at(0.45 + 0.5 * shut));
    let width = 0.9 + (0.5 + 0.9 * rig.press) * shut;
    brush.fill(between(&swollen(&rig.upper_inner, -0.5 * width), &swollen(&rig.upper_inner, 0.5 * width)), rim);
    if shut < 1.0 {
        brush.stroke(line(&rig.lower_inner), 0.7, rim);
    }
    corner_marks(brush, rig);
}

/// An edge moved by `dy` everywhere but at its corners.
fn swollen(edge: &Edge, dy: f32) -> Edge {
    let mut swollen = edge.shifted(0.0, dy);
    (swollen.0[0], swollen.0[6]) = (edge.left(), edge.right());
    swollen
}

/// Small folds beside the corners; deeper when the lips are pressed.
fn corner_marks(brush: &mut Brush, rig: &MouthRig) {
    let ink: Ink = ink::SKIN_DEEP.at(0.5 + 0.3 * rig.press);
    let (left, right) = (rig.upper_inner.left(), rig.upper_inner.right());
    let mut mark = |corner: Point, sign: f32| {
        let to = corner.shifted(sign * 2.6, -1.4 + 2.0 * rig.press);
        let path = outline(corner, &[[corner.shifted(sign, 0.2), to, to]], false);
        brush.stroke(path, 1.1, Fill::Flat(ink));
    };
    mark(left, -1.0);
    mark(right, 1.0);
}

/// A tip between the teeth, lying on the lower lip; farther out when shown on purpose.
fn tongue_out(brush: &mut Brush, rig: &MouthRig) {
    let out = rig.tongue.out;
    let tip = out.min(1.0);
    let shown = (out - 1.0).max(0.0);
    let half = (0.31 * rig.width()).min(10.0) * (0.6 + 0.4 * tip);
    let top = rig.upper_teeth_y + 0.2;
    let floor = rig.lower_inner.middle().y;
    let bottom = floor - 1.5 + 4.6 * tip + 11.0 * shown;
    let x = rig.tongue.x;
    let side = 0.62 * (bottom - top);
    let shape = outline(
        at(x - half, top),
        &[
            [at(x - 0.4 * half, top - 0.5), at(x + 0.4 * half, top - 0.5), at(x + half, top)],
            [at(x + 1.08 * half, top + side), at(x + 0.72 * half, bottom), at(x, bottom)],
            [at(x - 0.72 * half, bottom), at(x - 1.08 * half, top + side), at(x - half, top)],
        ],
        true,
    );
    brush.fill(shape.clone(), Fill::Down(top, ink::TONGUE_DEEP, top + 0.5 * (bottom - top), ink::TONGUE));
    brush.stroke(shape, 0.7, Fill::Flat(ink::TONGUE_DEEP));
}
