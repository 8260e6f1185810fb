//! The whole encoder: an utterance in, a feature vector for each of its steps out.

use std::fs;
use std::path::Path;

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor, TensorData};

use super::config::Wav2Vec2Config;
use super::feature_encoder::FeatureEncoder;
use super::transformer::Transformer;
use crate::corpus::{Error, Result};
use crate::model::outside::{OutsideEncoder, fingerprint};
use crate::model::weights::{WAV2VEC2, Weights};

/// Convolutions, projection, transformer; the answer is the last hidden state.
#[derive(Module, Debug)]
pub struct Wav2Vec2 {
    encoder: FeatureEncoder,
    projection_norm: LayerNorm,
    projection: Linear,
    transformer: Transformer,
    #[module(skip)]
    config: Wav2Vec2Config,
    fingerprint: u64,
}

impl Wav2Vec2 {
    /// Reads a safetensors file, and `config.json` and `preprocessor_config.json` beside it where they are.
    ///
    /// # Errors
    /// When a file cannot be read or is cut short, a tensor is missing or of another shape, or a choice is unknown.
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let weights = Weights::new(&bytes, path, WAV2VEC2, device)?;
        let config = Wav2Vec2Config::beside(path, &weights)?;
        let channels = config.conv_dim.last().copied().unwrap_or(1);
        Ok(Wav2Vec2 {
            encoder: FeatureEncoder::load(&weights, &config)?,
            projection_norm: weights.layer_norm("feature_projection.layer_norm", channels, config.layer_norm_eps)?,
            projection: weights.linear("feature_projection.projection", channels, config.hidden_size)?,
            transformer: Transformer::load(&weights, &config)?,
            fingerprint: fingerprint(&[&bytes, format!("{config:?}").as_bytes()]),
            config,
        })
    }

    /// # Shapes
    /// `[batch, samples]`, normalized and at least 400 of them -> `[batch, time, width]`,
    /// where time is `(samples - 400) / 320 + 1`.
    pub fn forward(&self, samples: Tensor<2>) -> Tensor<3> {
        let encoded = self.encoder.forward(samples);
        self.transformer.forward(self.projection.forward(self.projection_norm.forward(encoded)))
    }
}

impl OutsideEncoder for Wav2Vec2 {
    fn name(&self) -> String {
        format!("wav2vec2 {:016x}", self.fingerprint)
    }

    fn width(&self) -> usize {
        self.config.hidden_size
    }

    fn features(&self, samples: &[f32]) -> Vec<f32> {
        if self.config.steps(samples.len()) == 0 {
            return Vec::new();
        }
        let heard = self.config.aligned(samples);
        let shape = [1, heard.len()];
        let device = &self.projection.weight.device();
        let features = self.forward(Tensor::from_data(TensorData::new(heard, shape), device));
        features.try_into_vec_as().expect("a float tensor holds floats")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::tests::golden;
    use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

    /// What `transformers` wrote beside a checkpoint.
    fn expected(variant: &str, name: &str) -> Vec<f32> {
        let bytes = fs::read(golden(variant).with_file_name("golden.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let view = tensors.tensor(name).unwrap();
        view.data().as_chunks::<4>().0.iter().map(|w| f32::from_le_bytes(*w)).collect()
    }

    fn farthest(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn encoded(model: &Wav2Vec2, heard: Vec<f32>) -> Vec<f32> {
        let shape = [1, heard.len()];
        let heard = Tensor::from_data(TensorData::new(heard, shape), &Device::flex());
        model.encoder.forward(heard).try_into_vec_as().unwrap()
    }

    #[test]
    fn base_and_large_hear_what_transformers_hears() {
        for variant in ["base", "large"] {
            let model = Wav2Vec2::load(&golden(variant), &Device::flex()).unwrap();
            let samples = expected(variant, "samples");
            let encoded = farthest(&encoded(&model, model.config.aligned(&samples)), &expected(variant, "encoded"));
            let hidden = farthest(&model.features(&samples), &expected(variant, "hidden"));
            assert!(encoded <= 1e-4 && hidden <= 1e-4, "{variant}: {encoded} in the convolutions, {hidden} at the end");
        }
    }

    #[test]
    fn there_is_a_feature_for_every_step() {
        let model = Wav2Vec2::load(&golden("base"), &Device::flex()).unwrap();
        for (samples, steps) in [(0, 0), (319, 0), (320, 1), (8_000, 25), (8_080, 25)] {
            assert_eq!(model.features(&vec![0.1; samples]).len(), steps * model.width(), "{samples} samples");
        }
    }

    #[test]
    fn a_feature_hears_its_own_step_and_5_ms_of_the_next() {
        // The convolutions alone, with norms over channels alone: nothing else carries sound from step to step.
        let model = Wav2Vec2::load(&golden("large"), &Device::flex()).unwrap();
        let encode = |sample: usize, value: f32| {
            let mut heard = vec![0.0; 320 * 10 + 80];
            heard[sample] = value;
            encoded(&model, heard)
        };
        let (quiet, width) = (encode(0, 0.0), 8);
        for (sample, features) in [(1_599, vec![4]), (1_600, vec![4, 5]), (1_679, vec![4, 5]), (1_680, vec![5])] {
            let clicked = encode(sample, 1.0);
            let moved = |n: &usize| clicked[n * width..][..width] != quiet[n * width..][..width];
            let moved: Vec<usize> = (0..quiet.len() / width).filter(moved).collect();
            assert_eq!(moved, features, "sample {sample}");
        }
    }

    /// Why the large checkpoint, with a tensor changed or left out, cannot be loaded.
    fn refusal(edit: impl Fn(&str, TensorView<'_>) -> Option<(Vec<usize>, Vec<u8>)>, config: bool) -> String {
        let bytes = fs::read(golden("large")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let edited = tensors.tensors().into_iter().filter_map(|(name, view)| Some((edit(&name, view)?, name)));
        let edited: Vec<_> = edited.collect();
        let views = edited
            .iter()
            .map(|((shape, bytes), name)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        fs::write(&path, serialize(views, None).unwrap()).unwrap();
        if config {
            fs::copy(golden("large").with_file_name("config.json"), dir.path().join("config.json")).unwrap();
        }
        Wav2Vec2::load(&path, &Device::flex()).unwrap_err().to_string()
    }

    const VICTIM: &str = "wav2vec2.encoder.layers.0.attention.q_proj.weight";

    #[test]
    fn a_missing_tensor_is_told_by_name_with_and_without_a_config() {
        let without =
            |name: &str, view: TensorView<'_>| (name != VICTIM).then(|| (view.shape().to_vec(), view.data().to_vec()));
        for config in [true, false] {
            let error = refusal(without, config);
            assert!(error.contains(&format!("expected tensor `{VICTIM}`, came none")), "{error}");
        }
    }

    #[test]
    fn a_tensor_of_another_shape_is_told_by_name() {
        let flattened = |name: &str, view: TensorView<'_>| {
            let shape = if name == VICTIM { vec![8, 32] } else { view.shape().to_vec() };
            Some((shape, view.data().to_vec()))
        };
        let error = refusal(flattened, true);
        assert!(error.contains(&format!("expected tensor `{VICTIM}` of [16, 16], came [8, 32]")), "{error}");
    }

    #[test]
    fn a_cut_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        let bytes = fs::read(golden("base")).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let error = Wav2Vec2::load(&path, &Device::flex()).unwrap_err().to_string();
        assert!(error.contains("model.safetensors: expected a whole safetensors file"), "{error}");
    }
}
