//! The two networks in plain loops over a whole sequence, and what the line lets them hear: what the exported files are
//! compared with.

use keyface_core::flow::KeyTracker;
use keyface_core::heads::HEADS;
use keyface_core::{
    AudioTime, DecoderConfig, FEATURES, HOP_SAMPLES, Heads, Hops, LogMel, MEL_BANDS, STEP_HOPS, Span, Stage,
};

use super::weights::{CompletionWeights, Dense, ENCODER_TAPS, FUSION_TAPS, KeyMotionWeights, LAYER_TAPS};
use crate::model::{Answer, BAND_REACH, BAND_STEPS};

/// Frames of a sequence, one per step.
pub type Frames = Vec<Vec<f32>>;

/// KeyMotionNet's answers to a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMotionAnswer {
    /// Raw heads per step.
    pub heads: Frames,
    /// Trunk per step.
    pub trunk: Frames,
    /// Largest magnitude that went into each layer, in the order of the layers.
    pub ranges: Vec<f32>,
}

/// CompletionNet's answers to a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletionAnswer {
    /// Motion per step.
    pub motion: Frames,
    /// Fusion weight per step.
    pub g: Frames,
    /// What the last layer hears per step.
    pub shaped: Frames,
    /// Largest magnitude that went into each layer, in the order of the layers.
    pub ranges: Vec<f32>,
}

/// KeyMotionNet's input for every step of 16 kHz samples.
pub fn features(samples: &[f32]) -> Frames {
    let mut mel = LogMel::new();
    let (hops, _) = samples.as_chunks::<HOP_SAMPLES>();
    let frames: Vec<[f32; FEATURES]> = hops.iter().filter_map(|hop| Some(mel.push(hop)?.0)).collect();
    frames.chunks_exact(STEP_HOPS).map(<[_]>::concat).collect()
}

/// Raw heads by name.
pub fn heads(raw: &[Vec<f32>]) -> Vec<Heads> {
    raw.iter().flat_map(|frame| frame.as_chunks::<HEADS>().0).map(Heads::from_raw).collect()
}

/// CompletionNet's motion flow for every step: the keys that the line makes of the heads.
pub fn flow(decode: &DecoderConfig, heads: &[Heads]) -> Frames {
    let mut keys = KeyTracker::new(decode.key_threshold, Span((decode.key_refractory_ms * 1000.0) as i64));
    let step = Hops(STEP_HOPS as u64).span();
    heads.iter().zip(1..).map(|(heads, n)| keys.push(AudioTime(step.0 * n), step, heads).0.to_vec()).collect()
}

/// KeyMotionNet over a whole sequence; every layer sees zeros before the first step.
pub fn key_motion_forward(weights: &KeyMotionWeights, x: &[Vec<f32>]) -> KeyMotionAnswer {
    let mut ranges = vec![];
    let mut bands: Vec<Vec<Vec<f32>>> = x.iter().map(|frame| beside(frame, 0..MEL_BANDS)).collect();
    for conv in &weights.front {
        ranges.push(bands.iter().map(|step| range(step)).fold(0.0, f32::max));
        bands = band_conv(conv, &bands);
    }
    let all: Frames = bands
        .iter()
        .zip(x)
        .map(|(bands, frame)| [bands.concat(), beside(frame, MEL_BANDS..FEATURES).concat()].concat())
        .collect();
    ranges.push(range(&all));
    let mut trunk = linear(&weights.lift, &all);
    for layer in &weights.layers {
        ranges.push(range(&trunk));
        let heard = answer(layer.answer, causal_conv(&layer.conv, &trunk, LAYER_TAPS, layer.dilation));
        let add = |x: &Vec<f32>, y: &Vec<f32>| x.iter().zip(y).zip(&layer.gain).map(|((x, y), g)| x + g * y).collect();
        let kept = if layer.is_centred { delayed(&trunk, layer.dilation) } else { trunk };
        trunk = kept.iter().zip(&heard).map(|(x, y)| add(x, y)).collect();
    }
    ranges.push(range(&trunk));
    KeyMotionAnswer { heads: linear(&weights.heads, &trunk), trunk, ranges }
}

/// What a layer makes of its convolution.
fn answer(answer: Answer, heard: Frames) -> Frames {
    let halves = |frame: &[f32]| {
        let (a, b) = frame.split_at(frame.len() / 2);
        a.iter().copied().zip(b.iter().map(|b| sigmoid(*b))).collect::<Vec<_>>()
    };
    match answer {
        Answer::Relu => relu(heard),
        Answer::Gated => heard.iter().map(|x| halves(x).iter().map(|(a, share)| a * share).collect()).collect(),
        Answer::Recurrent => {
            let mut memory = vec![0.0; heard.first().map_or(0, |frame| frame.len() / 2)];
            let step = |frame: &Vec<f32>| {
                memory.iter_mut().zip(halves(frame)).for_each(|(h, (a, share))| *h += share * (a - *h));
                memory.clone()
            };
            heard.iter().map(step).collect()
        }
    }
}

/// Every frame so many steps later; zeros before the first.
fn delayed(x: &[Vec<f32>], steps: usize) -> Frames {
    let nothing = std::iter::repeat_n(vec![0.0; x[0].len()], steps);
    nothing.chain(x.iter().cloned()).take(x.len()).collect()
}

