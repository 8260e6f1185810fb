//! A head to render: its bodies as one mesh, its shapes by name, and where its mouth is.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use keyface_core::{Channel, MotionChannel};

use super::body::{Body, V3, is_shape_of};
use super::glb::Glb;
use super::mesh::Mesh;

/// What a crop of the mouth may show lies within this many widths of the mouth, whatever a shape does.
const MOUTH_REACH: f64 = 1.0;

/// A mesh with morph targets, in metres.
#[derive(Clone, Debug)]
pub struct Head {
    /// Triangles, edges and greys.
    pub mesh: Mesh,
    /// Points at rest.
    pub rest: Vec<V3>,
    /// Where its mouth is at rest.
    pub mouth: Mouth,
    shapes: Vec<(String, Vec<V3>)>,
}

/// The lips at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mouth {
    /// Their middle.
    pub middle: V3,
    /// From corner to corner, in metres.
    pub width_m: f64,
}

impl Head {
    /// The project's own.
    pub fn own() -> Head {
        Head::of(&[Body::own()]).expect("our own head has lips")
    }

    /// From a binary glTF with ARKit's shapes.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no head with a mouth.
    pub fn read(path: &Path) -> Result<Head> {
        let place = || path.display().to_string();
        let bytes = std::fs::read(path).with_context(place)?;
        let bodies = |file: Glb<'_>| (0..file.bodies()).map(|number| file.body(number)).collect::<Result<Vec<_>>>();
        Glb::parse(&bytes).and_then(bodies).and_then(|bodies| Head::of(&bodies)).with_context(place)
    }

    /// Puts bodies together; the first has the lips, and names the shapes.
    fn of(bodies: &[Body]) -> Result<Head> {
        let first = bodies.first().context("expected a mesh, found none")?;
        let mouth = mouth(first).context("expected shapes that move the lips, found none")?;
        let all = |of: fn(&Body) -> &Vec<bool>| bodies.iter().flat_map(of).copied().collect::<Vec<_>>();
        let (mut triangles, mut is_two_sided, mut start) = (Vec::new(), Vec::new(), 0);
        for body in bodies {
            triangles.extend(body.triangles.iter().map(|corners| corners.map(|at| start + at)));
            is_two_sided.resize(triangles.len(), body.is_two_sided);
            start += body.points.len() as u32;
        }
        ensure!(!triangles.is_empty(), "expected triangles, found none");
        let greys = bodies.iter().flat_map(|body| &body.greys).copied().collect();
        let shapes = first.shapes.iter().map(|(name, _)| (name.clone(), shape(bodies, name))).collect();
        Ok(Head {
            mesh: Mesh::new(triangles, is_two_sided, greys, all(|body| &body.is_skin)),
            rest: bodies.iter().flat_map(|body| &body.points).copied().collect(),
            mouth,
            shapes,
        })
    }

    /// Without what a crop of the mouth cannot show, whatever a shape does.
    pub fn around_mouth(&self) -> Head {
        let reach = MOUTH_REACH * self.mouth.width_m;
        let is_near = |at: V3| (0..2).all(|axis| (at[axis] - self.mouth.middle[axis]).abs() < reach);
        let moved = |vertex: usize, moves: &[V3]| std::array::from_fn(|k| self.rest[vertex][k] + moves[vertex][k]);
        let may_be = |vertex: usize| {
            is_near(self.rest[vertex]) || self.shapes.iter().any(|(_, moves)| is_near(moved(vertex, moves)))
        };
        let near: Vec<bool> = (0..self.rest.len()).map(may_be).collect();
        let is_kept = |corners: &[u32; 3]| corners.iter().any(|at| near[*at as usize]);
        let faces = self.mesh.triangles.iter().zip(&self.mesh.is_two_sided).filter(|(corners, _)| is_kept(corners));
        let (triangles, is_two_sided): (Vec<[u32; 3]>, Vec<bool>) = faces.unzip();
        self.only(&triangles, is_two_sided)
    }

    /// Some triangles, and the points that they have.
    fn only(&self, triangles: &[[u32; 3]], is_two_sided: Vec<bool>) -> Head {
        let mut kept: Vec<usize> = triangles.iter().flatten().map(|at| *at as usize).collect();
        kept.sort_unstable();
        kept.dedup();
        let mut place = vec![0; self.rest.len()];
        (0..).zip(&kept).for_each(|(to, from)| place[*from] = to);
        let triangles = triangles.iter().map(|corners| corners.map(|at| place[at as usize])).collect();
        let of = |all: &[V3]| kept.iter().map(|at| all[*at]).collect::<Vec<_>>();
        let greys = kept.iter().map(|at| self.mesh.greys[*at]).collect();
        let is_skin = kept.iter().map(|at| self.mesh.is_skin[*at]).collect();
        Head {
            mesh: Mesh::new(triangles, is_two_sided, greys, is_skin),
            rest: of(&self.rest),
            mouth: self.mouth,
            shapes: self.shapes.iter().map(|(name, moves)| (name.clone(), of(moves))).collect(),
        }
    }

    /// What weight 1 of each channel of motion moves every point by: both sides of paired shapes.
    pub fn motion_moves(&self) -> Vec<Vec<V3>> {
        MotionChannel::ALL.into_iter().map(|channel| self.sum(|name| is_shape_of(name, channel))).collect()
    }

    /// The same of ARKit's 52 shapes; what the head has not does not move.
    pub fn arkit_moves(&self) -> Vec<Vec<V3>> {
        let is_it = |channel: Channel| move |name: &str| name.eq_ignore_ascii_case(channel.name());
        Channel::ALL.into_iter().map(|channel| self.sum(is_it(channel))).collect()
    }

    fn sum(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<V3> {
        let mut sum = vec![[0.0; 3]; self.rest.len()];
        for (_, moves) in self.shapes.iter().filter(|(name, _)| is_wanted(name)) {
            sum.iter_mut().zip(moves).for_each(|(sum, by)| (0..3).for_each(|k| sum[k] += by[k]));
        }
        sum
    }
}

/// A shape of all bodies; one that lacks it stays.
fn shape(bodies: &[Body], name: &str) -> Vec<V3> {
    let of = |body: &Body| match body.shapes.iter().find(|(own, _)| own == name) {
        Some((_, moves)) => moves.clone(),
        None => vec![[0.0; 3]; body.points.len()],
    };
    bodies.iter().flat_map(of).collect()
}

fn mouth(body: &Body) -> Option<Mouth> {
    let lips = body.lips();
    let span = |axis: usize| {
        let of = || lips.iter().map(|vertex| body.points[*vertex][axis]);
        (of().fold(f64::INFINITY, f64::min), of().fold(f64::NEG_INFINITY, f64::max))
    };
    let (left, right) = span(0);
    let middle = [0, 1, 2].map(|axis| 0.5 * (span(axis).0 + span(axis).1));
    (right > left).then_some(Mouth { middle, width_m: right - left })
}

/// Points under weights.
pub fn posed(rest: &[V3], moves: &[Vec<V3>], weights: &[f64]) -> Vec<V3> {
    let mut points = rest.to_vec();
    for (moves, weight) in moves.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
        points.iter_mut().zip(moves).for_each(|(at, by)| (0..3).for_each(|k| at[k] += weight * by[k]));
    }
    points
}
