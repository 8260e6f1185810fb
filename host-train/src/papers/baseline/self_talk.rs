//! SelfTalk (Peng et al. 2023): all frames at once from the whole sound, and a lip reader that must read from the made
//! lips what an ear hears in the sound.

use burn::module::{Initializer, Module};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::audio_pace::{FEATURE_HZ, interpolate};
use super::layer::{Layer, LayerSize};
use super::{Animator, AudioPace};
use crate::corpus::Result;
use crate::model::weights::Weights;
use crate::papers::corpus::Layout;

const EPSILON: f64 = 1e-5;

/// Its measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelfTalkConfig {
    /// Values of a frame.
    pub values: usize,
    /// Vertices of the lips.
    pub lips: Vec<usize>,
    /// Values of an audio feature.
    pub audio_width: usize,
    /// Width of the decoder.
    pub width: usize,
    /// Heads of the decoder's attentions.
    pub heads: usize,
    /// Width of the lip reader, that of the ear's features.
    pub reader_width: usize,
    /// Heads of the lip reader.
    pub reader_heads: usize,
    /// Layers of each half of the lip reader.
    pub reader_layers: usize,
    /// Between the linear layers of the lip reader.
    pub reader_wide: usize,
    /// Letters that it tells apart, with the blank.
    pub letters: usize,
    /// Whether two features make a frame.
    pub paired: bool,
    /// Share of values that training leaves out.
    pub dropout: f64,
}

impl SelfTalkConfig {
    /// The paper's for a corpus, with features of wav2vec 2.0 large and the 33 letters of its English recognizer.
    pub fn paper(layout: Layout, lips: Vec<usize>) -> Self {
        let width = match layout {
            Layout::Vocaset => 512,
            Layout::Biwi => 1024,
        };
        SelfTalkConfig {
            values: 3 * layout.vertices(),
            lips,
            audio_width: 1024,
            width,
            heads: 4,
            reader_width: 1024,
            reader_heads: 8,
            reader_layers: 6,
            reader_wide: 2048,
            letters: 33,
            paired: layout == Layout::Biwi,
            dropout: 0.1,
        }
    }

    /// For tests.
    pub fn tiny(layout: Layout, values: usize, lips: Vec<usize>, audio_width: usize) -> Self {
        let paper = Self::paper(layout, lips);
        SelfTalkConfig {
            values,
            audio_width,
            width: 16,
            reader_width: 16,
            reader_layers: 1,
            reader_wide: 24,
            dropout: 0.0,
            ..paper
        }
    }

    /// Fresh weights; the last layer of the face begins with 0, so that the first face is the template.
    pub fn init(&self, device: &Device) -> SelfTalk {
        let size = LayerSize { width: self.width, heads: self.heads, wide: 2 * self.width, dropout: self.dropout };
        let reader = LayerSize {
            width: self.reader_width,
            heads: self.reader_heads,
            wide: self.reader_wide,
            dropout: self.dropout,
        };
        let layers = |has_memory| (0..self.reader_layers).map(|_| Layer::new(reader, has_memory, device)).collect();
        let norm = || LayerNormConfig::new(self.reader_width).with_epsilon(EPSILON).init(device);
        let per_frame = if self.paired { 2 } else { 1 };
        let vertices = LinearConfig::new(self.width, self.values).with_initializer(Initializer::Zeros).init(device);
        SelfTalk {
            audio: LinearConfig::new(per_frame * self.audio_width, self.width).init(device),
            decoder: Layer::new(size, true, device),
            vertices,
            lip_map: LinearConfig::new(3 * self.lips.len(), self.reader_width).init(device),
            encoder: layers(false),
            encoder_norm: norm(),
            reader: layers(true),
            reader_norm: norm(),
            letters: LinearConfig::new(self.reader_width, self.letters).init(device),
            lips: self.lips.clone(),
            paired: self.paired,
        }
    }
}

/// The face and the lip reader, without the audio encoder and the ear.
#[derive(Module, Debug)]
pub struct SelfTalk {
    audio: Linear,
    decoder: Layer,
    vertices: Linear,
    lip_map: Linear,
    encoder: Vec<Layer>,
    encoder_norm: LayerNorm,
    reader: Vec<Layer>,
    reader_norm: LayerNorm,
    letters: Linear,
    #[module(skip)]
    lips: Vec<usize>,
    paired: bool,
}

/// What the lip reader makes of moving lips, at the ear's 50 a second.
pub struct LipReading {
    /// To be like the ear's features, `[1, steps, reader_width]`.
    pub features: Tensor<3>,
    /// Scores of the letters, the blank first, `[1, steps, letters]`.
    pub letters: Tensor<3>,
}

