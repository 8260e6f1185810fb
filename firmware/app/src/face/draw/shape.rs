//! A filled outline in face units: a path in, a polygon out that cannot be told from it, painted at any place.

use tiny_skia::{Path, PathSegment, Transform};

use super::ink::Fill;
use super::paint::Paint;
use super::scan::{Run, Scan, Spot};
use crate::face::{Area, Areas};

/// How far a polygon may be from its curve, in pixels.
const ASIDE_PX: f32 = 0.06;
/// Neighbouring edges of which a difference is told at one go.
const EDGES: usize = 6;

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
        let [left, top, right, bottom] = self.bounds;
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        Area::around(bounds(corners.map(|(x, y)| mapped(tiny_skia::Point { x, y }, place))), limits)
    }

    /// Adds to `areas` what differs between this shape and another, both under `place`.
    pub fn differences(&self, other: &Shape, place: Transform, limits: Area, areas: &mut Areas) {
        if self.fill != other.fill || self.ends != other.ends {
            areas.add(self.area(place, limits));
            areas.add(other.area(place, limits));
            return;
        }
        let (mut start, ends) = (0, &self.ends);
        for end in ends {
            let (a, b) = (&self.points[start..*end], &other.points[start..*end]);
            let differs = |i: usize| a[i] != b[i] || a[(i + 1) % a.len()] != b[(i + 1) % b.len()];
            for first in (0..a.len()).step_by(EDGES) {
                let edges = (first..(first + EDGES).min(a.len())).filter(|i| differs(*i));
                let both = edges.flat_map(|i| [a[i], b[i], a[(i + 1) % a.len()], b[(i + 1) % b.len()]]);
                areas.add(Area::around(bounds(both.map(|p| mapped(p, place))), limits));
            }
            start = *end;
        }
    }

    /// The shape at its place in a picture, as far as it lies in `limits`.
    pub fn laid(&self, place: Transform, limits: Area) -> Laid {
        let spots = self.points.iter().map(|p| mapped(*p, place)).map(|(x, y)| Spot::of(x, y)).collect();
        Laid { spots, ends: self.ends.clone(), area: self.area(place, limits), paint: Paint::of(&self.fill, place) }
    }
}

/// A shape at its place in a picture.
#[derive(Clone, Debug)]
pub struct Laid {
    spots: Vec<Spot>,
    ends: Vec<usize>,
    /// Which pixels it may touch.
    pub area: Area,
    /// What they get; `None` where the place has no size.
    pub paint: Option<Paint>,
}

impl Laid {
    /// Scans what lies in `clip`.
    pub fn scan(&self, scan: &mut Scan, clip: Area, tell: impl FnMut(Run)) {
        scan.begin(clip);
        let mut start = 0;
        for end in &self.ends {
            scan.contour(&self.spots[start..*end]);
            start = *end;
        }
        scan.sweep(tell);
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
/// A power of two, so that a curve that bends a little more still has as many and can be compared line by line.
fn steps(bend: f32, aside: f32) -> u32 {
    ((bend / aside).sqrt().ceil() as u32).clamp(1, 128).next_power_of_two()
}
