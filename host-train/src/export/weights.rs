//! What the trainer hands over: plain numbers of the two networks, normalization already folded in.

use super::ExportError;
use super::quantize::QuantizedMatrix;

/// Taps of KeyMotionNet's first convolution.
pub const STEM_TAPS: usize = 3;
/// Taps of the convolution in each of its blocks.
pub const BLOCK_TAPS: usize = 5;
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

/// `x + mix(relu(conv(x)))`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Convolution of [`BLOCK_TAPS`] taps, W to W.
    pub conv: Dense,
    /// Steps between its taps.
    pub dilation: usize,
    /// Linear layer, W to W.
    pub mix: Dense,
}

/// KeyMotionNet: stem, residual blocks, heads.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMotionWeights {
    /// Convolution of [`STEM_TAPS`] taps, features to W, before a ReLU.
    pub stem: Dense,
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
    /// Linear layer, W to heads.
    pub heads: Dense,
}

impl KeyMotionWeights {
    /// Values per step that go in.
    pub fn features(&self) -> usize {
        self.stem.inputs() / STEM_TAPS
    }

    /// Width W of the trunk.
    pub fn width(&self) -> usize {
        self.stem.outputs()
    }

    /// The network that a reader of the 8-bit file sees.
    pub fn rounded(&self) -> KeyMotionWeights {
        let block = |b: &Block| Block { conv: b.conv.rounded(), dilation: b.dilation, mix: b.mix.rounded() };
        KeyMotionWeights {
            stem: self.stem.rounded(),
            blocks: self.blocks.iter().map(block).collect(),
            heads: self.heads.rounded(),
        }
    }

    /// Whether the layers fit together.
    ///
    /// # Errors
    /// [`ExportError`] with the layer that does not.
    pub fn check(&self) -> Result<(), ExportError> {
        let width = self.width();
        self.stem.check("stem", self.features() * STEM_TAPS, width)?;
        for (at, block) in self.blocks.iter().enumerate() {
            block.conv.check(&format!("blocks.{at}.conv"), BLOCK_TAPS * width, width)?;
            block.mix.check(&format!("blocks.{at}.mix"), width, width)?;
            if block.dilation == 0 {
                return Err(ExportError::Dilation { layer: format!("blocks.{at}") });
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
    fn a_block_of_another_width_is_refused_by_name() {
        let mut weights = key_motion(6, 4, &[1, 2], 3, 1);
        weights.blocks[1].conv.weights.pop();
        let error = weights.check().unwrap_err().to_string();
        assert_eq!(error, "layer `blocks.1.conv`: expected 20 x 4 weights and 4 biases, came 79 weights and 4 biases");
    }

    #[test]
    fn a_weight_that_is_not_a_number_is_refused_by_name() {
        let mut weights = completion(6, 5, 4, 2, 1);
        weights.gate.bias[0] = f32::NAN;
        assert!(weights.check().unwrap_err().to_string().contains("`gate`"));
    }

    #[test]
    fn sizes_come_from_the_numbers() {
        let weights = key_motion(6, 4, &[1, 2], 3, 1);
        assert_eq!((weights.features(), weights.width(), weights.heads.outputs()), (6, 4, 3));
        assert!(weights.check().is_ok());
    }
}
