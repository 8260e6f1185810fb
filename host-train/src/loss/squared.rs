//! Distances of motion: `mean(((p - t) / s)^2)` with s = 0.1 (a natural movement of one channel), the same of the
//! differences from step to step, and a mean absolute distance where a mask is 1.

use burn::tensor::Tensor;

/// A natural movement of one channel.
const SCALE: f64 = 0.1;

/// # Shapes
/// Prediction and truth of the same shape -> `[1]`.
pub fn scaled_square(prediction: Tensor<3>, truth: Tensor<3>) -> Tensor<1> {
    ((prediction - truth) * (1.0 / SCALE)).square().mean()
}

/// [`scaled_square`] of what changes between two steps (Cudeiro et al. 2019).
///
/// # Shapes
/// `[batch, time, channels]` twice, at least two steps -> `[1]`.
pub fn velocity(prediction: Tensor<3>, truth: Tensor<3>) -> Tensor<1> {
    scaled_square(changes(prediction), changes(truth))
}

/// What changes from each step to the next.
///
/// # Shapes
/// `[batch, time, channels]`, at least two steps -> `[batch, time - 1, channels]`.
pub fn changes(x: Tensor<3>) -> Tensor<3> {
    let [_, time, _] = x.dims();
    x.clone().narrow(1, 1, time - 1) - x.narrow(1, 0, time - 1)
}

/// [`scaled_square`] of the rows that a mask of 0 and 1 marks; 0 where it is empty.
///
/// # Shapes
/// `[batch, rows, channels]` twice, the mask `[batch, rows, 1]` -> `[1]`.
pub fn masked_square(prediction: Tensor<3>, truth: Tensor<3>, mask: Tensor<3>) -> Tensor<1> {
    let [.., channels] = prediction.dims();
    let count = mask.clone().sum().clamp_min(1.0) * channels as f64;
    (((prediction - truth) * (1.0 / SCALE)).square() * mask).sum() / count
}

/// # Shapes
/// Three tensors of the same shape, the mask of 0 and 1 -> `[1]`; 0 where the mask is empty.
pub fn masked_absolute(prediction: Tensor<3>, truth: Tensor<3>, mask: Tensor<3>) -> Tensor<1> {
    let count = mask.clone().sum().clamp_min(1.0);
    ((prediction - truth).abs() * mask).sum() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn row(values: [f32; 3], device: &Device) -> Tensor<3> {
        Tensor::<1>::from_data(values, device).reshape([1, 3, 1])
    }

    #[test]
    fn a_tenth_off_everywhere_costs_one() {
        let device = Device::flex();
        let loss: f32 = scaled_square(row([0.1; 3], &device), row([0.0; 3], &device)).into_scalar();
        assert!((loss - 1.0).abs() < 1e-5);
        let loss: f32 = velocity(row([0.1; 3], &device), row([0.0; 3], &device)).into_scalar();
        assert_eq!(loss, 0.0);
    }

    #[test]
    fn only_masked_steps_count() {
        let device = Device::flex();
        let loss = |mask| {
            masked_absolute(row([1.0, 2.0, 3.0], &device), row([0.0; 3], &device), row(mask, &device))
                .into_scalar::<f32>()
        };
        assert_eq!(loss([0.0, 1.0, 1.0]), 2.5);
        assert_eq!(loss([0.0; 3]), 0.0);
        // Off by 1 and by 2 natural movements, then by 30 that do not count: (1 + 4) / 2.
        let (off, truth) = (row([0.1, 0.2, 3.0], &device), row([0.0; 3], &device));
        let square: f32 = masked_square(off, truth, row([1.0, 1.0, 0.0], &device)).into_scalar();
        assert!((square - 2.5).abs() < 1e-5);
    }

    #[test]
    fn the_gradient_of_velocity_is_that_of_finite_differences() {
        let (at, truth) = ([0.1, 0.35, 0.2], [0.0, 0.1, 0.3]);
        let plain = Device::flex();
        let loss = |x| velocity(row(x, &plain), row(truth, &plain)).into_scalar::<f32>();
        let device = Device::flex().autodiff();
        let x = row(at, &device).require_grad();
        let grads = velocity(x.clone(), row(truth, &device)).backward();
        let slopes = x.grad(&grads).unwrap().try_into_vec_as::<f32>().unwrap();
        for k in 0..3 {
            let (mut up, mut down) = (at, at);
            up[k] += 1e-2;
            down[k] -= 1e-2;
            let slope = (loss(up) - loss(down)) / 2e-2;
            assert!((slope - slopes[k]).abs() < 1e-2 * slope.abs().max(1.0), "{k}: {slope} {}", slopes[k]);
        }
    }
}
