//! The terms of a guided animator's loss that are no reader's.

use burn::tensor::Tensor;

use super::super::loss::Part;
use super::super::points::Eye;
use super::choice::{Coarticulation, Guidance};
use crate::loss::{scaled_square, velocity};

/// The distance of the motion, its velocity, and the distances across the lips; `gaps` sees the last.
pub fn of_motion(shown: &Tensor<3>, truth: &Tensor<3>, guidance: &Guidance, gaps: &Eye) -> Vec<Part> {
    let mse = match guidance.coarticulation {
        Some(choice) => weighed_square(shown.clone(), truth.clone(), choice),
        None => scaled_square(shown.clone(), truth.clone()),
    };
    let mut parts = vec![("mse", mse), ("velocity", velocity(shown.clone(), truth.clone()) * guidance.velocity)];
    if guidance.rlv > 0.0 {
        let apart = gaps.see(shown.clone() - truth.clone()).square().mean();
        parts.push(("rlv", apart * guidance.rlv));
    }
    parts
}

/// [`scaled_square`], each frame weighed by how much the truth moves around it; the weights of a crop have mean 1.
fn weighed_square(shown: Tensor<3>, truth: Tensor<3>, choice: Coarticulation) -> Tensor<1> {
    let weight = movement_weights(truth.clone(), choice).sqrt();
    scaled_square(shown * weight.clone(), truth * weight)
}

/// `[batch, frames, channels]` -> `[batch, frames, 1]`: `1 - share + share * movement / mean movement`, movement being the
/// mean distance between neighbours within the window.
fn movement_weights(truth: Tensor<3>, choice: Coarticulation) -> Tensor<3> {
    let [batch, frames, _] = truth.dims();
    let change = truth.clone().narrow(1, 1, frames - 1) - truth.narrow(1, 0, frames - 1);
    let steps = change.square().sum_dim(2).sqrt();
    let still = |count| Tensor::<3>::zeros([batch, count, 1], &steps.device());
    let around = Tensor::cat(vec![still(choice.window), steps.clone(), still(choice.window)], 1);
    let sum = (1..2 * choice.window)
        .fold(around.clone().narrow(1, 0, frames), |sum, at| sum + around.clone().narrow(1, at, frames));
    let mean = sum.clone().mean_dim(1).clamp_min(1e-6);
    (sum / mean) * choice.share + (1.0 - choice.share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::track;
    use crate::expert::Points;
    use crate::space::rig14;
    use burn::tensor::Device;
    use keyface_core::MotionChannel;

    /// A jaw over time, as `[1, frames, channels]`.
    fn jaw(weights: &[f32]) -> Tensor<3> {
        rig14::tensor(&[track(MotionChannel::JawOpen, weights)], &Device::flex())
    }

    #[test]
    fn frames_count_by_the_movement_around_them() {
        let still_then_moving = jaw(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.6, 0.9]);
        let choice = Coarticulation { window: 1, share: 1.0 };
        let weights = movement_weights(still_then_moving.clone(), choice).try_into_vec_as::<f32>().unwrap();
        assert_eq!(weights[0], 0.0);
        assert!((weights.iter().sum::<f32>() / 8.0 - 1.0).abs() < 1e-5);
        assert!(weights[5] > 1.9 * weights[4] && weights[4] > 0.0 && weights[3] == 0.0, "{weights:?}");
        let half = movement_weights(still_then_moving, Coarticulation { window: 1, share: 0.5 });
        assert!((half.try_into_vec_as::<f32>().unwrap()[0] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn without_a_share_the_weights_change_nothing() {
        let (shown, truth) = (jaw(&[0.1, 0.4, 0.2, 0.0]), jaw(&[0.0, 0.3, 0.3, 0.1]));
        let plain: f32 = scaled_square(shown.clone(), truth.clone()).into_scalar();
        let weighed: f32 = weighed_square(shown, truth, Coarticulation { window: 2, share: 0.0 }).into_scalar();
        assert!((plain - weighed).abs() < 1e-6);
    }

    #[test]
    fn gaps_cost_what_they_are_off_in_units_of_5_mm() {
        let gaps = Points::Gaps.eye();
        let guidance = Guidance { velocity: 0.0, rlv: 2.0, ..Guidance::default() };
        let cost = |by: f32| -> f32 {
            let parts = of_motion(&jaw(&[by, by]), &jaw(&[0.0, 0.0]), &guidance, &gaps);
            parts.into_iter().find(|(name, _)| *name == "rlv").unwrap().1.into_scalar()
        };
        assert_eq!(cost(0.0), 0.0);
        assert!((cost(0.2) / cost(0.1) - 4.0).abs() < 1e-4);
    }
}
