//! Weights in, 8-bit weights with one scale per output channel out.

/// Largest magnitude of a quantized weight; -128 is left out so that the range is symmetric.
pub(super) const LARGEST: f32 = 127.0;

/// A row-major matrix `[inputs, outputs]` of 8-bit weights: `weight = value * scale[output]`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedMatrix {
    /// Values, -127..=127.
    pub values: Vec<i8>,
    /// One scale per output, above 0.
    pub scales: Vec<f32>,
}

impl QuantizedMatrix {
    /// Rounds `weights` (row-major, `rows` inputs by `columns` outputs) to 8 bits.
    ///
    /// The error of a weight is at most half the scale of its column, which is its column's largest magnitude over 127.
    ///
    /// # Panics
    /// When `weights` does not hold `rows * columns` values.
    pub fn from_f32(weights: &[f32], rows: usize, columns: usize) -> QuantizedMatrix {
        assert_eq!(weights.len(), rows * columns, "a matrix of {rows} x {columns}");
        let mut scales = vec![0.0_f32; columns];
        for (at, weight) in weights.iter().enumerate() {
            let scale = &mut scales[at % columns];
            *scale = scale.max(weight.abs() / LARGEST);
        }
        // A column of zeros may have any scale but 0, which readers divide by.
        scales.iter_mut().filter(|scale| **scale < f32::MIN_POSITIVE).for_each(|scale| *scale = 1.0);
        let round =
            |(at, weight): (usize, &f32)| (weight / scales[at % columns]).round().clamp(-LARGEST, LARGEST) as i8;
        QuantizedMatrix { values: weights.iter().enumerate().map(round).collect(), scales }
    }

    /// The weights that a reader computes with.
    pub fn to_f32(&self) -> Vec<f32> {
        let columns = self.scales.len();
        self.values.iter().enumerate().map(|(at, value)| f32::from(*value) * self.scales[at % columns]).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Columns of very different size, as trained weights have.
    fn matrix(rows: usize, columns: usize) -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        (0..rows * columns)
            .map(|at| random.random_range(-1.0..1.0_f32) * 10.0_f32.powi((at % columns) as i32 - 3))
            .collect()
    }

    #[test]
    fn no_weight_moves_by_more_than_half_its_columns_step() {
        let (rows, columns) = (200, 7);
        let weights = matrix(rows, columns);
        let quantized = QuantizedMatrix::from_f32(&weights, rows, columns);
        for (at, (before, after)) in weights.iter().zip(quantized.to_f32()).enumerate() {
            let step = quantized.scales[at % columns];
            assert!((before - after).abs() <= 0.5001 * step, "{before} became {after}, step {step}");
        }
    }

    #[test]
    fn the_step_of_a_column_is_its_own_largest_weight_over_127() {
        let (rows, columns) = (50, 5);
        let weights = matrix(rows, columns);
        let quantized = QuantizedMatrix::from_f32(&weights, rows, columns);
        for (column, scale) in quantized.scales.iter().enumerate() {
            let largest = weights.iter().skip(column).step_by(columns).fold(0.0_f32, |top, w| top.max(w.abs()));
            assert!((scale * 127.0 - largest).abs() <= 1e-6 * largest);
        }
    }

    #[test]
    fn the_error_of_a_product_is_a_few_thousandths() {
        let (rows, columns) = (640, 7);
        let weights = matrix(rows, columns);
        let rounded = QuantizedMatrix::from_f32(&weights, rows, columns).to_f32();
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let input: Vec<f32> = (0..rows).map(|_| random.random_range(-1.0..1.0)).collect();
        for column in 0..columns {
            let dot = |w: &[f32]| (0..rows).map(|row| input[row] * w[row * columns + column]).sum::<f32>();
            let norm = (0..rows).map(|row| weights[row * columns + column].powi(2)).sum::<f32>().sqrt();
            let typical = norm * (1.0_f32 / 3.0).sqrt();
            assert!((dot(&weights) - dot(&rounded)).abs() < 0.02 * typical, "column {column}");
        }
    }

    #[test]
    fn a_column_of_zeros_stays_zero() {
        let rounded = QuantizedMatrix::from_f32(&[0.0, 1.0, 0.0, -2.0], 2, 2).to_f32();
        assert_eq!([rounded[0], rounded[2], rounded[3]], [0.0, 0.0, -2.0]);
    }
}
