//! Sums over frames that least squares needs: frames are added once, any part of them is fitted afterwards.

/// `sum x x'`, `sum x y'` and `sum y y` over frames of inputs `x` and one target after another `y`.
#[derive(Clone, Debug)]
pub struct Moments {
    inputs: usize,
    gram: Vec<f64>,
    cross: Vec<Vec<f64>>,
    squares: Vec<f64>,
    frames: usize,
}

impl Moments {
    /// Of nothing yet.
    pub fn new(inputs: usize, targets: usize) -> Moments {
        let cross = vec![vec![0.0; inputs]; targets];
        Moments { inputs, gram: vec![0.0; inputs * inputs], cross, squares: vec![0.0; targets], frames: 0 }
    }

    /// Adds a frame.
    pub fn push(&mut self, x: &[f64], y: &[f64]) {
        for (row, a) in self.gram.chunks_exact_mut(self.inputs).zip(x) {
            row.iter_mut().zip(x).for_each(|(sum, b)| *sum += a * b);
        }
        for ((cross, square), y) in self.cross.iter_mut().zip(&mut self.squares).zip(y) {
            cross.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * y);
            *square += y * y;
        }
        self.frames += 1;
    }

    /// Those of both, or with `sign` -1 of the first without the second.
    pub fn with(&self, other: &Moments, sign: f64) -> Moments {
        let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + sign * b).collect::<Vec<f64>>();
        Moments {
            inputs: self.inputs,
            gram: sum(&self.gram, &other.gram),
            cross: self.cross.iter().zip(&other.cross).map(|(a, b)| sum(a, b)).collect(),
            squares: sum(&self.squares, &other.squares),
            frames: if sign < 0.0 { self.frames - other.frames } else { self.frames + other.frames },
        }
    }

    /// Sum of squares by which `weights` miss a target.
    pub fn missed(&self, target: usize, weights: &[f64]) -> f64 {
        let heard: f64 = self.gram.chunks_exact(self.inputs).zip(weights).map(|(row, w)| w * dot(row, weights)).sum();
        (self.squares[target] - 2.0 * dot(&self.cross[target], weights) + heard).max(0.0)
    }

    /// The weights with the least `missed + decay * frames * sum_i mean(x_i^2) (w_i - from_i)^2`: ridge regression (Hoerl
    /// and Kennard 1970) towards `from`, each input weighed by its own size.
    pub fn ridge(&self, target: usize, from: &[f64], decay: f64) -> Vec<f64> {
        let n = self.inputs;
        let miss: Vec<f64> = self.gram.chunks_exact(n).map(|row| dot(row, from)).collect();
        let miss: Vec<f64> = self.cross[target].iter().zip(miss).map(|(cross, heard)| cross - heard).collect();
        let mut gram = self.gram.clone();
        // An input that never moves has no scale of its own.
        let least = 1e-9 * self.frames.max(1) as f64;
        (0..n).for_each(|k| gram[k * n + k] += decay * gram[k * n + k] + least);
        cholesky(gram, n, miss).iter().zip(from).map(|(change, from)| from + change).collect()
    }
}

/// Solves `matrix * x = right` for a matrix that is symmetrical and positive definite, by `L L'` (Golub and van Loan 4.2).
pub(crate) fn cholesky(mut matrix: Vec<f64>, n: usize, mut right: Vec<f64>) -> Vec<f64> {
    for column in 0..n {
        for row in column..n {
            let known: f64 = (0..column).map(|k| matrix[row * n + k] * matrix[column * n + k]).sum();
            let rest = matrix[row * n + column] - known;
            matrix[row * n + column] =
                if row == column { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / matrix[column * n + column] };
        }
    }
    for row in 0..n {
        let known: f64 = (0..row).map(|k| matrix[row * n + k] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row * n + row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| matrix[k * n + row] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row * n + row];
    }
    right
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of `y = 2 a - b + 0.5`, the constant as an input.
    fn moments(from: usize, to: usize) -> Moments {
        let mut moments = Moments::new(3, 1);
        for n in from..to {
            let (a, b) = ((n * 7 % 13) as f64, (n * 5 % 11) as f64);
            moments.push(&[a, b, 1.0], &[2.0 * a - b + 0.5]);
        }
        moments
    }

    #[test]
    fn without_decay_the_law_is_found_and_nothing_is_missed() {
        let weights = moments(0, 60).ridge(0, &[0.0; 3], 0.0);
        weights.iter().zip([2.0, -1.0, 0.5]).for_each(|(w, law)| assert!((w - law).abs() < 1e-4, "{weights:?}"));
        assert!(moments(0, 60).missed(0, &weights) < 1e-5);
    }

    #[test]
    fn much_decay_stays_where_it_came_from() {
        let from = [1.0, 1.0, 1.0];
        let weights = moments(0, 60).ridge(0, &from, 1e6);
        weights.iter().zip(from).for_each(|(w, from)| assert!((w - from).abs() < 1e-3, "{weights:?}"));
    }

    #[test]
    fn a_part_taken_away_is_as_if_it_had_never_come() {
        let rest = moments(0, 60).with(&moments(0, 20), -1.0);
        let alone = moments(20, 60);
        assert_eq!(rest.frames, 40);
        for weights in [[0.1, 0.2, 0.3], [2.0, -1.0, 0.5]] {
            assert!((rest.missed(0, &weights) - alone.missed(0, &weights)).abs() < 1e-6);
        }
    }
}
