//! By how much the turns of the mouth are too early or too late, after [MTM](super::mtm) (Chae-Yeon et al. 2025), but each
//! turn is matched once at most, by a frame more or less, and a mouth that hardly moves does not turn.
//!
//! The openings of the lips are smoothed (Gaussian, sigma 2 frames); dynamic time warping aligns their first
//! differences; true extrema whose image is an extremum of the same kind are matched. The error is the mean |i - j| over
//! the matched, in milliseconds; the share of the true extrema that are matched belongs beside it.

use super::comparison::{Comparison, FRAME_MS};
use super::warp::warp;
use crate::judge::Sample;

const SIGMA_FRAMES: f64 = 2.0;
/// The Gaussian is cut at four sigma.
const REACH: isize = 8;
/// Slower than this, half a millimetre a second, the mouth is still.
const STILL_M: f64 = 1e-5;
/// An extremum is known to a frame: the image of a true one may be off by as much.
const SLACK: usize = 1;

/// Mean error in milliseconds; a clip weighs its matched extrema. `None` without any.
pub fn error(clip: &Comparison) -> Option<Sample> {
    let (misses, _) = matched(&clip.shown_opening, &clip.true_opening);
    let weight = misses.len() as f64;
    let value = FRAME_MS * misses.iter().sum::<usize>() as f64 / weight;
    (weight > 0.0).then_some(Sample { value, weight })
}

/// Share of the true extrema that are matched; a clip weighs as many as it has.
pub fn found(clip: &Comparison) -> Option<Sample> {
    let (misses, all) = matched(&clip.shown_opening, &clip.true_opening);
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
    fn smoothing_keeps_a_constant_and_spreads_a_peak() {
        assert!(smooth(&[0.5; 20]).iter().all(|v| (v - 0.5).abs() < 1e-12));
        let mut peak = [0.0; 41];
        peak[20] = 1.0;
        // 1 / (2 sqrt(2 pi)) = 0.19947 at the peak, exp(-1/2) of it two frames away.
        let smoothed = smooth(&peak);
        assert!((smoothed[20] - 0.19947).abs() < 1e-4 && (smoothed[22] / smoothed[20] - 0.60653).abs() < 1e-5);
    }
}
