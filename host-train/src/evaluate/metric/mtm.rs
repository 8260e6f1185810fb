//! Mean temporal misalignment as its authors' code has it (Chae-Yeon et al. 2025): by how much the extrema of the lips'
//! opening are too early or too late.
//!
//! The opening is the distance of a pair across the mouth. Both tracks are smoothed (Gaussian, sigma 2 frames); dynamic
//! time warping aligns their first differences; a pair of the path counts where both are extrema of the same kind and the
//! shown one lies between the neighbours of the true one. MTM is the mean |i - j| of a clip, then over clips; coverage,
//! which is ours, is the share of the true extrema that count: a lazy mouth has few of them.

use super::comparison::Comparison;
use super::warp::warp;
use crate::judge::Sample;
use crate::space::MotionSpace;

const SIGMA_FRAMES: f64 = 2.0;
/// The Gaussian is cut at four sigma.
const REACH: isize = 8;

/// Mean misalignment in milliseconds; `None` without an extremum that counts.
pub fn misalignment<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    let counted = counted(&clip.shown_opening, &clip.true_opening).0;
    let frames: usize = counted.iter().map(|(i, j)| i.abs_diff(*j)).sum();
    (!counted.is_empty()).then(|| Sample { value: clip.frame_ms() * frames as f64 / counted.len() as f64, weight: 1.0 })
}

/// Share of the true extrema that count; `None` without any.
pub fn coverage<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    let (mut counted, all) = counted(&clip.shown_opening, &clip.true_opening);
    counted.dedup_by_key(|(i, _)| *i);
    (all > 0).then(|| Sample { value: counted.len() as f64 / all as f64, weight: 1.0 })
}

/// Frames of true and shown extrema that count, from the last on, and the number of true extrema.
fn counted(shown: &[f64], truth: &[f64]) -> (Vec<(usize, usize)>, usize) {
    let [shown, truth] = [shown, truth].map(smooth);
    let (extrema, of_shown) = (extrema(&truth), extrema(&shown));
    let counts = |(i, j): &(usize, usize)| {
        let Ok(at) = extrema.binary_search_by_key(i, |(frame, _)| *frame) else { return false };
        let before = at.checked_sub(1).map_or(0, |before| extrema[before].0);
        let after = extrema.get(at + 1).map_or(truth.len() - 1, |after| after.0);
        (before..=after).contains(j) && of_shown.contains(&(*j, extrema[at].1))
    };
    (warp(&differences(&truth), &differences(&shown)).into_iter().filter(counts).collect(), extrema.len())
}

/// With the track mirrored beyond its ends.
fn smooth(track: &[f64]) -> Vec<f64> {
    let weight = |k: isize| (-0.5 * (k as f64 / SIGMA_FRAMES).powi(2)).exp();
    let total: f64 = (-REACH..=REACH).map(weight).sum();
    let length = track.len() as isize;
    let mirrored = |n: isize| {
        let at = n.rem_euclid(2 * length);
        track[at.min(2 * length - 1 - at) as usize]
    };
    (0..length).map(|n| (-REACH..=REACH).map(|k| weight(k) * mirrored(n + k)).sum::<f64>() / total).collect()
}

/// From the frame before; 0 at the first.
fn differences(track: &[f64]) -> Vec<f64> {
    track.iter().take(1).map(|_| 0.0).chain(track.windows(2).map(|w| w[1] - w[0])).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Extremum {
    Widest,
    Narrowest,
}

/// Frames that are above, or below, what comes before and behind them, in order; of several alike the middle one.
fn extrema(track: &[f64]) -> Vec<(usize, Extremum)> {
    let mut from = 0;
    let levels: Vec<(usize, usize)> = track
        .chunk_by(|a, b| a == b)
        .map(|level| {
            from += level.len();
            (from - level.len(), from - 1)
        })
        .collect();
    let kind = |w: &[(usize, usize)]| {
        let [before, now, after] = [w[0], w[1], w[2]].map(|(at, _)| track[at]);
        let kind = match (now > before, now > after) {
            (true, true) => Extremum::Widest,
            (false, false) => Extremum::Narrowest,
            _ => return None,
        };
        Some((usize::midpoint(w[1].0, w[1].1), kind))
    };
    levels.windows(3).filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::surface;

    /// Opens by 10 mm at `at` frames.
    fn opening(at: &[f64]) -> Vec<f64> {
        let bump = |n: i32, at: &f64| 0.010 * (-0.5 * ((f64::from(n) - at) / 4.0).powi(2)).exp();
        (0..160).map(|n| at.iter().map(|at| bump(n, at)).sum()).collect()
    }

    /// Mean of |i - j| in frames and share of the true extrema, where there are any.
    fn measured(shown: &[f64], truth: &[f64]) -> (Option<f64>, f64) {
        let surface = surface();
        let openings = [shown, truth].map(<[f64]>::to_vec);
        let [shown_opening, true_opening] = openings;
        let clip = Comparison { shown_opening, true_opening, ..Comparison::new(&surface, [], [], &[]) };
        (misalignment(&clip).map(|sample| sample.value / 20.0), coverage(&clip).unwrap().value)
    }

    #[test]
    fn a_late_mouth_is_misaligned_by_its_lateness_and_the_truth_by_nothing() {
        let truth = opening(&[30.0, 70.0, 110.0]);
        assert_eq!(measured(&opening(&[33.0, 73.0, 113.0]), &truth), (Some(3.0), 1.0));
        assert_eq!(measured(&truth, &truth), (Some(0.0), 1.0));
    }

    #[test]
    fn an_opening_that_is_missing_and_a_still_mouth_are_not_covered() {
        let truth = opening(&[30.0, 70.0, 110.0]);
        assert!(measured(&opening(&[30.0, 110.0]), &truth).1 < 1.0);
        assert_eq!(measured(&[0.0; 160], &truth), (None, 0.0));
    }

    #[test]
    fn extrema_lie_between_others_and_in_the_middle_of_a_level() {
        use Extremum::{Narrowest, Widest};
        assert_eq!(extrema(&[0.0, 1.0, 1.0, 1.0, 0.5, 2.0]), [(2, Widest), (4, Narrowest)]);
        // The ends are none, and neither is a step.
        assert_eq!(extrema(&[2.0, 1.0, 1.0, 0.0]), []);
    }

    #[test]
    fn a_track_is_smoothed_as_if_it_were_mirrored() {
        assert!(smooth(&[0.5; 5]).iter().all(|v| (v - 0.5).abs() < 1e-12));
        let smoothed = smooth(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        // The first value stands twice: (1 + exp(-1/8)) / (2 sqrt(2 pi)).
        assert!((smoothed[0] - 0.19947 * (1.0 + 0.88250)).abs() < 1e-4, "{smoothed:?}");
    }
}
