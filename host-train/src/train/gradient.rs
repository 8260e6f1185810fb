//! The gradient's length, over all weights together, and a limit to it (Pascanu et al. 2013). Burn's own limit is for each
//! tensor by itself, which turns the gradient.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Shortens the gradient of a network to at most `longest`; its direction stays.
pub fn limit<M: Module>(gradients: GradientsParams, net: &M, longest: f32) -> GradientsParams {
    let mut length = Length { gradients: &gradients, squares: 0.0 };
    net.visit(&mut length);
    let length = length.squares.sqrt() as f32;
    if length <= longest || !length.is_finite() {
        return gradients;
    }
    scale(gradients, net, longest / length)
}

/// The gradient of a network, so many times as long.
pub fn scale<M: Module>(gradients: GradientsParams, net: &M, by: f32) -> GradientsParams {
    let mut scaled = Scaled { gradients, by };
    net.visit(&mut scaled);
    scaled.gradients
}

struct Length<'a> {
    gradients: &'a GradientsParams,
    squares: f64,
}

impl ModuleVisitor for Length<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(slope) = self.gradients.get::<D>(param.id) {
            self.squares += f64::from(slope.square().sum().into_scalar::<f32>());
        }
    }
}

struct Scaled {
    gradients: GradientsParams,
    by: f32,
}

impl ModuleVisitor for Scaled {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(slope) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, slope * self.by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    /// The slopes of a layer of one input at `x`, weight and bias, limited.
    fn slopes(x: f32, longest: f32) -> [f32; 2] {
        let device = Device::flex().autodiff();
        let net: Linear = LinearConfig::new(1, 1).init(&device);
        let loss = net.forward(Tensor::<2>::full([1, 1], x, &device)).sum();
        let gradients = limit(GradientsParams::from_grads(loss.backward(), &net), &net, longest);
        let weight = gradients.get::<2>(net.weight.id).unwrap().into_scalar();
        [weight, gradients.get::<1>(net.bias.unwrap().id).unwrap().into_scalar()]
    }

    #[test]
    fn a_long_gradient_is_shortened_as_a_whole() {
        let [weight, bias] = slopes(3.0, 1.0);
        assert!((weight / bias - 3.0).abs() < 1e-5, "the direction stays");
        assert!((weight.hypot(bias) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_short_gradient_stays_as_it_is() {
        assert_eq!(slopes(0.5, 2.0), [0.5, 1.0]);
    }
}
