//! What is heard, `[batch, step, values]`, to a row of features for each step of 40 ms.

use burn::module::Module;
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::pool::{AvgPool1d, AvgPool1dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig1d};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};
use keyface_core::{FEATURES, SAMPLE_RATE_HZ};
use serde::{Deserialize, Serialize};

use super::resnet::{ResNet1d, SHORTER};

/// Milliseconds of one step of the expert: a picture at 25 a second.
pub const STEP_MS: usize = 40;
/// Log-mel frames of a step.
const STEP_HOPS: usize = STEP_MS / 10;
/// Samples of a step.
const STEP_SAMPLES: usize = SAMPLE_RATE_HZ as usize * STEP_MS / 1000;

/// What a step sounds like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SoundConfig {
    /// Four log-mel frames.
    Mel,
    /// 640 samples at 16 kHz through a ResNet-18 in one dimension.
    Samples {
        /// Channels of the first layers; the last have eight times as many.
        channels: usize,
    },
}

/// One of the two.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "an expert has one, and a module cannot be boxed")]
pub enum Sound {
    /// Frames.
    Mel(Linear),
    /// Samples.
    Samples(SampleNet),
}

impl SoundConfig {
    /// Values of a step.
    pub fn values(&self) -> usize {
        match self {
            SoundConfig::Mel => STEP_HOPS * FEATURES,
            SoundConfig::Samples { .. } => STEP_SAMPLES,
        }
    }

    /// Fresh weights.
    pub fn init(&self, width: usize, device: &Device) -> Sound {
        match self {
            SoundConfig::Mel => Sound::Mel(LinearConfig::new(self.values(), width).init(device)),
            SoundConfig::Samples { channels } => Sound::Samples(SampleNet::new(*channels, width, device)),
        }
    }
}

impl Sound {
    /// # Shapes
    /// `[batch, step, values]` -> `[batch, step, width]`.
    pub fn forward(&self, heard: Tensor<3>) -> Tensor<3> {
        match self {
            Sound::Mel(linear) => linear.forward(heard),
            Sound::Samples(net) => net.forward(heard),
        }
    }
}

/// Samples between two of the first convolution's windows, and the window: 0.25 ms and 5 ms.
const FIRST_STRIDE: usize = 4;
const FIRST_WINDOW: usize = 80;
/// What the ResNet leaves of a step, which is averaged.
const LEFT: usize = STEP_SAMPLES / FIRST_STRIDE / SHORTER;

/// A convolution over 5 ms, a ResNet-18, and the mean over a step.
#[derive(Module, Debug)]
pub struct SampleNet {
    front: Conv1d,
    norm: BatchNorm,
    trunk: ResNet1d,
    pool: AvgPool1d,
    out: Linear,
}

impl SampleNet {
    fn new(channels: usize, width: usize, device: &Device) -> Self {
        let front = Conv1dConfig::new(1, channels, FIRST_WINDOW).with_stride(FIRST_STRIDE).with_bias(false);
        let around = (FIRST_WINDOW - FIRST_STRIDE) / 2;
        SampleNet {
            front: front.with_padding(PaddingConfig1d::Explicit(around, around)).init(device),
            norm: BatchNormConfig::new(channels).init(device),
            trunk: ResNet1d::new(channels, device),
            pool: AvgPool1dConfig::new(LEFT).init(),
            out: LinearConfig::new(8 * channels, width).init(device),
        }
    }

    fn forward(&self, heard: Tensor<3>) -> Tensor<3> {
        let [batch, steps, values] = heard.dims();
        let x = silu(self.norm.forward(self.front.forward(heard.reshape([batch, 1, steps * values]))));
        self.out.forward(self.pool.forward(self.trunk.forward(x)).swap_dims(1, 2))
    }
}
