//! How far a model's face is from the captured one, on steps that nothing was learnt from.

use anyhow::Result;
use keyface_core::{Line, Motion, MotionChannel};

use super::session::Session;
use crate::evaluate::metric::{Comparison, sync, vertex};
use crate::evaluate::surface::{Surface, weights};
use crate::export::Packed;

/// Lags are sought this many steps of 20 ms to either side.
const FARTHEST: isize = 12;
/// Milliseconds of a step.
const STEP_MS: f64 = 20.0;

/// Steps of 20 ms of a take: what something showed, beside what the camera saw then.
pub struct Beside<'a> {
    /// The take.
    pub name: &'a str,
    /// What was shown.
    pub shown: Vec<Motion>,
    /// What was seen; `None` where it saw no face, or where nothing is judged.
    pub seen: Vec<Option<Motion>>,
    /// Channels that the capture has.
    pub channels: &'a [MotionChannel],
}

/// Means over all judged steps. A camera sees only some channels and steps, and rests otherwise than the rig: beside LVE,
/// r, lag and amplitude are of what was captured, while the reports' metrics ask for whole tracks.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Mean of the largest squared distance over the lips, in square metres.
    pub lve_m2: f64,
    /// The same of how both move, each around its own mean: a face that rests otherwise is no miss.
    pub moved_lve_m2: f64,
    /// Pearson's r of every channel that was captured and moves.
    pub r: Vec<(MotionChannel, f64)>,
    /// How much later it is shown than seen, where the channels correlate best on average; 0 where nothing moves.
    pub lag_ms: f64,
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

    /// Of one channel.
    pub fn r_of(&self, channel: MotionChannel) -> Option<f64> {
        self.r.iter().find(|(other, _)| *other == channel).map(|(_, r)| *r)
    }

    /// Of anything that moved a face while these takes were heard.
    pub fn of(takes: &[Beside<'_>], surface: &Surface) -> Score {
        let by_take = takes.iter().map(|take| (take, take.pairs(0))).filter(|(_, pairs)| !pairs.is_empty());
        let by_take: Vec<_> = by_take.map(|(take, pairs)| (take.name.to_owned(), lve(&pairs, surface))).collect();
        let at = |lag: isize| takes.iter().flat_map(|take| take.pairs(lag)).collect::<Vec<_>>();
        let pairs = at(0);
        let has = |channel: &MotionChannel| takes.iter().all(|take| take.channels.contains(channel));
        let captured: Vec<MotionChannel> = MotionChannel::ALL.into_iter().filter(has).collect();
        let r = |pairs: &[(Motion, Motion)]| -> Vec<(MotionChannel, f64)> {
            captured.iter().filter_map(|channel| Some((*channel, pearson(pairs, *channel)?))).collect()
        };
        let mean_r = |lag: isize| {
            let r = r(&at(lag));
            Some(r.iter().map(|(_, r)| r).sum::<f64>() / r.len().max(1) as f64)
        };
        let moved = moves(&pairs);
        let square = |of: fn(&(Motion, Motion)) -> Motion| {
            moved.iter().map(|pair| surface.mean_lip_square(&weights(&of(pair)))).sum::<f64>()
        };
        Score {
            lve_m2: lve(&pairs, surface),
            moved_lve_m2: lve(&moved, surface),
            r: r(&pairs),
            lag_ms: STEP_MS * sync::peak(FARTHEST, mean_r).unwrap_or(0.0),
            amplitude: (square(|pair| pair.0) / square(|pair| pair.1).max(1e-12)).sqrt(),
            by_take,
            steps: pairs.len(),
        }
    }
}

impl Beside<'_> {
    /// What is seen at each judged step and what is shown `lag` steps later.
    fn pairs(&self, lag: isize) -> Vec<(Motion, Motion)> {
        let shown = |n: usize| self.shown.get(n.checked_add_signed(lag)?).copied();
        self.seen.iter().enumerate().filter_map(|(n, seen)| Some((shown(n)?, (*seen)?))).collect()
    }
}

