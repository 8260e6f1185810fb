//! A convolution over time *and* mel bands: three steps by three bands, causal in time, every second band kept.
//!
//! One voice seen through it is another's, moved along the bands (a longer or shorter vocal tract), so that what was
//! learnt from one speaker serves the next.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor};

/// Steps that a band hears: now and the two before.
pub const BAND_STEPS: usize = 3;
/// Bands that are heard together: the kept one's pair, and the one below.
pub const BAND_REACH: usize = 3;

/// `relu(conv(x))` over `[batch, time, bands, channels]`.
#[derive(Module, Debug)]
pub struct BandConv {
    /// `[BAND_STEPS * BAND_REACH * channels_in, channels_out]`: the oldest step first, in it the lowest band first.
    pub taps: Linear,
}

impl BandConv {
    /// Fresh weights.
    pub fn new(channels_in: usize, channels_out: usize, device: &Device) -> Self {
        BandConv { taps: LinearConfig::new(BAND_STEPS * BAND_REACH * channels_in, channels_out).init(device) }
    }

    /// # Shapes
    /// `[batch, time, bands, channels_in]`, an even number of bands -> `[batch, time, bands / 2, channels_out]`; before
    /// the first step and below the lowest band lie zeros.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, time, bands, _] = x.dims();
        let rows = neighbours(x);
        let [.., channels] = rows.dims();
        let past = Tensor::zeros([batch, BAND_STEPS - 1, bands / 2, channels], &rows.device());
        let rows = Tensor::cat(vec![past, rows], 1);
        let weights = self.taps.weight.val();
        let tap = |k: usize| {
            let bias = self.taps.bias.as_ref().filter(|_| k + 1 == BAND_STEPS).map(|bias| bias.val());
            linear(rows.clone().narrow(1, k, time), weights.clone().narrow(0, k * channels, channels), bias)
        };
        relu((1..BAND_STEPS).fold(tap(0), |sum, k| sum + tap(k)))
    }
}

/// For every second band what lies below it, itself, and what lies above it: `[batch, time, bands / 2, 3 * channels]`.
fn neighbours(x: Tensor<4>) -> Tensor<4> {
    let [batch, time, bands, channels] = x.dims();
    let pairs = x.reshape([batch, time, bands / 2, 2 * channels]);
    let nothing = Tensor::zeros([batch, time, 1, channels], &pairs.device());
    let upper = pairs.clone().narrow(3, channels, channels).narrow(2, 0, bands / 2 - 1);
    Tensor::cat(vec![Tensor::cat(vec![nothing, upper], 2), pairs], 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;

    const BANDS: usize = 8;

    /// Which `(step, band)` of the answer change when one value of the input does.
    fn touched(step: usize, band: usize) -> Vec<(usize, usize)> {
        let device = Device::flex();
        device.seed(1);
        let conv = BandConv::new(2, 64, &device);
        let x = Tensor::<4>::random([1, 6, BANDS, 2], Distribution::Default, &device);
        let mut values = x.clone().try_into_vec_as::<f32>().unwrap();
        values[(step * BANDS + band) * 2] += 9.0;
        let other = Tensor::from_data(burn::tensor::TensorData::new(values, [1, 6, BANDS, 2]), &device);
        let moved = (conv.forward(x) - conv.forward(other)).abs().sum_dim(3).try_into_vec_as::<f32>().unwrap();
        (0..moved.len()).filter(|at| moved[*at] > 0.0).map(|at| (at / (BANDS / 2), at % (BANDS / 2))).collect()
    }

    #[test]
    fn a_value_reaches_its_pair_and_the_next_for_three_steps() {
        let both: Vec<_> = (2..5).flat_map(|step| [(step, 1), (step, 2)]).collect();
        assert_eq!(touched(2, 3), both, "an upper band is also the one below the next pair");
        let own: Vec<_> = (2..5).map(|step| (step, 1)).collect();
        assert_eq!(touched(2, 2), own, "a lower band is only its own pair's");
    }

    #[test]
    fn a_voice_two_bands_higher_is_the_same_one_place_up() {
        let device = Device::flex();
        let conv = BandConv::new(1, 4, &device);
        let voice = |at: usize| {
            let mut x = vec![0.0f32; 4 * BANDS];
            (0..4).for_each(|step| x[step * BANDS + at] = 1.0 + step as f32);
            let x = Tensor::from_data(burn::tensor::TensorData::new(x, [1, 4, BANDS, 1]), &device);
            conv.forward(x)
        };
        let (low, high) = (voice(2).narrow(2, 1, 2), voice(4).narrow(2, 2, 2));
        assert!((low - high).abs().max().into_scalar::<f32>() < 1e-6);
    }
}
