//! A running average of a network's weights: what is validated and shipped (Polyak and Juditsky 1992). The last steps
//! of training only tremble around it.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

/// Share of the old average that is kept in a step, at most; the first steps are forgotten sooner.
const KEEP: f32 = 0.998;
const YOUNG: f32 = 20.0;

/// Moves `average` towards `net` after `steps` optimizer steps.
pub fn follow<M: Module>(average: M, net: &M, steps: usize) -> M {
    let mut now = Values::default();
    net.visit(&mut now);
    let keep = KEEP.min(steps as f32 / (steps as f32 + YOUNG));
    average.map(&mut Towards { now: now.0.into_iter(), share: 1.0 - keep })
}

/// All weights, in the order in which a module shows them.
#[derive(Default)]
struct Values(Vec<TensorData>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().into_data());
    }
}

struct Towards {
    now: std::vec::IntoIter<TensorData>,
    share: f32,
}

impl ModuleMapper for Towards {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let now = self.now.next().expect("an average has the shape of its network");
        param.map(|average| {
            let now = Tensor::<D>::from_data(now, &average.device());
            average.clone() + (now - average) * self.share
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    fn net(weight: f32) -> Linear {
        let device = Device::flex();
        let mut net = LinearConfig::new(1, 1).with_bias(false).init(&device);
        net.weight = Param::from_tensor(Tensor::full([1, 1], weight, &device));
        net
    }

    fn weight(net: &Linear) -> f32 {
        net.weight.val().into_scalar()
    }

    #[test]
    fn the_first_steps_are_forgotten_and_later_ones_averaged() {
        assert_eq!(weight(&follow(net(5.0), &net(1.0), 0)), 1.0);
        let average = (1..4000).fold(net(0.0), |average, step| {
            let now = if step % 2 == 0 { 3.0 } else { 1.0 };
            follow(average, &net(now), step)
        });
        assert!((weight(&average) - 2.0).abs() < 0.01, "{}", weight(&average));
    }
}
