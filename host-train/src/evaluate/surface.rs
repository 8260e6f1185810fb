//! Motion in, millimetres out: a linear basis of vertices, `vertex = template + sum of weight * move` over the channels.
//!
//! The papers' metrics are distances of vertices, so they are taken on a surface: our own small one ([`basis`]) or a
//! glTF head with ARKit shapes ([`glb`]).

mod basis;
mod glb;

use keyface_core::Motion;
use serde::Serialize;

pub use basis::{MOUTH_CORNERS, MOUTH_WIDTH_M, default_surface};
pub use glb::read_head;

pub use crate::render::Moves;
use crate::space::rig14::{self, PerChannel};
use crate::space::{MotionSpace, Region};

/// A weight per channel, or a difference of two: what moves a surface.
pub type Weights = PerChannel<f64>;

/// The least that lips must come together to count as closed, in metres: labels and meshes are not finer.
const CLOSED_AT_LEAST_M: f64 = 0.0003;

/// Two points that face each other across the mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LipPair {
    /// Vertex on the upper lip.
    pub upper: usize,
    /// Vertex on the lower lip.
    pub lower: usize,
    /// How far it lies above the lower one at rest, in metres.
    pub rest_m: f64,
}

/// A face to measure on.
#[derive(Clone, Debug)]
pub struct Surface {
    name: String,
    vertices: Vec<Moves>,
    lips: Vec<usize>,
    upper_face: Vec<usize>,
    all: Vec<usize>,
    pairs: Vec<LipPair>,
    middle: usize,
    lip_gram: PerChannel<Weights>,
}

/// What a report says of the surface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurfaceFacts {
    /// Where it comes from and how its regions were found.
    pub name: String,
    /// Vertices in all.
    pub vertices: usize,
    /// Vertices of the lips.
    pub lips: usize,
    /// Vertices of the upper face.
    pub upper_face: usize,
    /// Pairs across the mouth.
    pub lip_pairs: usize,
    /// Below this opening of the middle pair the lips count as closed, in millimetres.
    pub closed_mm: f64,
}

impl Surface {
    /// From moves of every vertex, its regions as indices, and the pairs; `middle` is the pair that tells the opening.
    ///
    /// Regions and pairs hold valid indices, and there is at least one pair.
    fn new(
        name: String,
        vertices: Vec<Moves>,
        lips: Vec<usize>,
        upper_face: Vec<usize>,
        pairs: Vec<LipPair>,
        middle: usize,
    ) -> Self {
        let lip_gram = gram(lips.iter().map(|v| &vertices[*v]));
        let all = (0..vertices.len()).collect();
        Surface { name, vertices, lips, upper_face, all, pairs, middle, lip_gram }
    }

    /// What a report says of it.
    pub fn facts(&self) -> SurfaceFacts {
        SurfaceFacts {
            name: self.name.clone(),
            vertices: self.vertices.len(),
            lips: self.lips.len(),
            upper_face: self.upper_face.len(),
            lip_pairs: self.pairs.len(),
            closed_mm: 1e3 * self.closed_m(),
        }
    }

    /// How each vertex of the lips moves.
    pub fn lip_moves(&self) -> impl Iterator<Item = &Moves> {
        self.lips.iter().map(|v| &self.vertices[*v])
    }

    /// How the upper point of each pair moves against the lower one.
    pub fn pair_moves(&self) -> impl Iterator<Item = Moves> {
        let apart = |a: [f64; 3], b: [f64; 3]| std::array::from_fn(|axis| a[axis] - b[axis]);
        let moves = move |(a, b): (&Moves, &Moves)| std::array::from_fn(|channel| apart(a[channel], b[channel]));
        self.pairs.iter().map(move |pair| moves((&self.vertices[pair.upper], &self.vertices[pair.lower])))
    }

    /// What each channel moves a vertex by.
    pub fn moves(&self, vertex: usize) -> &Moves {
        &self.vertices[vertex]
    }

    /// Mean of the squared distances in square metres by which the vertices of the lips move, as the quadratic form of the lips' Gram matrix.
    pub fn mean_lip_square(&self, weights: &Weights) -> f64 {
        let row = |row: &Weights| row.iter().zip(weights).map(|(m, w)| m * w).sum::<f64>();
        self.lip_gram.iter().zip(weights).map(|(m, w)| row(m) * w).sum()
    }

    /// Distance across the middle pair in metres: the opening of the lips.
    pub fn opening_m(&self, motion: &Motion) -> f64 {
        self.gap_m(&self.pairs[self.middle], &weights(motion))
    }

    /// Below this opening the lips count as closed, in metres: half of what they stand apart at rest.
    pub fn closed_m(&self) -> f64 {
        (0.5 * self.pairs[self.middle].rest_m).max(CLOSED_AT_LEAST_M)
    }

