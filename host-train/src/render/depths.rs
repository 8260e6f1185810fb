//! What is in front at each pixel.

use super::body::V3;

/// What is in front at each pixel, and how near.
pub struct Depths {
    /// Pixels of a row.
    pub size: usize,
    /// The triangle, or [`NONE`](super::mesh::NONE).
    pub seen: Vec<u32>,
    /// How far before the middle of the head.
    pub depth: Vec<f64>,
}

impl Depths {
    /// The pixel at a place that is counted from the lower left.
    pub fn pixel(&self, x: usize, y: usize) -> usize {
        (self.size - 1 - y) * self.size + x
    }
}

/// The place of a pixel, counted from the lower left.
pub fn place_of(pixel: usize, size: usize) -> [f64; 2] {
    [(pixel % size) as f64, (size - 1 - pixel / size) as f64]
}

/// Twice the area of a triangle on the picture; above 0 where it is seen from outside.
pub fn area([a, b, c]: [V3; 3]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// The values at a triangle's corners.
pub fn corners<T: Copy>(values: &[T], triangle: [u32; 3]) -> [T; 3] {
    triangle.map(|at| values[at as usize])
}
