//! How fast a device trains, and whether it computes what the CPU computes: the same few optimizer steps on both.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::tensor::Device;
use keyface_core::{Phone, STEP_HOPS};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::descent::Descent;
use super::experiment::Experiment;
use super::replicas::Replicas;
use super::schedule::Schedule;
use super::teaching::losses;
use crate::data::Utterance;
use crate::model::KeyMotionNet;

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Throughput {
    /// Loss of each step, on the CPU and on the device.
    pub losses: Vec<[f64; 2]>,
    /// Largest difference between a trunk of the CPU and one of the device after the last step, relative to the largest
    /// value.
    pub difference: f64,
    /// Fastest step in seconds, on the CPU and on the device; the first step, which may compile kernels, is left out.
    pub step_s: [f64; 2],
    /// Hours of sound in one step.
    pub step_hours: f64,
}

impl Throughput {
    /// Hours of sound that a device trains on in an hour: `[CPU, device]`.
    pub fn hours_per_hour(&self) -> [f64; 2] {
        self.step_s.map(|s| 3600.0 * self.step_hours / s)
    }
}

/// Trains the experiment's network for `steps` steps on random crops, on the CPU and on `devices`, which share each
/// batch; without dropout, which is chance and differs between devices, and without the loss of where keys lie, a mean
/// over the keys of a part.
///
/// # Errors
/// Fewer than two steps, or a device that gives no numbers.
pub fn throughput(experiment: &Experiment, steps: usize, devices: &[Device]) -> Result<Throughput> {
    ensure!(steps >= 2, "expected at least 2 steps to time, got {steps}");
    let mut experiment = experiment.clone();
    experiment.key_motion_net.dropout = 0.0;
    experiment.weights.offset = 0.0;
    let experiment = &experiment;
    let cpu = Device::flex().autodiff();
    cpu.seed(experiment.seed);
    let fresh = experiment.key_motion_net.init(experiment.look_aheads_ms.len(), &cpu);
    let here = train(experiment, fresh.clone(), steps, &[Device::flex()])?;
    let other = train(experiment, fresh, steps, devices)?;
    Ok(Throughput {
        losses: here.losses.iter().zip(&other.losses).map(|(a, b)| [*a, *b]).collect(),
        difference: largest_difference(&here.trunk, &other.trunk),
        step_s: [here.step_s, other.step_s],
        step_hours: (experiment.key_motion.batch * experiment.key_motion.crop_hops) as f64 / 360_000.0,
    })
}

struct Trained {
    losses: Vec<f64>,
    trunk: Vec<f32>,
    step_s: f64,
}

fn train(experiment: &Experiment, net: KeyMotionNet, steps: usize, devices: &[Device]) -> Result<Trained> {
    let replicas = Replicas::of(experiment, devices)?;
    let main = devices[0].clone().autodiff();
    let mut net = net.fork(&main);
    let crops = random_crops(experiment);
    let mut descent = Descent { schedule: Schedule::Constant(1e-3), ..Descent::averaged(1e-3) };
    let (mut step_s, mut seen) = (f64::INFINITY, Vec::new());
    for step in 0..steps {
        let began = Instant::now();
        let of = |net: &_, crops: &[_], training: &_| losses(experiment, net, step, crops, training);
        let (parts, gradients) = replicas.slopes(&net, &crops, of);
        net = descent.step(net, gradients, step, steps);
        // Reading the loss waits for the device.
        seen.push(f64::from(parts.total().into_scalar::<f32>()));
        if step > 0 {
            step_s = step_s.min(began.elapsed().as_secs_f64());
        }
    }
    ensure!(seen.iter().all(|loss| loss.is_finite()), "a loss is not a number: {seen:?}");
    let features = crate::data::Batch::new(&crops[..1], 0, &main).features;
    Ok(Trained { losses: seen, trunk: net.trunk(features).try_into_vec_as::<f32>().unwrap_or_default(), step_s })
}

/// Noise with random labels: the arithmetic is that of speech.
fn random_crops(experiment: &Experiment) -> Vec<Utterance> {
    let mut rng = ChaCha8Rng::seed_from_u64(experiment.seed);
    let hops = experiment.key_motion.crop_hops / STEP_HOPS * STEP_HOPS;
    let mut crop = |_| {
        let mut crop = Utterance::silence(hops);
        crop.powers.iter_mut().flatten().for_each(|power| *power = rng.random_range(0.0..1.0));
        crop.phones.iter_mut().for_each(|phone| *phone = Phone::ALL[rng.random_range(0..Phone::ALL.len())]);
        crop.motion.iter_mut().flat_map(|m| &mut m.0).for_each(|weight| *weight = rng.random_range(0.0..1.0));
        crop.keys = (0..hops).step_by(8).map(|hop| hop as f32 + 0.5).collect();
        crop
    };
    (0..experiment.key_motion.batch).map(&mut crop).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f64 {
    let largest = a.iter().fold(1e-6f32, |top, x| top.max(x.abs()));
    let difference = a.iter().zip(b).fold(0.0f32, |top, (a, b)| top.max((a - b).abs()));
    f64::from(difference / largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_cpu_agrees_with_itself_and_takes_time() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let mut experiment = Experiment::read(&path).unwrap();
        experiment.key_motion.batch = 2;
        experiment.key_motion.crop_hops = 100;
        experiment.key_motion_net.dropout = 0.5;
        let measured = throughput(&experiment, 3, &[Device::flex()]).unwrap();
        assert!(measured.losses.iter().all(|[a, b]| a == b), "{measured:?}");
        assert_eq!(measured.difference, 0.0);
        assert!(measured.losses[2][0] < measured.losses[0][0], "{measured:?}");
        assert!(measured.hours_per_hour()[1] > 0.0);
    }

    #[test]
    fn two_devices_that_share_each_batch_learn_what_one_does() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let mut experiment = Experiment::read(&path).unwrap();
        experiment.key_motion.batch = 3;
        experiment.key_motion.crop_hops = 100;
        let two = [Device::flex(), Device::flex()];
        let error = throughput(&experiment, 4, &two).unwrap_err().to_string();
        assert!(error.contains("a teacher trains on one device"), "{error}");
        experiment.key_motion_net.teacher_dilations.clear();
        let measured = throughput(&experiment, 4, &two).unwrap();
        assert!(measured.losses.iter().all(|[a, b]| (a - b).abs() < 1e-4 * a), "{measured:?}");
        assert!(measured.difference < 1e-2, "{measured:?}");
    }
}