impl SelfTalk {
    /// Takes the authors' weights, by the names of their checkpoint.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>) -> Result<Self> {
        let ([audio, width], [_, values]) = (self.audio.weight.val().dims(), self.vertices.weight.val().dims());
        let ([lips, reader], [_, letters]) = (self.lip_map.weight.val().dims(), self.letters.weight.val().dims());
        let layers = |layers: Vec<Layer>, part: &str| -> Result<Vec<Layer>> {
            let name = |n: usize| format!("transformer.{part}.layers.{n}");
            layers.into_iter().enumerate().map(|(n, layer)| layer.load(weights, &name(n))).collect()
        };
        Ok(SelfTalk {
            audio: weights.linear("audio_feature_map", audio, width)?,
            decoder: self.decoder.load(weights, "transformer_decoder.layers.0")?,
            vertices: weights.linear("vertice_map_r", width, values)?,
            lip_map: weights.linear("lip_map", lips, reader)?,
            encoder: layers(self.encoder, "encoder")?,
            encoder_norm: weights.layer_norm("transformer.encoder.norm", reader, EPSILON)?,
            reader: layers(self.reader, "decoder")?,
            reader_norm: weights.layer_norm("transformer.decoder.norm", reader, EPSILON)?,
            letters: weights.linear("lm_head", reader, letters)?,
            ..self
        })
    }

    /// Reads moves of the lips, captured `rate_hz` times a second, into so many steps.
    ///
    /// # Shapes
    /// Moves from the template `[1, frames, values]`.
    pub fn read_lips(&self, moves: Tensor<3>, steps: usize) -> LipReading {
        let axes: Vec<i32> = self.lips.iter().flat_map(|v| (0..3).map(move |axis| (3 * v + axis) as i32)).collect();
        let lips = moves.clone().select(2, Tensor::from_ints(axes.as_slice(), &moves.device()));
        let seen = interpolate(self.lip_map.forward(lips), steps);
        let heard = self.encoder.iter().fold(seen.clone(), |x, layer| layer.forward(x, None, None, None));
        let heard = self.encoder_norm.forward(heard);
        let read = self.reader.iter().fold(seen, |x, layer| layer.forward(x, Some(&heard), None, None));
        let features = self.reader_norm.forward(read);
        LipReading { letters: self.letters.forward(features.clone()), features }
    }

    /// The ear's steps in so many frames.
    pub fn steps(&self, frames: usize) -> usize {
        let rate_hz = if self.paired { 25.0 } else { 30.0 };
        (frames as f64 / rate_hz * FEATURE_HZ) as usize
    }

    /// Moves from the template, `[1, frames, values]`.
    pub fn moves(&self, features: Tensor<3>) -> Tensor<3> {
        let ([batch, steps, width], per_frame) = (features.dims(), self.pace().per_frame());
        let heard = self.audio.forward(features.reshape([batch, steps / per_frame, width * per_frame]));
        self.vertices.forward(self.decoder.forward(heard.clone(), Some(&heard), None, None))
    }
}

impl Animator for SelfTalk {
    fn pace(&self) -> AudioPace {
        if self.paired { AudioPace::Paired } else { AudioPace::Interpolated }
    }

    /// It knows no speakers.
    fn animate(&self, features: Tensor<3>, template: Tensor<2>, _speaker: usize) -> Tensor<3> {
        self.moves(features) + template.unsqueeze_dim::<3>(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Golden, near};
    use super::*;

    #[test]
    fn it_gives_what_its_authors_modules_give() {
        for (name, paired) in [("vocaset", false), ("biwi", true)] {
            let golden = Golden::read(&format!("selftalk_{name}"));
            let config = SelfTalkConfig {
                values: 18,
                lips: vec![1, 3, 4],
                audio_width: 10,
                width: 8,
                heads: 4,
                reader_width: 16,
                reader_heads: 8,
                reader_layers: 2,
                reader_wide: 20,
                letters: 7,
                paired,
                dropout: 0.1,
            };
            let model = golden.with(|weights| config.init(&Device::flex()).load(weights)).unwrap();
            let features = golden.tensor::<3>("input.features");
            let vertices = model.animate(features.clone(), golden.tensor("input.template"), 0);
            near(vertices, golden.tensor("output.vertices"), 2e-5);
            let reading = model.read_lips(model.moves(features), model.steps(12));
            near(reading.features, golden.tensor("output.lips"), 5e-5);
            near(reading.letters, golden.tensor("output.logits"), 5e-5);
        }
    }

    #[test]
    fn the_papers_model_has_as_many_weights_as_its_authors() {
        // Counted in PyTorch, without the audio encoder and the ear: VOCASET's 254 vertices of the lips.
        let config = SelfTalkConfig::paper(Layout::Vocaset, (0..254).collect());
        assert_eq!(config.init(&Device::flex()).num_params(), 138_230_014);
    }

    #[test]
    #[ignore = "a gigabyte of fresh weights: run where it was changed"]
    fn on_biwi_it_has_as_many_weights_as_its_authors() {
        let config = SelfTalkConfig::paper(Layout::Biwi, (0..4996).collect());
        assert_eq!(config.init(&Device::flex()).num_params(), 227_949_055);
    }
}
