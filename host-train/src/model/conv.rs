//! A dilated convolution over `[batch, time, channels]`, as matrix products: causal, as the device runs it, or centred, as
//! only the trainer may. On Burn's CPU backend twice as quick as `Conv1d`.

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor};

/// `kernel` taps, `dilation` steps apart, `ahead` of them behind the present in the future; then batch normalisation,
/// where there is one.
#[derive(Module, Debug)]
pub struct TimeConv {
    /// `[kernel * channels_in, channels_out]`, the oldest tap first; a bias only where no normalisation has one.
    pub taps: Linear,
    /// Over the channels.
    pub norm: Option<BatchNorm>,
    /// Taps.
    pub kernel: usize,
    /// Steps between two taps.
    pub dilation: usize,
    /// Taps that lie in the future: 0 is causal.
    pub ahead: usize,
}

impl TimeConv {
    /// Fresh weights; the last tap lies on the present.
    pub fn causal(channels_in: usize, channels_out: usize, kernel: usize, dilation: usize, device: &Device) -> Self {
        TimeConv {
            taps: LinearConfig::new(kernel * channels_in, channels_out).with_bias(false).init(device),
            norm: Some(BatchNormConfig::new(channels_out).init(device)),
            kernel,
            dilation,
            ahead: 0,
        }
    }

    /// As [`TimeConv::causal`], without a normalisation.
    pub fn plain(channels_in: usize, channels_out: usize, kernel: usize, dilation: usize, device: &Device) -> Self {
        TimeConv {
            taps: LinearConfig::new(kernel * channels_in, channels_out).init(device),
            norm: None,
            ..TimeConv::causal(1, 1, kernel, dilation, device)
        }
    }

    /// Fresh weights; the middle tap lies on the present.
    pub fn centred(channels_in: usize, channels_out: usize, kernel: usize, dilation: usize, device: &Device) -> Self {
        TimeConv { ahead: kernel / 2, ..TimeConv::causal(channels_in, channels_out, kernel, dilation, device) }
    }

    /// # Shapes
    /// `[batch, time, channels_in]` -> `[batch, time, channels_out]`; before the first step and behind the last lie
    /// zeros.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, time, channels] = x.dims();
        let nothing = |taps| Tensor::zeros([batch, taps * self.dilation, channels], &x.device());
        let past = nothing(self.kernel - 1 - self.ahead);
        let x = match self.ahead {
            0 => Tensor::cat(vec![past, x], 1),
            ahead => Tensor::cat(vec![past, x.clone(), nothing(ahead)], 1),
        };
        let weights = self.taps.weight.val();
        let tap = |k: usize| {
            // The bias once: with the newest tap.
            let bias = self.taps.bias.as_ref().filter(|_| k + 1 == self.kernel).map(|bias| bias.val());
            let past = x.clone().narrow(1, k * self.dilation, time);
            linear(past, weights.clone().narrow(0, k * channels, channels), bias)
        };
        let y = (1..self.kernel).fold(tap(0), |sum, k| sum + tap(k));
        let [.., width] = y.dims();
        match &self.norm {
            Some(norm) => norm.forward(y.reshape([batch * time, width])).reshape([batch, time, width]),
            None => y,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;

    /// Steps of the answer that change when the twelfth step and all later ones do.
    fn touched(conv: &TimeConv) -> Vec<bool> {
        let x = Tensor::<3>::random([1, 20, 3], Distribution::Default, &Device::flex());
        let later = Tensor::cat(vec![x.clone().narrow(1, 0, 12), x.clone().narrow(1, 12, 8) * 9.0], 1);
        let difference = (conv.forward(x) - conv.forward(later)).abs().sum_dim(2);
        difference.try_into_vec_as::<f32>().unwrap().iter().map(|d| *d > 0.0).collect()
    }

    #[test]
    fn the_future_does_not_reach_the_present_of_a_causal_one() {
        let touched = touched(&TimeConv::causal(3, 4, 5, 2, &Device::flex()));
        assert!(touched.iter().enumerate().all(|(step, touched)| *touched == (step >= 12)));
    }

    #[test]
    fn a_centred_one_sees_half_of_its_span_ahead() {
        let touched = touched(&TimeConv::centred(3, 4, 5, 2, &Device::flex()));
        assert!(touched.iter().enumerate().all(|(step, touched)| *touched == (step >= 8)));
    }
}
