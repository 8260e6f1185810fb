//! KeyMotionNet: log-mel in; phones, key motions, closures and voice out; causal, 20 ms a step.
//!
//! KMTalk's localization and key decoder (Xu et al. 2024) on a live line: convolutions over time and bands, then over
//! time. Look-ahead is a fixed delay of the labels: one trunk carries a head for each. Layers that hear as much after
//! a step as before it may lie on the causal ones: a model for files. Above the trunk, centred blocks that hear the whole
//! utterance may make an offline teacher (both: cascaded encoders, Narayanan et al. 2021).

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};
use keyface_core::heads::HEADS;
use keyface_core::{FEATURES, MEL_BANDS, STEP_HOPS};
use serde::{Deserialize, Serialize};

use super::{BandConv, TimeConv};

/// Size of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMotionNetConfig {
    /// Channels of the convolutions over time and bands, first to last; each keeps half of the bands.
    pub bands: Vec<usize>,
    /// Channels of the trunk.
    pub width: usize,
    /// One causal residual layer per dilation.
    pub dilations: Vec<usize>,
    /// One residual layer per dilation behind those, which hears as much after a step as before it, so that its answers
    /// come a dilation late.
    #[serde(default)]
    pub centred_dilations: Vec<usize>,
    /// What the layers make of their convolutions, from the first on; the rest is [`Answer::Relu`].
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Share of a layer's answers that training leaves out (Srivastava et al. 2014).
    #[serde(default)]
    pub dropout: f64,
    /// One centred residual block per dilation makes the offline teacher; none: no teacher.
    #[serde(default)]
    pub teacher_dilations: Vec<usize>,
}

/// What a layer of the trunk makes of its convolution, whose output is `a`, or `a` beside `b`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// `max(a, 0)`.
    #[default]
    Relu,
    /// `a * sigmoid(b)`: a gated linear unit (Dauphin et al. 2017).
    Gated,
    /// `h' + sigmoid(b) * (a - h')`, where `h'` is the answer of the step before: a quasi-recurrent layer (Bradbury et al.
    /// 2017), whose memory has no end.
    Recurrent,
}

impl Answer {
    /// Values of the convolution for each value of the answer.
    pub fn parts(self) -> usize {
        match self {
            Answer::Relu => 1,
            Answer::Gated | Answer::Recurrent => 2,
        }
    }
}

/// Taps of the trunk's layers.
const LAYER_TAPS: usize = 3;
/// Taps of the teacher's blocks.
const BLOCK_TAPS: usize = 5;
/// How much a fresh layer adds: a deep trunk begins near the identity.
const FRESH_GAIN: f32 = 0.3;

/// Convolutions over time and bands, the trunk over time, the heads, and perhaps a teacher.
#[derive(Module, Debug)]
pub struct KeyMotionNet {
    /// Over time and bands, from two stacked frames.
    pub front: Vec<BandConv>,
    /// From all bands, and the levels, to the trunk.
    pub lift: Linear,
    /// The trunk.
    pub layers: Vec<TrunkLayer>,
    /// From the trunk to [`HEADS`] raw values, for each look-ahead.
    pub heads: Vec<Linear>,
    /// Never shipped.
    pub teacher: Option<Teacher>,
}

/// `x + gain * answer(conv(x))`, where `x` is as late as the convolution's answer.
#[derive(Module, Debug)]
pub struct TrunkLayer {
    /// Over time, causal.
    pub conv: TimeConv,
    /// Steps by which the answer comes late: 0, or the convolution's dilation, when its middle tap is what it describes.
    pub late: usize,
    /// What it makes of the convolution.
    #[module(skip)]
    pub answer: Answer,
    /// For each channel.
    pub gain: Param<Tensor<1>>,
    /// In training only.
    pub dropout: Dropout,
}

/// What hears the whole utterance.
#[derive(Module, Debug)]
pub struct Teacher {
    /// Centred in time.
    pub blocks: Vec<Block>,
    /// To [`HEADS`] raw values.
    pub heads: Linear,
}

/// `x + mix(relu(conv(x)))`.
#[derive(Module, Debug)]
pub struct Block {
    /// Over time.
    pub conv: TimeConv,
    /// Over channels.
    pub mix: Linear,
}

