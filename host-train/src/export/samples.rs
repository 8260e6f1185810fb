//! Random networks and random input, for tests and measurements.

use std::collections::BTreeMap;

use keyface_core::{DecoderConfig, Files, Interface, MEL_BANDS, ModelCard, STEP_HOPS, Tolerance};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::reference::Frames;
use super::weights::{CompletionWeights, Dense, ENCODER_TAPS, FUSION_TAPS, KeyMotionWeights, LAYER_TAPS, Layer};
use crate::model::{Answer, BAND_REACH, BAND_STEPS};

/// A KeyMotionNet of the given channels of the front end, width of the trunk, a layer per dilation, and heads.
pub fn key_motion(front: &[usize], width: usize, dilations: &[usize], heads: usize, seed: u64) -> KeyMotionWeights {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut channels = STEP_HOPS;
    let mut conv = |outputs: &usize| {
        let conv = dense(&mut random, BAND_STEPS * BAND_REACH * channels, *outputs);
        channels = *outputs;
        conv
    };
    let front: Vec<Dense> = front.iter().map(&mut conv).collect();
    let bands = MEL_BANDS >> front.len();
    KeyMotionWeights {
        lift: dense(&mut random, bands * channels + STEP_HOPS, width),
        front,
        layers: dilations.iter().map(|dilation| layer(&mut random, width, *dilation)).collect(),
        heads: dense(&mut random, width, heads),
    }
}

/// A CompletionNet of the given sizes.
pub fn completion(flow: usize, audio: usize, width: usize, motion: usize, seed: u64) -> CompletionWeights {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    CompletionWeights {
        flow_in: dense(&mut random, flow, width),
        flow_conv: dense(&mut random, ENCODER_TAPS * width, width),
        audio_in: dense(&mut random, audio, width),
        audio_conv: dense(&mut random, ENCODER_TAPS * width, width),
        gate: dense(&mut random, 2 * width, 1),
        fusion_conv: dense(&mut random, FUSION_TAPS * width, width),
        motion: dense(&mut random, width, motion),
    }
}

/// A card for a random model; the exporter completes it.
pub fn card(name: &str) -> ModelCard {
    ModelCard {
        name: name.to_owned(),
        version: "0.0.0".to_owned(),
        created_by: "random weights".to_owned(),
        command: "none".to_owned(),
        seed: 0,
        interface: Interface::Kf1,
        look_ahead_ms: 60,
        trunk_width: 1,
        files: Files::default(),
        tolerance: Tolerance::default(),
        decode: DecoderConfig::default(),
        closures: None,
        data: vec![],
        figures: BTreeMap::new(),
    }
}

/// `steps` frames of `width` values in -1..1.
pub fn frames(steps: usize, width: usize, seed: u64) -> Frames {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..steps).map(|_| (0..width).map(|_| random.random_range(-1.0..1.0)).collect()).collect()
}

fn layer(random: &mut ChaCha8Rng, width: usize, dilation: usize) -> Layer {
    let conv = dense(random, LAYER_TAPS * width, width);
    let gain = (0..width).map(|_| random.random_range(-0.5..0.5)).collect();
    Layer { conv, dilation, gain, is_centred: false, answer: Answer::Relu }
}

/// Makes a layer answer otherwise, its convolution as wide as that needs.
pub fn answer(layer: &mut Layer, answer: Answer) {
    let (inputs, outputs) = (layer.conv.inputs(), layer.gain.len() * answer.parts());
    let conv = dense(&mut ChaCha8Rng::seed_from_u64(outputs as u64), inputs, outputs);
    *layer = Layer { conv, answer, ..layer.clone() };
}

/// Weights of variance `2 / inputs` keep the size of what passes through a ReLU (He et al. 2015).
fn dense(random: &mut ChaCha8Rng, inputs: usize, outputs: usize) -> Dense {
    let bound = (6.0 / inputs as f32).sqrt();
    let weights = (0..inputs * outputs).map(|_| random.random_range(-bound..bound)).collect();
    Dense { weights, bias: (0..outputs).map(|_| random.random_range(-0.1..0.1)).collect() }
}