/// Some values of a step's frames, each as a row of its values in all frames.
fn beside(step: &[f32], which: std::ops::Range<usize>) -> Frames {
    which.map(|at| (0..STEP_HOPS).map(|hop| step[hop * FEATURES + at]).collect()).collect()
}

/// Steps of bands of channels, before and after a convolution over both.
fn band_conv(dense: &Dense, x: &[Frames]) -> Vec<Frames> {
    let channels = x[0][0].len();
    let at = |step: Option<usize>, band: Option<usize>| match (step, band) {
        (Some(step), Some(band)) => x[step][band].clone(),
        _ => vec![0.0; channels],
    };
    let row = |step: usize, band: usize| {
        let steps = (0..BAND_STEPS).map(|back| step.checked_sub(BAND_STEPS - 1 - back));
        let bands = |step| (0..BAND_REACH).flat_map(move |reach| at(step, (2 * band + reach).checked_sub(1)));
        apply(dense, &steps.flat_map(bands).collect::<Vec<f32>>())
    };
    let step = |step: usize| relu((0..x[0].len() / 2).map(|band| row(step, band)).collect());
    (0..x.len()).map(step).collect()
}

/// CompletionNet over a whole sequence; every layer sees zeros before the first step.
pub fn completion_forward(weights: &CompletionWeights, flow: &[Vec<f32>], audio: &[Vec<f32>]) -> CompletionAnswer {
    let mut ranges = vec![];
    let mut encode = |first: &Dense, conv: &Dense, x: &[Vec<f32>]| {
        let lifted = relu(linear(first, x));
        ranges.extend([range(x), range(&lifted)]);
        relu(causal_conv(conv, &lifted, ENCODER_TAPS, 1))
    };
    let flow = encode(&weights.flow_in, &weights.flow_conv, flow);
    let audio = encode(&weights.audio_in, &weights.audio_conv, audio);
    let both: Frames = flow.iter().zip(&audio).map(|(f, a)| [f.as_slice(), a].concat()).collect();
    let g: Frames = linear(&weights.gate, &both).into_iter().map(|frame| vec![sigmoid(frame[0])]).collect();
    let fuse = |((f, a), g): ((&Vec<f32>, &Vec<f32>), &Vec<f32>)| {
        f.iter().zip(a).map(|(f, a)| g[0] * f + (1.0 - g[0]) * a).collect()
    };
    let fused: Frames = flow.iter().zip(&audio).zip(&g).map(fuse).collect();
    let shaped = relu(causal_conv(&weights.fusion_conv, &fused, FUSION_TAPS, 1));
    ranges.extend([range(&both), range(&fused), range(&shaped)]);
    CompletionAnswer { motion: linear(&weights.motion, &shaped), g, shaped, ranges }
}

fn range(frames: &[Vec<f32>]) -> f32 {
    frames.iter().flatten().fold(0.0, |top, value| top.max(value.abs()))
}

fn linear(dense: &Dense, x: &[Vec<f32>]) -> Frames {
    x.iter().map(|frame| apply(dense, frame)).collect()
}

fn causal_conv(dense: &Dense, x: &[Vec<f32>], taps: usize, dilation: usize) -> Frames {
    let silence = vec![0.0; dense.inputs() / taps];
    let tap = |step: usize, tap: usize| {
        let back = (taps - 1 - tap) * dilation;
        step.checked_sub(back).map_or(silence.as_slice(), |at| x[at].as_slice())
    };
    let row = |step: usize| (0..taps).flat_map(|t| tap(step, t).iter().copied()).collect::<Vec<f32>>();
    (0..x.len()).map(|step| apply(dense, &row(step))).collect()
}

/// Sums in double precision: the oracle's own rounding must not count.
fn apply(dense: &Dense, input: &[f32]) -> Vec<f32> {
    let mut sums: Vec<f64> = dense.bias.iter().map(|bias| f64::from(*bias)).collect();
    for (value, row) in input.iter().zip(dense.weights.chunks_exact(dense.outputs())) {
        sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += f64::from(*value) * f64::from(*weight));
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

fn relu(mut frames: Frames) -> Frames {
    frames.iter_mut().flatten().for_each(|value| *value = value.max(0.0));
    frames
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_looks_back_by_its_dilation() {
        // One channel, three taps of weights 1, 10, 100 (oldest first), dilation 2.
        let dense = Dense { weights: vec![1.0, 10.0, 100.0], bias: vec![0.5] };
        let x: Frames = (1..=6).map(|v| vec![v as f32]).collect();
        let y: Vec<f32> = causal_conv(&dense, &x, 3, 2).concat();
        assert_eq!(y, [100.5, 200.5, 310.5, 420.5, 531.5, 642.5]);
    }

    #[test]
    fn a_linear_layers_weights_are_inputs_by_outputs() {
        let dense = Dense { weights: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], bias: vec![0.0, 0.0, 1.0] };
        assert_eq!(apply(&dense, &[1.0, 10.0]), [41.0, 52.0, 64.0]);
    }

    #[test]
    fn a_step_of_features_is_two_hops() {
        let x = features(&[0.1; 16_000]);
        assert!(x.len() >= 48 && x.iter().all(|frame| frame.len() == FEATURES * STEP_HOPS), "{}", x.len());
    }
}
