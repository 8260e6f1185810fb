//! CodeTalker's first stage (Xing et al. 2023): motion becomes a few codes a frame, and the codes become motion again.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::leaky_relu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::codebook::{Codebook, Quantized};
use super::prior_block::PriorBlock;
use crate::corpus::Result;
use crate::model::weights::Weights;
use crate::papers::corpus::Layout;

/// Taps of the convolutions.
const TAPS: usize = 5;
const EPSILON: f64 = 1e-5;
/// Slope of the activation below 0.
const LEAK: f64 = 0.2;

/// Its measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionPriorConfig {
    /// Values of a frame.
    pub values: usize,
    /// Width of the transformers.
    pub width: usize,
    /// Blocks of each transformer.
    pub blocks: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Between the linear layers of a block.
    pub wide: usize,
    /// Codes of a frame.
    pub codes_per_frame: usize,
    /// Values of a code.
    pub code_width: usize,
    /// Codes that there are.
    pub codes: usize,
    /// Whether linear layers stand between the width and the codes (BIWI); without them their sizes are the same.
    pub bridged: bool,
}

impl MotionPriorConfig {
    /// The paper's for a corpus.
    pub fn paper(layout: Layout) -> Self {
        let (codes_per_frame, code_width) = match layout {
            Layout::Vocaset => (16, 64),
            Layout::Biwi => (8, 128),
        };
        let bridged = layout == Layout::Biwi;
        MotionPriorConfig {
            values: 3 * layout.vertices(),
            width: 1024,
            blocks: 6,
            heads: 8,
            wide: 1536,
            codes_per_frame,
            code_width,
            codes: 256,
            bridged,
        }
    }

    /// For tests.
    pub fn tiny(layout: Layout, values: usize) -> Self {
        let tiny = Self::paper(layout);
        MotionPriorConfig {
            values,
            width: 16,
            blocks: 1,
            heads: 4,
            wide: 24,
            codes_per_frame: 4,
            code_width: 4,
            codes: 16,
            ..tiny
        }
    }

    /// Fresh weights.
    pub fn init(&self, device: &Device) -> MotionPrior {
        let (width, coded) = (self.width, self.codes_per_frame * self.code_width);
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        let blocks = || (0..self.blocks).map(|_| PriorBlock::new(width, self.heads, self.wide, device)).collect();
        let conv = || Conv1dConfig::new(width, width, TAPS).init(device);
        MotionPrior {
            motion: linear(self.values, width),
            squash: conv(),
            encoder_in: linear(width, width),
            encoder: blocks(),
            encoder_out: self.bridged.then(|| linear(width, coded)),
            codebook: Codebook::new(self.codes, self.code_width, device),
            decoder_pre: self.bridged.then(|| linear(coded, width)),
            expand: conv(),
            decoder_in: linear(width, width),
            decoder: blocks(),
            vertices: LinearConfig::new(width, self.values).with_bias(!self.bridged).init(device),
        }
    }
}

/// Encoder, codebook and decoder.
#[derive(Module, Debug)]
pub struct MotionPrior {
    motion: Linear,
    squash: Conv1d,
    encoder_in: Linear,
    encoder: Vec<PriorBlock>,
    encoder_out: Option<Linear>,
    codebook: Codebook,
    decoder_pre: Option<Linear>,
    expand: Conv1d,
    decoder_in: Linear,
    decoder: Vec<PriorBlock>,
    vertices: Linear,
}

