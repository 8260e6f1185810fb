//! Principal components over vertices in two passes of bounded memory (Halko, Martinsson and Tropp 2011).
//!
//! With frames X, their mean m and chance directions O: the first pass sketches `Y = (X - m) O` and makes its columns
//! orthonormal, Q; the second sums `B = Q' (X - m)`; the eigenvectors of the small `B B'` turn B into the components.
//! In memory are one block of frames, O and B: at BIWI's 70110 values and 64 components, 22 MB each.

use std::path::Path;

use burn::tensor::{Device, Distribution, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use super::eigen::eigen;
use super::sketch::orthonormal;
use super::source::FrameSource;
use crate::corpus::{Error, Result};

/// More directions than components: the last components are then as good as the first.
const OVERSAMPLED: usize = 16;

/// A linear space of moves from a template: `move = mean + weights * components`.
#[derive(Clone, Debug, PartialEq)]
pub struct PcaSpace {
    width: usize,
    mean: Vec<f32>,
    components: Vec<f32>,
    deviations: Vec<f32>,
}

impl PcaSpace {
    /// Fits `count` components, or as many as the frames have.
    ///
    /// # Errors
    /// When a frame cannot be read, or there are fewer than two.
    pub fn fit(source: &dyn FrameSource, count: usize, device: &Device) -> Result<PcaSpace> {
        let width = source.width();
        let tensor = |values: Vec<f32>, rows: usize, columns: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), device)
        };
        device.seed(1);
        let directions: Tensor<2> =
            Tensor::random([width, count + OVERSAMPLED], Distribution::Normal(0.0, 1.0), device);
        let sketch = Sketch::of(source, &directions, device)?;
        let (frames, mean) = (sketch.frames, sketch.mean);
        if frames < 2 {
            return Err(Error::unexpected("a motion space", "two frames or more", frames.to_string()));
        }
        let mut basis = sketch.columns;
        orthonormal(&mut basis);
        let (rows, mut done) = (basis.len(), 0);
        let mut projected = Tensor::<2>::zeros([rows, width], device);
        source.blocks(&mut |block| {
            let height = block.len() / width;
            let share: Vec<f32> =
                basis.iter().flat_map(|column| column[done..done + height].iter().map(|v| *v as f32)).collect();
            done += height;
            let centred = tensor(block, height, width) - mean.clone();
            projected = projected.clone() + tensor(share, rows, height).matmul(centred);
            Ok(())
        })?;
        Ok(Self::from_projected(projected, mean, count, frames))
    }

    fn from_projected(projected: Tensor<2>, mean: Tensor<2>, count: usize, frames: usize) -> PcaSpace {
        let ([rows, width], device) = (projected.dims(), projected.device());
        let gram = values(projected.clone().matmul(projected.clone().transpose()));
        let found = eigen(gram.into_iter().map(f64::from).collect(), rows);
        let least = 1e-12 * found.first().map_or(0.0, |(value, _)| *value);
        let kept: Vec<_> = found.into_iter().take(count).filter(|(value, _)| *value > least).collect();
        let turn = kept.iter().flat_map(|(value, vector)| vector.iter().map(|v| (v / value.sqrt()) as f32));
        let turn = TensorData::new(turn.collect::<Vec<f32>>(), [kept.len(), rows]);
        PcaSpace {
            width,
            mean: values(mean),
            components: values(Tensor::<2>::from_data(turn, &device).matmul(projected)),
            deviations: kept.iter().map(|(value, _)| (value / frames as f64).sqrt() as f32).collect(),
        }
    }

    /// Number of components.
    pub fn len(&self) -> usize {
        self.deviations.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.deviations.is_empty()
    }

    /// Values of a frame of vertices.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Standard deviation of each weight over the frames that it was fitted to.
    pub fn deviations(&self) -> &[f32] {
        &self.deviations
    }

    /// Orthonormal components `[len, width]`.
    pub fn components(&self, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(self.components.clone(), [self.len(), self.width]), device)
    }

    fn mean(&self, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(self.mean.clone(), [1, self.width]), device)
    }

    /// Moves `[frames, width]` to weights `[frames, len]`.
    pub fn weights(&self, moves: Tensor<2>) -> Tensor<2> {
        let device = moves.device();
        (moves - self.mean(&device)).matmul(self.components(&device).transpose())
    }

    /// Weights `[frames, len]` to moves `[frames, width]`.
    pub fn moves(&self, weights: Tensor<2>) -> Tensor<2> {
        let device = weights.device();
        weights.matmul(self.components(&device)) + self.mean(&device)
    }

    /// Share of the frames' squared moves around their mean that the components do not explain.
    ///
    /// # Errors
    /// When a frame cannot be read.
    pub fn unexplained(&self, source: &dyn FrameSource, device: &Device) -> Result<f64> {
        let (mut all, mut left) = (f64::MIN_POSITIVE, 0.0);
        source.blocks(&mut |block| {
            let rows = block.len() / self.width;
            let moves = Tensor::<2>::from_data(TensorData::new(block, [rows, self.width]), device);
            let square = |x: Tensor<2>| f64::from(x.square().sum().into_scalar::<f32>());
            all += square(moves.clone() - self.mean(device));
            left += square(moves.clone() - self.moves(self.weights(moves)));
            Ok(())
        })?;
        Ok(left / all)
    }

    /// Writes the space as safetensors: `mean`, `components`, `deviations`.
    ///
    /// # Errors
    /// When the disk does not take the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = |of: &[f32]| of.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let (mean, components, deviations) = (bytes(&self.mean), bytes(&self.components), bytes(&self.deviations));
        let view = |shape: Vec<usize>, data| TensorView::new(Dtype::F32, shape, data);
        let written = (|| {
            let tensors = [
                ("mean", view(vec![self.width], &mean)?),
                ("components", view(vec![self.len(), self.width], &components)?),
                ("deviations", view(vec![self.len()], &deviations)?),
            ];
            serialize(tensors, None)
        })();
        let bytes = written.map_err(|e| Error::unexpected(path.display().to_string(), "tensors", e.to_string()))?;
        std::fs::write(path, bytes).map_err(Error::io(path))
    }

    /// Reads what [`PcaSpace::write`] wrote.
    ///
    /// # Errors
    /// When the file is missing or holds something else.
    pub fn read(path: &Path) -> Result<PcaSpace> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let wrong = |came: String| Error::unexpected(path.display().to_string(), "a motion space", came);
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| wrong(e.to_string()))?;
        let floats = |name: &str| {
            let view = tensors.tensor(name).map_err(|e| wrong(e.to_string()))?;
            if view.dtype() != Dtype::F32 {
                return Err(wrong(format!("{name} of {:?}", view.dtype())));
            }
            Ok(view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect::<Vec<f32>>())
        };
        let (mean, components, deviations) = (floats("mean")?, floats("components")?, floats("deviations")?);
        if mean.is_empty() || components.len() != mean.len() * deviations.len() {
            return Err(wrong(format!("{} components of {}", components.len(), mean.len())));
        }
        Ok(PcaSpace { width: mean.len(), mean, components, deviations })
    }
}

