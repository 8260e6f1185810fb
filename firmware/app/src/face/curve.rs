//! Plane geometry of a face: points, and edges made of two cubic Beziers that run from left to right.

/// A point in face units: x to the viewer's right, y down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the viewer's right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

/// Shorthand for a [`Point`].
pub const fn at(x: f32, y: f32) -> Point {
    Point { x, y }
}

impl Point {
    /// This point moved by (`dx`, `dy`).
    pub const fn shifted(self, dx: f32, dy: f32) -> Point {
        at(self.x + dx, self.y + dy)
    }

    fn toward(self, other: Point, share: f32) -> Point {
        at(self.x + share * (other.x - self.x), self.y + share * (other.y - self.y))
    }
}

/// How an edge bends between its corners and its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// 0 leaves the corners like a lens, 1 like an ellipse.
    pub roundness: f32,
    /// How far the middle stays level: 0.3 is pointed, 0.55 an ellipse, 0.8 nearly a box.
    pub flatness: f32,
    /// How far the edge rises beside its middle (the bow of an upper lip), in face units.
    pub bow: f32,
}

/// A left-to-right edge: corner, two controls, middle, two controls, corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edge(pub [Point; 7]);

/// Points of a sampled half edge.
const STEPS: usize = 12;
/// Points of a sampled [`Edge`].
pub const SAMPLES: usize = 2 * STEPS + 1;

impl Edge {
    /// Through three points. The controls never leave the span of their half, so that x only grows.
    pub fn through(left: Point, middle: Point, right: Point, bend: Bend) -> Edge {
        let (left_out, middle_in) = controls(left, middle, bend);
        let (right_in, middle_out) = controls(right, middle, bend);
        Edge([left, left_out, middle_in, middle, middle_out, right_in, right])
    }

    /// The left corner.
    pub const fn left(&self) -> Point {
        self.0[0]
    }

    /// The middle point.
    pub const fn middle(&self) -> Point {
        self.0[3]
    }

    /// The right corner.
    pub const fn right(&self) -> Point {
        self.0[6]
    }

    /// The edge moved by (`dx`, `dy`).
    pub fn shifted(&self, dx: f32, dy: f32) -> Edge {
        Edge(self.0.map(|p| p.shifted(dx, dy)))
    }

    /// Points along the edge.
    pub fn sampled(&self) -> [Point; SAMPLES] {
        std::array::from_fn(|i| match i {
            0..STEPS => cubic(&self.0[0..4], i as f32 / STEPS as f32),
            _ => cubic(&self.0[3..7], (i - STEPS) as f32 / STEPS as f32),
        })
    }
}

fn controls(corner: Point, middle: Point, bend: Bend) -> (Point, Point) {
    let (dx, dy) = (middle.x - corner.x, middle.y - corner.y);
    let out = corner.shifted(0.30 * (1.0 - bend.roundness) * dx, 0.56 * dy);
    (out, middle.shifted(-bend.flatness * dx, -bend.bow))
}

fn cubic(p: &[Point], t: f32) -> Point {
    let (ab, bc, cd) = (p[0].toward(p[1], t), p[1].toward(p[2], t), p[2].toward(p[3], t));
    ab.toward(bc, t).toward(bc.toward(cd, t), t)
}

/// An edge as a function of x, for cutting one shape by another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graph([Point; SAMPLES]);

impl Graph {
    /// Of an edge.
    pub fn of(edge: &Edge) -> Graph {
        Graph(edge.sampled())
    }

    /// The edge's y at `x`; beyond a corner, the corner's.
    pub fn y(&self, x: f32) -> f32 {
        let points = &self.0;
        let after = points.iter().position(|p| p.x >= x).unwrap_or(SAMPLES - 1).max(1);
        let (a, b) = (points[after - 1], points[after]);
        let share = if b.x > a.x { ((x - a.x) / (b.x - a.x)).clamp(0.0, 1.0) } else { 0.0 };
        a.y + share * (b.y - a.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENS: Bend = Bend { roundness: 0.0, flatness: 0.5, bow: 0.0 };

    #[test]
    fn an_edge_passes_its_three_points() {
        let edge = Edge::through(at(-10.0, 0.0), at(0.0, 4.0), at(12.0, -1.0), LENS);
        let graph = Graph::of(&edge);
        assert_eq!((graph.y(-10.0), graph.y(0.0), graph.y(12.0)), (0.0, 4.0, -1.0));
    }

    #[test]
    fn beyond_a_corner_the_corner_holds() {
        let graph = Graph::of(&Edge::through(at(-10.0, 3.0), at(0.0, 4.0), at(10.0, 2.0), LENS));
        assert_eq!((graph.y(-50.0), graph.y(50.0)), (3.0, 2.0));
    }

    #[test]
    fn an_edge_only_moves_to_the_right() {
        for roundness in [0.0, 0.5, 1.0] {
            let bend = Bend { roundness, flatness: 0.8, bow: 1.0 };
            let points = Edge::through(at(-9.0, 0.0), at(1.0, 7.0), at(9.0, 0.0), bend).sampled();
            assert!(points.windows(2).all(|p| p[1].x > p[0].x), "roundness {roundness}");
        }
    }
}
