//! Losses of vertices by the weights alone: `mean over t, v of |P_tv - G_tv|^2 = mean over t of d_t M d_t'`.
//!
//! With d the difference of the weights and M the mean over the region's vertices of the components' outer products, so
//! that BIWI's 23370 vertices cost what K x K numbers cost. What lies outside the space is the same for every guess.

use burn::tensor::{Device, Tensor};

use super::pca::PcaSpace;

/// The loss over a region.
#[derive(Clone, Debug)]
pub struct VertexLoss {
    gram: Tensor<2>,
}

impl VertexLoss {
    /// Over these vertices, or over all where none is named; on the device of what is compared.
    pub fn new(space: &PcaSpace, region: &[usize], device: &Device) -> VertexLoss {
        let all: Vec<usize> = (0..space.width() / 3).collect();
        let region = if region.is_empty() { &all } else { region };
        let axes: Vec<i32> = region.iter().flat_map(|v| (0..3).map(move |axis| (3 * v + axis) as i32)).collect();
        let components = space.components(device).select(1, Tensor::from_ints(axes.as_slice(), device));
        let gram = components.clone().matmul(components.transpose()).div_scalar(region.len() as f64);
        VertexLoss { gram }
    }

    /// Mean squared distance of a vertex, in the corpus' unit squared.
    ///
    /// # Shapes
    /// Guess and truth `[batch, time, weights]` -> `[1]`.
    pub fn forward(&self, guess: Tensor<3>, truth: Tensor<3>) -> Tensor<1> {
        let [batch, time, count] = guess.dims();
        let off = (guess - truth).reshape([batch * time, count]);
        (off.clone().matmul(self.gram.clone()) * off).sum().div_scalar((batch * time) as f64)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::super::pca::testing::three_modes;
    use super::*;

    fn space() -> PcaSpace {
        PcaSpace::fit(&three_modes(), 3, &Device::flex()).unwrap()
    }

    fn tensor(values: [f32; 6], device: &Device) -> Tensor<3> {
        Tensor::from_data(TensorData::new(values.to_vec(), [1, 2, 3]), device)
    }

    const GUESS: [f32; 6] = [0.3, -0.2, 0.1, 1.0, 0.0, -0.5];
    const TRUTH: [f32; 6] = [0.1, 0.2, 0.0, 0.7, 0.1, 0.5];

    fn value(loss: &VertexLoss, guess: [f32; 6], device: &Device) -> f64 {
        f64::from(loss.forward(tensor(guess, device), tensor(TRUTH, device)).into_scalar::<f32>())
    }

    #[test]
    fn it_is_the_mean_squared_distance_of_the_regions_vertices() {
        let (device, space) = (Device::flex(), space());
        let flat = |values: [f32; 6]| tensor(values, &device).reshape([2, 3]);
        let off = space.moves(flat(GUESS)) - space.moves(flat(TRUTH));
        let off: Vec<f32> = off.into_data().try_into_vec_as().unwrap();
        for region in [vec![], vec![1, 4, 9]] {
            let vertices: Vec<usize> = if region.is_empty() { (0..10).collect() } else { region.clone() };
            let square =
                |t: usize, v: usize| (0..3).map(|axis| f64::from(off[30 * t + 3 * v + axis]).powi(2)).sum::<f64>();
            let sum: f64 = (0..2).flat_map(|t| vertices.iter().map(move |v| square(t, *v))).sum();
            let found = value(&VertexLoss::new(&space, &region, &device), GUESS, &device);
            assert!((found - sum / (2 * vertices.len()) as f64).abs() < 1e-6, "{found}");
        }
    }

    #[test]
    fn its_slope_is_that_of_small_steps() {
        let device = Device::flex().autodiff();
        let loss = VertexLoss::new(&space(), &[2, 3], &device);
        let guess = tensor(GUESS, &device).require_grad();
        let slopes = loss.forward(guess.clone(), tensor(TRUTH, &device)).backward();
        let slope: Vec<f32> = guess.grad(&slopes).unwrap().into_data().try_into_vec_as().unwrap();
        for k in 0..6 {
            let at = |by: f32| {
                let mut moved = GUESS;
                moved[k] += by;
                value(&loss, moved, &device)
            };
            let central = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((central - f64::from(slope[k])).abs() < 1e-4 + 1e-2 * central.abs(), "{central} {}", slope[k]);
        }
    }
}
