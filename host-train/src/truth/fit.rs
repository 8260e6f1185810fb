//! Captured motion beside that of the rules in, the rules' constants for this face out.
//!
//! A channel's gain is the slope of a line through made and seen motion. Reaches and lateness are sought where made and
//! seen correlate best, whatever the gain: all articulators at once, since each moves channels of its own. Both are
//! repeated, because the limits of speed see the gain.

use keyface_core::{Motion, MotionChannel};
use rayon::prelude::*;

use super::law::{GAINS, LATE_S, Law, REACHES};
use super::table::{self, Articulator};
use super::{Effort, Style, motion};
use crate::clip::Segment;
use crate::space::rig14::PerChannel;

/// Gains, lateness and reaches are sought this often.
const ROUNDS: usize = 3;
/// Each halves what is left of a range.
const HALVINGS: usize = 8;
/// A channel that spreads less than this does not move.
const STILL: f64 = 0.003;
/// A channel that correlates less with the rules than this keeps their constants.
const LEAST_R: f64 = 0.2;
/// Fewer rows than this, ten seconds, tell nothing.
const LEAST_ROWS: f64 = 1000.0;

/// A take as the rules see it.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// What is said.
    pub phones: Vec<Segment>,
    /// How.
    pub effort: Effort,
    /// What the camera saw at each row of the effort; `None` where it saw no face, or where nothing shall be learnt.
    pub seen: Vec<Option<Motion>>,
}

/// The constants of a face of which these channels were captured. `is_late_told`: whether the lessons' clocks are one, so
/// that the face can be late; else it is taken to be as late as the rules.
pub fn fit(lessons: &[Lesson], channels: &[MotionChannel], is_late_told: bool) -> Law {
    let first = compare(lessons, &Law::RULES);
    let follows = |channel: &MotionChannel| {
        let sums = &first[*channel as usize];
        channels.contains(channel) && sums.rows >= LEAST_ROWS && sums.r().is_some_and(|r| r >= LEAST_R)
    };
    let fitted: Vec<MotionChannel> = Law::channels().filter(follows).collect();
    if fitted.is_empty() {
        return Law::RULES;
    }
    let mut law = scaled(&Law::RULES, &first, &fitted);
    for _ in 0..ROUNDS {
        if is_late_told {
            let missed = |[late_s]: [f64; 1]| [missed(lessons, &law.with_late_s(late_s), &fitted).iter().sum()];
            [law.late_s] = search([(*LATE_S.start(), *LATE_S.end())], missed);
        }
        let sought = search([(*REACHES.start(), *REACHES.end()); Articulator::ALL.len()], |reaches| {
            missed(lessons, &law.with_reaches(reaches), &fitted)
        });
        let is_fitted = |articulator: Articulator| moved_by(articulator).any(|channel| fitted.contains(&channel));
        law.reaches = Articulator::ALL.map(|a| if is_fitted(a) { sought[a as usize] } else { 1.0 });
        law = scaled(&law, &compare(lessons, &law), &fitted);
    }
    law
}

/// The law with gains that bring what it makes to what is seen.
fn scaled(law: &Law, sums: &PerChannel<Sums>, fitted: &[MotionChannel]) -> Law {
    let mut law = *law;
    for channel in fitted {
        let gain = &mut law.gains[*channel as usize];
        *gain = (f64::from(*gain) * sums[*channel as usize].slope()).clamp(*GAINS.start(), *GAINS.end()) as f32;
    }
    law
}

/// What a law leaves unexplained of each articulator's channels, as shares of their variance.
fn missed(lessons: &[Lesson], law: &Law, fitted: &[MotionChannel]) -> [f64; Articulator::ALL.len()] {
    let sums = compare(lessons, law);
    let left = |channel: MotionChannel| sums[channel as usize].r().map_or(1.0, |r| 1.0 - r * r.abs());
    Articulator::ALL.map(|a| moved_by(a).filter(|channel| fitted.contains(channel)).map(left).sum())
}

fn moved_by(articulator: Articulator) -> impl Iterator<Item = MotionChannel> {
    let (_, [first, second]) = table::BLENDED[articulator as usize];
    [first].into_iter().chain((second != first).then_some(second))
}

/// Where each value misses least, each in a range of its own: of five points the best, then between its neighbours.
fn search<const N: usize>(ranges: [(f64, f64); N], missed: impl Fn([f64; N]) -> [f64; N]) -> [f64; N] {
    const POINTS: usize = 5;
    let mut ranges = ranges;
    for _ in 0..HALVINGS {
        let point = |(from, to): (f64, f64), k: usize| from + (to - from) * k as f64 / (POINTS - 1) as f64;
        let tried: [[f64; N]; POINTS] = std::array::from_fn(|k| missed(ranges.map(|range| point(range, k))));
        for n in 0..N {
            let best = (0..POINTS).min_by(|a, b| tried[*a][n].total_cmp(&tried[*b][n])).unwrap_or(POINTS / 2);
            let near = |k: usize| point(ranges[n], k.min(POINTS - 1));
            ranges[n] = (near(best.saturating_sub(1)), near(best + 1));
        }
    }
    ranges.map(|(from, to)| 0.5 * (from + to))
}

/// Sums over the rows of a channel.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    rows: f64,
    made: f64,
    seen: f64,
    made_squared: f64,
    seen_squared: f64,
    both: f64,
}

impl Sums {
    fn push(&mut self, made: f64, seen: f64) {
        self.rows += 1.0;
        self.made += made;
        self.seen += seen;
        self.made_squared += made * made;
        self.seen_squared += seen * seen;
        self.both += made * seen;
    }

