//! Dynamic time warping.

/// The path of dynamic time warping (Sakoe and Chiba 1978) with the cost |a - b|, from the last pair to the first.
pub fn warp(a: &[f64], b: &[f64]) -> Vec<(usize, usize)> {
    if a.is_empty() || b.is_empty() {
        return Vec::new();
    }
    let width = b.len();
    let mut cost = vec![0.0; a.len() * width];
    let before = |i: usize, j: usize| [(1, 1), (1, 0), (0, 1)].into_iter().filter(move |(di, dj)| i >= *di && j >= *dj);
    for i in 0..a.len() {
        for j in 0..width {
            let from = before(i, j).map(|(di, dj)| cost[(i - di) * width + j - dj]).reduce(f64::min);
            cost[i * width + j] = (a[i] - b[j]).abs() + from.unwrap_or(0.0);
        }
    }
    let (mut i, mut j) = (a.len() - 1, width - 1);
    let mut path = vec![(i, j)];
    while (i, j) != (0, 0) {
        let at = |(di, dj): &(usize, usize)| cost[(i - di) * width + j - dj];
        let Some((di, dj)) = before(i, j).min_by(|x, y| at(x).total_cmp(&at(y))) else { break };
        (i, j) = (i - di, j - dj);
        path.push((i, j));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warping_finds_the_cheapest_path() {
        // 0 1 0 against 0 0 1 0: the first 0 is held, and the path costs nothing.
        assert_eq!(warp(&[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0, 0.0]), [(2, 3), (1, 2), (0, 1), (0, 0)]);
    }
}
