use burn::module::{ModuleMapper, Param};
use burn::tensor::TensorData;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::space::rig14;
use burn::tensor::Distribution;

fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// One block of everything, as wide as 16 channels.
fn narrow(mut config: ExpertConfig) -> ExpertConfig {
    let layers = Layers::Conformer { blocks: 1, heads: 2, kernel: 3 };
    (config.width, config.layers, config.decoder_blocks, config.decoder_heads) = (16, layers.clone(), 1, 2);
    config.dropout = 0.0;
    if let Some(listening) = &mut config.listening {
        (listening.layers, listening.fusion) = (layers, 32);
    }
    config
}

#[test]
fn every_size_answers_in_steps_of_40_ms() {
    let device = Device::flex();
    device.seed(1);
    for config in [ExpertConfig::tiny(10), ExpertConfig::small_pictures(), ExpertConfig::base(), ExpertConfig::paper()]
    {
        let config = narrow(config);
        let [rows, columns] = config.sight.shape();
        let expert = config.init(7, rig14::WIDTH, &device);
        let values = config.listening.as_ref().unwrap().sound.values();
        let reading = expert.read(noise([2, 3, rows, columns], &device), Some(noise([2, 3, values], &device)), None);
        assert_eq!(reading.ctc.dims(), [2, 3 * config.answers, 7]);
        assert_eq!(reading.frames.dims(), reading.ctc.dims());
        assert_eq!(reading.motion.dims(), [2, 6, rig14::WIDTH]);
        assert_eq!(reading.memory.dims(), [2, 3, 16]);
    }
}

#[test]
fn the_sizes_have_the_weights_that_they_are_told_by() {
    let device = Device::flex();
    let millions = |config: ExpertConfig, units| config.init(units, rig14::WIDTH, &device).num_params() as f64 / 1e6;
    let told = [
        (millions(ExpertConfig::tiny(80), 41), 0.0995),
        (millions(ExpertConfig::small(80), 41), 1.235),
        (millions(ExpertConfig::base(), 5049), 29.73),
        (millions(ExpertConfig::paper(), 5049), 447.9),
    ];
    assert!(told.iter().all(|(came, expected)| (came / expected - 1.0).abs() < 0.01), "came, expected: {told:?}");
}

#[test]
fn a_muted_expert_hears_nothing() {
    let device = Device::flex();
    device.seed(1);
    let expert = narrow(ExpertConfig::tiny(10)).init(7, rig14::WIDTH, &device);
    let (seen, heard) = (noise([1, 4, 2, 10], &device), noise([1, 4, SoundConfig::Mel.values()], &device));
    let mute = Senses { sight: Tensor::ones([1, 1, 1], &device), sound: Tensor::zeros([1, 1, 1], &device) };
    let muted = expert.read(seen.clone(), Some(heard.clone()), Some(&mute)).ctc;
    assert_eq!(muted.clone().into_data(), expert.read(seen.clone(), None, None).ctc.into_data());
    let difference = (expert.read(seen, Some(heard), None).ctc - muted).abs().max().into_scalar::<f32>();
    assert!(difference > 1e-3, "{difference}");
}

/// Weights that depend on the seed alone: the device's own randomness is shared with the tests that run beside.
struct Drawn(ChaCha8Rng);

impl Drawn {
    fn tensor<const D: usize>(&mut self, shape: [usize; D], most: f32, device: &Device) -> Tensor<D> {
        let values = (0..shape.iter().product()).map(|_| self.0.random_range(-most..most)).collect();
        Tensor::from_data(TensorData::new::<f32, _>(values, shape), device)
    }
}

impl ModuleMapper for Drawn {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| {
            let (shape, device) = (weight.dims(), weight.device());
            let widest = shape.iter().copied().max().unwrap_or(1);
            let inputs = shape.iter().product::<usize>() / widest;
            match D {
                // Gains stay at 1 and biases become 0.
                1 if weight.clone().mean().into_scalar::<f32>() > 0.9 => Tensor::ones(shape, &device),
                1 => Tensor::zeros(shape, &device),
                _ => self.tensor(shape, (3.0 / inputs as f32).sqrt(), &device),
            }
        })
    }
}

#[test]
fn pictures_get_the_slopes_of_finite_differences_through_both_video_branches() {
    let device = Device::flex().autodiff();
    let configs = [ExpertConfig::small_pictures(), ExpertConfig::base()];
    for (seed, config) in (1..=5).flat_map(|seed| configs.clone().map(|config| (seed, config))) {
        let config = narrow(config);
        let [rows, columns] = config.sight.shape();
        let mut drawn = Drawn(ChaCha8Rng::seed_from_u64(seed));
        let expert = config.init(7, rig14::WIDTH, &device).map(&mut drawn).no_grad();
        let seen: Tensor<4> = drawn.tensor([1, 2, rows, columns], 1.7, &device);
        let loss = |seen: Tensor<4>| expert.read(seen, None, None).ctc.square().sum();
        let leaf = seen.clone().require_grad();
        let slope = leaf.grad(&loss(leaf.clone()).backward()).unwrap();
        let slope = Tensor::<4>::from_data(slope.into_data(), &device);
        // Uphill by a thousandth of the picture's own length.
        let length = slope.clone().square().sum().sqrt().into_scalar::<f32>();
        let step = slope * (1e-3 * ((2 * rows * columns) as f32).sqrt() / length);
        let climbed = (loss(seen.clone() + step.clone()) - loss(seen - step.clone())).into_scalar::<f32>();
        let foretold = 2.0 * length * step.square().sum().sqrt().into_scalar::<f32>();
        assert!((climbed / foretold - 1.0).abs() < 0.05, "seed {seed}, {:?}: {climbed} {foretold}", config.sight);
    }
}
