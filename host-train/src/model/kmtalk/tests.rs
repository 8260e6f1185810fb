use burn::module::{ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Distribution;

use super::*;

const AUDIO: usize = 6;
const CHANNELS: usize = 5;

fn config() -> KmTalkConfig {
    KmTalkConfig {
        width: 8,
        audio_dilations: vec![1, 2],
        key_decoder: true,
        audio_guidance: true,
        fusion: Fusion::Learned,
    }
}

fn sound(batch: usize, time: usize, device: &Device) -> Tensor<3> {
    Tensor::random([batch, time, AUDIO], Distribution::Default, device)
}

fn values(x: Tensor<3>) -> Vec<f32> {
    x.try_into_vec_as().unwrap()
}

fn distance(a: Tensor<3>, b: Tensor<3>) -> f32 {
    (a - b).abs().max().into_scalar()
}

fn motion(net: &KmTalk, sound: Tensor<3>, frames: &KeyFrames) -> (Tensor<3>, Tensor<3>, Tensor<3>) {
    let heard = net.hear(sound);
    let keys = net.key_motions(heard.clone(), frames);
    let (motion, g) = net.complete(heard, keys.clone(), frames);
    (keys, motion, g)
}

#[test]
fn every_part_has_its_shape_and_g_lies_between_zero_and_one() {
    let device = Device::flex();
    let frames = KeyFrames::new(vec![vec![1, 5, 9], vec![], vec![19]], 20);
    let net = config().init(AUDIO, CHANNELS, &device);
    let (keys, motion, g) = motion(&net, sound(3, 20, &device) * 9.0, &frames);
    assert_eq!(keys.dims(), [3, 3, CHANNELS]);
    assert_eq!(motion.dims(), [3, 20, CHANNELS]);
    assert_eq!(net.locate(net.hear(sound(3, 20, &device))).dims(), [3, 20, 1]);
    let g = values(g);
    assert!(g.len() == 60 && g.iter().all(|g| (0.0..=1.0).contains(g)));
    assert!(g.iter().any(|other| (other - g[0]).abs() > 1e-3), "G is the same everywhere");
}

#[test]
fn the_future_reaches_the_past_through_the_audio_and_through_the_keys() {
    let device = Device::flex();
    let frames = KeyFrames::new(vec![vec![5, 15]], 30);
    let net = config().init(AUDIO, CHANNELS, &device);
    let x = sound(1, 30, &device);
    let later = Tensor::cat(vec![x.clone().narrow(1, 0, 12), x.clone().narrow(1, 12, 18) * -3.0], 1);
    let first = |x: Tensor<3>, frames: &KeyFrames| motion(&net, x, frames).1.narrow(1, 10, 1);
    assert!(distance(first(x.clone(), &frames), first(later, &frames)) > 1e-4);
    let fewer = KeyFrames::new(vec![vec![5]], 30);
    assert!(distance(first(x.clone(), &frames), first(x, &fewer)) > 1e-4);
}

#[test]
fn a_clip_with_more_keys_beside_it_changes_no_answer() {
    let device = Device::flex();
    let net = config().init(AUDIO, CHANNELS, &device);
    let x = sound(2, 20, &device);
    let both = motion(&net, x.clone(), &KeyFrames::new(vec![vec![3, 8], vec![1, 2, 4, 9, 12]], 20));
    let alone = motion(&net, x.narrow(0, 0, 1), &KeyFrames::new(vec![vec![3, 8]], 20));
    assert!(distance(both.0.clone().narrow(0, 0, 1).narrow(1, 0, 2), alone.0) < 1e-5);
    assert!(values(both.0.narrow(0, 0, 1).narrow(1, 2, 3)).iter().all(|v| *v == 0.0));
    assert!(distance(both.1.narrow(0, 0, 1), alone.1) < 1e-5);
}

#[test]
fn a_key_hears_its_surroundings_and_the_keys_beside_it() {
    let device = Device::flex();
    let net = KmTalkConfig { audio_dilations: vec![], ..config() }.init(AUDIO, CHANNELS, &device);
    let x = sound(1, 60, &device);
    let keys =
        |x: Tensor<3>, frames: &[usize]| net.key_motions(net.hear(x), &KeyFrames::new(vec![frames.to_vec()], 60));
    let touched = |step: usize, frames: &[usize]| {
        let spoiled = x.clone().slice_assign([0..1, step..step + 1, 0..1], Tensor::full([1, 1, 1], 9.0, &device));
        distance(keys(x.clone(), frames).narrow(1, 0, 1), keys(spoiled, frames).narrow(1, 0, 1)) > 0.0
    };
    assert!(touched(22, &[30]) && touched(38, &[30]), "160 ms to each side");
    assert!(!touched(21, &[30]) && !touched(39, &[30]));
    assert!(touched(44, &[30, 40]), "through the next key");
}

/// Counts parameters without a gradient.
struct Still<'a>(&'a GradientsParams, usize);

