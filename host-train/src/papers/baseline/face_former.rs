//! FaceFormer (Fan et al. 2022): each frame is made from the frames before it and from its own moment of audio.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::layer::{Layer, LayerSize};
use super::periodic::{moment_bias, past_bias, positions};
use super::{Animator, AudioPace};
use crate::corpus::Result;
use crate::model::weights::Weights;
use crate::papers::corpus::Layout;

/// Its measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceFormerConfig {
    /// Values of a frame.
    pub values: usize,
    /// Values of an audio feature.
    pub audio_width: usize,
    /// Width of the decoder.
    pub width: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Layers of the decoder.
    pub layers: usize,
    /// Frames after which positions repeat.
    pub period: usize,
    /// Speakers that are trained on.
    pub speakers: usize,
    /// Whether two features make a frame.
    pub paired: bool,
    /// Share of values that training leaves out.
    pub dropout: f64,
}

impl FaceFormerConfig {
    /// The paper's for a corpus, with features of wav2vec 2.0 base.
    pub fn paper(layout: Layout) -> Self {
        let (width, period) = match layout {
            Layout::Vocaset => (64, 30),
            Layout::Biwi => (128, 25),
        };
        FaceFormerConfig {
            values: 3 * layout.vertices(),
            audio_width: 768,
            width,
            heads: 4,
            layers: 1,
            period,
            speakers: layout.train_speakers().len(),
            paired: layout == Layout::Biwi,
            dropout: 0.1,
        }
    }

    /// For tests.
    pub fn tiny(layout: Layout, values: usize, audio_width: usize) -> Self {
        FaceFormerConfig { values, audio_width, width: 16, dropout: 0.0, ..Self::paper(layout) }
    }

    /// Fresh weights; the last layer begins with 0, so that the first face is the template.
    pub fn init(&self, device: &Device) -> FaceFormer {
        let size = LayerSize { width: self.width, heads: self.heads, wide: 2 * self.width, dropout: self.dropout };
        let vertices = LinearConfig::new(self.width, self.values).with_initializer(Initializer::Zeros).init(device);
        let spread = 1.0 / (self.speakers as f64).sqrt();
        FaceFormer {
            audio: LinearConfig::new(self.audio_width, self.width).init(device),
            motion: LinearConfig::new(self.values, self.width).init(device),
            styles: Initializer::Uniform { min: -spread, max: spread }.init([self.speakers, self.width], device),
            decoder: (0..self.layers).map(|_| Layer::new(size, true, device)).collect(),
            vertices,
            dropout: DropoutConfig::new(self.dropout).init(),
            heads: self.heads,
            period: self.period,
            paired: self.paired,
        }
    }
}

/// The whole of it but the audio encoder.
#[derive(Module, Debug)]
pub struct FaceFormer {
    audio: Linear,
    motion: Linear,
    styles: Param<Tensor<2>>,
    decoder: Vec<Layer>,
    vertices: Linear,
    dropout: Dropout,
    heads: usize,
    period: usize,
    paired: bool,
}