impl KeyMotionNetConfig {
    /// Fresh weights for so many look-aheads.
    pub fn init(&self, look_aheads: usize, device: &Device) -> KeyMotionNet {
        let width = self.width;
        let linear = |outputs| LinearConfig::new(width, outputs).init(device);
        let inputs = std::iter::once(STEP_HOPS).chain(self.bands.iter().copied());
        let front = inputs.zip(&self.bands).map(|(from, to)| BandConv::new(from, *to, device)).collect();
        let layer = |((d, late), answer): ((usize, usize), Answer)| TrunkLayer {
            conv: TimeConv::plain(width, width * answer.parts(), LAYER_TAPS, d, device),
            late,
            answer,
            gain: Param::from_tensor(Tensor::full([width], FRESH_GAIN, device)),
            dropout: DropoutConfig::new(self.dropout).init(),
        };
        let centred =
            |d: &usize| Block { conv: TimeConv::centred(width, width, BLOCK_TAPS, *d, device), mix: linear(width) };
        let causal = self.dilations.iter().map(|d| (*d, 0));
        let centred_ones = self.centred_dilations.iter().map(|d| (*d, *d));
        let answers = self.answers.iter().copied().chain(std::iter::repeat(Answer::Relu));
        KeyMotionNet {
            front,
            lift: LinearConfig::new(self.lifted(), width).init(device),
            layers: causal.chain(centred_ones).zip(answers).map(layer).collect(),
            heads: (0..look_aheads).map(|_| linear(HEADS)).collect(),
            teacher: (!self.teacher_dilations.is_empty()).then(|| Teacher {
                blocks: self.teacher_dilations.iter().map(centred).collect(),
                heads: linear(HEADS),
            }),
        }
    }

    /// Values that the front end hands to the trunk: the channels of the bands that are left, and the levels.
    fn lifted(&self) -> usize {
        let channels = self.bands.last().copied().unwrap_or(STEP_HOPS);
        (MEL_BANDS >> self.bands.len()) * channels + STEP_HOPS
    }
}

impl KeyMotionNet {
    /// # Shapes
    /// `[batch, time, STEP_HOPS * FEATURES]` -> trunk `[batch, time, width]`, which CompletionNet hears too.
    pub fn trunk(&self, features: Tensor<3>) -> Tensor<3> {
        let [batch, time, _] = features.dims();
        let frames = features.reshape([batch, time, STEP_HOPS, FEATURES]);
        let levels = frames.clone().narrow(3, MEL_BANDS, 1).reshape([batch, time, STEP_HOPS]);
        let bands = frames.narrow(3, 0, MEL_BANDS).swap_dims(2, 3);
        let bands = self.front.iter().fold(bands, |x, conv| conv.forward(x));
        let [_, _, bands_left, channels] = bands.dims();
        let all = Tensor::cat(vec![bands.reshape([batch, time, bands_left * channels]), levels], 2);
        self.layers.iter().fold(self.lift.forward(all), |x, layer| layer.forward(x))
    }

    /// Begins as `other`, a network of the same front, at its last look-aheads. Layers that it has none of begin by adding
    /// nothing, so that all is said that `other` said, and later by as much as those wait. Where it goes on with other
    /// layers, only those below are taken, and what lies above is learnt anew.
    pub fn standing_on(self, other: KeyMotionNet) -> KeyMotionNet {
        let KeyMotionNet { front, lift, layers, heads, .. } = other;
        let shared =
            self.layers.iter().zip(&layers).take_while(|(own, below)| own.describes() == below.describes()).count();
        let is_whole = shared == layers.len();
        let mut below = layers.into_iter().take(shared);
        let begun = self.layers.into_iter().map(|own| match below.next() {
            Some(layer) => TrunkLayer { dropout: own.dropout, ..layer },
            None if is_whole => TrunkLayer { gain: own.gain.map(|gain| gain.zeros_like()), ..own },
            None => own,
        });
        let layers = begun.collect();
        let spare = heads.len().saturating_sub(self.heads.len());
        let heads = if is_whole { heads.into_iter().skip(spare).collect() } else { self.heads };
        KeyMotionNet { front, lift, layers, heads, ..self }
    }

    /// What look-ahead number `which` says; see `keyface_core::heads` for the layout.
    ///
    /// # Shapes
    /// Trunk `[batch, time, width]` -> raw heads `[batch, time, HEADS]`.
    pub fn heads(&self, which: usize, trunk: Tensor<3>) -> Tensor<3> {
        self.heads[which].forward(trunk)
    }
}

impl Teacher {
    /// From the trunk of a whole utterance: every step describes its own end.
    ///
    /// # Shapes
    /// `[batch, time, width]` -> `[batch, time, width]`.
    pub fn features(&self, trunk: Tensor<3>) -> Tensor<3> {
        self.blocks.iter().fold(trunk, |x, block| block.forward(x))
    }

