//! Mean temporal misalignment (Chae-Yeon et al. 2025): by how much the turns of the mouth are too early or too late.
//!
//! The openings of the lips are smoothed (Gaussian, sigma 2 frames); dynamic time warping aligns their first
//! differences; true extrema whose image is an extremum of the same kind are matched. MTM is the mean |i - j| over the
//! matched, in milliseconds; coverage is the share of the true extrema that are matched, and belongs beside it.

use super::comparison::{Comparison, FRAME_MS};
use super::spread::Sample;

const SIGMA_FRAMES: f64 = 2.0;
/// The Gaussian is cut at four sigma.
const REACH: isize = 8;
/// Slower than this, half a millimetre a second, the mouth is still.
const STILL_M: f64 = 1e-5;
/// An extremum is known to a frame: the image of a true one may be off by as much.
const SLACK: usize = 1;

/// Mean misalignment in milliseconds; a clip weighs its matched extrema. `None` without any.
pub fn misalignment(clip: &Comparison) -> Option<Sample> {
    misalignment_of(&clip.shown_opening, &clip.true_opening, FRAME_MS)
}

/// The same of two openings in metres, at frames of any length.
pub fn misalignment_of(shown: &[f64], truth: &[f64], frame_ms: f64) -> Option<Sample> {
    let (misses, _) = matched(shown, truth);
    let weight = misses.len() as f64;
    let value = frame_ms * misses.iter().sum::<usize>() as f64 / weight;
    (weight > 0.0).then_some(Sample { value, weight })
}

/// Share of the true extrema that are matched; a clip weighs as many as it has.
pub fn coverage(clip: &Comparison) -> Option<Sample> {
    coverage_of(&clip.shown_opening, &clip.true_opening)
}

/// The same of two openings in metres.
pub fn coverage_of(shown: &[f64], truth: &[f64]) -> Option<Sample> {
    let (misses, all) = matched(shown, truth);
    let weight = all as f64;
    (all > 0).then(|| Sample { value: misses.len() as f64 / weight, weight })
}

/// |i - j| of every matched extremum in frames, and the number of true extrema.
fn matched(shown: &[f64], truth: &[f64]) -> (Vec<usize>, usize) {
    let [shown, truth] = [shown, truth].map(|track| differences(&smooth(track)));
    let (shown_turns, true_turns) = (turns(&shown), turns(&truth));
    let images = images(&warp(&truth, &shown), truth.len());
    let mut taken = vec![false; shown_turns.len()];
    let mut misses = Vec::new();
    for (i, kind) in &true_turns {
        let (from, to) = images[*i];
        let near = |j: usize| (from.saturating_sub(SLACK)..=to + SLACK).contains(&j);
        let fits = |n: &usize| !taken[*n] && shown_turns[*n].1 == *kind && near(shown_turns[*n].0);
        let miss = |n: &usize| shown_turns[*n].0.abs_diff(*i);
        if let Some(best) = (0..shown_turns.len()).filter(fits).min_by_key(miss) {
            misses.push(miss(&best));
            taken[best] = true;
        }
    }
    (misses, true_turns.len())
}

/// With the first and the last value repeated beyond the ends.
fn smooth(track: &[f64]) -> Vec<f64> {
    let weight = |k: isize| (-0.5 * (k as f64 / SIGMA_FRAMES).powi(2)).exp();
    let total: f64 = (-REACH..=REACH).map(weight).sum();
    let last = track.len() as isize - 1;
    let value = |n: isize| track[n.clamp(0, last) as usize];
    (0..=last).map(|n| (-REACH..=REACH).map(|k| weight(k) * value(n + k)).sum::<f64>() / total).collect()
}

fn differences(track: &[f64]) -> Vec<f64> {
    track.windows(2).map(|w| w[1] - w[0]).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Turn {
    Widest,
    Narrowest,
}

/// Where the sign of the differences changes, the first of the new sign; a still mouth in between is passed over.
fn turns(differences: &[f64]) -> Vec<(usize, Turn)> {
    let moving: Vec<usize> = (0..differences.len()).filter(|k| differences[*k].abs() > STILL_M).collect();
    let turn = |w: &[usize]| match (differences[w[0]] > 0.0, differences[w[1]] > 0.0) {
        (true, false) => Some((w[1], Turn::Widest)),
        (false, true) => Some((w[1], Turn::Narrowest)),
        _ => None,
    };
    moving.windows(2).filter_map(turn).collect()
}

/// The path of dynamic time warping (Sakoe and Chiba 1978) with the cost |a - b|, from the last pair to the first.
fn warp(a: &[f64], b: &[f64]) -> Vec<(usize, usize)> {
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

/// First and last frame that each of `count` frames is aligned with.
fn images(path: &[(usize, usize)], count: usize) -> Vec<(usize, usize)> {
    let mut images = vec![(usize::MAX, 0); count];
    for (i, j) in path {
        images[*i] = (images[*i].0.min(*j), images[*i].1.max(*j));
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opens by 10 mm at `at` frames.
    fn opening(at: &[f64]) -> Vec<f64> {
        let bump = |n: i32, at: &f64| 0.010 * (-0.5 * ((f64::from(n) - at) / 4.0).powi(2)).exp();
        (0..160).map(|n| at.iter().map(|at| bump(n, at)).sum()).collect()
    }

    #[test]
    fn a_late_mouth_is_misaligned_by_its_lateness() {
        let (misses, all) = matched(&opening(&[33.0, 73.0, 113.0]), &opening(&[30.0, 70.0, 110.0]));
        // Three openings with two closings between them, each three frames late.
        assert_eq!((misses, all), (vec![3; 5], 5));
    }

    #[test]
    fn an_opening_that_is_missing_is_not_covered() {
        let (misses, all) = matched(&opening(&[30.0, 110.0]), &opening(&[30.0, 70.0, 110.0]));
        assert_eq!(all, 5);
        assert!((2..5).contains(&misses.len()), "{misses:?}");
    }

    #[test]
    fn a_still_mouth_covers_nothing() {
        assert_eq!(matched(&[0.001; 160], &opening(&[40.0])), (vec![], 1));
    }

    #[test]
    fn warping_finds_the_cheapest_path() {
        // 0 1 0 against 0 0 1 0: the first 0 is held, and the path costs nothing.
        assert_eq!(warp(&[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0, 0.0]), [(2, 3), (1, 2), (0, 1), (0, 0)]);
    }

    #[test]
    fn smoothing_keeps_a_constant_and_spreads_a_peak() {
        assert!(smooth(&[0.5; 20]).iter().all(|v| (v - 0.5).abs() < 1e-12));
        let mut peak = [0.0; 41];
        peak[20] = 1.0;
        // 1 / (2 sqrt(2 pi)) = 0.19947 at the peak, exp(-1/2) of it two frames away.
        let smoothed = smooth(&peak);
        assert!((smoothed[20] - 0.19947).abs() < 1e-4 && (smoothed[22] / smoothed[20] - 0.60653).abs() < 1e-5);
    }
}
