//! A filled outline in face units: a path in, a polygon out that cannot be told from it, painted at any place.

use tiny_skia::{Path, PathSegment, Transform};

use super::cover::Cover;
use super::ink::Fill;
use super::scan::{Scan, Spot};
use crate::face::Area;

/// How far a polygon may be from its curve, in pixels.
const ASIDE_PX: f32 = 0.06;

/// A filled outline.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Closed contours, one behind another.
    pub(super) points: Vec<tiny_skia::Point>,
    /// Where each contour ends in `points`.
    pub(super) ends: Vec<usize>,
    /// Left, top, right and bottom.
    bounds: [f32; 4],
    pub(super) fill: Fill,
}

impl Shape {
    /// Of a path, for a picture of `scale` pixels per face unit.
    pub fn of(path: &Path, fill: Fill, scale: f32) -> Shape {
        let points = Vec::with_capacity(4 * path.points().len());
        let mut shape = Shape { points, ends: Vec::new(), bounds: [0.0; 4], fill };
        for segment in path.segments() {
            shape.add(segment, ASIDE_PX / scale);
        }
        shape.end();
        shape.bounds = bounds(shape.points.iter().map(|p| (p.x, p.y)));
        shape
    }

    fn add(&mut self, segment: PathSegment, aside: f32) {
        match segment {
            PathSegment::MoveTo(p) => {
                self.end();
                self.points.push(p);
            }
            PathSegment::LineTo(p) => self.points.push(p),
            PathSegment::QuadTo(b, c) => {
                let a = self.last();
                self.curve(steps(0.25 * bend(a, b, c), aside), c, |t| mix(mix(a, b, t), mix(b, c, t), t));
            }
            PathSegment::CubicTo(b, c, d) => {
                let a = self.last();
                let bend = 0.75 * bend(a, b, c).max(bend(b, c, d));
                let quad = |a, b, c, t| mix(mix(a, b, t), mix(b, c, t), t);
                self.curve(steps(bend, aside), d, |t| mix(quad(a, b, c, t), quad(b, c, d, t), t));
            }
            PathSegment::Close => {}
        }
    }

    fn curve(&mut self, steps: u32, end: tiny_skia::Point, at: impl Fn(f32) -> tiny_skia::Point) {
        self.points.extend((1..steps).map(|i| at(i as f32 / steps as f32)));
        self.points.push(end);
    }

    fn last(&self) -> tiny_skia::Point {
        self.points.last().copied().unwrap_or_default()
    }

    fn end(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.points.len() {
            self.ends.push(self.points.len());
        }
    }

    /// Which pixels it may touch under `place`, of those in `limits`.
    pub fn area(&self, place: Transform, limits: Area) -> Area {
        Area::around(bounds(self.corners().map(|p| mapped(p, place))), limits)
    }

    /// What it covers of a picture under `place`, as far as it lies in `limits`.
    pub fn scan(&self, place: Transform, limits: Area, scan: &mut Scan, cover: &mut Cover) {
        scan.begin(self.area(place, limits));
        let mut start = 0;
        for end in &self.ends {
            let points = self.points[start..*end].iter().map(|p| mapped(*p, place));
            scan.contour(points.map(|(x, y)| Spot::of(x, y)));
            start = *end;
        }
        scan.end(cover);
    }

    /// How far one place puts it from another, in pixels.
    pub fn moved(&self, a: Transform, b: Transform) -> f32 {
        let apart = |p| {
            let ((ax, ay), (bx, by)) = (mapped(p, a), mapped(p, b));
            (ax - bx).hypot(ay - by)
        };
        self.corners().map(apart).into_iter().fold(0.0, f32::max)
    }

    fn corners(&self) -> [tiny_skia::Point; 4] {
        let [left, top, right, bottom] = self.bounds;
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| tiny_skia::Point { x, y })
    }
}

/// Left, top, right and bottom of points; of none, nothing.
fn bounds(points: impl IntoIterator<Item = (f32, f32)>) -> [f32; 4] {
    let nothing = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    points
        .into_iter()
        .fold(nothing, |[left, top, right, bottom], (x, y)| [left.min(x), top.min(y), right.max(x), bottom.max(y)])
}

fn mapped(p: tiny_skia::Point, place: Transform) -> (f32, f32) {
    (place.sx * p.x + place.kx * p.y + place.tx, place.ky * p.x + place.sy * p.y + place.ty)
}

fn mix(a: tiny_skia::Point, b: tiny_skia::Point, t: f32) -> tiny_skia::Point {
    tiny_skia::Point::from_xy(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y))
}

/// How far the middle of three points is from that of the outer two, twice.
fn bend(a: tiny_skia::Point, b: tiny_skia::Point, c: tiny_skia::Point) -> f32 {
    (a.x - 2.0 * b.x + c.x).hypot(a.y - 2.0 * b.y + c.y)
}

/// Lines that stand for a curve: it is `bend` away from one line, and that falls with the square of their number.
fn steps(bend: f32, aside: f32) -> u32 {
    ((bend / aside).sqrt().ceil() as u32).clamp(1, 128)
}
