//! Shapes as tiny-skia draws them, which drew all pictures before: what a picture is held against in tests.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, PathBuilder, Pixmap, Point, RadialGradient, Shader,
    SpreadMode, Transform,
};

use super::ink::{Fill, Ink};
use super::shape::Shape;

/// Draws a shape over what is there.
pub fn draw(pixmap: &mut Pixmap, shape: &Shape, place: Transform) {
    let (mut builder, mut start) = (PathBuilder::new(), 0);
    for end in &shape.ends {
        let contour = &shape.points[start..*end];
        builder.move_to(contour[0].x, contour[0].y);
        contour[1..].iter().for_each(|p| builder.line_to(p.x, p.y));
        builder.close();
        start = *end;
    }
    let paint = Paint { shader: shader(shape.fill), ..Paint::default() };
    pixmap.fill_path(&builder.finish().unwrap(), &paint, FillRule::Winding, place, None);
}

fn shader(fill: Fill) -> Shader<'static> {
    let stops = |a: Ink, b: Ink| vec![GradientStop::new(0.0, color(a)), GradientStop::new(1.0, color(b))];
    let (pad, middle) = (SpreadMode::Pad, Point::zero());
    match fill {
        Fill::Flat(ink) => Shader::SolidColor(color(ink)),
        Fill::Down(top, a, bottom, b) => {
            let at = |y: f32| Point::from_xy(0.0, y);
            LinearGradient::new(at(top), at(bottom), stops(a, b), pad, Transform::identity()).unwrap()
        }
        Fill::Round(centre, [radius_x, radius_y], a, b) => {
            let place = Transform::from_row(radius_x, 0.0, 0.0, radius_y, centre.x, centre.y);
            RadialGradient::new(middle, 0.0, middle, 1.0, stops(a, b), pad, place).unwrap()
        }
    }
}

fn color(ink: Ink) -> Color {
    let [r, g, b] = ink.parts();
    Color::from_rgba8(r, g, b, ink.alpha())
}
