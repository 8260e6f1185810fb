//! How far a model's face is from the captured one, on steps that nothing was learnt from.

use anyhow::Result;
use keyface_core::{Line, Motion, MotionChannel};

use super::session::Session;
use crate::evaluate::surface::{Surface, difference, weights};
use crate::export::Packed;

/// Means over all judged steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Mean of the largest squared distance over the lips, in square metres.
    pub lve_m2: f64,
    /// Pearson's r of every channel that was captured and moves.
    pub r: Vec<(MotionChannel, f64)>,
    /// How much the lips move, in the mean square over their points, as a share of what the captured ones do.
    pub amplitude: f64,
    /// Largest squared distance, by take.
    pub by_take: Vec<(String, f64)>,
    /// Judged steps.
    pub steps: usize,
}

impl Score {
    /// Mean of [`Score::r`].
    pub fn mean_r(&self) -> f64 {
        self.r.iter().map(|(_, r)| r).sum::<f64>() / self.r.len().max(1) as f64
    }
}

/// Lets a device's line hear every session that is judged.
///
/// # Errors
/// When a network fails.
pub fn score(packed: &Packed, sessions: &[Session], surface: &Surface) -> Result<Score> {
    let (mut pairs, mut by_take) = (Vec::new(), Vec::new());
    for session in sessions.iter().filter(|session| session.judged().next().is_some()) {
        let mut line = Line::new(packed.model()?);
        let shown: Vec<Motion> =
            line.push(&session.samples).map(|step| step.map(|step| step.motion)).collect::<Result<_, _>>()?;
        let before = pairs.len();
        pairs.extend(session.judged().filter_map(|(n, seen)| Some((*shown.get(n)?, *seen))));
        by_take.push((session.name.clone(), lve(&pairs[before..], surface)));
    }
    let has = |channel: &MotionChannel| sessions.iter().all(|session| session.channels.contains(channel));
    let r = |channel| Some((channel, pearson(&pairs, channel)?));
    let moved = |of: fn(&(Motion, Motion)) -> Motion| {
        let mean = mean(pairs.iter().map(of));
        pairs.iter().map(|pair| surface.mean_lip_square(&difference(&of(pair), &mean))).sum::<f64>()
    };
    Ok(Score {
        lve_m2: lve(&pairs, surface),
        r: MotionChannel::ALL.into_iter().filter(has).filter_map(r).collect(),
        amplitude: (moved(|pair| pair.0) / moved(|pair| pair.1).max(1e-12)).sqrt(),
        by_take,
        steps: pairs.len(),
    })
}

fn lve(pairs: &[(Motion, Motion)], surface: &Surface) -> f64 {
    let worst = |(shown, seen): &(Motion, Motion)| surface.lip_squares(&difference(shown, seen)).fold(0.0, f64::max);
    pairs.iter().map(worst).sum::<f64>() / pairs.len().max(1) as f64
}

fn mean(motions: impl Iterator<Item = Motion>) -> Motion {
    let (mut sum, mut count) = (weights(&Motion::REST), 0.0);
    for motion in motions {
        sum.iter_mut().zip(motion.0).for_each(|(sum, value)| *sum += f64::from(value));
        count += 1.0;
    }
    Motion(sum.map(|sum| (sum / f64::max(count, 1.0)) as f32))
}

/// `None` where either side hardly moves.
fn pearson(pairs: &[(Motion, Motion)], channel: MotionChannel) -> Option<f64> {
    let (a, b) = (mean(pairs.iter().map(|pair| pair.0))[channel], mean(pairs.iter().map(|pair| pair.1))[channel]);
    let (mut both, mut squares) = (0.0, [0.0; 2]);
    for (shown, seen) in pairs {
        let (x, y) = (f64::from(shown[channel] - a), f64::from(seen[channel] - b));
        both += x * y;
        squares[0] += x * x;
        squares[1] += y * y;
    }
    let least = 1e-4 * pairs.len() as f64;
    squares.iter().all(|square| *square > least).then(|| both / (squares[0] * squares[1]).sqrt())
}
