//! What captures change: a gain and a rest for each channel, and then all weights of CompletionNet's last layer.

use std::fmt;

use keyface_core::MotionChannel;

use super::adapted::{Adapted, GAINS};
use super::moments::Moments;
use super::session::Session;
use super::styles::{FaceStyle, nearest};
use crate::export::{Dense, Trained};

/// How far the last layer may leave the gains, from nearly free to not at all; captures that are left out choose.
const DECAYS: [f64; 8] = [1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 10.0];
/// A channel that correlates less with what was said than this keeps what shipped.
const LEAST_R: f64 = 0.2;
/// Fewer frames than this, ten seconds of speech, adapt nothing.
const LEAST_FRAMES: usize = 500;

/// How a model is adapted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As it shipped.
    Shipped,
    /// The style of a bank that is nearest to the first take: nothing learnt.
    Nearest,
    /// Gains from the first take alone.
    OneTake,
    /// Gains from all of them.
    Gains,
    /// Gains, and then the last layer.
    LastLayer,
}

impl Way {
    /// All of them, the least first.
    pub const ALL: [Way; 5] = [Way::Shipped, Way::Nearest, Way::OneTake, Way::Gains, Way::LastLayer];
}

impl fmt::Display for Way {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Way::Shipped => "as it shipped",
            Way::Nearest => "nearest known style",
            Way::OneTake => "gains of the first take",
            Way::Gains => "gains of all takes",
            Way::LastLayer => "gains and last layer",
        })
    }
}

/// Gain and rest of every channel that was captured and moves with what the networks say.
pub fn gains(sessions: &[&Session]) -> Vec<Adapted> {
    MotionChannel::ALL.into_iter().filter_map(|channel| gain(sessions, channel)).collect()
}

fn gain(sessions: &[&Session], channel: MotionChannel) -> Option<Adapted> {
    let captured = sessions.iter().filter(|session| session.channels.contains(&channel));
    let pair =
        |session: &&&Session, n: usize, seen: f32| (f64::from(session.said[n][channel as usize]), f64::from(seen));
    let pairs = captured.flat_map(|session| session.learnt().map(move |(n, seen)| pair(&session, n, seen[channel])));
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let count = pairs.len() as f64;
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let (said, seen) = (sum(&|pair| pair.0), sum(&|pair| pair.1));
    let together = sum(&|pair| (pair.0 - said) * (pair.1 - seen));
    let spread = [sum(&|pair| (pair.0 - said).powi(2)), sum(&|pair| (pair.1 - seen).powi(2))];
    let r = together / (spread[0] * spread[1]).sqrt().max(1e-12);
    let gain = (together / spread[0].max(1e-12)).clamp(*GAINS.start(), *GAINS.end());
    (pairs.len() >= LEAST_FRAMES && r >= LEAST_R).then_some(Adapted { channel, gain, rest: seen - gain * said, r })
}

/// The networks after a way of adapting; with too little speech those that came. `bank`: the styles that are known.
pub fn adapt(trained: &Trained, sessions: &[Session], way: Way, bank: &[FaceStyle]) -> Trained {
    let all: Vec<&Session> = sessions.iter().filter(|session| session.learnt().next().is_some()).collect();
    let laws = match way {
        Way::Shipped => return trained.clone(),
        Way::Nearest => all.first().and_then(|take| nearest(bank, take)).map_or_else(Vec::new, FaceStyle::laws),
        Way::OneTake => gains(all.get(..1).unwrap_or_default()),
        Way::Gains | Way::LastLayer => gains(&all),
    };
    let mut adapted = trained.clone();
    scale(&mut adapted.completion.motion, &laws);
    if way == Way::LastLayer {
        solve(&mut adapted.completion.motion, &all, &laws);
    }
    adapted
}

fn scale(layer: &mut Dense, laws: &[Adapted]) {
    let outputs = layer.outputs();
    for law in laws {
        let channel = law.channel as usize;
        layer.weights.iter_mut().skip(channel).step_by(outputs).for_each(|weight| *weight *= law.gain as f32);
        layer.bias[channel] = (f64::from(layer.bias[channel]) * law.gain + law.rest) as f32;
    }
}

/// Solves each channel's weights anew, starting at what the layer has; how far they may go is what serves takes best that
/// the solution did not see.
fn solve(layer: &mut Dense, sessions: &[&Session], laws: &[Adapted]) {
    let (inputs, outputs) = (layer.inputs(), layer.outputs());
    let parts: Vec<Moments> = sessions.iter().flat_map(|session| parts(session, inputs, outputs)).collect();
    let Some(all) = parts.iter().cloned().reduce(|a, b| a.with(&b, 1.0)) else { return };
    for law in laws {
        let channel = law.channel as usize;
        let column = layer.weights.iter().skip(channel).step_by(outputs).chain([&layer.bias[channel]]);
        let from: Vec<f64> = column.map(|weight| f64::from(*weight)).collect();
        let missed = |decay: f64| {
            let left_out = |part: &Moments| part.missed(channel, &all.with(part, -1.0).ridge(channel, &from, decay));
            parts.iter().map(left_out).sum::<f64>()
        };
        let as_it_is: f64 = parts.iter().map(|part| part.missed(channel, &from)).sum();
        let best = DECAYS.map(|decay| (missed(decay), decay)).into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, decay)) = best.filter(|(missed, _)| *missed < as_it_is) else { continue };
        let solved = all.ridge(channel, &from, decay);
        let weights = layer.weights.iter_mut().skip(channel).step_by(outputs).chain([&mut layer.bias[channel]]);
        weights.zip(solved).for_each(|(weight, solved)| *weight = solved as f32);
    }
}

/// Frames of one session in up to four parts: neighbours in time are too alike to judge each other.
fn parts(session: &Session, inputs: usize, outputs: usize) -> Vec<Moments> {
    let frames: Vec<_> = session.learnt().collect();
    let moments = |frames: &[(usize, &keyface_core::Motion)]| {
        let mut moments = Moments::new(inputs + 1, outputs);
        for (n, seen) in frames {
            let x: Vec<f64> = session.hidden[*n].iter().map(|x| f64::from(*x)).chain([1.0]).collect();
            moments.push(&x, &seen.0.map(f64::from));
        }
        moments
    };
    frames.chunks(frames.len().div_ceil(4).max(1)).map(moments).collect()
}
