//! What the trainer hands over: plain numbers of the two networks, normalization already folded in.

use keyface_core::{MEL_BANDS, STEP_HOPS};

use super::ExportError;
use super::quantize::QuantizedMatrix;
use crate::model::{Answer, BAND_REACH, BAND_STEPS};

/// Taps of the convolution in each layer of KeyMotionNet's trunk.
pub const LAYER_TAPS: usize = 3;
/// Taps of CompletionNet's two encoders.
pub const ENCODER_TAPS: usize = 5;
/// Taps of CompletionNet's convolution after the fusion.
pub const FUSION_TAPS: usize = 3;

/// A linear layer, or a convolution over time as a linear layer over its taps.
///
/// # Shapes
/// `weights`: `[inputs, outputs]`, row-major. For a convolution of `k` taps over `c` channels there are `k * c` inputs:
/// tap 0, the oldest frame, first; channel by channel within a tap. Tap `k - 1` is the frame of now.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Weights.
    pub weights: Vec<f32>,
    /// Biases `[outputs]`.
    pub bias: Vec<f32>,
}

impl Dense {
    /// Values that go in.
    pub fn inputs(&self) -> usize {
        self.weights.len().checked_div(self.bias.len()).unwrap_or(0)
    }

    /// Values that come out.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The layer whose weights are rounded to 8 bits, as a reader of the exported file sees it.
    pub fn rounded(&self) -> Dense {
        let quantized = QuantizedMatrix::from_f32(&self.weights, self.inputs(), self.outputs());
        Dense { weights: quantized.to_f32(), bias: self.bias.clone() }
    }

    /// Expects the layer to have `outputs`, and inputs as the caller states, all numbers finite.
    fn check(&self, layer: &str, inputs: usize, outputs: usize) -> Result<(), ExportError> {
        let fits = self.outputs() == outputs && self.weights.len() == inputs * outputs && inputs > 0 && outputs > 0;
        if !fits {
            return Err(ExportError::Shape {
                layer: layer.to_owned(),
                expected: (inputs, outputs),
                weights: self.weights.len(),
                biases: self.bias.len(),
            });
        }
        match self.weights.iter().chain(&self.bias).find(|value| !value.is_finite()) {
            Some(came) => Err(ExportError::NotFinite { layer: layer.to_owned(), came: *came }),
            None => Ok(()),
        }
    }
}

/// `x + gain * answer(conv(x))`, where `x` is the frame of now, or of the middle tap in a centred layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Convolution of [`LAYER_TAPS`] taps, W to so many times W as the answer has parts.
    pub conv: Dense,
    /// Steps between its taps.
    pub dilation: usize,
    /// For each channel.
    pub gain: Vec<f32>,
    /// Whether the answer describes the middle tap.
    pub is_centred: bool,
    /// What is made of the convolution.
    pub answer: Answer,
}

/// KeyMotionNet: convolutions over time and bands, the trunk, heads.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMotionWeights {
    /// Convolutions over [`BAND_STEPS`] steps and [`BAND_REACH`] bands, each before a ReLU and on half of the bands.
    pub front: Vec<Dense>,
    /// Linear layer, the channels of all bands that are left and the levels to W.
    pub lift: Dense,
    /// The layers of the trunk, first to last.
    pub layers: Vec<Layer>,
    /// Linear layer, W to heads.
    pub heads: Dense,
}

impl KeyMotionWeights {
    /// Width W of the trunk.
    pub fn width(&self) -> usize {
        self.lift.outputs()
    }

    /// The network that a reader of the 8-bit file sees.
    pub fn rounded(&self) -> KeyMotionWeights {
        let layer = |l: &Layer| Layer { conv: l.conv.rounded(), ..l.clone() };
        KeyMotionWeights {
            front: self.front.iter().map(Dense::rounded).collect(),
            lift: self.lift.rounded(),
            layers: self.layers.iter().map(layer).collect(),
            heads: self.heads.rounded(),
        }
    }

