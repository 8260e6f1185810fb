//! Outputs of the authors' own modules, run in PyTorch with chance weights at small sizes, and those weights.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor};

use crate::corpus::Result;
use crate::model::weights::Weights;

/// One file of inputs, weights and outputs.
pub struct Golden {
    bytes: Vec<u8>,
    path: PathBuf,
}

impl Golden {
    pub fn read(name: &str) -> Golden {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = Path::new("tests/goldens/papers").join(format!("{name}.safetensors"));
        let path = root.ancestors().map(|dir| dir.join(&file)).find(|path| path.is_file()).unwrap();
        Golden { bytes: std::fs::read(&path).unwrap(), path }
    }

    pub fn with<T>(&self, of: impl FnOnce(&Weights<'_>) -> Result<T>) -> Result<T> {
        of(&Weights::new(&self.bytes, &self.path, "", &Device::flex())?)
    }

    pub fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let found = self.with(|weights| {
            let shape = weights.shape(name).ok_or_else(|| weights.missing(name))?;
            weights.tensor(name, shape.try_into().unwrap())
        });
        found.unwrap()
    }
}

/// Every value within `share` of the largest.
#[track_caller]
pub fn near<const D: usize>(found: Tensor<D>, wanted: Tensor<D>, share: f32) {
    assert_eq!(found.dims(), wanted.dims());
    let most = wanted.clone().abs().max().into_scalar::<f32>();
    let off = (found - wanted).abs().max().into_scalar::<f32>();
    assert!(off <= share * most, "off by {off} of {most}");
}
