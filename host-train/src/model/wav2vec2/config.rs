//! What a checkpoint is: from the `config.json` beside it, or from the shapes of its tensors.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::corpus::{Error, Result};
use crate::model::weights::Weights;

/// Gain and direction of the positional convolution's weight norm, in files of today and in older ones.
const POSITION: [(&str, &str); 2] = [
    (
        "encoder.pos_conv_embed.conv.parametrizations.weight.original0",
        "encoder.pos_conv_embed.conv.parametrizations.weight.original1",
    ),
    ("encoder.pos_conv_embed.conv.weight_g", "encoder.pos_conv_embed.conv.weight_v"),
];

/// Names of the positional convolution's gain and direction, as this file spells them.
pub fn position_names(weights: &Weights<'_>) -> (&'static str, &'static str) {
    let [today, older] = POSITION;
    if weights.shape(older.1).is_some() { older } else { today }
}

/// Sizes and variants, under the names and with the defaults of HuggingFace's `config.json` (the defaults are base).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Wav2Vec2Config {
    /// Channels of each convolution.
    pub conv_dim: Vec<usize>,
    /// Taps of each convolution.
    pub conv_kernel: Vec<usize>,
    /// Strides of each convolution.
    pub conv_stride: Vec<usize>,
    /// Whether the convolutions have biases.
    pub conv_bias: bool,
    /// Which convolutions are normalized, and over what.
    pub feat_extract_norm: ConvNorm,
    /// Between the convolutions.
    pub feat_extract_activation: Activation,
    /// Width of the transformer, and of the features.
    pub hidden_size: usize,
    /// Layers of the transformer.
    pub num_hidden_layers: usize,
    /// Heads of each attention.
    pub num_attention_heads: usize,
    /// Width between the two linear layers of a feed-forward block.
    pub intermediate_size: usize,
    /// Within the feed-forward blocks.
    pub hidden_act: Activation,
    /// Taps of the positional convolution.
    pub num_conv_pos_embeddings: usize,
    /// Groups of the positional convolution.
    pub num_conv_pos_embedding_groups: usize,
    /// Added to variances in the transformer.
    pub layer_norm_eps: f64,
    /// Whether a layer is normalized before its blocks (large) or after them (base).
    pub do_stable_layer_norm: bool,
    /// Whether an utterance is brought to mean 0 and variance 1; told by `preprocessor_config.json`.
    #[serde(skip)]
    pub normalize: bool,
}

/// Normalization of the convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConvNorm {
    /// The first one, each channel over time (base).
    Group,
    /// Every one, each moment over the channels (large).
    Layer,
}

/// The one activation that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x * Phi(x)`, exact.
    Gelu,
}

/// What `preprocessor_config.json` says of the samples.
#[derive(Deserialize)]
struct Preprocessor {
    do_normalize: Option<bool>,
}

/// Width of an attention head in every published checkpoint; shapes do not tell it.
const HEAD_WIDTH: usize = 64;

impl Default for Wav2Vec2Config {
    fn default() -> Self {
        Wav2Vec2Config {
            conv_dim: vec![512; 7],
            conv_kernel: vec![10, 3, 3, 3, 3, 2, 2],
            conv_stride: vec![5, 2, 2, 2, 2, 2, 2],
            conv_bias: false,
            feat_extract_norm: ConvNorm::Group,
            feat_extract_activation: Activation::Gelu,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: Activation::Gelu,
            num_conv_pos_embeddings: 128,
            num_conv_pos_embedding_groups: 16,
            layer_norm_eps: 1e-5,
            do_stable_layer_norm: false,
            normalize: true,
        }
    }
}

impl Wav2Vec2Config {
    /// Reads what lies beside the weights, or asks the weights.
    ///
    /// # Errors
    /// When a file is damaged, names something unknown, or sizes do not go together.
    pub(super) fn beside(path: &Path, weights: &Weights<'_>) -> Result<Self> {
        let config = read_json(&path.with_file_name("config.json"))?;
        let preprocessor: Option<Preprocessor> = read_json(&path.with_file_name("preprocessor_config.json"))?;
        let config = config.map_or_else(|| Self::inferred(weights), Ok)?;
        let normalize = preprocessor.and_then(|p| p.do_normalize).unwrap_or(true);
        Wav2Vec2Config { normalize, ..config }.checked(path)
    }

