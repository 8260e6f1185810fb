//! Vector quantization (van den Oord et al. 2017): every vector becomes the nearest of a few that are learned.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor};

use crate::corpus::Result;
use crate::model::weights::Weights;

/// How much the encoder is drawn to the codes, beside how much they are drawn to it.
const COMMITMENT: f64 = 0.25;

/// The codes.
#[derive(Module, Debug)]
pub struct Codebook {
    codes: Param<Tensor<2>>,
}

/// What quantization gives.
pub struct Quantized {
    /// The nearest codes; slopes go through to what was quantized. `[batch, time, width]`
    pub codes: Tensor<3>,
    /// Which they are, `[batch * time]`.
    pub indices: Tensor<1, Int>,
    /// The loss that draws codes and vectors together, `[1]`.
    pub loss: Tensor<1>,
}

impl Codebook {
    /// `count` codes near 0.
    pub fn new(count: usize, width: usize, device: &Device) -> Self {
        let spread = 1.0 / count as f64;
        Codebook { codes: Initializer::Uniform { min: -spread, max: spread }.init([count, width], device) }
    }

    /// Takes `NAME.embedding.weight`.
    ///
    /// # Errors
    /// When it is missing or of another shape.
    pub fn load(self, weights: &Weights<'_>, name: &str) -> Result<Self> {
        let shape = self.codes.val().dims();
        Ok(Codebook { codes: Param::from_tensor(weights.tensor(&format!("{name}.embedding.weight"), shape)?) })
    }

    /// Values of a code.
    pub fn width(&self) -> usize {
        self.codes.val().dims()[1]
    }

    /// # Shapes
    /// `[batch, time, width]`.
    pub fn quantize(&self, x: Tensor<3>) -> Quantized {
        let ([batch, time, width], codes) = (x.dims(), self.codes.val());
        let flat = x.clone().reshape([batch * time, width]);
        let (own, other) = (flat.clone().detach(), codes.clone().detach());
        let squares = other.clone().square().sum_dim(1).transpose();
        let far = own.clone().square().sum_dim(1) + squares - own.matmul(other.transpose()).mul_scalar(2.0);
        let indices: Tensor<1, Int> = far.argmin(1).squeeze_dim(1);
        let nearest = codes.select(0, indices.clone()).reshape([batch, time, width]);
        let apart = |a: Tensor<3>, b: Tensor<3>| (a - b).square().mean();
        let loss = apart(nearest.clone().detach(), x.clone()).mul_scalar(COMMITMENT)
            + apart(nearest.clone(), x.clone().detach());
        Quantized { codes: x.clone() + (nearest - x).detach(), indices, loss }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    fn codebook(device: &Device) -> Codebook {
        let codes = Tensor::<2>::from_data(TensorData::new(vec![0.0f32, 0.0, 1.0, 1.0, -1.0, 1.0], [3, 2]), device);
        Codebook { codes: Param::from_tensor(codes) }
    }

    #[test]
    fn each_vector_becomes_the_nearest_code() {
        let device = Device::flex();
        let x = Tensor::<3>::from_data(TensorData::new(vec![0.8f32, 0.7, -0.1, 0.2, -2.0, 1.0], [1, 3, 2]), &device);
        let done = codebook(&device).quantize(x);
        let indices: Vec<i32> = done.indices.into_data().try_into_vec_as().unwrap();
        assert_eq!(indices, [1, 0, 2]);
        let codes: Vec<f32> = done.codes.into_data().try_into_vec_as().unwrap();
        assert!(codes.iter().zip([1.0, 1.0, 0.0, 0.0, -1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6));
        // Squares .04 .09 .01 .04 1 0: their mean, once for the codes and a quarter for the vectors.
        let loss = done.loss.into_scalar::<f32>();
        assert!((loss - 1.25 * 1.18 / 6.0).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn slopes_go_straight_through_to_the_vector() {
        let device = Device::flex().autodiff();
        let x = Tensor::<3>::from_data(TensorData::new(vec![0.8f32, 0.7], [1, 1, 2]), &device).require_grad();
        let slopes = codebook(&device).quantize(x.clone()).codes.mul_scalar(3.0).sum().backward();
        let slope: Vec<f32> = x.grad(&slopes).unwrap().into_data().try_into_vec_as().unwrap();
        assert_eq!(slope, [3.0, 3.0]);
    }
}