/// What the first pass gives.
struct Sketch {
    /// `Y = (X - m) O`, column by column.
    columns: Vec<Vec<f64>>,
    mean: Tensor<2>,
    frames: usize,
}

impl Sketch {
    /// Sums are taken around the first block's mean, so that they stay small.
    fn of(source: &dyn FrameSource, directions: &Tensor<2>, device: &Device) -> Result<Sketch> {
        let [width, count] = directions.dims();
        let mut columns = vec![Vec::new(); count];
        let (mut frames, mut shift, mut sum) = (0, None, Tensor::<2>::zeros([1, width], device));
        source.blocks(&mut |block| {
            let rows = block.len() / width;
            let x = Tensor::<2>::from_data(TensorData::new(block, [rows, width]), device);
            let from = shift.get_or_insert_with(|| x.clone().mean_dim(0)).clone();
            let x = x - from;
            sum = sum.clone() + x.clone().sum_dim(0);
            frames += rows;
            for row in values(x.matmul(directions.clone())).chunks(count) {
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(f64::from(*value)));
            }
            Ok(())
        })?;
        let beyond = sum.div_scalar(frames.max(1) as f64);
        for (column, off) in columns.iter_mut().zip(values(beyond.clone().matmul(directions.clone()))) {
            column.iter_mut().for_each(|value| *value -= f64::from(off));
        }
        let mean = shift.map_or(beyond.clone(), |shift| shift + beyond);
        Ok(Sketch { columns, mean, frames })
    }
}