    /// Raw heads `[batch, time, HEADS]` from a whole utterance's trunk.
    pub fn heads(&self, trunk: Tensor<3>) -> Tensor<3> {
        self.heads.forward(self.features(trunk))
    }
}

impl TrunkLayer {
    /// Dilation, by how much it comes late, and what it makes of its convolution.
    pub(crate) fn describes(&self) -> (usize, usize, Answer) {
        (self.conv.dilation, self.late, self.answer)
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let heard = self.dropout.forward(self.answer.forward(self.conv.forward(x.clone())));
        delayed(x, self.late) + heard * self.gain.val().reshape([1, 1, -1])
    }
}

impl Answer {
    /// `[batch, time, parts * width]` -> `[batch, time, width]`.
    fn forward(self, x: Tensor<3>) -> Tensor<3> {
        let width = x.dims()[2] / self.parts();
        let part = |n: usize| x.clone().narrow(2, n * width, width);
        match self {
            Answer::Relu => relu(x),
            Answer::Gated => part(0) * sigmoid(part(1)),
            Answer::Recurrent => {
                let share = sigmoid(part(1));
                remembered(share.clone().neg() + 1.0, share * part(0))
            }
        }
    }
}

/// `h = keep * h' + add` for every step of `[batch, time, width]`, from nothing: in as many rounds as the number of steps has
/// binary digits, each of which joins what two spans of the same length do (Hillis and Steele 1986).
fn remembered(keep: Tensor<3>, add: Tensor<3>) -> Tensor<3> {
    let time = add.dims()[1];
    let rounds = std::iter::successors(Some(1), |span| Some(2 * span)).take_while(|span| *span < time);
    let join = |(keep, add): (Tensor<3>, Tensor<3>), span| {
        let before = delayed(add.clone(), span);
        (keep.clone() * delayed(keep.clone(), span), add + keep * before)
    };
    rounds.fold((keep, add), join).1
}

/// What `x` `[batch, time, width]` was so many steps ago; zeros before its first.
fn delayed(x: Tensor<3>, steps: usize) -> Tensor<3> {
    let [batch, time, width] = x.dims();
    let nothing = Tensor::zeros([batch, steps.min(time), width], &x.device());
    match steps {
        0 => x,
        _ if steps >= time => nothing,
        _ => Tensor::cat(vec![nothing, x.narrow(1, 0, time - steps)], 1),
    }
}

impl Block {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self.mix.forward(relu(self.conv.forward(x.clone())));
        x + y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net() -> KeyMotionNet {
        config(&[]).init(3, &Device::flex())
    }

    fn config(centred: &[usize]) -> KeyMotionNetConfig {
        KeyMotionNetConfig {
            bands: vec![4, 6],
            width: 8,
            dilations: vec![1],
            centred_dilations: centred.to_vec(),
            answers: vec![],
            dropout: 0.0,
            teacher_dilations: vec![1, 2],
        }
    }

    /// Heads of a sound whose values from step `from` on are others.
    fn heads(net: &KeyMotionNet, from: usize) -> Vec<f32> {
        let x = Tensor::<3>::ones([1, 12, STEP_HOPS * FEATURES], &Device::flex());
        let x = Tensor::cat(vec![x.clone().narrow(1, 0, from), x.narrow(1, from, 12 - from) * 3.0], 1);
        net.heads(0, net.trunk(x)).try_into_vec_as::<f32>().unwrap()
    }

    #[test]
    fn a_centred_layer_comes_a_dilation_late_and_passes_on_what_it_describes() {
        let mut net = config(&[2]).init(1, &Device::flex());
        let (with, step) = (heads(&net, 11), |all: &[f32], n: usize| all[n * HEADS..(n + 1) * HEADS].to_vec());
        assert_ne!(step(&with, 11), step(&heads(&net, 10), 11), "it hears the newest step");
        // Without what it adds, the layer is a delay of two steps.
        net.layers[1].gain = Param::from_tensor(Tensor::zeros([8], &Device::flex()));
        let late = heads(&net, 6);
        net.layers.pop();
        let causal = heads(&net, 6);
        assert_eq!(late[2 * HEADS..], causal[..10 * HEADS]);
    }