    fn gap_m(&self, pair: &LipPair, weights: &Weights) -> f64 {
        let (upper, lower) = (&self.vertices[pair.upper], &self.vertices[pair.lower]);
        pair.rest_m + (0..weights.len()).map(|c| weights[c] * (upper[c][1] - lower[c][1])).sum::<f64>()
    }
}

/// [`rig14`], in metres.
impl MotionSpace for Surface {
    type Frame = Motion;

    fn name(&self) -> &str {
        rig14::NAME
    }

    fn width(&self) -> usize {
        rig14::WIDTH
    }

    fn rate_hz(&self) -> f64 {
        rig14::FRAMES_PER_S
    }

    fn unit_m(&self) -> f64 {
        1.0
    }

    fn rest(&self) -> &Motion {
        &Motion::REST
    }

    fn squares(&self, region: Region, from: &Motion, to: &Motion) -> impl Iterator<Item = f64> {
        let vertices = match region {
            Region::Lips => &self.lips,
            Region::UpperFace => &self.upper_face,
            Region::All => &self.all,
        };
        let weights = difference(to, from);
        vertices.iter().map(move |v| square(&self.vertices[*v], &weights))
    }

    fn gaps_m(&self, motion: &Motion) -> impl Iterator<Item = f64> {
        let weights = weights(motion);
        self.pairs.iter().map(move |pair| self.gap_m(pair, &weights))
    }

    fn opening_m(&self, motion: &Motion) -> Option<f64> {
        Some(self.opening_m(motion))
    }
}

/// A motion's weights.
pub fn weights(motion: &Motion) -> Weights {
    motion.0.map(f64::from)
}

/// Weights of `a` less those of `b`.
pub fn difference(a: &Motion, b: &Motion) -> Weights {
    std::array::from_fn(|c| f64::from(a.0[c]) - f64::from(b.0[c]))
}

fn square(moves: &Moves, weights: &Weights) -> f64 {
    let mut sum = [0.0; 3];
    for (by, weight) in moves.iter().zip(weights) {
        (0..3).for_each(|axis| sum[axis] += weight * by[axis]);
    }
    sum.iter().map(|d| d * d).sum()
}

/// Mean over vertices of the products of their moves.
fn gram<'a>(vertices: impl ExactSizeIterator<Item = &'a Moves>) -> PerChannel<Weights> {
    let count = vertices.len().max(1) as f64;
    let mut gram = PerChannel::<Weights>::default();
    for moves in vertices {
        for (a, row) in gram.iter_mut().enumerate() {
            for (b, cell) in row.iter_mut().enumerate() {
                *cell += (0..3).map(|axis| moves[a][axis] * moves[b][axis]).sum::<f64>() / count;
            }
        }
    }
    gram
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use keyface_core::MotionChannel as M;

    /// Three vertices: an upper lip that `MouthUpperUp` lifts by 10 mm, a lower lip that `JawOpen` drops by 20 mm, and
    /// a brow that `BrowInnerUp` lifts by 10 mm. The lips stand 1 mm apart at rest.
    pub fn surface() -> Surface {
        let moved = |channel: M, y: f64| {
            let mut moves = Moves::default();
            moves[channel as usize][1] = y;
            moves
        };
        let vertices = vec![moved(M::MouthUpperUp, 0.010), moved(M::JawOpen, -0.020), moved(M::BrowInnerUp, 0.010)];
        let pairs = vec![LipPair { upper: 0, lower: 1, rest_m: 0.001 }];
        Surface::new("test".into(), vertices, vec![0, 1], vec![2], pairs, 0)
    }

    /// One channel at each of these weights, and rest in all others.
    pub fn track(channel: M, weights: &[f32]) -> Vec<Motion> {
        let motion = |weight: &f32| {
            let mut motion = Motion::REST;
            motion[channel] = *weight;
            motion
        };
        weights.iter().map(motion).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{surface, track};
    use super::*;
    use keyface_core::MotionChannel as M;

    #[test]
    fn a_half_open_jaw_parts_the_lips() {
        let half = track(M::JawOpen, &[0.5])[0];
        // 1 mm at rest and half of 20 mm.
        assert!((surface().opening_m(&half) - 0.011).abs() < 1e-12);
        let surface = surface();
        let squares: Vec<f64> = surface.squares(Region::All, &Motion::REST, &half).collect();
        assert!((squares[1] - 1e-4).abs() < 1e-12 && squares[0] == 0.0 && squares[2] == 0.0);
    }

    #[test]
    fn the_gram_matrix_gives_the_mean_of_the_squares() {
        let mut weights = Weights::default();
        (weights[M::JawOpen as usize], weights[M::MouthUpperUp as usize]) = (0.5, 1.0);
        // Both lips move by 10 mm.
        assert!((surface().mean_lip_square(&weights) - 1e-4).abs() < 1e-12);
    }
}