/// The numbers of a tensor of floats.
fn values(of: Tensor<2>) -> Vec<f32> {
    of.into_data().try_into_vec_as().expect("a float tensor holds floats")
}

#[cfg(test)]
pub mod testing {
    use super::super::source::BLOCK_FRAMES;
    use super::*;

    /// Frames in memory.
    pub struct Held {
        pub width: usize,
        pub values: Vec<f32>,
    }

    impl FrameSource for Held {
        fn width(&self) -> usize {
            self.width
        }

        fn blocks(&self, each: &mut dyn FnMut(Vec<f32>) -> Result<()>) -> Result<()> {
            self.values.chunks(BLOCK_FRAMES * self.width).try_for_each(|block| each(block.to_vec()))
        }
    }

    /// 200 frames of 30 values: a mean, and three modes of deviations 3, 1 and 0.3 along known directions.
    pub fn three_modes() -> Held {
        let width = 30;
        let mode = |k: usize, v: usize| if v % 3 == k { (1.0 / 10f32).sqrt() } else { 0.0 };
        let value = |n: usize, v: usize| {
            let phase = |k: usize| (n as f32 * (k + 1) as f32 * std::f32::consts::TAU / 200.0).sin();
            5.0 + (0..3).map(|k| [3.0, 1.0, 0.3][k] * 2f32.sqrt() * phase(k) * mode(k, v)).sum::<f32>()
        };
        Held { width, values: (0..200 * width).map(|at| value(at / width, at % width)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Held, three_modes};
    use super::*;

    #[test]
    fn the_modes_and_their_sizes_are_found() {
        let (device, source) = (Device::flex(), three_modes());
        let space = PcaSpace::fit(&source, 5, &device).unwrap();
        assert_eq!(space.len(), 3, "there are no more: {:?}", space.deviations());
        for (found, wanted) in space.deviations().iter().zip([3.0, 1.0, 0.3]) {
            assert!((found - wanted).abs() < 1e-3, "{:?}", space.deviations());
        }
        assert!(space.unexplained(&source, &device).unwrap() < 1e-6);
        let first = PcaSpace::fit(&source, 1, &device).unwrap();
        // What is left are the squares of 1 and 0.3 out of those of 3, 1 and 0.3.
        assert!((first.unexplained(&source, &device).unwrap() - 1.09 / 10.09).abs() < 1e-3);
    }

    #[test]
    fn weights_and_moves_are_each_others_inverse() {
        let (device, source) = (Device::flex(), three_modes());
        let space = PcaSpace::fit(&source, 3, &device).unwrap();
        let moves = Tensor::<2>::from_data(TensorData::new(source.values[..60].to_vec(), [2, 30]), &device);
        let again = values(space.moves(space.weights(moves)));
        assert!(again.iter().zip(&source.values).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn what_is_written_is_read() {
        let space = PcaSpace::fit(&three_modes(), 2, &Device::flex()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("space.safetensors");
        space.write(&path).unwrap();
        assert_eq!(PcaSpace::read(&path).unwrap(), space);
    }

    #[test]
    fn one_frame_makes_no_space() {
        let source = Held { width: 3, values: vec![1.0, 2.0, 3.0] };
        assert!(PcaSpace::fit(&source, 2, &Device::flex()).unwrap_err().to_string().contains("two frames"));
    }
}
