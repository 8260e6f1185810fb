//! Binary cross-entropy of a logit x with truth y, positives weighted by w:
//! `softplus(x) - y x` for y = 0, `w softplus(-x)` for y = 1, averaged.

use burn::tensor::Tensor;
use burn::tensor::activation::softplus;

/// # Shapes
/// Logits and truth of the same shape -> `[1]`.
pub fn binary_cross_entropy(logits: Tensor<3>, truth: Tensor<3>, positive_weight: f32) -> Tensor<1> {
    let hit = softplus(-logits.clone(), 1.0) * truth.clone() * positive_weight;
    let miss = softplus(logits, 1.0) * (-truth + 1.0);
    (hit + miss).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn loss(logits: [f32; 2], device: &Device) -> f32 {
        let truth = Tensor::from_data([[[1.0f32, 0.0]]], device);
        binary_cross_entropy(Tensor::from_data([[logits]], device), truth, 3.0).into_scalar()
    }

    #[test]
    fn a_positive_weighs_three_times() {
        assert!((loss([0.0, 0.0], &Device::flex()) - 2.0 * 2f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let at = [0.4, -1.1];
        let device = Device::flex().autodiff();
        let x = Tensor::<3>::from_data([[at]], &device).require_grad();
        let truth = Tensor::from_data([[[1.0f32, 0.0]]], &device);
        let grads = binary_cross_entropy(x.clone(), truth, 3.0).backward();
        let slopes = x.grad(&grads).unwrap().try_into_vec_as::<f32>().unwrap();
        for k in 0..2 {
            let (mut up, mut down) = (at, at);
            up[k] += 1e-2;
            down[k] -= 1e-2;
            let slope = (loss(up, &Device::flex()) - loss(down, &Device::flex())) / 2e-2;
            assert!((slope - slopes[k]).abs() < 1e-4, "{k}: {slope} {}", slopes[k]);
        }
    }
}
