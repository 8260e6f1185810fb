//! Distances of vertices, P as shown and G in truth, T frames: LVE, LVE-mm, MVE, UFVE, lip gap, LRP; and RMS of the weights.

use super::comparison::Comparison;
use crate::evaluate::surface::{Weights, difference};
use crate::judge::Sample;
use crate::space::{MotionSpace, Region};

/// Lip vertex error as published (MeshTalk, Richard et al. 2021; FaceFormer, Fan et al. 2022): mean over frames of the
/// largest *squared* distance of a vertex of the lips, `1/T sum_t max_v |P_tv - G_tv|^2`, in the space's unit squared. The
/// pooled figure is the published one.
pub fn lve<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    mean(clip, clip.worst_lip.iter().copied())
}

/// Lip vertex error in millimetres: `1000/T sum_t max_v |P_tv - G_tv|` over the lips.
pub fn lve_mm<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    mean(clip, clip.worst_lip.iter().map(|square| 1e3 * clip.space.unit_m() * square.sqrt()))
}

/// Mean vertex error: mean of `|P_tv - G_tv|` over all frames and vertices, in millimetres.
pub fn mve<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    distances(clip, Region::All)
}

/// Upper-face vertex error: [`mve`] on the upper face.
pub fn ufve<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    distances(clip, Region::UpperFace)
}

/// How far the lips' gap is off: mean over frames and lip pairs k of `|d_k(P) - d_k(G)|`, in millimetres. Where lips
/// cannot overlap it is MOD, the mouth opening difference (UniTalker, Fan et al. 2024); ours may, and d_k is then negative.
pub fn lip_gap<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    let miss = |(p, g): (&S::Frame, &S::Frame)| {
        let gaps = clip.space.gaps_m(p).zip(clip.space.gaps_m(g));
        let (sum, pairs) = gaps.fold((0.0, 0), |(sum, n), (p, g)| (sum + (p - g).abs(), n + 1));
        (pairs > 0).then(|| 1e3 * sum / f64::from(pairs))
    };
    mean(clip, clip.pairs().map(miss).collect::<Option<Vec<f64>>>()?.into_iter())
}

/// Lip readability percentage: share of frames in which every vertex of the lips is nearer than `MM` millimetres.
pub fn lrp<const MM: u32, S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    let limit = (1e-3 * f64::from(MM) / clip.space.unit_m()).powi(2);
    mean(clip, clip.worst_lip.iter().map(|square| f64::from(u8::from(*square < limit))))
}

/// Mean over frames of the root mean square distance of the rig's channels; no surface in it.
pub fn rms(clip: &Comparison) -> Option<Sample> {
    let of = |weights: &Weights| (weights.iter().map(|w| w * w).sum::<f64>() / weights.len() as f64).sqrt();
    mean(clip, clip.pairs().map(|(p, g)| of(&difference(p, g))))
}

fn distances<S: MotionSpace>(clip: &Comparison<S>, region: Region) -> Option<Sample> {
    let frame = |(p, g): (&S::Frame, &S::Frame)| {
        let squares = clip.space.squares(region, p, g);
        let (sum, count) = squares.fold((0.0, 0), |(sum, n), square| (sum + square.sqrt(), n + 1));
        (count > 0).then(|| 1e3 * clip.space.unit_m() * (sum / f64::from(count)))
    };
    mean(clip, clip.pairs().map(frame).collect::<Option<Vec<f64>>>()?.into_iter())
}

/// The mean over the frames; a clip weighs as many as it has.
fn mean<S: MotionSpace>(clip: &Comparison<S>, frames: impl Iterator<Item = f64>) -> Option<Sample> {
    let weight = clip.frames() as f64;
    (weight > 0.0).then(|| Sample { value: frames.sum::<f64>() / weight, weight })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::{surface, track};
    use keyface_core::MotionChannel as M;

    /// Jaw 0.1 and 0.2 where 0 is true: the lower lip is 2 and 4 mm off, the other two vertices are right.
    fn value(metric: impl Fn(&Comparison) -> Option<Sample>) -> f64 {
        let surface = surface();
        let (shown, truth) = (track(M::JawOpen, &[0.1, 0.2]), track(M::JawOpen, &[0.0, 0.0]));
        let sample = metric(&Comparison::new(&surface, &shown, &truth, &[])).unwrap();
        assert_eq!(sample.weight, 2.0);
        sample.value
    }

    #[track_caller]
    fn near(value: f64, wanted: f64) {
        assert!((value - wanted).abs() < 1e-5 * wanted.abs().max(1e-9), "{value}, expected {wanted}");
    }

    #[test]
    fn lve_is_the_mean_of_squared_metres() {
        near(value(lve), (4e-6 + 16e-6) / 2.0);
    }

    #[test]
    fn lve_mm_is_the_mean_of_millimetres() {
        near(value(lve_mm), 3.0);
    }

    #[test]
    fn mve_counts_every_vertex_and_ufve_the_upper_face() {
        near(value(mve), (2.0 + 4.0) / 6.0);
        assert_eq!(value(ufve), 0.0);
    }

    #[test]
    fn the_lip_gap_is_off_by_the_difference_of_the_gaps() {
        near(value(lip_gap), 3.0);
    }

    #[test]
    fn lrp_counts_the_frames_below_its_limit() {
        assert_eq!([value(lrp::<2, _>), value(lrp::<3, _>), value(lrp::<5, _>)], [0.0, 0.5, 1.0]);
    }

    #[test]
    fn rms_is_over_the_channels() {
        near(value(rms), (0.1 + 0.2) / 2.0 / 14f64.sqrt());
    }

    #[test]
    fn a_clip_without_frames_says_nothing() {
        let surface = surface();
        assert!(lve(&Comparison::new(&surface, &[], &[], &[])).is_none());
    }
}