    /// What the shapes tell; strides, width of the heads and place of the normalization are as in what was published.
    fn inferred(weights: &Weights<'_>) -> Result<Self> {
        let size = |name: &str, axis: usize| {
            let size = weights.shape(name).and_then(|shape| shape.get(axis).copied());
            size.ok_or_else(|| weights.missing(name))
        };
        let conv_sizes = |axis: usize| -> Result<Vec<usize>> {
            let layers = 0..weights.count("feature_extractor.conv_layers");
            layers.map(|n| size(&format!("feature_extractor.conv_layers.{n}.conv.weight"), axis)).collect()
        };
        let position = position_names(weights).1;
        let hidden_size = size("feature_projection.projection.weight", 0)?;
        let norm_everywhere = weights.shape("feature_extractor.conv_layers.1.layer_norm.weight").is_some();
        Ok(Wav2Vec2Config {
            conv_dim: conv_sizes(0)?,
            conv_kernel: conv_sizes(2)?,
            conv_bias: weights.shape("feature_extractor.conv_layers.0.conv.bias").is_some(),
            feat_extract_norm: if norm_everywhere { ConvNorm::Layer } else { ConvNorm::Group },
            hidden_size,
            num_hidden_layers: weights.count("encoder.layers"),
            num_attention_heads: (hidden_size / HEAD_WIDTH).max(1),
            intermediate_size: size("encoder.layers.0.feed_forward.intermediate_dense.weight", 0)?,
            num_conv_pos_embeddings: size(position, 2)?,
            num_conv_pos_embedding_groups: hidden_size / size(position, 1)?.max(1),
            do_stable_layer_norm: norm_everywhere,
            ..Wav2Vec2Config::default()
        })
    }

    /// Samples between two features.
    pub fn hop(&self) -> usize {
        self.conv_stride.iter().product()
    }

    /// Samples that a feature of the convolutions hears.
    pub fn window(&self) -> usize {
        let layers = self.conv_kernel.iter().zip(&self.conv_stride).rev();
        layers.fold(1, |window, (kernel, stride)| (window - 1) * stride + kernel)
    }

    fn checked(self, path: &Path) -> Result<Self> {
        let convs = self.conv_dim.len();
        let sizes = [&self.conv_dim, &self.conv_kernel, &self.conv_stride];
        let (heads, groups) = (self.num_attention_heads, self.num_conv_pos_embedding_groups);
        let divides = |part: usize| part > 0 && self.hidden_size.is_multiple_of(part);
        let checks = [
            (
                sizes.iter().all(|s| s.len() == convs && !s.contains(&0)),
                "as many conv_dim as conv_kernel and conv_stride",
            ),
            (
                self.hop() == keyface_core::STEP_HOPS * keyface_core::HOP_SAMPLES,
                "strides that make 320 samples a feature",
            ),
            (divides(heads), "heads that divide hidden_size"),
            (divides(groups), "positional groups that divide hidden_size"),
            (self.num_conv_pos_embeddings > 0, "taps in the positional convolution"),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, expected)) => Err(Error::unexpected(path.display().to_string(), *expected, format!("{self:?}"))),
            None => Ok(self),
        }
    }
}

/// A file that need not be there.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read(path).map_err(Error::io(path))?;
    let wrong = |e: serde_json::Error| Error::unexpected(path.display().to_string(), "wav2vec 2.0", e.to_string());
    serde_json::from_slice(&text).map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::tests::golden;
    use burn::tensor::Device;

    fn inferred(variant: &str) -> Wav2Vec2Config {
        let path = golden(variant);
        let bytes = fs::read(&path).unwrap();
        Wav2Vec2Config::inferred(
            &Weights::new(&bytes, &path, crate::model::weights::WAV2VEC2, &Device::flex()).unwrap(),
        )
        .unwrap()
    }

    fn written(variant: &str) -> Wav2Vec2Config {
        read_json(&golden(variant).with_file_name("config.json")).unwrap().unwrap()
    }

    #[test]
    fn shapes_tell_what_the_config_tells() {
        for variant in ["base", "large"] {
            // The little checkpoints have heads narrower than 64.
            let shapes = Wav2Vec2Config { num_attention_heads: 2, ..inferred(variant) };
            let config = Wav2Vec2Config { normalize: true, ..written(variant) };
            assert_eq!(shapes, config, "{variant}");
        }
    }

    #[test]
    fn a_feature_hears_25_ms_every_20() {
        // Baevski et al. 2020, section 4.2: "a receptive field of about 25ms", "a stride of about 20ms".
        let base = Wav2Vec2Config::default();
        assert_eq!((base.window(), base.hop()), (400, 320));
    }

    #[test]
    fn an_unknown_activation_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        fs::write(&path, r#"{"hidden_act": "relu"}"#).unwrap();
        let error = read_json::<Wav2Vec2Config>(&path).unwrap_err().to_string();
        assert!(error.contains("config.json") && error.contains("`relu`"), "{error}");
    }

    #[test]
    fn sizes_that_do_not_go_together_are_refused() {
        let odd = Wav2Vec2Config { num_attention_heads: 7, ..Wav2Vec2Config::default() };
        let error = odd.checked(Path::new("model.safetensors")).unwrap_err().to_string();
        assert!(error.contains("heads that divide hidden_size"), "{error}");
        let slow = Wav2Vec2Config { conv_stride: vec![5, 2, 2, 2, 2, 2, 4], ..Wav2Vec2Config::default() };
        assert!(slow.checked(Path::new("model.safetensors")).unwrap_err().to_string().contains("320"));
    }
}
