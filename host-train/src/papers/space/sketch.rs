//! The first pass: every frame on a few chance directions, made orthonormal over the frames.

/// Gram and Schmidt's way, modified, twice over (Giraud et al. 2005): columns of `rows` values, orthonormal at the end.
/// Columns that the others explain become 0.
pub fn orthonormal(columns: &mut [Vec<f64>]) {
    let most = columns.iter().map(|column| norm(column)).fold(0.0, f64::max);
    for j in 0..columns.len() {
        let (before, from) = columns.split_at_mut(j);
        let column = &mut from[0];
        for _ in 0..2 {
            for other in before.iter() {
                let share: f64 = other.iter().zip(&*column).map(|(a, b)| a * b).sum();
                column.iter_mut().zip(other).for_each(|(value, of)| *value -= share * of);
            }
        }
        let length = norm(column);
        let scale = if length > 1e-10 * most { 1.0 / length } else { 0.0 };
        column.iter_mut().for_each(|value| *value *= scale);
    }
}

fn norm(column: &[f64]) -> f64 {
    column.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_orthonormal_and_a_double_one_becomes_nothing() {
        let mut columns = vec![vec![3.0, 4.0, 0.0], vec![3.0, 4.0, 1e-3], vec![6.0, 8.0, 0.0]];
        orthonormal(&mut columns);
        let dot = |a: usize, b: usize| columns[a].iter().zip(&columns[b]).map(|(x, y)| x * y).sum::<f64>();
        assert!((dot(0, 0) - 1.0).abs() < 1e-12 && (dot(1, 1) - 1.0).abs() < 1e-12);
        assert!(dot(0, 1).abs() < 1e-9 && dot(2, 2) == 0.0);
    }
}
