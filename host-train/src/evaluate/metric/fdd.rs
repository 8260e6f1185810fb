//! Upper-face dynamics deviation (CodeTalker, Xing et al. 2023): how much less, or more, each vertex of the upper face
//! moves than in truth.
//!
//! `FDD = mean over v of [ std_t |G_tv - N_v|^2 - std_t |P_tv - N_v|^2 ]` with the template N, in the space's unit squared: above 0
//! the shown face is too still. Signed, and as the mean of the absolute values over clips and vertices.

use super::comparison::Comparison;
use crate::judge::Sample;
use crate::space::{MotionSpace, Region};

/// With its sign; a clip weighs 1.
pub fn signed<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    mean(deviations(clip))
}

/// Without it.
pub fn absolute<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    mean(deviations(clip).into_iter().map(f64::abs).collect())
}

/// A clip weighs 1; without a vertex it says nothing.
fn mean(of: Vec<f64>) -> Option<Sample> {
    let count = of.len() as f64;
    (count > 0.0).then(|| Sample { value: of.iter().sum::<f64>() / count, weight: 1.0 })
}

/// One per vertex of the upper face: in truth less as shown.
fn deviations<S: MotionSpace>(clip: &Comparison<S>) -> Vec<f64> {
    let of_track = |track: &[&S::Frame]| {
        let squares = |frame: &&S::Frame| clip.space.squares(Region::UpperFace, clip.space.rest(), frame).collect();
        spread(track.iter().map(squares))
    };
    of_track(&clip.truth).iter().zip(of_track(&clip.shown)).map(|(g, p)| g - p).collect()
}

/// Standard deviation over time of each vertex' squared distance.
fn spread(track: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let (mut sums, mut frames) = (Vec::<[f64; 2]>::new(), 0.0);
    for squares in track {
        frames += 1.0;
        sums.resize(squares.len(), [0.0; 2]);
        for (sum, square) in sums.iter_mut().zip(squares) {
            sum[0] += square;
            sum[1] += square * square;
        }
    }
    sums.iter().map(|[sum, squares]| (squares / frames - (sum / frames).powi(2)).max(0.0).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::{surface, track};
    use keyface_core::MotionChannel as M;

    #[test]
    fn a_still_brow_is_too_still_by_what_the_true_one_moves() {
        let surface = surface();
        let (moving, still) = (track(M::BrowInnerUp, &[0.0, 1.0]), track(M::BrowInnerUp, &[0.0, 0.0]));
        // Squared distances 0 and 1e-4 square metres: their standard deviation is 5e-5.
        let fdd = |shown, truth| signed(&Comparison::new(&surface, shown, truth, &[])).unwrap().value;
        assert!((fdd(&still, &moving) - 5e-5).abs() < 1e-12);
        assert!((fdd(&moving, &still) + 5e-5).abs() < 1e-12);
        let absolute = absolute(&Comparison::new(&surface, &moving, &still, &[])).unwrap();
        assert!((absolute.value - 5e-5).abs() < 1e-12);
    }
}
