//! What an outside encoder hears in a clip, as a safetensors file: `features` f16 `[steps, width]`, and in the metadata
//! which encoder it was.

use std::fs;
use std::path::Path;

use burn::tensor::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use super::place::Place;
use crate::corpus::{Error, Result};
use crate::model::OutsideEncoder;

/// A vector for each whole step of 20 ms of a clip: step n is rows `2 n` and `2 n + 1` of its [`super::Prepared`].
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFeatures {
    /// Which encoder heard them; those of two do not mix.
    pub encoder: String,
    /// Values of a vector.
    pub width: usize,
    /// The vectors, one after the other.
    pub values: Vec<f32>,
}

const TENSOR: &str = "features";
const ENCODER_KEY: &str = "encoder";

impl AudioFeatures {
    /// Listens to a clip.
    pub(super) fn heard(encoder: &dyn OutsideEncoder, samples: &[f32]) -> Self {
        AudioFeatures { encoder: encoder.name(), width: encoder.width(), values: encoder.features(samples) }
    }

    /// Number of vectors.
    pub fn steps(&self) -> usize {
        self.values.len() / self.width
    }

    /// `steps` vectors from step `start` on; what lies beyond the end is zeros.
    pub fn rows(&self, start: usize, steps: usize) -> Vec<f32> {
        let rest = self.values.get(start * self.width..).unwrap_or_default();
        let mut rows = rest[..rest.len().min(steps * self.width)].to_vec();
        rows.resize(steps * self.width, 0.0);
        rows
    }

    /// Reads the features of one clip from the folder where `keyface-train features` has put them.
    ///
    /// # Errors
    /// When the file is not there or holds something else.
    pub fn of_clip(folder: &Path, corpus: &str, id: &str) -> Result<Self> {
        Self::read(&Place { out: folder, corpus }.path(id))
    }

    /// Writes the features of one clip where [`AudioFeatures::of_clip`] looks for them.
    ///
    /// # Errors
    /// When a value is no number within the range of F16, or the disk does not take the file.
    pub fn write_clip(&self, folder: &Path, corpus: &str, id: &str) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        self.write(&Place { out: folder, corpus }.path(id))
    }

    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let wrong =
            |came: String| Error::unexpected(path.display().to_string(), "`features` of F16 [steps, width]", came);
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| wrong(e.to_string()))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| wrong(e.to_string()))?;
        let view = tensors.tensor(TENSOR).map_err(|e| wrong(e.to_string()))?;
        let width = match (view.dtype(), view.shape()) {
            (Dtype::F16, [_, width]) if *width > 0 => *width,
            other => return Err(wrong(format!("{other:?}"))),
        };
        let encoder = header.metadata().as_ref().and_then(|m| m.get(ENCODER_KEY)).cloned().unwrap_or_default();
        let values = view.data().as_chunks::<2>().0.iter().map(|half| f16::from_le_bytes(*half).to_f32()).collect();
        Ok(AudioFeatures { encoder, width, values })
    }

    /// Writes the features; the file appears only when it is complete.
    ///
    /// # Errors
    /// When a value is no number within the range of F16, or the disk does not take the file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let place = path.display().to_string();
        let halves: Vec<f16> = self.values.iter().map(|v| f16::from_f32(*v)).collect();
        if let Some(n) = halves.iter().position(|v| !v.is_finite()) {
            return Err(Error::unexpected(place, "features within the range of F16", self.values[n].to_string()));
        }
        let bytes: Vec<u8> = halves.iter().flat_map(|v| v.to_le_bytes()).collect();
        let damaged = |e: safetensors::SafeTensorError| Error::unexpected(&place, "tensors", e.to_string());
        let view = TensorView::new(Dtype::F16, vec![self.steps(), self.width], &bytes).map_err(damaged)?;
        let metadata = [(ENCODER_KEY.to_string(), self.encoder.clone())].into();
        let bytes = serialize([(TENSOR, view)], Some(metadata)).map_err(damaged)?;
        let part = path.with_extension("part");
        fs::write(&part, bytes).map_err(Error::io(&part))?;
        fs::rename(&part, path).map_err(Error::io(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = Place { out: dir.path(), corpus: "test" }.path("one/clip");
        // Exact as halves.
        let values = vec![0.5, -2.0, 0.0, 1.0, 0.25, -8.0];
        let features = AudioFeatures { encoder: "e1".into(), width: 3, values };
        features.write(&path).unwrap();
        let read = AudioFeatures::of_clip(dir.path(), "test", "one/clip").unwrap();
        assert_eq!((read.steps(), read), (2, features));
    }

    #[test]
    fn rows_beyond_the_end_are_zeros() {
        let features = AudioFeatures { encoder: "e1".into(), width: 2, values: vec![1.0, 2.0, 3.0, 4.0] };
        assert_eq!(features.rows(1, 2), [3.0, 4.0, 0.0, 0.0]);
        assert_eq!(features.rows(5, 1), [0.0, 0.0]);
    }

    #[test]
    fn what_is_no_number_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        for value in [f32::NAN, 70_000.0] {
            let features = AudioFeatures { encoder: "e1".into(), width: 1, values: vec![1.0, value] };
            let error = features.write(&path).unwrap_err().to_string();
            assert!(error.contains("a.safetensors") && error.contains(&value.to_string()), "{error}");
        }
        assert!(!path.exists());
    }
}
