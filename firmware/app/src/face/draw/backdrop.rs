//! What stands still behind the head: a cool backdrop with a light disc, neck and shoulders.

use tiny_skia::Transform;

use super::brush::{Brush, ellipse, outline, polygon};
use super::ink::Fill;
use super::shape::Shape;
use super::{palette as ink, placed};
use crate::face::curve::{Point, at};

/// The backdrop of a picture of `width` x `height` as its viewer sees it.
pub fn backdrop(width: u32, height: u32) -> Vec<Shape> {
    let place = placed(width, height);
    Brush::shapes(place.sx, |brush| {
        sky(brush, corners(place, width, height));
        brush.fill(ellipse(at(0.0, -2.0), 66.0, 66.0), Fill::Flat(ink::SKY_DISC.at(0.55)));
        shoulders(brush);
    })
}

/// Neck and shoulders alone.
pub fn body(width: u32, height: u32) -> Vec<Shape> {
    Brush::shapes(placed(width, height).sx, shoulders)
}

/// The frame's corners in face units.
fn corners(place: Transform, width: u32, height: u32) -> [Point; 4] {
    let (width, height) = (width as f32, height as f32);
    let unit = |x: f32, y: f32| at((x - place.tx) / place.sx, (y - place.ty) / place.sy);
    [unit(0.0, 0.0), unit(width, 0.0), unit(width, height), unit(0.0, height)]
}

fn sky(brush: &mut Brush, corners: [Point; 4]) {
    let reach = corners.iter().map(|p| p.x.hypot(p.y)).fold(0.0, f32::max);
    brush.fill(polygon(corners), Fill::Round(at(0.0, -6.0), [reach; 2], ink::SKY_LIGHT, ink::SKY_DEEP));
}

fn shoulders(brush: &mut Brush) {
    let neck = [at(-17.0, 40.0), at(17.0, 40.0), at(19.0, 84.0), at(-19.0, 84.0)];
    brush.fill(polygon(neck), Fill::Down(52.0, ink::SKIN_DEEP, 74.0, ink::SKIN_SHADE));
    let body = outline(
        at(-22.0, 68.0),
        &[
            [at(-10.0, 76.0), at(10.0, 76.0), at(22.0, 68.0)],
            [at(44.0, 72.0), at(66.0, 80.0), at(72.0, 104.0)],
            [at(76.0, 130.0), at(78.0, 200.0), at(78.0, 400.0)],
            [at(40.0, 400.0), at(-40.0, 400.0), at(-78.0, 400.0)],
            [at(-78.0, 200.0), at(-76.0, 130.0), at(-72.0, 104.0)],
            [at(-66.0, 80.0), at(-44.0, 72.0), at(-22.0, 68.0)],
        ],
        true,
    );
    brush.fill(body, Fill::Down(66.0, ink::SWEATER, 130.0, ink::SWEATER_DEEP));
    let collar = outline(at(-22.0, 68.5), &[[at(-10.0, 77.0), at(10.0, 77.0), at(22.0, 68.5)]], false);
    brush.stroke(collar, 5.0, Fill::Flat(ink::CORAL));
}
