//! Log-mel frames in, vectors that heard the whole utterance out.

use std::fs;
use std::path::Path;

use burn::module::{Module, Param};
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{LayerNorm, Linear, PaddingConfig1d};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};

use super::ctranslate2;
use super::log_mel::{HOP, log_mel};
use crate::corpus::{Error, Result};
use crate::model::attention::Attention;
use crate::model::outside::{OutsideEncoder, fingerprint};
use crate::model::weights::Weights;

/// Samples of a step: two frames.
const STEP: usize = 2 * HOP;
/// Silence behind what is spoken, so that the end is heard as one: half a second.
const SILENCE: usize = 8_000;
/// Longest stretch that is heard at once; longer sounds are heard stretch by stretch.
const LONGEST: usize = 29 * 16_000;
/// Every size of Whisper has heads of 64 channels.
const HEAD: usize = 64;
const EPSILON: f64 = 1e-5;

/// Convolutions and transformer layers; the answer is the last hidden state.
#[derive(Module, Debug)]
pub struct Whisper {
    first: Conv1d,
    second: Conv1d,
    positions: Param<Tensor<2>>,
    layers: Vec<Layer>,
    norm: LayerNorm,
    bands: usize,
    fingerprint: u64,
}

#[derive(Module, Debug)]
struct Layer {
    attention: Attention,
    attention_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    final_norm: LayerNorm,
}

impl Whisper {
    /// Reads a safetensors file or CTranslate2's `model.bin`; its tensors tell the size.
    ///
    /// # Errors
    /// When a file cannot be read or is cut short, or a tensor is missing or of another shape.
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        let mut bytes = fs::read(path).map_err(Error::io(path))?;
        let fingerprint = fingerprint(&[&bytes]);
        if ctranslate2::is_ctranslate2(&bytes) {
            let wrong = |what| Error::unexpected(path.display().to_string(), "an encoder by CTranslate2", what);
            bytes = ctranslate2::to_safetensors(&bytes).map_err(wrong)?;
        }
        let weights = Weights::new(&bytes, path, "model.encoder.", device)?;
        let shape = |name: &str, axes: usize| {
            weights.shape(name).filter(|shape| shape.len() == axes).ok_or_else(|| weights.missing(name))
        };
        let (front, places) = (shape("conv1.weight", 3)?, shape("embed_positions.weight", 2)?);
        let (width, bands) = (front[0], front[1]);
        let layers = (0..weights.count("layers")).map(|n| Layer::load(&weights, width, n));
        Ok(Whisper {
            first: convolution(&weights, "conv1", [bands, width], 1)?,
            second: convolution(&weights, "conv2", [width, width], 2)?,
            positions: Param::from_tensor(weights.tensor("embed_positions.weight", [places[0], width])?),
            layers: layers.collect::<Result<_>>()?,
            norm: weights.layer_norm("layer_norm", width, EPSILON)?,
            bands,
            fingerprint,
        })
    }

    /// # Shapes
    /// Log-mel `[batch, bands, frames]` -> `[batch, frames / 2, width]`.
    pub fn forward(&self, frames: Tensor<3>) -> Tensor<3> {
        let x = gelu(self.second.forward(gelu(self.first.forward(frames)))).swap_dims(1, 2);
        let [_, time, _] = x.dims();
        let places = self.positions.val().narrow(0, 0, time).unsqueeze();
        self.norm.forward(self.layers.iter().fold(x + places, |x, layer| layer.forward(x)))
    }

    /// Vectors of one stretch, the silence behind it heard and not told.
    fn stretch(&self, samples: &[f32], longest: usize) -> Vec<f32> {
        let steps = samples.len() / STEP;
        let mut heard = level(samples);
        heard.resize((heard.len() + SILENCE).min(longest) / STEP * STEP, 0.0);
        let frames = heard.len() / HOP;
        let mel = TensorData::new(log_mel(&heard, self.bands), [1, self.bands, frames]);
        let heard = self.forward(Tensor::from_data(mel, &self.positions.val().device()));
        heard.narrow(1, 0, steps).try_into_vec_as().expect("a float tensor holds floats")
    }
}

