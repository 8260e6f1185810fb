//! Upper-face dynamics deviation (CodeTalker, Xing et al. 2023): how much less, or more, each vertex of the upper face
//! moves than in truth.
//!
//! `FDD = mean over v of [ std_t |G_tv - N_v|^2 - std_t |P_tv - N_v|^2 ]` with the template N, in square metres: above 0
//! the shown face is too still. Signed, and as the mean of the absolute values over clips and vertices.

use super::comparison::Comparison;
use crate::evaluate::surface::weights;
use crate::judge::Sample;

/// With its sign; a clip weighs 1.
pub fn signed(clip: &Comparison) -> Option<Sample> {
    mean(deviations(clip))
}

/// Without it.
pub fn absolute(clip: &Comparison) -> Option<Sample> {
    mean(deviations(clip).into_iter().map(f64::abs).collect())
}

/// A clip weighs 1; without a vertex it says nothing.
pub fn mean(of: Vec<f64>) -> Option<Sample> {
    let count = of.len() as f64;
    (count > 0.0).then(|| Sample { value: of.iter().sum::<f64>() / count, weight: 1.0 })
}

/// One per vertex of the upper face.
fn deviations(clip: &Comparison) -> Vec<f64> {
    let squares = |motion| clip.surface.upper_face_squares(&weights(motion)).collect::<Vec<f64>>();
    deviations_of(clip.truth.iter().map(squares), clip.shown.iter().map(squares))
}

/// The same of each frame's squared distances from the template, in truth and as shown.
pub fn deviations_of(truth: impl Iterator<Item = Vec<f64>>, shown: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    spread(truth).iter().zip(spread(shown)).map(|(g, p)| g - p).collect()
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