impl MotionPrior {
    /// Takes the authors' weights, whose names begin with `prefix`.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>, prefix: &str) -> Result<Self> {
        let [values, width] = self.motion.weight.val().dims();
        let of = |part: &str| format!("{prefix}{part}");
        let linear = |part: &str, from: usize, to: usize| weights.linear(&of(part), from, to);
        let conv = |mut conv: Conv1d, part: &str| -> Result<Conv1d> {
            conv.weight = Param::from_tensor(weights.tensor(&of(&format!("{part}.weight")), [width, width, TAPS])?);
            conv.bias = Some(Param::from_tensor(weights.tensor(&of(&format!("{part}.bias")), [width])?));
            Ok(conv)
        };
        let blocks = |blocks: Vec<PriorBlock>, part: &str| -> Result<Vec<PriorBlock>> {
            blocks.into_iter().enumerate().map(|(n, block)| block.load(weights, &of(part), n)).collect()
        };
        let coded = self.encoder_out.as_ref().map(|linear| linear.weight.val().dims()[1]);
        let vertices = match coded {
            None => linear("decoder.vertice_map_reverse", width, values)?,
            Some(_) => Linear {
                weight: Param::from_tensor(
                    weights.tensor(&of("decoder.vertice_map_reverse.weight"), [values, width])?.transpose(),
                ),
                bias: None,
            },
        };
        let bridge = |part: &str, from_width: bool| {
            let sizes = |coded| if from_width { (width, coded) } else { (coded, width) };
            coded.map(|coded| linear(part, sizes(coded).0, sizes(coded).1)).transpose()
        };
        Ok(MotionPrior {
            motion: linear("encoder.vertice_mapping.0", values, width)?,
            squash: conv(self.squash, "encoder.squasher.0.0")?,
            encoder_in: linear("encoder.encoder_linear_embedding.net", width, width)?,
            encoder: blocks(self.encoder, "encoder.encoder_transformer")?,
            encoder_out: bridge("encoder.encoder_linear_embedding_post.net", true)?,
            codebook: self.codebook.load(weights, &of("quantize"))?,
            decoder_pre: bridge("decoder.decoder_linear_embedding_pre.net", false)?,
            expand: conv(self.expand, "decoder.expander.0.0")?,
            decoder_in: linear("decoder.decoder_linear_embedding.net", width, width)?,
            decoder: blocks(self.decoder, "decoder.decoder_transformer")?,
            vertices,
        })
    }

    /// Values of a code.
    pub fn code_width(&self) -> usize {
        self.codebook.width()
    }

    /// # Shapes
    /// Moves from the template `[1, frames, values]` -> codes `[1, frames * codes_per_frame, code_width]`.
    pub fn encode(&self, moves: Tensor<3>) -> Quantized {
        let x = leaky_relu(self.motion.forward(moves), LEAK);
        let x = mark(self.encoder_in.forward(convolve(&self.squash, x)));
        let x = self.encoder.iter().fold(x, |x, block| block.forward(x));
        let x = self.encoder_out.as_ref().map_or(x.clone(), |out| out.forward(x));
        self.quantize(x)
    }

    /// # Shapes
    /// Features `[1, frames, codes_per_frame * code_width]` -> the nearest codes, one after the other.
    pub fn quantize(&self, features: Tensor<3>) -> Quantized {
        let [batch, frames, coded] = features.dims();
        let width = self.code_width();
        self.codebook.quantize(features.reshape([batch, frames * coded / width, width]))
    }

    /// # Shapes
    /// Codes `[1, frames * codes_per_frame, code_width]` -> moves `[1, frames, values]`.
    pub fn decode(&self, codes: Tensor<3>, frames: usize) -> Tensor<3> {
        let [batch, count, width] = codes.dims();
        let x = codes.reshape([batch, frames, count * width / frames]);
        let x = self.decoder_pre.as_ref().map_or(x.clone(), |pre| pre.forward(x));
        let x = mark(self.decoder_in.forward(convolve(&self.expand, x)));
        self.vertices.forward(self.decoder.iter().fold(x, |x, block| block.forward(x)))
    }
}

/// The authors' position: their code takes the batch for the time, so that every frame of a single clip is marked as the
/// first one, with 0 and 1 in turns. Their weights were trained so.
fn mark(x: Tensor<3>) -> Tensor<3> {
    let ([_, _, width], device) = (x.dims(), x.device());
    let first: Vec<f32> = (0..width).map(|k| (k % 2) as f32).collect();
    x + Tensor::<3>::from_data(TensorData::new(first, [1, 1, width]), &device)
}

/// Convolution over time whose ends repeat, activation, and each channel at mean 0 and variance 1 over time.
fn convolve(conv: &Conv1d, x: Tensor<3>) -> Tensor<3> {
    let time = x.dims()[1];
    let (first, last) = (x.clone().narrow(1, 0, 1), x.clone().narrow(1, time - 1, 1));
    let x = Tensor::cat(vec![first.repeat_dim(1, TAPS / 2), x, last.repeat_dim(1, TAPS / 2)], 1);
    let x = leaky_relu(conv.forward(x.swap_dims(1, 2)), LEAK);
    let off = x.clone() - x.mean_dim(2);
    let variance = off.clone().square().mean_dim(2);
    (off / (variance + EPSILON).sqrt()).swap_dims(1, 2)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Golden, near};
    use super::*;

    #[test]
    fn it_gives_what_its_authors_modules_give() {
        for (name, bridged) in [("vocaset", false), ("biwi", true)] {
            let golden = Golden::read(&format!("codetalker_{name}"));
            let (codes_per_frame, code_width) = if bridged { (2, 6) } else { (4, 4) };
            let config = MotionPriorConfig {
                values: 18,
                width: 16,
                blocks: 2,
                heads: 4,
                wide: 24,
                codes_per_frame,
                code_width,
                codes: 12,
                bridged,
            };
            let prior = golden.with(|weights| config.init(&Device::flex()).load(weights, "autoencoder.")).unwrap();
            let template = golden.tensor::<2>("input.template").unsqueeze_dim::<3>(1);
            let coded = prior.encode(golden.tensor::<3>("input.vertices") - template.clone());
            let indices: Vec<f32> = coded.indices.float().into_data().try_into_vec_as().unwrap();
            let wanted: Vec<f32> = golden.tensor::<3>("output.codes").into_data().try_into_vec_as().unwrap();
            assert_eq!(indices, wanted, "{name}");
            near(coded.loss, golden.tensor("output.quantization"), 1e-4);
            near(prior.decode(coded.codes, 9) + template, golden.tensor("output.autoencoded"), 1e-4);
        }
    }
}
