//! FaceFormer's view of time: positions that repeat, a past that fades by whole periods, and an ear for one moment.

use burn::tensor::{Device, Tensor, TensorData};

use super::attention::UNSEEN;

/// Sines and cosines (Vaswani et al. 2017) of the place within a period.
///
/// # Shapes
/// `[1, time, width]`.
pub fn positions(time: usize, width: usize, period: usize, device: &Device) -> Tensor<3> {
    let value = |n: usize, k: usize| {
        let turn = (n % period) as f64 * (-(10_000f64.ln()) * (k / 2 * 2) as f64 / width as f64).exp();
        (if k.is_multiple_of(2) { turn.sin() } else { turn.cos() }) as f32
    };
    let values = (0..time * width).map(|at| value(at / width, at % width)).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, [1, time, width]), device)
}

/// The past fades with every whole period (after Press et al. 2022), by `2^-2`, `2^-4` ... a head; the future is unseen.
///
/// # Shapes
/// `[1, heads, time, time]`.
pub fn past_bias(time: usize, heads: usize, period: usize, device: &Device) -> Tensor<4> {
    let start = 2f64.powf(-(2f64.powf(-((heads as f64).log2() - 3.0))));
    let value = |head: usize, now: usize, then: usize| match now.checked_sub(then) {
        Some(ago) => (-start.powi(head as i32 + 1) * (ago / period) as f64) as f32,
        None => UNSEEN,
    };
    let square = time * time;
    let values = (0..heads * square).map(|at| value(at / square, at % square / time, at % time)).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, [1, heads, time, time]), device)
}

/// A frame hears its own features, `per_frame` of them, and no others.
///
/// # Shapes
/// `[1, 1, time, steps]`.
pub fn moment_bias(time: usize, steps: usize, per_frame: usize, device: &Device) -> Tensor<4> {
    let value = |frame: usize, step: usize| if step / per_frame == frame { 0.0 } else { UNSEEN };
    let values = (0..time * steps).map(|at| value(at / steps, at % steps)).collect::<Vec<f32>>();
    Tensor::from_data(TensorData::new(values, [1, 1, time, steps]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec_as().unwrap()
    }

    #[test]
    fn positions_repeat_after_a_period() {
        let found = values(positions(7, 4, 3, &Device::flex()));
        assert_eq!(found[..4], [0.0, 1.0, 0.0, 1.0]);
        assert!((found[4] - 1f32.sin()).abs() < 1e-6 && (found[6] - 0.01f32.sin()).abs() < 1e-6);
        assert_eq!(found[12..24], found[..12]);
    }

    #[test]
    fn the_past_fades_by_periods_and_the_future_is_unseen() {
        // Four heads: slopes 2^-2, 2^-4, 2^-6, 2^-8.
        let found = values(past_bias(5, 4, 2, &Device::flex()));
        assert_eq!(found[20..25], [-0.5, -0.25, -0.25, 0.0, 0.0]);
        assert_eq!(found[..2], [0.0, UNSEEN]);
        assert_eq!(found[3 * 25 + 20], -2.0 / 256.0);
    }

    #[test]
    fn a_frame_hears_its_own_moment() {
        let found = values(moment_bias(2, 4, 2, &Device::flex()));
        assert_eq!(found, [0.0, 0.0, UNSEEN, UNSEEN, UNSEEN, UNSEEN, 0.0, 0.0]);
    }
}