    #[test]
    fn what_stands_on_another_begins_by_saying_the_same_later() {
        let device = Device::flex();
        let below = config(&[]).init(2, &device);
        let net = config(&[1, 2]).init(1, &device).standing_on(below.clone());
        let x = Tensor::<3>::random([1, 12, STEP_HOPS * FEATURES], burn::tensor::Distribution::Default, &device);
        let late = net.heads(0, net.trunk(x.clone())).narrow(1, 3, 9);
        let same = below.heads(1, below.trunk(x)).narrow(1, 0, 9);
        assert_eq!((late - same).abs().max().into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn on_a_network_of_other_layers_those_below_are_kept_and_the_rest_is_fresh() {
        let device = Device::flex();
        let sizes = |dilations: &[usize], centred: &[usize]| KeyMotionNetConfig {
            dilations: dilations.to_vec(),
            ..config(centred)
        };
        let below = sizes(&[1, 2, 4], &[]).init(1, &device);
        let own = sizes(&[1, 2], &[1]).init(1, &device);
        let net = own.clone().standing_on(below.clone());
        let taps = |layer: &TrunkLayer| layer.conv.taps.weight.val();
        let apart = |a: &TrunkLayer, b: &TrunkLayer| (taps(a) - taps(b)).abs().max().into_scalar::<f32>();
        assert_eq!((0..2).map(|n| apart(&net.layers[n], &below.layers[n])).sum::<f32>(), 0.0);
        assert_eq!((net.layers.len(), net.layers[2].late, apart(&net.layers[2], &own.layers[2])), (3, 1, 0.0));
        let heads = |net: &KeyMotionNet| net.heads[0].weight.val();
        assert_eq!((heads(&net) - heads(&own)).abs().max().into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn a_recurrent_layer_remembers_without_end_and_a_gated_one_as_far_as_its_taps() {
        let device = Device::flex();
        for answer in [Answer::Gated, Answer::Recurrent] {
            let net = KeyMotionNetConfig { answers: vec![answer], ..config(&[]) }.init(1, &device);
            let x = |from: usize| {
                let x = Tensor::<3>::ones([1, 40, 8], &device);
                Tensor::cat(vec![x.clone().narrow(1, 0, from) * 2.0, x.narrow(1, from, 40 - from)], 1)
            };
            let apart = (net.layers[0].forward(x(1)) - net.layers[0].forward(x(6))).abs().sum_dim(2);
            let apart = apart.try_into_vec_as::<f32>().unwrap();
            let touched = apart.iter().filter(|d| **d > 0.0).count();
            assert!(if answer == Answer::Gated { touched == 5 + 2 } else { touched > 20 }, "{answer:?}: {apart:?}");
        }
    }

    #[test]
    fn what_is_remembered_is_what_a_loop_over_the_steps_gives() {
        let device = Device::flex();
        let random = || Tensor::<3>::random([1, 11, 1], burn::tensor::Distribution::Uniform(0.0, 1.0), &device);
        let (keep, add) = (random(), random());
        let values = |x: &Tensor<3>| x.clone().try_into_vec_as::<f32>().unwrap();
        let mut h = 0.0;
        for ((keep, add), came) in values(&keep).iter().zip(values(&add)).zip(values(&remembered(keep, add))) {
            h = keep * h + add;
            assert!((h - came).abs() < 1e-5, "expected {h}, came {came}");
        }
    }

    #[test]
    fn each_look_ahead_has_heads_of_its_own() {
        let net = net();
        let trunk = net.trunk(Tensor::ones([2, 10, STEP_HOPS * FEATURES], &Device::flex()));
        assert_eq!(net.heads(2, trunk.clone()).dims(), [2, 10, HEADS]);
        let differ = net.heads(0, trunk.clone()) - net.heads(1, trunk.clone());
        assert!(differ.abs().sum().into_scalar::<f32>() > 0.0);
        let teacher = net.teacher.unwrap();
        assert_eq!(teacher.features(trunk.clone()).dims(), [2, 10, 8]);
        assert_eq!(teacher.heads(trunk).dims(), [2, 10, HEADS]);
    }

    #[test]
    fn the_levels_reach_the_trunk_beside_the_bands() {
        let net = net();
        let quiet = Tensor::<3>::ones([1, 4, STEP_HOPS * FEATURES], &Device::flex());
        let mask: Vec<f32> =
            (0..4 * STEP_HOPS * FEATURES).map(|at| f32::from(u8::from(at % FEATURES == MEL_BANDS))).collect();
        let levels =
            Tensor::from_data(burn::tensor::TensorData::new(mask, [1, 4, STEP_HOPS * FEATURES]), &Device::flex());
        let moved = net.trunk(quiet.clone()) - net.trunk(quiet + levels);
        assert!(moved.abs().sum().into_scalar::<f32>() > 1e-3);
    }
}