    /// Whether the layers fit together.
    ///
    /// # Errors
    /// [`ExportError`] with the layer that does not.
    pub fn check(&self) -> Result<(), ExportError> {
        let (width, mut channels) = (self.width(), STEP_HOPS);
        for (at, conv) in self.front.iter().enumerate() {
            conv.check(&format!("front.{at}"), BAND_STEPS * BAND_REACH * channels, conv.outputs())?;
            channels = conv.outputs();
        }
        let bands = MEL_BANDS >> self.front.len();
        self.lift.check("lift", bands * channels + STEP_HOPS, width)?;
        for (at, layer) in self.layers.iter().enumerate() {
            layer.conv.check(&format!("layers.{at}.conv"), LAYER_TAPS * width, width * layer.answer.parts())?;
            // As a layer of one output, since a gain is a number for each channel.
            let gain = Dense { weights: layer.gain.clone(), bias: vec![0.0] };
            gain.check(&format!("layers.{at}.gain"), width, 1)?;
            if layer.dilation == 0 {
                return Err(ExportError::Dilation { layer: format!("layers.{at}") });
            }
        }
        self.heads.check("heads", width, self.heads.outputs())
    }
}

/// CompletionNet: two encoders, their fusion, the motion. C is the width of both encoders.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletionWeights {
    /// Linear layer, flow to C, before a ReLU.
    pub flow_in: Dense,
    /// Convolution of [`ENCODER_TAPS`] taps, C to C, before a ReLU.
    pub flow_conv: Dense,
    /// Linear layer, audio to C, before a ReLU.
    pub audio_in: Dense,
    /// Convolution of [`ENCODER_TAPS`] taps, C to C, before a ReLU.
    pub audio_conv: Dense,
    /// Linear layer, flow and audio (2 C) to 1, before a sigmoid: the fusion weight G.
    pub gate: Dense,
    /// Convolution of [`FUSION_TAPS`] taps, C to C, before a ReLU.
    pub fusion_conv: Dense,
    /// Linear layer, C to motion channels.
    pub motion: Dense,
}

impl CompletionWeights {
    /// Width C of the encoders.
    pub fn width(&self) -> usize {
        self.flow_in.outputs()
    }

    /// The network that a reader of the 8-bit file sees.
    pub fn rounded(&self) -> CompletionWeights {
        CompletionWeights {
            flow_in: self.flow_in.rounded(),
            flow_conv: self.flow_conv.rounded(),
            audio_in: self.audio_in.rounded(),
            audio_conv: self.audio_conv.rounded(),
            gate: self.gate.rounded(),
            fusion_conv: self.fusion_conv.rounded(),
            motion: self.motion.rounded(),
        }
    }

    /// Whether the layers fit together.
    ///
    /// # Errors
    /// [`ExportError`] with the layer that does not.
    pub fn check(&self) -> Result<(), ExportError> {
        let width = self.width();
        self.flow_in.check("flow_in", self.flow_in.inputs(), width)?;
        self.flow_conv.check("flow_conv", ENCODER_TAPS * width, width)?;
        self.audio_in.check("audio_in", self.audio_in.inputs(), width)?;
        self.audio_conv.check("audio_conv", ENCODER_TAPS * width, width)?;
        self.gate.check("gate", 2 * width, 1)?;
        self.fusion_conv.check("fusion_conv", FUSION_TAPS * width, width)?;
        self.motion.check("motion", width, self.motion.outputs())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{completion, key_motion};

    #[test]
    fn a_layer_of_another_width_is_refused_by_name() {
        let mut weights = key_motion(&[5], 4, &[1, 2], 3, 1);
        weights.layers[1].conv.weights.pop();
        let error = weights.check().unwrap_err().to_string();
        assert_eq!(error, "layer `layers.1.conv`: expected 12 x 4 weights and 4 biases, came 47 weights and 4 biases");
    }

    #[test]
    fn a_front_end_that_leaves_other_bands_is_refused() {
        let mut weights = key_motion(&[5, 6], 4, &[1], 3, 1);
        weights.front.pop();
        assert!(weights.check().unwrap_err().to_string().contains("`lift`"));
    }

    #[test]
    fn a_weight_that_is_not_a_number_is_refused_by_name() {
        let mut weights = completion(6, 5, 4, 2, 1);
        weights.gate.bias[0] = f32::NAN;
        assert!(weights.check().unwrap_err().to_string().contains("`gate`"));
    }

    #[test]
    fn sizes_come_from_the_numbers() {
        let weights = key_motion(&[5], 4, &[1, 2], 3, 1);
        assert_eq!((weights.width(), weights.heads.outputs()), (4, 3));
        assert!(weights.check().is_ok());
    }
}