/// Lets a device's line hear every session that is judged.
///
/// # Errors
/// When a network fails.
pub fn score(packed: &Packed, sessions: &[Session], surface: &Surface) -> Result<Score> {
    let takes = sessions.iter().map(|session| beside(packed, session)).collect::<Result<Vec<_>>>()?;
    Ok(Score::of(&takes, surface))
}

fn beside<'a>(packed: &Packed, session: &'a Session) -> Result<Beside<'a>> {
    let mut seen = vec![None; session.seen.len()];
    session.judged().for_each(|(n, motion)| seen[n] = Some(*motion));
    let mut shown = Vec::new();
    if seen.iter().any(Option::is_some) {
        let mut line = Line::new(packed.model()?);
        shown = line.push(&session.samples).map(|step| step.map(|step| step.motion)).collect::<Result<_, _>>()?;
    }
    Ok(Beside { name: &session.name, shown, seen, channels: &session.channels })
}

/// How each side moves around its own mean.
fn moves(pairs: &[(Motion, Motion)]) -> Vec<(Motion, Motion)> {
    let means = (mean(pairs.iter().map(|pair| pair.0)), mean(pairs.iter().map(|pair| pair.1)));
    let less = |a: &Motion, b: &Motion| Motion(std::array::from_fn(|n| a.0[n] - b.0[n]));
    pairs.iter().map(|(shown, seen)| (less(shown, &means.0), less(seen, &means.1))).collect()
}

/// The reports' own LVE, of all steps together.
fn lve(pairs: &[(Motion, Motion)], surface: &Surface) -> f64 {
    let (shown, seen) = (pairs.iter().map(|pair| &pair.0), pairs.iter().map(|pair| &pair.1));
    vertex::lve(&Comparison::new(surface, shown, seen, &[])).map_or(0.0, |sample| sample.value)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::surface;

    fn take(shown: Vec<Motion>, seen: Vec<Option<Motion>>) -> Score {
        Score::of(&[Beside { name: "a", shown, seen, channels: &[MotionChannel::JawOpen] }], &surface())
    }

    fn jaw(n: usize, gain: f32, rest: f32) -> Motion {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = rest + gain * (0.5 + 0.5 * (0.3 * n as f32).sin());
        motion
    }

    #[test]
    fn a_late_mouth_is_told_by_its_lag() {
        let shown: Vec<Motion> = (0..200).map(|n| jaw(n, 0.5, 0.0)).collect();
        let seen = (0..200).map(|n| Some(jaw(n + 2, 0.5, 0.0))).collect();
        let late = take(shown.clone(), seen);
        assert!((late.lag_ms - 40.0).abs() < 1.0, "{}", late.lag_ms);
        let exact = take(shown.clone(), shown.iter().copied().map(Some).collect());
        assert!(exact.lag_ms.abs() < 0.5 && exact.lve_m2 == 0.0 && exact.steps == 200, "{exact:?}");
        assert!(
            (exact.r_of(MotionChannel::JawOpen).unwrap() - 1.0).abs() < 1e-6 && (exact.amplitude - 1.0).abs() < 1e-6
        );
    }

    #[test]
    fn a_face_that_rests_elsewhere_moves_alike() {
        let shown: Vec<Motion> = (0..200).map(|n| jaw(n, 0.5, 0.0)).collect();
        let score = take(shown, (0..200).map(|n| (n % 3 > 0).then(|| jaw(n, 0.5, 0.2))).collect());
        assert!(score.lve_m2 > 1e-7 && score.moved_lve_m2 < 1e-12, "{score:?}");
        assert_eq!(score.steps, 133);
    }

    #[test]
    fn a_still_mouth_has_no_lag_and_no_r() {
        let still = take(vec![Motion::REST; 200], (0..200).map(|n| Some(jaw(n, 0.5, 0.0))).collect());
        assert!(still.lag_ms == 0.0 && still.r.is_empty() && still.amplitude < 1e-9, "{still:?}");
    }
}