impl ModuleVisitor for Still<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let moved = self.0.get::<D>(param.id).is_some_and(|g| g.abs().max().into_scalar::<f32>() > 0.0);
        self.1 += usize::from(!moved);
    }
}

#[test]
fn gradients_reach_every_parameter_of_every_variant() {
    let device = Device::flex().autodiff();
    let frames = KeyFrames::new(vec![vec![1, 5, 9], vec![3]], 20);
    let deaf = KmTalkConfig { audio_guidance: false, ..config() };
    let fixed = |fusion| KmTalkConfig { fusion, ..config() };
    let direct = KmTalkConfig { key_decoder: false, ..config() };
    for config in [config(), deaf, direct, fixed(Fusion::Fixed(0.5)), fixed(Fusion::Triangular)] {
        let net = config.init(AUDIO, CHANNELS, &device);
        let x = sound(2, 20, &device);
        let (keys, motion, _) = motion(&net, x.clone(), &frames);
        let loss = motion.square().mean() + keys.square().mean() + net.locate(net.hear(x)).square().mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        let mut still = Still(&gradients, 0);
        net.visit(&mut still);
        assert_eq!(still.1, 0, "{config:?}");
    }
}

#[test]
fn fixed_weights_choose_one_stream_and_the_deaf_variant_hears_nothing() {
    let device = Device::flex();
    let frames = KeyFrames::new(vec![vec![4, 9]], 20);
    let answer = |net: &KmTalk, louder: f64, raised: f64| {
        let (heard, keys) = (Tensor::ones([1, 20, 8], &device), Tensor::ones([1, 2, CHANNELS], &device));
        net.complete(heard * louder, keys * raised, &frames).0
    };
    let audio_alone = KmTalkConfig { fusion: Fusion::Fixed(0.0), ..config() }.init(AUDIO, CHANNELS, &device);
    assert_eq!(distance(answer(&audio_alone, 1.0, 0.1), answer(&audio_alone, 1.0, 0.9)), 0.0);
    let deaf = KmTalkConfig { audio_guidance: false, ..config() }.init(AUDIO, CHANNELS, &device);
    assert_eq!(distance(answer(&deaf, 1.0, 0.1), answer(&deaf, 2.0, 0.1)), 0.0);
    assert!(distance(answer(&deaf, 1.0, 0.1), answer(&deaf, 1.0, 0.9)) > 1e-4);
}

#[test]
fn direct_regression_is_as_large_as_kmtalk() {
    let device = Device::flex();
    for width in [48, 96, 128] {
        let size = KmTalkConfig { width, ..config() }.init(128, CHANNELS, &device).num_params();
        let direct = DirectRegression::of_size(size, 128, CHANNELS, &device).num_params();
        assert!(direct.abs_diff(size) * 20 <= size, "{direct} {size}");
    }
}

#[test]
fn a_plug_in_completes_motion_of_any_width_from_sound_and_keys() {
    let device = Device::flex();
    let net = config().plug_in(AUDIO, 3, &device);
    let frames = KeyFrames::new(vec![vec![2, 9]], 12);
    let (x, keys) = (sound(1, 12, &device), Tensor::ones([1, 2, 3], &device));
    let made = net.forward(x.clone(), keys.clone(), &frames);
    assert_eq!(made.dims(), [1, 12, 3]);
    assert!(distance(made.clone(), net.forward(x.clone(), keys.clone() * 2.0, &frames)) > 1e-4);
    assert!(distance(made, net.forward(x * 2.0, keys, &frames)) > 1e-4);
}
