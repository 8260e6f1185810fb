//! CodeTalker (Xing et al. 2023): from audio and the frames before to codes of its motion prior, and through them to
//! vertices.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::layer::{Layer, LayerSize};
use super::motion_prior::{MotionPrior, MotionPriorConfig};
use super::periodic::{moment_bias, past_bias, positions};
use super::{Animator, AudioPace};
use crate::corpus::Result;
use crate::model::weights::Weights;
use crate::papers::corpus::Layout;

/// Its measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeTalkerConfig {
    /// Those of the first stage.
    pub prior: MotionPriorConfig,
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

impl CodeTalkerConfig {
    /// The paper's for a corpus, with features of wav2vec 2.0 base.
    pub fn paper(layout: Layout) -> Self {
        let (layers, period) = match layout {
            Layout::Vocaset => (6, 30),
            Layout::Biwi => (12, 25),
        };
        CodeTalkerConfig {
            prior: MotionPriorConfig::paper(layout),
            audio_width: 768,
            width: 1024,
            heads: 4,
            layers,
            period,
            speakers: layout.train_speakers().len(),
            paired: layout == Layout::Biwi,
            dropout: 0.1,
        }
    }

    /// For tests.
    pub fn tiny(layout: Layout, values: usize, audio_width: usize) -> Self {
        let prior = MotionPriorConfig::tiny(layout, values);
        CodeTalkerConfig { prior, audio_width, width: 16, layers: 1, dropout: 0.0, ..Self::paper(layout) }
    }

    /// Fresh weights around a prior that has been trained.
    pub fn init(&self, prior: MotionPrior, device: &Device) -> CodeTalker {
        let size = LayerSize { width: self.width, heads: self.heads, wide: 2 * self.width, dropout: self.dropout };
        let coded = self.prior.codes_per_frame * self.prior.code_width;
        let features =
            LinearConfig::new(self.width, coded).with_bias(false).with_initializer(Initializer::Zeros).init(device);
        CodeTalker {
            audio: LinearConfig::new(self.audio_width, self.width).init(device),
            motion: LinearConfig::new(self.prior.values, self.width).init(device),
            styles: Initializer::Normal { mean: 0.0, std: 1.0 }.init([self.speakers, self.width], device),
            decoder: (0..self.layers).map(|_| Layer::new(size, true, device)).collect(),
            features,
            prior: prior.no_grad(),
            dropout: DropoutConfig::new(self.dropout).init(),
            heads: self.heads,
            period: self.period,
            paired: self.paired,
        }
    }
}

/// The whole of it but the audio encoder.
#[derive(Module, Debug)]
pub struct CodeTalker {
    audio: Linear,
    motion: Linear,
    styles: Param<Tensor<2>>,
    decoder: Vec<Layer>,
    features: Linear,
    prior: MotionPrior,
    dropout: Dropout,
    heads: usize,
    period: usize,
    paired: bool,
}

/// What training compares.
pub struct Forced {
    /// `[1, frames, values]`
    pub vertices: Tensor<3>,
    /// Before they became codes, `[1, frames * codes_per_frame, code_width]`.
    pub features: Tensor<3>,
}

impl CodeTalker {
    /// Takes the authors' weights, the prior's under `autoencoder.`.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>) -> Result<Self> {
        let ([audio, width], [values, _]) = (self.audio.weight.val().dims(), self.motion.weight.val().dims());
        let ([speakers, _], [_, coded]) = (self.styles.val().dims(), self.features.weight.val().dims());
        let layer = |(n, layer): (usize, Layer)| layer.load(weights, &format!("transformer_decoder.layers.{n}"));
        let features = weights.tensor("feat_map.weight", [coded, width])?.transpose();
        Ok(CodeTalker {
            audio: weights.linear("audio_feature_map", audio, width)?,
            motion: weights.linear("vertice_map", values, width)?,
            styles: Param::from_tensor(weights.tensor("learnable_style_emb.weight", [speakers, width])?),
            decoder: self.decoder.into_iter().enumerate().map(layer).collect::<Result<_>>()?,
            features: Linear { weight: Param::from_tensor(features), bias: None },
            prior: self.prior.load(weights, "autoencoder.")?,
            ..self
        })
    }

    /// The motion prior.
    pub fn prior(&self) -> &MotionPrior {
        &self.prior
    }

    /// With the true frames before each frame: all at once, as the authors train.
    ///
    /// # Shapes
    /// Features `[1, steps, audio width]`, template `[1, values]`, truth `[1, frames, values]`.
    pub fn forced(&self, features: Tensor<3>, template: Tensor<2>, speaker: usize, truth: Tensor<3>) -> Forced {
        let (template, style) = (template.unsqueeze_dim::<3>(1), self.style(speaker));
        let frames = truth.dims()[1];
        let before = Tensor::cat(vec![template.clone(), truth.narrow(1, 0, frames - 1)], 1);
        let input = self.motion.forward(before - template.clone()) + style;
        let made = self.features.forward(self.decode(input, self.audio.forward(features)));
        let width = self.prior.code_width();
        let [_, _, coded] = made.dims();
        let vertices = self.prior.decode(self.prior.quantize(made.clone()).codes, frames) + template;
        Forced { vertices, features: made.reshape([1, frames * coded / width, width]) }
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

    /// Moves of so many frames from the decoder's output. A single frame has no variance over time: the authors show it
    /// twice and take the first.
    fn moves(&self, decoded: Tensor<3>) -> Tensor<3> {
        let (codes, frames) = (self.prior.quantize(self.features.forward(decoded.clone())).codes, decoded.dims()[1]);
        match frames {
            1 => self.prior.decode(codes.repeat_dim(1, 2), 2).narrow(1, 0, 1),
            _ => self.prior.decode(codes, frames),
        }
    }
}

