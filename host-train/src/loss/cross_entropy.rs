//! Cross-entropy with label smoothing (Szegedy et al. 2016):
//! `-(1 - s) log p_truth - s / K * sum_k log p_k`, averaged over steps.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

/// # Shapes
/// Logits `[batch, time, classes]`, truth `[batch, time]` -> `[1]`.
pub fn smoothed_cross_entropy(logits: Tensor<3>, truth: Tensor<2, Int>, smoothing: f64) -> Tensor<1> {
    let [batch, time, _] = logits.dims();
    let log_p = log_softmax(logits, 2);
    let hit = log_p.clone().gather(2, truth.reshape([batch, time, 1])).mean();
    hit * (smoothing - 1.0) - log_p.mean() * smoothing
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn loss(logits: [f32; 3], device: &Device) -> f32 {
        let truth = Tensor::<2, Int>::from_data([[1]], device);
        smoothed_cross_entropy(Tensor::from_data([[logits]], device), truth, 0.05).into_scalar()
    }

    #[test]
    fn no_knowledge_costs_the_logarithm_of_the_classes() {
        assert!((loss([0.0; 3], &Device::flex()) - 3f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let at = [0.3, -0.2, 0.9];
        let device = Device::flex().autodiff();
        let x = Tensor::<3>::from_data([[at]], &device).require_grad();
        let truth = Tensor::<2, Int>::from_data([[1]], &device);
        let grads = smoothed_cross_entropy(x.clone(), truth, 0.05).backward();
        let slopes = x.grad(&grads).unwrap().try_into_vec_as::<f32>().unwrap();
        for k in 0..3 {
            let (mut up, mut down) = (at, at);
            up[k] += 1e-2;
            down[k] -= 1e-2;
            let slope = (loss(up, &Device::flex()) - loss(down, &Device::flex())) / 2e-2;
            assert!((slope - slopes[k]).abs() < 1e-4, "{k}: {slope} {}", slopes[k]);
        }
    }
}
