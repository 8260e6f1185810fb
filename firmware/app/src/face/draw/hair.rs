//! Hair and the headset's band.

use super::brush::{Brush, Fill, outline};
use super::palette as ink;
use crate::face::curve::at;

/// The hair behind the head.
pub fn back(brush: &mut Brush) {
    let back = outline(
        at(0.0, -66.0),
        &[
            [at(38.0, -66.0), at(55.0, -42.0), at(54.0, -4.0)],
            [at(54.0, 18.0), at(48.0, 30.0), at(40.0, 34.0)],
            [at(20.0, 36.0), at(-20.0, 36.0), at(-40.0, 34.0)],
            [at(-48.0, 30.0), at(-54.0, 18.0), at(-54.0, -4.0)],
            [at(-55.0, -42.0), at(-38.0, -66.0), at(0.0, -66.0)],
        ],
        true,
    );
    brush.fill(back, Fill::Down(-40.0, ink::HAIR, 30.0, ink::HAIR_DEEP));
}

/// The hair before the forehead: a swept fringe and a tuft.
pub fn fringe(brush: &mut Brush) {
    let tuft = outline(
        at(2.0, -64.0),
        &[
            [at(4.0, -72.0), at(12.0, -76.0), at(20.0, -74.0)],
            [at(15.0, -72.0), at(13.0, -68.0), at(14.0, -62.0)],
            [at(10.0, -60.0), at(5.0, -61.0), at(2.0, -64.0)],
        ],
        true,
    );
    brush.fill(tuft, Fill::Flat(ink::HAIR));
    shade(brush);
    let cap = outline(
        at(-50.0, 6.0),
        &[
            [at(-58.0, -38.0), at(-38.0, -68.0), at(2.0, -68.0)],
            [at(40.0, -68.0), at(58.0, -40.0), at(50.0, 6.0)],
            [at(47.0, 6.0), at(45.0, 2.0), at(44.5, -4.0)],
            [at(44.0, -20.0), at(36.0, -34.0), at(22.0, -42.0)],
            [at(17.0, -34.0), at(-14.0, -24.0), at(-33.0, -27.0)],
            [at(-40.0, -22.0), at(-44.0, -14.0), at(-44.5, -4.0)],
            [at(-45.0, 2.0), at(-47.0, 6.0), at(-50.0, 6.0)],
        ],
        true,
    );
    brush.fill(cap, Fill::Down(-66.0, ink::HAIR_LIGHT, -14.0, ink::HAIR));
    let shine = outline(at(-38.0, -38.0), &[[at(-26.0, -50.0), at(-4.0, -56.0), at(14.0, -54.0)]], false);
    brush.stroke(shine, 3.2, Fill::Flat(ink::CREAM.at(0.16)));
}

/// The fringe's shadow on the forehead.
fn shade(brush: &mut Brush) {
    let edge = outline(
        at(44.0, -2.0),
        &[
            [at(43.0, -18.0), at(36.0, -30.0), at(22.0, -39.0)],
            [at(16.0, -31.0), at(-14.0, -21.0), at(-33.0, -24.0)],
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
