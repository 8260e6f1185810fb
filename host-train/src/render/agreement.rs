//! How right slopes are: those of a speaking head by its channels, beside central differences of its pictures.

use std::f64::consts::TAU;

use keyface_core::MotionChannel;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::body::V3;
use super::head::{Head, posed};
use super::mesh::Mesh;
use super::raster::{Frame, render};
use super::slope::slope;
use super::view::{Crop, View, dot};
use crate::space::rig14::PerChannel;

/// Views and poses of a speaking head.
const POSES: u64 = 40;
/// The channels that move what is seen of a mouth: the first ones.
const MOVED: usize = MotionChannel::MouthPress as usize + 1;

/// Two open vowels, sh, w, m, f, ee, eh, th, and rest.
const MOUTHS: [&[(MotionChannel, f64)]; 10] = {
    use MotionChannel::*;
    [
        &[(JawOpen, 0.25)],
        &[(JawOpen, 0.5)],
        &[(JawOpen, 0.12), (MouthFunnel, 0.6)],
        &[(JawOpen, 0.08), (MouthPucker, 0.7)],
        &[(JawOpen, 0.08), (MouthClose, 0.088), (MouthPress, 0.4)],
        &[(JawOpen, 0.06), (MouthRollLower, 0.5), (MouthUpperUp, 0.3)],
        &[(JawOpen, 0.10), (MouthSmile, 0.5), (MouthLowerDown, 0.3)],
        &[(JawOpen, 0.20), (MouthStretch, 0.4), (MouthLowerDown, 0.4)],
        &[(JawOpen, 0.14), (MouthUpperUp, 0.2), (MouthLowerDown, 0.2)],
        &[],
    ]
};

/// Two lists of slopes, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Of the angle between both: 1 where they point the same way.
    pub cosine: f64,
    /// Length of the slopes beside that of the differences.
    pub norm: f64,
    /// Half of all slopes are off by less than this share of the difference.
    pub median_error: f64,
}

impl Agreement {
    /// Of pairs: the difference, and the slope.
    pub fn of(pairs: &[(f64, f64)]) -> Agreement {
        let sum = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
        let (nn, ff, nf) = (sum(|p| p.0 * p.0), sum(|p| p.1 * p.1), sum(|p| p.0 * p.1));
        let mut errors: Vec<f64> = pairs.iter().map(|(n, f)| (n - f).abs() / n.abs().max(1e-9)).collect();
        errors.sort_by(f64::total_cmp);
        Agreement { cosine: nf / (nn * ff).sqrt(), norm: (ff / nn).sqrt(), median_error: errors[errors.len() / 2] }
    }
}

/// Slopes of sums of pixels under smooth weights by the channels of motion, over random views of mouths that pass from
/// one sound to another; the differences are over `step` of a weight to both sides.
pub fn agreement(head: &Head, size: usize, step: f64) -> Agreement {
    let seen = |mesh: &Mesh, view: &View, frame: &Frame, by_pixel: &[f64]| slope(mesh, view, frame, by_pixel);
    agreement_of(head, size, step, seen)
}

/// The same of another backward.
pub(super) fn agreement_of(
    head: &Head,
    size: usize,
    step: f64,
    backward: impl Fn(&Mesh, &View, &Frame, &[f64]) -> Vec<V3>,
) -> Agreement {
    let moves = head.motion_moves();
    let rng = &mut ChaCha8Rng::seed_from_u64(2);
    let mut pairs = Vec::new();
    for seed in 0..POSES {
        let view = View::seeded(head, Crop::Mouth, size, seed);
        let (pose, by_pixel) = (passing(rng), waves(size, rng));
        let draw = |weights: &[f64]| render(&head.mesh, &posed(&head.rest, &moves, weights), &view);
        let found = backward(&head.mesh, &view, &draw(&pose), &by_pixel);
        for (channel, moves) in moves.iter().enumerate().take(MOVED) {
            let at = |step: f64| {
                let mut pose = pose;
                pose[channel] += step;
                weighed(&draw(&pose), &by_pixel)
            };
            let along = found.iter().zip(moves).map(|(slope, way)| dot(*slope, *way)).sum();
            pairs.push(((at(step) - at(-step)) / (2.0 * step), along));
        }
    }
    Agreement::of(&pairs)
}

/// Weights of the channels of motion for ten mouths of speech.
pub fn mouths_of_speech() -> Vec<PerChannel<f64>> {
    MOUTHS.iter().map(|mouth| of_mouth(mouth)).collect()
}

fn of_mouth(mouth: &[(MotionChannel, f64)]) -> PerChannel<f64> {
    let mut weights = PerChannel::default();
    mouth.iter().for_each(|(channel, weight)| weights[*channel as usize] = *weight);
    weights
}

/// Some way from one mouth of speech to another.
fn passing(rng: &mut ChaCha8Rng) -> PerChannel<f64> {
    let share = rng.random_range(0.0..1.0);
    let [from, to] = [0; 2].map(|_| of_mouth(MOUTHS[rng.random_range(0..MOUTHS.len())]));
    std::array::from_fn(|k| from[k] + share * (to[k] - from[k]))
}

/// Smooth weights of pixels, by chance.
pub(super) fn waves(size: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let (wave, phase) = (rng.random_range(1.0..3.0), rng.random_range(0.0..TAU));
    let weight = |pixel: usize| {
        let [x, y] = [pixel % size, pixel / size].map(|at| TAU * at as f64 / size as f64);
        (wave * x + phase).sin() + (0.8 * wave * y + phase).cos()
    };
    (0..size * size).map(weight).collect()
}

/// The sum of a picture's pixels under weights.
pub(super) fn weighed(frame: &Frame, weights: &[f64]) -> f64 {
    frame.image.iter().zip(weights).map(|(pixel, weight)| pixel * weight).sum()
}