    fn with(self, other: Sums) -> Sums {
        Sums {
            rows: self.rows + other.rows,
            made: self.made + other.made,
            seen: self.seen + other.seen,
            made_squared: self.made_squared + other.made_squared,
            seen_squared: self.seen_squared + other.seen_squared,
            both: self.both + other.both,
        }
    }

    /// Variance of what is made, of what is seen, and what they vary together.
    fn variances(&self) -> (f64, f64, f64) {
        let rows = self.rows.max(1.0);
        let (made, seen) = (self.made / rows, self.seen / rows);
        (self.made_squared / rows - made * made, self.seen_squared / rows - seen * seen, self.both / rows - made * seen)
    }

    /// `None` where either side hardly moves.
    fn r(&self) -> Option<f64> {
        let (made, seen, both) = self.variances();
        (made.min(seen) > STILL * STILL).then(|| both / (made * seen).sqrt())
    }

    /// Of the line through made and seen, wherever the face rests.
    fn slope(&self) -> f64 {
        let (made, _, both) = self.variances();
        both / made.max(1e-12)
    }
}

/// What a law makes beside what is seen, channel by channel.
fn compare(lessons: &[Lesson], law: &Law) -> PerChannel<Sums> {
    let style = Style { law: *law, ..Style::NEUTRAL };
    let one = |lesson: &Lesson| {
        let mut sums = PerChannel::<Sums>::default();
        for (made, seen) in motion(&lesson.phones, &lesson.effort, &style).iter().zip(&lesson.seen) {
            let Some(seen) = seen else { continue };
            let pairs = sums.iter_mut().zip(made.0).zip(seen.0);
            pairs.for_each(|((sums, made), seen)| sums.push(f64::from(made), f64::from(seen)));
        }
        sums
    };
    let add = |a: PerChannel<Sums>, b: PerChannel<Sums>| std::array::from_fn(|n| a[n].with(b[n]));
    lessons.par_iter().map(one).reduce(PerChannel::default, add)
}

#[cfg(test)]
mod tests {
    use super::super::speech;
    use super::*;
    use MotionChannel as M;

    /// Between -1 and 1, about even.
    fn noise(n: usize) -> f32 {
        let hash = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        (hash as f32 / (1u64 << 23) as f32) - 1.0
    }

    /// Half a minute of sentences said at two rates, as a face of this law would be captured: it smiles at rest.
    fn captured(law: Law) -> Vec<Lesson> {
        let lesson = |rate: f64| {
            let phones = speech::sentences(rate);
            let hops = (phones.last().unwrap().end_s * 100.0) as usize;
            let effort = Effort::even(hops);
            let mut rows = motion(&phones, &effort, &Style { law, ..Style::NEUTRAL });
            for (n, row) in rows.iter_mut().enumerate() {
                row[M::MouthSmile] += 0.1;
                M::ALL.into_iter().for_each(|c| row[c] += 0.01 * noise(n * M::ALL.len() + c as usize));
            }
            Lesson { phones, effort, seen: rows.into_iter().map(Some).collect() }
        };
        vec![lesson(1.0), lesson(1.3)]
    }

    fn hidden() -> Law {
        let mut law = Law { reaches: [1.2, 0.75, 1.1, 0.9, 1.0], late_s: 0.03, ..Law::RULES };
        for (channel, gain) in
            [(M::JawOpen, 1.3), (M::MouthPucker, 0.7), (M::MouthUpperUp, 1.2), (M::MouthStretch, 0.8)]
        {
            law.gains[channel as usize] = gain;
        }
        law
    }

    #[test]
    fn hidden_constants_are_found_within_a_few_percent() {
        let (law, lessons) = (hidden(), captured(hidden()));
        let found = fit(&lessons, &M::ALL, true);
        for channel in [M::JawOpen, M::MouthFunnel, M::MouthPucker, M::MouthLowerDown, M::MouthUpperUp, M::MouthStretch]
        {
            let (hidden, found) = (law.gains[channel as usize], found.gains[channel as usize]);
            assert!((found / hidden - 1.0).abs() < 0.04, "{channel:?}: {hidden}, {found}");
        }
        for articulator in [Articulator::Jaw, Articulator::Rounding, Articulator::Parting, Articulator::Spread] {
            let (hidden, found) = (law.reaches[articulator as usize], found.reaches[articulator as usize]);
            assert!((found / hidden - 1.0).abs() < 0.06, "{articulator:?}: {hidden}, {found}");
        }
        assert!((found.late_s - law.late_s).abs() < 0.002, "{}", found.late_s);
    }

    #[test]
    fn what_was_not_captured_keeps_the_rules() {
        let found = fit(&captured(hidden()), &[M::JawOpen, M::MouthStretch], false);
        assert_eq!((found.late_s, found.gains[M::MouthPucker as usize]), (0.0, 1.0));
        assert_eq!(found.reaches[Articulator::Rounding as usize], 1.0);
        assert_ne!(found.reaches[Articulator::Jaw as usize], 1.0);
    }

    #[test]
    fn a_face_that_does_not_follow_the_rules_changes_nothing() {
        let mut lessons = captured(Law::RULES);
        for lesson in &mut lessons {
            let rows = lesson.seen.len() * M::ALL.len();
            let random = |n: usize| Motion(std::array::from_fn(|c| 0.3 + 0.2 * noise(rows + n * M::ALL.len() + c)));
            lesson.seen = (0..lesson.seen.len()).map(|n| Some(random(n))).collect();
        }
        assert_eq!(fit(&lessons, &M::ALL, true), Law::RULES);
    }
}
