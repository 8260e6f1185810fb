//! A safetensors file in, tensors and layers out by name, their shapes checked.

use std::path::Path;

use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{DType, Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::corpus::{Error, Result};

/// Tensors of one checkpoint; half precision is widened as it is taken.
pub struct Weights<'a> {
    tensors: SafeTensors<'a>,
    prefix: &'static str,
    place: String,
    device: Device,
}

/// What names of wav2vec 2.0 begin with where a task's head lies on top of the encoder.
pub const WAV2VEC2: &str = "wav2vec2.";
impl<'a> Weights<'a> {
    /// Reads the header of a file's bytes; names are told without `prefix`, where they have it.
    ///
    /// # Errors
    /// When the bytes are no safetensors file, or not the whole of it.
    pub fn new(bytes: &'a [u8], path: &Path, prefix: &'static str, device: &Device) -> Result<Self> {
        let place = path.display().to_string();
        let wrong =
            |e: safetensors::SafeTensorError| Error::unexpected(&place, "a whole safetensors file", e.to_string());
        let tensors = SafeTensors::deserialize(bytes).map_err(wrong)?;
        let prefix = if tensors.names().iter().any(|name| name.starts_with(prefix)) { prefix } else { "" };
        Ok(Weights { tensors, prefix, place, device: device.clone() })
    }

    /// Where layers are to live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Shape of a tensor, if there is one of this name.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.view(name)?.shape().to_vec())
    }

    /// The error that tells that a tensor is not there.
    pub fn missing(&self, name: &str) -> Error {
        Error::unexpected(&self.place, format!("tensor `{}{name}`", self.prefix), "none of this name")
    }

    /// How many layers there are: one more than the highest N of a name `LAYERS.N.`.
    pub fn count(&self, layers: &str) -> usize {
        let start = format!("{}{layers}.", self.prefix);
        let number = |name: &&str| name.strip_prefix(&start)?.split('.').next()?.parse::<usize>().ok();
        self.tensors.names().iter().filter_map(number).max().map_or(0, |highest| highest + 1)
    }

    fn view(&self, name: &str) -> Option<TensorView<'a>> {
        self.tensors.tensor(&format!("{}{name}", self.prefix)).ok()
    }

    /// One tensor.
    ///
    /// # Errors
    /// When it is not there, or of another shape or type; the error names it.
    pub fn tensor<const D: usize>(&self, name: &str, shape: [usize; D]) -> Result<Tensor<D>> {
        let expected = || format!("tensor `{}{name}` of {shape:?}", self.prefix);
        let view = self.view(name).ok_or_else(|| self.missing(name))?;
        if view.shape() != shape {
            return Err(Error::unexpected(&self.place, expected(), format!("{:?}", view.shape())));
        }
        let dtype = match view.dtype() {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                return Err(Error::unexpected(&self.place, expected() + " of F32, F16 or BF16", format!("{other:?}")));
            }
        };
        let data = TensorData::from_bytes_vec(view.data().to_vec(), shape, dtype);
        Ok(Tensor::from_data(data.convert_dtype(DType::F32), &self.device))
    }

    /// A linear layer `NAME.weight` `[outputs, inputs]`, `NAME.bias`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let weight = self.tensor(&format!("{name}.weight"), [outputs, inputs])?;
        let bias = self.tensor(&format!("{name}.bias"), [outputs])?;
        Ok(Linear { weight: Param::from_tensor(weight.transpose()), bias: Some(Param::from_tensor(bias)) })
    }

    /// The same where a bias may be missing.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn linear_with_or_without_bias(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        if self.shape(&format!("{name}.bias")).is_some() {
            return self.linear(name, inputs, outputs);
        }
        let weight = self.tensor(&format!("{name}.weight"), [outputs, inputs])?;
        Ok(Linear { weight: Param::from_tensor(weight.transpose()), bias: None })
    }

    /// A normalization over the last axis: `NAME.weight`, `NAME.bias`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn layer_norm(&self, name: &str, width: usize, epsilon: f64) -> Result<LayerNorm> {
        let mut norm = LayerNormConfig::new(width).with_epsilon(epsilon).init(&self.device);
        norm.gamma = Param::from_tensor(self.tensor(&format!("{name}.weight"), [width])?);
        norm.beta = Some(Param::from_tensor(self.tensor(&format!("{name}.bias"), [width])?));
        Ok(norm)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use safetensors::tensor::serialize;
    use std::path::PathBuf;

    /// A small checkpoint that `transformers` wrote: `base` or `large`.
    pub fn golden(variant: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/wav2vec2").join(variant).join("model.safetensors")
    }

    #[test]
    fn half_precision_is_widened() {
        // 1.5 and -2 as IEEE 754 halves: 0x3e00 and 0xc000; as bfloat16: 0x3fc0 and 0xc000.
        let halves: [(Dtype, [u8; 4]); 2] =
            [(Dtype::F16, [0x00, 0x3e, 0x00, 0xc0]), (Dtype::BF16, [0xc0, 0x3f, 0x00, 0xc0])];
        for (dtype, bytes) in halves {
            let view = TensorView::new(dtype, vec![2], &bytes).unwrap();
            let file = serialize([("x", view)], None).unwrap();
            let weights = Weights::new(&file, Path::new("half"), WAV2VEC2, &Device::flex()).unwrap();
            let values = weights.tensor("x", [2]).unwrap().try_into_vec_as::<f32>().unwrap();
            assert_eq!(values, [1.5, -2.0], "{dtype:?}");
        }
    }

    #[test]
    fn integers_are_refused_by_name() {
        let bytes = [0; 2];
        let view = TensorView::new(Dtype::I8, vec![2], &bytes).unwrap();
        let file = serialize([("x", view)], None).unwrap();
        let weights = Weights::new(&file, Path::new("eight.safetensors"), WAV2VEC2, &Device::flex()).unwrap();
        let error = weights.tensor("x", [2]).unwrap_err().to_string();
        assert!(error.contains("eight.safetensors: expected tensor `x` of [2]") && error.contains("I8"), "{error}");
    }
}