impl FaceFormer {
    /// Takes the authors' weights, by the names of their checkpoint.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>) -> Result<Self> {
        let ([audio, width], [values, _]) = (self.audio.weight.val().dims(), self.motion.weight.val().dims());
        let [speakers, _] = self.styles.val().dims();
        let layer = |(n, layer): (usize, Layer)| layer.load(weights, &format!("transformer_decoder.layers.{n}"));
        Ok(FaceFormer {
            audio: weights.linear("audio_feature_map", audio, width)?,
            motion: weights.linear("vertice_map", values, width)?,
            styles: Param::from_tensor(weights.tensor("obj_vector.weight", [width, speakers])?.transpose()),
            decoder: self.decoder.into_iter().enumerate().map(layer).collect::<Result<_>>()?,
            vertices: weights.linear("vertice_map_r", width, values)?,
            ..self
        })
    }

    /// With the true frames before each frame: all at once.
    ///
    /// # Shapes
    /// Features `[1, steps, audio width]`, template `[1, values]`, truth `[1, frames, values]` -> `[1, frames, values]`.
    pub fn forced(&self, features: Tensor<3>, template: Tensor<2>, speaker: usize, truth: Tensor<3>) -> Tensor<3> {
        let (template, style) = (template.unsqueeze_dim::<3>(1), self.style(speaker));
        let frames = truth.dims()[1];
        let before = Tensor::cat(vec![template.clone(), truth.narrow(1, 0, frames - 1)], 1);
        let input = self.motion.forward(before - template.clone()) + style;
        self.vertices.forward(self.decode(input, self.audio.forward(features))) + template
    }

    fn style(&self, speaker: usize) -> Tensor<3> {
        self.styles.val().narrow(0, speaker, 1).unsqueeze_dim(1)
    }

    fn decode(&self, input: Tensor<3>, heard: Tensor<3>) -> Tensor<3> {
        let ([_, time, width], [_, steps, _], device) = (input.dims(), heard.dims(), input.device());
        let past = past_bias(time, self.heads, self.period, &device);
        let moment = moment_bias(time, steps, self.pace().per_frame(), &device);
        let x = self.dropout.forward(input + positions(time, width, self.period, &device));
        let layer = |x, layer: &Layer| layer.forward(x, Some(&heard), Some(past.clone()), Some(moment.clone()));
        self.decoder.iter().fold(x, layer)
    }
}

impl Animator for FaceFormer {
    fn pace(&self) -> AudioPace {
        if self.paired { AudioPace::Paired } else { AudioPace::Interpolated }
    }

    /// Frame by frame, each from those before it as they were made.
    fn animate(&self, features: Tensor<3>, template: Tensor<2>, speaker: usize) -> Tensor<3> {
        let (heard, style) = (self.audio.forward(features), self.style(speaker));
        let frames = heard.dims()[1] / self.pace().per_frame();
        let (mut input, mut made) = (style.clone(), Vec::with_capacity(frames));
        for frame in 0..frames {
            let last = self.decode(input.clone(), heard.clone()).narrow(1, frame, 1);
            let vertices = self.vertices.forward(last);
            let next = self.motion.forward(vertices.clone()) + style.clone();
            made.push(vertices);
            input = Tensor::cat(vec![input, next], 1);
        }
        Tensor::cat(made, 1) + template.unsqueeze_dim::<3>(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Golden, near};
    use super::*;

    fn golden(name: &str, paired: bool) -> (Golden, FaceFormer) {
        let golden = Golden::read(&format!("faceformer_{name}"));
        let config = FaceFormerConfig {
            values: 18,
            audio_width: 10,
            width: 8,
            heads: 4,
            layers: 1,
            period: if paired { 4 } else { 5 },
            speakers: 3,
            paired,
            dropout: 0.1,
        };
        let model = golden.with(|weights| config.init(&Device::flex()).load(weights)).unwrap();
        (golden, model)
    }

    #[test]
    fn it_gives_what_its_authors_modules_give() {
        for (name, paired) in [("vocaset", false), ("biwi", true)] {
            let (golden, model) = golden(name, paired);
            let (features, template) = (golden.tensor("input.features"), golden.tensor("input.template"));
            let forced = model.forced(features.clone(), template.clone(), 1, golden.tensor("input.vertices"));
            near(forced, golden.tensor("output.forced"), 2e-5);
            near(model.animate(features, template, 1), golden.tensor("output.free"), 2e-4);
        }
    }

    #[test]
    fn the_papers_models_have_as_many_weights_as_their_authors() {
        // Counted in PyTorch, without the audio encoder.
        for (layout, count) in [(Layout::Vocaset, 2_043_933), (Layout::Biwi, 18_316_382)] {
            assert_eq!(FaceFormerConfig::paper(layout).init(&Device::flex()).num_params(), count, "{layout:?}");
        }
    }

    #[test]
    fn a_fresh_one_shows_the_template() {
        let device = Device::flex();
        let model = FaceFormerConfig::tiny(Layout::Vocaset, 9, 5).init(&device);
        let template = Tensor::<2>::ones([1, 9], &device);
        let made = model.animate(Tensor::ones([1, 4, 5], &device), template, 0);
        near(made, Tensor::<3>::ones([1, 4, 9], &device), 1e-6);
    }
}
