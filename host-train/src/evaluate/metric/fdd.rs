//! Upper-face dynamics deviation (CodeTalker, Xing et al. 2023): how much less, or more, each vertex of the upper face
//! moves than in truth.
//!
//! `FDD = mean over v of [ std_t |G_tv - N_v|^2 - std_t |P_tv - N_v|^2 ]` with the template N, in square metres: above 0
//! the shown face is too still. Signed, and as the mean of the absolute values over clips and vertices.

use keyface_core::Motion;

use super::comparison::Comparison;
use super::spread::Sample;
use crate::evaluate::surface::weights;

/// With its sign; a clip weighs 1.
pub fn signed(clip: &Comparison) -> Option<Sample> {
    mean(deviations(clip))
}

/// Without it.
pub fn absolute(clip: &Comparison) -> Option<Sample> {
    mean(deviations(clip).into_iter().map(f64::abs).collect())
}

fn mean(of: Vec<f64>) -> Option<Sample> {
    let count = of.len() as f64;
    (count > 0.0).then(|| Sample { value: of.iter().sum::<f64>() / count, weight: 1.0 })
}

/// One per vertex of the upper face.
fn deviations(clip: &Comparison) -> Vec<f64> {
    let (truth, shown) = (spread(clip, clip.truth), spread(clip, clip.shown));
    truth.iter().zip(shown).map(|(g, p)| g - p).collect()
}

/// Standard deviation over time of each vertex' squared distance from the template.
fn spread(clip: &Comparison, track: &[Motion]) -> Vec<f64> {
    let mut sums: Vec<[f64; 2]> = Vec::new();
    for motion in track {
        let weights = weights(motion);
        for (v, square) in clip.surface.upper_face_squares(&weights).enumerate() {
            if v == sums.len() {
                sums.push([0.0; 2]);
            }
            sums[v][0] += square;
            sums[v][1] += square * square;
        }
    }
    let frames = track.len() as f64;
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
