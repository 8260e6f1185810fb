//! One step on several devices (data parallelism): each replica of the network learns from its part of the batch, and
//! the slopes are averaged by how many crops made them, so that the step is that of the whole batch.
//!
//! Burn's own collective operations (0.22, `burn::tensor::distributed`) know CUDA and remote devices alone. What is
//! taken of Burn here, `fork`, `to_device` and `GradientsAccumulator`, knows every device.

use std::panic::resume_unwind;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::experiment::Experiment;
use super::gradient::scale;
use crate::loss::Breakdown;

/// Devices that learn together; on the CPU each has its share of the cores.
pub struct Replicas(Vec<Replica>);

struct Replica {
    /// With autodiff.
    training: Device,
    pool: ThreadPool,
}

/// What one replica found: losses, slopes on the first device, and its share of the batch.
type Found = (Vec<(&'static str, f32)>, GradientsParams, f32);

impl Replicas {
    /// One on each device; a device may be named more than once.
    ///
    /// # Errors
    /// No device; several for a network with a teacher, whose normalisation wants whole batches; threads that the system
    /// does not give.
    pub fn of(experiment: &Experiment, devices: &[Device]) -> Result<Replicas> {
        ensure!(!devices.is_empty(), "expected a device to train on, came none");
        let is_parted = devices.len() > 1 && !experiment.key_motion_net.teacher_dilations.is_empty();
        ensure!(!is_parted, "teacher_dilations: a network with a teacher trains on one device, got {}", devices.len());
        Replicas::on(devices)
    }

    fn on(devices: &[Device]) -> Result<Replicas> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = (cores / devices.len()).max(1);
        let replica = |device: &Device| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok(Replica { training: device.clone().autodiff(), pool })
        };
        devices.iter().map(replica).collect::<Result<_>>().map(Replicas)
    }

    /// Losses of a batch of crops and their slopes, both on the first device. Where losses are means over a batch, they
    /// are those of the whole batch; a mean over what is masked is one of each part.
    pub fn slopes<M: Module, T: Sync>(
        &self,
        net: &M,
        crops: &[T],
        losses: impl Fn(&M, &[T], &Device) -> Breakdown + Sync,
    ) -> (Breakdown, GradientsParams) {
        let main = &self.0[0].training;
        if self.0.len() == 1 {
            let parts = losses(net, crops, main);
            let gradients = GradientsParams::from_grads(parts.total().backward(), net);
            return (parts, gradients);
        }
        let part = crops.len().div_ceil(self.0.len()).max(1);
        let learn = |net: M, crops: &[T], training: &Device| -> Found {
            let parts = losses(&net, crops, training);
            let gradients = GradientsParams::from_grads(parts.total().backward(), &net);
            let values = parts.parts.into_iter().map(|(name, loss)| (name, loss.into_scalar::<f32>())).collect();
            (values, gradients.to_device(main, &net), crops.len() as f32)
        };
        let found: Vec<Found> = std::thread::scope(|scope| {
            let mut begun = vec![];
            for (Replica { training, pool }, crops) in self.0.iter().zip(crops.chunks(part)) {
                let (net, learn) = (net.clone().fork(training), &learn);
                begun.push(scope.spawn(move || pool.install(|| learn(net, crops, training))));
            }
            begun.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        mean(net, found, crops.len() as f32, main)
    }
}

/// The mean over replicas, by their crops. A loss that a part has not, as it has nothing to learn it from, is 0 there.
fn mean<M: Module>(net: &M, found: Vec<Found>, crops: f32, main: &Device) -> (Breakdown, GradientsParams) {
    let (mut sum, mut values) = (GradientsAccumulator::new(), Vec::<(&'static str, f32)>::new());
    for (parts, gradients, count) in found {
        let share = count / crops;
        sum.accumulate(net, scale(gradients, net, share));
        for (name, loss) in parts {
            match values.iter_mut().find(|(known, _)| *known == name) {
                Some((_, value)) => *value += share * loss,
                None => values.push((name, share * loss)),
            }
        }
    }
    let parts = values.into_iter().map(|(name, value)| (name, Tensor::from_data([value], main))).collect();
    (Breakdown { parts }, sum.grads())
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;
    use burn::nn::{Linear, LinearConfig};

    /// The loss and the slope of a line through 0 at these points, learnt by so many replicas.
    fn slope(points: &[f32], replicas: usize) -> (f32, f32) {
        let devices = vec![Device::flex(); replicas];
        let training = Device::flex().autodiff();
        let mut net: Linear = LinearConfig::new(1, 1).with_bias(false).init(&training);
        net.weight = Param::from_tensor(Tensor::full([1, 1], 0.5, &training));
        let losses = |net: &Linear, points: &[f32], device: &Device| {
            let x = Tensor::<1>::from_data(points, device).reshape([points.len(), 1]);
            Breakdown { parts: vec![("line", (net.forward(x.clone()) - x).square().mean())] }
        };
        let (loss, gradients) = Replicas::on(&devices).unwrap().slopes(&net, points, losses);
        let slope = gradients.get::<2>(net.weight.id).unwrap().into_scalar();
        (loss.total().into_scalar(), slope)
    }

    #[test]
    fn the_step_of_several_replicas_is_that_of_one() {
        let points = [1.0, 2.0, 3.0, 4.0, 5.0];
        let (loss, steep) = slope(&points, 1);
        // 0.25 x^2 and -x^2 at weight 0.5, of x^2 = 11 in the mean.
        assert!((loss - 2.75).abs() < 1e-5 && (steep + 11.0).abs() < 1e-4, "{loss} {steep}");
        for replicas in [2, 3, 4, 9] {
            let (other, other_steep) = slope(&points, replicas);
            assert!((other - loss).abs() < 1e-5 && (other_steep - steep).abs() < 1e-4, "{replicas}");
        }
    }
}