impl Animator for CodeTalker {
    fn pace(&self) -> AudioPace {
        if self.paired { AudioPace::Paired } else { AudioPace::Interpolated }
    }

    /// Frame by frame; the prior hears all of them, so that a frame may still change while the next ones are made.
    fn animate(&self, features: Tensor<3>, template: Tensor<2>, speaker: usize) -> Tensor<3> {
        let (heard, style) = (self.audio.forward(features), self.style(speaker));
        let frames = heard.dims()[1] / self.pace().per_frame();
        let mut input = style.clone();
        let mut moves = self.moves(self.decode(input.clone(), heard.clone()));
        for frame in 1..frames {
            let next = self.motion.forward(moves.narrow(1, frame - 1, 1)) + style.clone();
            input = Tensor::cat(vec![input, next], 1);
            moves = self.moves(self.decode(input.clone(), heard.clone()));
        }
        moves + template.unsqueeze_dim::<3>(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Golden, near};
    use super::*;

    fn golden(name: &str, paired: bool) -> (Golden, CodeTalker) {
        let golden = Golden::read(&format!("codetalker_{name}"));
        let (codes_per_frame, code_width, period) = if paired { (2, 6, 4) } else { (4, 4, 5) };
        let prior = MotionPriorConfig {
            values: 18,
            width: 16,
            blocks: 2,
            heads: 4,
            wide: 24,
            codes_per_frame,
            code_width,
            codes: 12,
            bridged: paired,
        };
        let made = prior.init(&Device::flex());
        let config = CodeTalkerConfig {
            prior,
            audio_width: 10,
            width: 8,
            heads: 4,
            layers: 2,
            period,
            speakers: 3,
            paired,
            dropout: 0.1,
        };
        let model = golden.with(|weights| config.init(made, &Device::flex()).load(weights)).unwrap();
        (golden, model)
    }

    #[test]
    fn it_gives_what_its_authors_modules_give() {
        for (name, paired) in [("vocaset", false), ("biwi", true)] {
            let (golden, model) = golden(name, paired);
            let (features, template) = (golden.tensor("input.features"), golden.tensor("input.template"));
            let forced = model.forced(features.clone(), template.clone(), 1, golden.tensor("input.vertices"));
            near(forced.features, golden.tensor("output.forced_features"), 1e-4);
            near(forced.vertices, golden.tensor("output.forced"), 1e-4);
            near(model.animate(features, template, 1), golden.tensor("output.free"), 1e-3);
        }
    }

    #[test]
    #[ignore = "two gigabytes of fresh weights: run where it was changed"]
    fn the_papers_models_have_as_many_weights_as_their_authors() {
        // Counted in PyTorch, without the audio encoder.
        for (layout, prior, all) in
            [(Layout::Vocaset, 131_653_341, 224_531_165), (Layout::Biwi, 246_477_824, 471_317_504)]
        {
            let config = CodeTalkerConfig::paper(layout);
            let made = config.prior.init(&Device::flex());
            assert_eq!(made.num_params(), prior, "{layout:?}");
            assert_eq!(config.init(made, &Device::flex()).num_params(), all, "{layout:?}");
        }
    }
}