impl OutsideEncoder for Whisper {
    fn name(&self) -> String {
        format!("whisper {}x{} {:016x}", self.layers.len(), self.width(), self.fingerprint)
    }

    fn width(&self) -> usize {
        self.positions.val().dims()[1]
    }

    fn features(&self, samples: &[f32]) -> Vec<f32> {
        // Every place of the positions, some of them for the silence.
        let longest = self.positions.val().dims()[0] * STEP;
        let spoken = LONGEST.min(longest.saturating_sub(SILENCE)).max(STEP) / STEP * STEP;
        samples.chunks(spoken).filter(|s| s.len() >= STEP).flat_map(|s| self.stretch(s, longest)).collect()
    }
}

/// The loudest sample at half of full scale.
fn level(samples: &[f32]) -> Vec<f32> {
    let loudest = samples.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    samples.iter().map(|x| 0.5 * x / (loudest + 1e-6)).collect()
}

fn convolution(weights: &Weights<'_>, name: &str, [inputs, outputs]: [usize; 2], stride: usize) -> Result<Conv1d> {
    const TAPS: usize = 3;
    let config = Conv1dConfig::new(inputs, outputs, TAPS).with_stride(stride);
    let mut conv = config.with_padding(PaddingConfig1d::Explicit(1, 1)).init(weights.device());
    conv.weight = Param::from_tensor(weights.tensor(&format!("{name}.weight"), [outputs, inputs, TAPS])?);
    conv.bias = Some(Param::from_tensor(weights.tensor(&format!("{name}.bias"), [outputs])?));
    Ok(conv)
}

impl Layer {
    fn load(weights: &Weights<'_>, width: usize, n: usize) -> Result<Self> {
        let name = |part: &str| format!("layers.{n}.{part}");
        let inner = weights.shape(&name("fc1.weight")).map_or(4 * width, |shape| shape[0]);
        Ok(Layer {
            attention: Attention::load(weights, &name("self_attn"), width, (width / HEAD).max(1))?,
            attention_norm: weights.layer_norm(&name("self_attn_layer_norm"), width, EPSILON)?,
            wide: weights.linear(&name("fc1"), width, inner)?,
            narrow: weights.linear(&name("fc2"), inner, width)?,
            final_norm: weights.layer_norm(&name("final_layer_norm"), width, EPSILON)?,
        })
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.attention.forward(self.attention_norm.forward(x));
        let wide = gelu(self.wide.forward(self.final_norm.forward(x.clone())));
        x + self.narrow.forward(wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::SafeTensors;
    use std::path::PathBuf;

    /// What `host-train/tools/whisper_golden.py` wrote.
    fn golden(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/whisper").join(file)
    }

    fn expected(name: &str) -> Vec<f32> {
        let bytes = fs::read(golden("golden.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let data = tensors.tensor(name).unwrap().data().to_vec();
        data.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
    }

    fn farthest(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn small() -> Whisper {
        Whisper::load(&golden("model.safetensors"), &Device::flex()).unwrap()
    }

    #[test]
    fn the_frames_are_those_of_transformers() {
        let (ours, theirs) = (log_mel(&expected("samples"), 80), expected("log_mel"));
        assert_eq!(ours.len(), theirs.len());
        assert!(farthest(&ours, &theirs) < 2e-4, "{}", farthest(&ours, &theirs));
    }

    #[test]
    fn the_encoder_hears_what_transformers_hears() {
        let (small, spoken) = (small(), 8_000);
        let ours = small.features(&expected("samples")[..spoken]);
        assert_eq!(ours.len(), spoken / STEP * small.width());
        let miss = farthest(&ours, &expected("hidden"));
        assert!(miss < 1e-3, "{miss}");
    }

    #[test]
    fn every_step_of_a_long_sound_is_heard() {
        let small = small();
        for samples in [0, 319, 320, 40_000, 40_500] {
            assert_eq!(small.features(&vec![0.1; samples]).len() / small.width(), samples / STEP, "{samples} samples");
        }
    }

    #[test]
    fn a_file_without_an_encoder_says_what_is_missing() {
        let error = Whisper::load(&golden("golden.safetensors"), &Device::flex()).unwrap_err().to_string();
        assert!(error.contains("conv1.weight"), "{error}");
    }
}
