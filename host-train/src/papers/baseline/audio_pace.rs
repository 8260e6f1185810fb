//! From the encoder's 50 features a second to the frames of a corpus.

use burn::tensor::{Tensor, TensorData};

use crate::papers::corpus::Layout;

/// Features a second of wav2vec 2.0.
pub const FEATURE_HZ: f64 = 50.0;

/// How features and frames meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioPace {
    /// Brought to the rate of the frames, one for each (VOCASET: 50 to 30 a second).
    Interpolated,
    /// Two for each frame (BIWI: 50 and 25 a second).
    Paired,
}

impl AudioPace {
    /// The pace that the papers use on a corpus.
    pub fn of(layout: Layout) -> AudioPace {
        match layout {
            Layout::Vocaset => AudioPace::Interpolated,
            Layout::Biwi => AudioPace::Paired,
        }
    }

    /// Features for each frame.
    pub fn per_frame(self) -> usize {
        match self {
            AudioPace::Interpolated => 1,
            AudioPace::Paired => 2,
        }
    }

    /// Features at 50 Hz `[1, steps, width]` for so many frames; fewer where the sound ends before.
    pub fn apply(self, features: Tensor<3>, frames: usize) -> Tensor<3> {
        match self {
            AudioPace::Interpolated => interpolate(features, frames),
            AudioPace::Paired => {
                let steps = (features.dims()[1] / 2).min(frames);
                features.narrow(1, 0, 2 * steps)
            }
        }
    }
}

/// Straight between neighbours, first on first and last on last.
///
/// # Shapes
/// `[batch, from, width]` -> `[batch, to, width]`.
pub fn interpolate(x: Tensor<3>, to: usize) -> Tensor<3> {
    let ([_, from, _], device) = (x.dims(), x.device());
    if from == to {
        return x;
    }
    let scale = if to > 1 { (from - 1) as f64 / (to - 1) as f64 } else { 0.0 };
    let places: Vec<f64> = (0..to).map(|n| n as f64 * scale).collect();
    let rows = |at: &dyn Fn(f64) -> usize| {
        let rows: Vec<i32> = places.iter().map(|place| at(*place).min(from - 1) as i32).collect();
        x.clone().select(1, Tensor::from_ints(rows.as_slice(), &device))
    };
    let shares: Vec<f32> = places.iter().map(|place| place.fract() as f32).collect();
    let share = Tensor::<3>::from_data(TensorData::new(shares, [1, to, 1]), &device);
    let (before, after) = (rows(&|place| place as usize), rows(&|place| place as usize + 1));
    before.clone() + (after - before) * share
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn ramp(count: usize) -> Tensor<3> {
        let values: Vec<f32> = (0..count).map(|n| n as f32).collect();
        Tensor::from_data(TensorData::new(values, [1, count, 1]), &Device::flex())
    }

    fn values(x: Tensor<3>) -> Vec<f32> {
        x.into_data().try_into_vec_as().unwrap()
    }

    #[test]
    fn ends_lie_on_ends() {
        assert_eq!(values(interpolate(ramp(5), 3)), [0.0, 2.0, 4.0]);
        assert_eq!(values(interpolate(ramp(3), 5)), [0.0, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(values(interpolate(ramp(1), 2)), [0.0, 0.0]);
    }

    #[test]
    fn biwis_frames_take_two_features_each() {
        assert_eq!(AudioPace::Paired.apply(ramp(9), 7).dims(), [1, 8, 1]);
        assert_eq!(AudioPace::Paired.apply(ramp(9), 3).dims(), [1, 6, 1]);
        assert_eq!(AudioPace::Interpolated.apply(ramp(50), 30).dims(), [1, 30, 1]);
    }
}
