//! A brush in face units: fills, strokes and soft glows become shapes. What is not finite is left out.

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, Stroke};

use super::ink::{Fill, Ink};
use super::shape::Shape;
use crate::face::curve::{Edge, Point};

/// Makes shapes, for a picture of so many pixels per face unit.
pub struct Brush {
    scale: f32,
    shapes: Vec<Shape>,
}

impl Brush {
    /// The shapes that `draw` makes, from the rearmost to the foremost.
    pub fn shapes(scale: f32, draw: impl FnOnce(&mut Brush)) -> Vec<Shape> {
        let mut brush = Brush { scale, shapes: Vec::new() };
        draw(&mut brush);
        brush.shapes
    }

    /// Fills a shape.
    pub fn fill(&mut self, shape: Option<Path>, fill: Fill) {
        self.shapes.extend(shape.map(|path| Shape::of(&path, fill, self.scale)));
    }

    /// Draws a line with round ends, `width` face units thick.
    pub fn stroke(&mut self, shape: Option<Path>, width: f32, fill: Fill) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.fill(shape.and_then(|path| path.stroke(&stroke, self.scale)), fill);
    }

    /// A soft spot that fades out towards an ellipse.
    pub fn glow(&mut self, centre: Point, radius_x: f32, radius_y: f32, ink: Ink) {
        self.fill(ellipse(centre, radius_x, radius_y), Fill::Round(centre, [radius_x, radius_y], ink, ink.at(0.0)));
    }
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
