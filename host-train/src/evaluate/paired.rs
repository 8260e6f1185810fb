//! Two systems on the same clips: the difference of their pooled error rates, with a 95 % interval by bootstrap over
//! speakers (Efron 1979). Clips of one speaker are no independent draws.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

/// Draws of the bootstrap.
const DRAWS: usize = 2000;

/// What a system got wrong in a clip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// Errors.
    pub wrong: f64,
    /// What they are counted against.
    pub of: f64,
}

/// How much higher one rate is than the other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Of all clips.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// The rate of `ours` less that of `theirs`, both pooled over clips whose speakers are told; the same on every run.
pub fn paired_difference(speakers: &[&str], ours: &[Errors], theirs: &[Errors]) -> Difference {
    let mut people: BTreeMap<&str, [f64; 4]> = BTreeMap::new();
    for ((speaker, a), b) in speakers.iter().zip(ours).zip(theirs) {
        let sums = people.entry(*speaker).or_default();
        sums.iter_mut().zip([a.wrong, a.of, b.wrong, b.of]).for_each(|(sum, value)| *sum += value);
    }
    over_speakers(&people.into_values().collect::<Vec<_>>(), rates_apart)
}

/// A figure of people, with an interval over who they might have been; the same on every run.
pub fn over_speakers<T>(people: &[T], figure: impl Fn(&[&T]) -> f64) -> Difference {
    if people.is_empty() {
        return Difference { value: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut draw = || figure(&people.iter().map(|_| &people[rng.random_range(0..people.len())]).collect::<Vec<_>>());
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    drawn.sort_by(f64::total_cmp);
    let value = figure(&people.iter().collect::<Vec<_>>());
    Difference { value, low: drawn[DRAWS * 25 / 1000], high: drawn[DRAWS * 975 / 1000 - 1] }
}

fn rates_apart(people: &[&[f64; 4]]) -> f64 {
    let add = |sum: [f64; 4], person: &&[f64; 4]| std::array::from_fn(|n| sum[n] + person[n]);
    let [ours, of_ours, theirs, of_theirs] = people.iter().fold([0.0; 4], add);
    ours / of_ours.max(1.0) - theirs / of_theirs.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(wrong: f64) -> Errors {
        Errors { wrong, of: 10.0 }
    }

    #[test]
    fn a_system_against_itself_differs_by_nothing() {
        let ours = [errors(3.0), errors(9.0)];
        let difference = paired_difference(&["a", "b"], &ours, &ours);
        assert_eq!(difference, Difference { value: 0.0, low: 0.0, high: 0.0 });
    }

    #[test]
    fn what_every_speaker_gains_alike_has_no_spread_however_far_they_stand_apart() {
        let difference =
            paired_difference(&["a", "b", "c"], &[1.0, 5.0, 9.0].map(errors), &[2.0, 6.0, 10.0].map(errors));
        assert!((difference.value + 0.1).abs() < 1e-12);
        assert!((difference.low + 0.1).abs() < 1e-12 && (difference.high + 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_speaker_counts_once_however_many_clips_there_are() {
        // One speaker of many clips: nothing is left to draw from.
        let (ours, theirs): (Vec<_>, Vec<_>) = (0..20).map(|n| (errors(f64::from(n % 3)), errors(1.0))).unzip();
        let one = paired_difference(&["a"; 20], &ours, &theirs);
        assert_eq!((one.low, one.high), (one.value, one.value));
    }
}
