//! What is rendered: triangles over points, their edges, and how bright each point is.

use std::collections::HashMap;

/// No triangle.
pub const NONE: u32 = u32::MAX;

/// Triangles over points that are told apart from them.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// Three points to a triangle, anticlockwise where it is seen from outside.
    pub triangles: Vec<[u32; 3]>,
    /// For each triangle, whether its inner side is seen too.
    pub is_two_sided: Vec<bool>,
    /// How bright each point is under full light, 0..=1.
    pub greys: Vec<f64>,
    /// Whether a point has the colour of skin.
    pub is_skin: Vec<bool>,
    /// Every edge once.
    pub edges: Vec<Edge>,
}

/// An edge, and what lies at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its points.
    pub ends: [u32; 2],
    /// The triangles at it; the second is [`NONE`] on a border.
    pub faces: [u32; 2],
    /// Their third corners.
    pub across: [u32; 2],
}

impl Mesh {
    /// Finds the edges. A third triangle at an edge gets an edge of its own.
    pub fn new(triangles: Vec<[u32; 3]>, is_two_sided: Vec<bool>, greys: Vec<f64>, is_skin: Vec<bool>) -> Mesh {
        let edges = edges(&triangles);
        Mesh { triangles, is_two_sided, greys, is_skin, edges }
    }
}

fn edges(triangles: &[[u32; 3]]) -> Vec<Edge> {
    let mut open: HashMap<(u32, u32), usize> = HashMap::new();
    let mut edges: Vec<Edge> = Vec::new();
    for (face, corners) in (0..).zip(triangles) {
        for k in 0..3 {
            let [from, to, across] = [0, 1, 2].map(|n| corners[(k + n) % 3]);
            // A neighbour that is turned the same way runs along the edge from the other end.
            if let Some(at) = open.remove(&(to, from)) {
                (edges[at].faces[1], edges[at].across[1]) = (face, across);
                continue;
            }
            open.insert((from, to), edges.len());
            edges.push(Edge { ends: [from, to], faces: [face, NONE], across: [across, NONE] });
        }
    }
    edges
}

#[cfg(test)]
pub mod testing {
    use super::super::body::V3;
    use super::*;
    use std::f64::consts::{PI, TAU};

    /// A closed ball of radius 1 and its points; brighter to one side.
    pub fn ball(rows: usize, round: usize) -> (Mesh, Vec<V3>) {
        let mut points = vec![[0.0, 1.0, 0.0]];
        for row in 1..rows {
            let (out, up) = (PI * row as f64 / rows as f64).sin_cos();
            points.extend((0..round).map(|k| {
                let (x, z) = (TAU * k as f64 / round as f64).sin_cos();
                [out * x, up, out * z]
            }));
        }
        points.push([0.0, -1.0, 0.0]);
        let last = points.len() as u32 - 1;
        let at = |row: usize, k: usize| 1 + ((row - 1) * round + k % round) as u32;
        let mut triangles = Vec::new();
        for k in 0..round {
            triangles.push([0, at(1, k), at(1, k + 1)]);
            triangles.push([last, at(rows - 1, k + 1), at(rows - 1, k)]);
            for row in 1..rows - 1 {
                triangles.push([at(row, k), at(row + 1, k), at(row, k + 1)]);
                triangles.push([at(row, k + 1), at(row + 1, k), at(row + 1, k + 1)]);
            }
        }
        let greys = points.iter().map(|p: &V3| 0.6 + 0.2 * p[0]).collect();
        let (faces, count) = (triangles.len(), points.len());
        (Mesh::new(triangles, vec![false; faces], greys, vec![true; count]), points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_of_a_closed_ball_has_two_triangles() {
        let (mesh, points) = testing::ball(8, 12);
        assert!(mesh.edges.iter().all(|edge| edge.faces[1] != NONE));
        // Euler: of a ball, points less edges and with triangles are 2.
        assert_eq!(points.len() + mesh.triangles.len(), mesh.edges.len() + 2);
    }

    #[test]
    fn two_triangles_share_one_edge_and_have_four_borders() {
        let mesh = Mesh::new(vec![[0, 1, 2], [2, 1, 3]], vec![false; 2], vec![1.0; 4], vec![true; 4]);
        let shared: Vec<&Edge> = mesh.edges.iter().filter(|edge| edge.faces[1] != NONE).collect();
        assert_eq!((mesh.edges.len(), shared.len()), (5, 1));
        assert_eq!((shared[0].ends, shared[0].across), ([1, 2], [0, 3]));
    }
}
