//! Hair and the headset's band.

use super::brush::{Brush, outline};
use super::ink::Fill;
use super::palette as ink;
use crate::face::curve::at;

/// The hair behind the head: a short bob whose tips turn to the cheeks.
pub fn back(brush: &mut Brush) {
    let back = outline(
        at(0.0, -70.0),
        &[
            [at(38.0, -70.0), at(56.0, -44.0), at(56.0, -4.0)],
            [at(57.0, 22.0), at(53.0, 38.0), at(35.0, 46.0)],
            [at(38.0, 38.0), at(38.0, 32.0), at(36.0, 24.0)],
            [at(20.0, 20.0), at(-20.0, 20.0), at(-36.0, 24.0)],
            [at(-38.0, 32.0), at(-38.0, 38.0), at(-35.0, 46.0)],
            [at(-53.0, 38.0), at(-57.0, 22.0), at(-56.0, -4.0)],
            [at(-56.0, -44.0), at(-38.0, -70.0), at(0.0, -70.0)],
        ],
        true,
    );
    brush.fill(back, Fill::Down(-40.0, ink::HAIR, 44.0, ink::HAIR_DEEP));
}

/// The hair before the forehead: two swept locks from one parting, and a shorter one beside it.
pub fn fringe(brush: &mut Brush) {
    shade(brush);
    let cap = outline(
        at(-50.0, 8.0),
        &[
            [at(-58.0, -38.0), at(-38.0, -68.0), at(2.0, -68.0)],
            [at(40.0, -68.0), at(58.0, -40.0), at(50.0, 8.0)],
            [at(47.0, 7.0), at(45.0, 3.0), at(44.5, -4.0)],
            [at(44.0, -20.0), at(35.0, -34.0), at(21.0, -43.0)],
            [at(15.0, -36.0), at(0.0, -30.0), at(-9.0, -29.5)],
            [at(-6.0, -32.5), at(-5.0, -34.0), at(-4.0, -36.0)],
            [at(-12.0, -31.0), at(-24.0, -27.5), at(-36.0, -27.5)],
            [at(-41.0, -20.0), at(-44.0, -12.0), at(-44.5, -4.0)],
            [at(-45.0, 3.0), at(-47.0, 7.0), at(-50.0, 8.0)],
        ],
        true,
    );
    brush.fill(cap, Fill::Down(-66.0, ink::HAIR_LIGHT, -16.0, ink::HAIR));
    strands(brush);
}

/// Light on the crown and a few strands that follow the sweep.
fn strands(brush: &mut Brush) {
    let shine = outline(
        at(-40.0, -36.0),
        &[[at(-30.0, -51.0), at(-10.0, -58.0), at(16.0, -56.0)], [at(-8.0, -55.0), at(-26.0, -47.0), at(-40.0, -36.0)]],
        true,
    );
    brush.fill(shine, Fill::Flat(ink::CREAM.at(0.26)));
    let mut strand = |from, a, b, to| {
        brush.stroke(outline(from, &[[a, b, to]], false), 0.9, Fill::Flat(ink::HAIR_DEEP.at(0.45)));
    };
    strand(at(22.0, -44.0), at(10.0, -38.0), at(-12.0, -34.0), at(-30.0, -35.0));
    strand(at(23.0, -46.0), at(8.0, -44.0), at(-20.0, -42.0), at(-40.0, -28.0));
    strand(at(23.0, -46.0), at(34.0, -42.0), at(44.0, -28.0), at(47.0, -10.0));
}

/// The fringe's shadow on the forehead.
fn shade(brush: &mut Brush) {
    let edge = outline(
        at(44.0, -2.0),
        &[
            [at(43.0, -18.0), at(36.0, -30.0), at(22.0, -39.0)],
            [at(16.0, -33.0), at(-14.0, -23.0), at(-35.0, -24.0)],
            [at(-39.0, -19.0), at(-43.0, -12.0), at(-44.0, -2.0)],
        ],
        false,
    );
    brush.stroke(edge, 3.5, Fill::Flat(ink::SKIN_DEEP.at(0.28)));
}

/// The headset's band over the hair.
pub fn band(brush: &mut Brush) {
    let band = outline(
        at(-52.0, -8.0),
        &[[at(-54.0, -48.0), at(-34.0, -71.0), at(0.0, -71.0)], [at(34.0, -71.0), at(54.0, -48.0), at(52.0, -8.0)]],
        false,
    );
    brush.stroke(band.clone(), 6.4, Fill::Down(-74.0, ink::CREAM, -10.0, ink::CREAM_DEEP));
    brush.stroke(band, 1.4, Fill::Flat(ink::CORAL));
}
