//! Skin, cheeks, nose and the headset's ear pods.

use super::brush::{Brush, ellipse, outline};
use super::ink::Fill;
use super::palette as ink;
use crate::face::curve::{Point, at};

/// Half the width of the skin at the temples, and the chin's height at rest.
const HALF: f32 = 47.0;
const CHIN: f32 = 56.0;

/// The face's own outline, its chin lowered by the jaw.
pub fn skin(brush: &mut Brush, jaw_drop: f32, cheek_puff: f32) {
    let chin = CHIN + jaw_drop;
    let wide = 6.0 * cheek_puff;
    let face = mirrored(&[
        at(0.0, -58.0),
        at(30.0, -58.0),
        at(HALF, -38.0),
        at(HALF, -6.0),
        at(HALF + wide, 26.0),
        at(31.0 + wide, chin),
        at(0.0, chin),
    ]);
    let glow = Fill::Round(at(-6.0, -4.0), [72.0; 2], ink::SKIN_LIGHT, ink::SKIN_SHADE);
    brush.fill(face.clone(), glow);
    brush.glow(at(0.0, chin - 1.0), 22.0, 8.0, ink::SKIN_DEEP.at(0.22));
}

/// A closed outline from its right half, top to bottom: a point, then two controls and a point each.
fn mirrored(half: &[Point]) -> Option<tiny_skia::Path> {
    let mirror = |p: Point| at(-p.x, p.y);
    let mut cubics: Vec<[Point; 3]> = half[1..].chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
    let back = (1..half.len()).step_by(3).rev();
    cubics.extend(back.map(|i| [mirror(half[i + 1]), mirror(half[i]), mirror(half[i - 1])]));
    outline(half[0], &cubics, true)
}

/// Blush, and a fold of light over a lifted cheek.
pub fn cheeks(brush: &mut Brush, lift: f32, puff: f32) {
    let size = 1.0 + 0.25 * puff + 0.1 * lift;
    for x in [-31.0, 31.0] {
        let centre = at(x, 17.0 - 2.5 * lift);
        brush.glow(centre, 11.5 * size, 8.5 * size, ink::BLUSH.at(0.40 + 0.12 * lift));
        brush.glow(centre.shifted(-2.5, -2.5), 5.0, 3.4, ink::SKIN_LIGHT.at(0.30));
    }
}

/// A small nose: shade below, light on the tip.
pub fn nose(brush: &mut Brush) {
    brush.glow(at(0.6, 13.6), 6.0, 3.2, ink::SKIN_DEEP.at(0.30));
    let under = outline(at(-4.0, 12.2), &[[at(-2.6, 15.2), at(2.6, 15.2), at(4.0, 12.2)]], false);
    brush.stroke(under, 1.5, Fill::Flat(ink::SKIN_DEEP.at(0.75)));
    brush.glow(at(-0.8, 8.6), 3.6, 4.6, ink::SKIN_LIGHT.at(0.9));
}

/// The ear pods: it listens.
pub fn pods(brush: &mut Brush) {
    for sign in [-1.0, 1.0] {
        let x = sign * 52.0;
        brush.fill(ellipse(at(x - sign * 2.0, 0.0), 8.0, 15.5), Fill::Flat(ink::HAIR_DEEP));
        brush.fill(ellipse(at(x, 0.0), 8.2, 15.0), Fill::Down(-15.0, ink::CREAM, 15.0, ink::CREAM_DEEP));
        brush.fill(ellipse(at(x + sign * 2.0, 0.0), 5.0, 10.5), Fill::Down(-10.0, ink::CORAL, 10.0, ink::CORAL_DEEP));
        brush.fill(ellipse(at(x + sign * 1.0 - 0.8, -4.5), 1.4, 3.0), Fill::Flat(ink::CREAM.at(0.7)));
    }
}
