//! Eigenvalues of a small symmetrical matrix (cyclic Jacobi rotations; Golub and van Loan, 8.5).

/// Sweeps; a matrix of a hundred rows needs about ten.
const SWEEPS: usize = 40;
/// Off the diagonal there is nothing any more, as a share of the squares on it.
const DONE: f64 = 1e-22;

/// Eigenvalues and eigenvectors (rows) of a symmetrical matrix of `n` rows, the largest first.
pub fn eigen(mut matrix: Vec<f64>, n: usize) -> Vec<(f64, Vec<f64>)> {
    let mut vectors: Vec<f64> = (0..n * n).map(|at| f64::from(u8::from(at / n == at % n))).collect();
    for _ in 0..SWEEPS {
        if off_diagonal(&matrix, n) <= DONE {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut matrix, &mut vectors, n, p, q);
            }
        }
    }
    let mut found: Vec<_> = (0..n).map(|k| (matrix[k * n + k], vectors[k * n..(k + 1) * n].to_vec())).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
}

fn off_diagonal(matrix: &[f64], n: usize) -> f64 {
    let (mut off, mut on) = (0.0, f64::MIN_POSITIVE);
    for (at, value) in matrix.iter().enumerate() {
        *(if at / n == at % n { &mut on } else { &mut off }) += value * value;
    }
    off / on
}

/// Brings element (p, q) to 0; `vectors` holds eigenvectors as rows.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let beside = matrix[p * n + q];
    if beside == 0.0 {
        return;
    }
    let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * beside);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |values: &mut [f64], a: usize, b: usize| {
        let (x, y) = (values[a], values[b]);
        (values[a], values[b]) = (cosine * x - sine * y, sine * x + cosine * y);
    };
    for k in 0..n {
        turn(matrix, k * n + p, k * n + q);
    }
    for k in 0..n {
        turn(matrix, p * n + k, q * n + k);
        turn(vectors, p * n + k, q * n + k);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_of_two_rows_has_its_known_values() {
        // (2 1; 1 2) has 3 along (1, 1) and 1 along (1, -1).
        let found = eigen(vec![2.0, 1.0, 1.0, 2.0], 2);
        assert!((found[0].0 - 3.0).abs() < 1e-12 && (found[1].0 - 1.0).abs() < 1e-12);
        assert!((found[0].1[0] - found[0].1[1]).abs() < 1e-12);
    }

    #[test]
    fn the_values_and_vectors_give_the_matrix_back() {
        let n = 6;
        let at = |i: usize, j: usize| 1.0 / (1 + i + j) as f64 + f64::from(u8::from(i == j));
        let matrix: Vec<f64> = (0..n * n).map(|k| at(k / n, k % n)).collect();
        let found = eigen(matrix.clone(), n);
        for (k, value) in matrix.iter().enumerate() {
            let sum: f64 = found.iter().map(|(e, v)| e * v[k / n] * v[k % n]).sum();
            assert!((sum - value).abs() < 1e-12, "{sum} {value}");
        }
    }
}
