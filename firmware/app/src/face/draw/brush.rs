//! A brush on tiny-skia in face units: fills, strokes and soft glows. Shapes that are not finite are left out.

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, PixmapMut,
    RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

use crate::face::curve::{Edge, Point, at};
use crate::face::rig::HeadRig;

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    rgb: u32,
    opacity: f32,
}

impl Ink {
    /// From 0xRRGGBB, opaque.
    pub const fn rgb(rgb: u32) -> Ink {
        Ink { rgb, opacity: 1.0 }
    }

    /// The same colour, `opacity` (0..=1) of it.
    pub const fn at(self, opacity: f32) -> Ink {
        Ink { opacity, ..self }
    }

    fn color(self) -> Color {
        let [_, r, g, b] = self.rgb.to_be_bytes();
        Color::from_rgba8(r, g, b, (self.opacity.clamp(0.0, 1.0) * 255.0) as u8)
    }
}

/// How a shape is filled.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// One colour.
    Flat(Ink),
    /// From the first height to the second.
    Down(f32, Ink, f32, Ink),
    /// From a centre outwards to a radius.
    Round(Point, f32, Ink, Ink),
}

impl Fill {
    fn shader(self) -> Option<Shader<'static>> {
        let stops = |a: Ink, b: Ink| vec![GradientStop::new(0.0, a.color()), GradientStop::new(1.0, b.color())];
        let (pad, same) = (SpreadMode::Pad, Transform::identity());
        match self {
            Fill::Flat(ink) => Some(Shader::SolidColor(ink.color())),
            Fill::Down(top, a, bottom, b) => {
                LinearGradient::new(skia(at(0.0, top)), skia(at(0.0, bottom)), stops(a, b), pad, same)
            }
            Fill::Round(centre, radius, a, b) => {
                RadialGradient::new(skia(centre), 0.0, skia(centre), radius, stops(a, b), pad, same)
            }
        }
    }
}

fn skia(p: Point) -> tiny_skia::Point {
    tiny_skia::Point::from_xy(p.x, p.y)
}

/// Draws in face units on a frame of pixels.
pub struct Brush<'a> {
    pixels: PixmapMut<'a>,
    place: Transform,
}

impl<'a> Brush<'a> {
    /// On `pixels`, with `place` from face units to pixels.
    pub fn new(pixels: PixmapMut<'a>, place: Transform) -> Brush<'a> {
        Brush { pixels, place }
    }

    /// Draws a part that lies `depth` before the head's axis, shifted as the head is turned.
    pub fn shifted(&mut self, head: &HeadRig, depth: f32, draw: impl FnOnce(&mut Brush)) {
        self.moved(Transform::from_translate(depth * head.turn, depth * head.nod), draw);
    }

    /// Draws under one more transformation.
    pub fn moved(&mut self, by: Transform, draw: impl FnOnce(&mut Brush)) {
        let place = self.place;
        self.place = place.pre_concat(by);
        draw(self);
        self.place = place;
    }

    /// Fills a shape.
    pub fn fill(&mut self, shape: Option<Path>, fill: Fill) {
        if let (Some(path), Some(paint)) = (shape, paint(fill)) {
            self.pixels.fill_path(&path, &paint, FillRule::Winding, self.place, None);
        }
    }

    /// Draws a line with round ends, `width` face units thick.
    pub fn stroke(&mut self, shape: Option<Path>, width: f32, fill: Fill) {
        if let (Some(path), Some(paint)) = (shape, paint(fill)) {
            let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
            self.pixels.stroke_path(&path, &paint, &stroke, self.place, None);
        }
    }

    /// A soft spot that fades out towards an ellipse.
    pub fn glow(&mut self, centre: Point, radius_x: f32, radius_y: f32, ink: Ink) {
        let squash = Transform::from_row(1.0, 0.0, 0.0, radius_y / radius_x, centre.x, centre.y);
        let middle = at(0.0, 0.0);
        let fill = Fill::Round(middle, radius_x, ink, ink.at(0.0));
        self.moved(squash, |b| b.fill(ellipse(middle, radius_x, radius_x), fill));
    }
}

fn paint(fill: Fill) -> Option<Paint<'static>> {
    Some(Paint { shader: fill.shader()?, ..Paint::default() })
}

/// An ellipse.
pub fn ellipse(centre: Point, radius_x: f32, radius_y: f32) -> Option<Path> {
    let (left, top) = (centre.x - radius_x, centre.y - radius_y);
    PathBuilder::from_oval(tiny_skia::Rect::from_xywh(left, top, 2.0 * radius_x, 2.0 * radius_y)?)
}

/// An open or closed outline of cubic Beziers: two controls and an end each.
pub fn outline(start: Point, cubics: &[[Point; 3]], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.move_to(start.x, start.y);
    cubics.iter().for_each(|[a, b, c]| builder.cubic_to(a.x, a.y, b.x, b.y, c.x, c.y));
    if closed {
        builder.close();
    }
    builder.finish()
}

/// A closed polygon.
pub fn polygon(points: impl IntoIterator<Item = Point>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for point in points {
        if builder.is_empty() { builder.move_to(point.x, point.y) } else { builder.line_to(point.x, point.y) }
    }
    builder.close();
    builder.finish()
}

/// The line of an edge.
pub fn line(edge: &Edge) -> Option<Path> {
    let p = &edge.0;
    outline(p[0], &[[p[1], p[2], p[3]], [p[4], p[5], p[6]]], false)
}

/// What lies between an upper and a lower edge.
pub fn between(upper: &Edge, lower: &Edge) -> Option<Path> {
    let (u, l) = (&upper.0, &lower.0);
    let mut builder = PathBuilder::new();
    let mut to = |a: Point, b: Point, c: Point, first: bool| {
        if first { builder.move_to(c.x, c.y) } else { builder.cubic_to(a.x, a.y, b.x, b.y, c.x, c.y) }
    };
    to(u[0], u[0], u[0], true);
    to(u[1], u[2], u[3], false);
    to(u[4], u[5], u[6], false);
    to(u[6], l[6], l[6], false);
    to(l[5], l[4], l[3], false);
    to(l[2], l[1], l[0], false);
    builder.close();
    builder.finish()
}
