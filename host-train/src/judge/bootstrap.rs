//! A value over clips with its 95 % interval by bootstrap over speakers (Efron 1979): clips of one speaker are no
//! independent draws.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

/// Draws of the bootstrap: its ends are then good to a few per cent of the interval.
const DRAWS: usize = 2000;

/// A value and how far it may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Of all clips.
    pub value: f64,
    /// Ends of its 95 % interval; none of fewer than two speakers, who have no spread.
    pub range: Option<[f64; 2]>,
}

impl Interval {
    /// So many times the value and its ends, `12.3 [11.0 14.2]`.
    pub fn text(&self, scale: f64, digits: usize) -> String {
        let range = self.range.map(|ends| ends.map(|end| scale * end));
        let range = range.map_or(String::new(), |[low, high]| format!(" [{low:.digits$} {high:.digits$}]"));
        format!("{:.digits$}{range}", scale * self.value)
    }

    /// The same with signs, `+12.3 [+11.0 +14.2]`.
    pub fn signed_text(&self, scale: f64, digits: usize) -> String {
        let range = self.range.map(|ends| ends.map(|end| scale * end));
        let range = range.map_or(String::new(), |[low, high]| format!(" [{low:+.digits$} {high:+.digits$}]"));
        format!("{:+.digits$}{range}", scale * self.value)
    }
}

/// What `of` makes of the sums over clips, each told beside its speaker.
pub fn by_speaker<const N: usize>(
    speakers: &[impl AsRef<str>],
    clips: &[[f64; N]],
    of: impl Fn([f64; N]) -> f64,
) -> Interval {
    let mut people: BTreeMap<&str, [f64; N]> = BTreeMap::new();
    for (speaker, clip) in speakers.iter().zip(clips) {
        let sums = people.entry(speaker.as_ref()).or_insert([0.0; N]);
        sums.iter_mut().zip(clip).for_each(|(sum, value)| *sum += value);
    }
    let people: Vec<[f64; N]> = people.into_values().collect();
    over_speakers(&people, |people| of(sum(people.iter().copied())))
}

/// What `figure` makes of people, each of whom counts once; the same on every run.
pub fn over_speakers<T>(people: &[T], figure: impl Fn(&[&T]) -> f64) -> Interval {
    let value = figure(&people.iter().collect::<Vec<_>>());
    if people.len() < 2 {
        return Interval { value, range: None };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut draw = || figure(&people.iter().map(|_| &people[rng.random_range(0..people.len())]).collect::<Vec<_>>());
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    drawn.sort_by(f64::total_cmp);
    Interval { value, range: Some([drawn[DRAWS * 25 / 1000], drawn[DRAWS * 975 / 1000 - 1]]) }
}

fn sum<'a, const N: usize>(people: impl Iterator<Item = &'a [f64; N]>) -> [f64; N] {
    people.fold([0.0; N], |sum, person| std::array::from_fn(|n| sum[n] + person[n]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of a value over clips.
    fn mean(speakers: &[String], values: &[f64]) -> Interval {
        by_speaker(speakers, &values.iter().map(|v| [*v, 1.0]).collect::<Vec<_>>(), |[sum, count]| sum / count)
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| n.to_string()).collect()
    }

    #[test]
    fn the_interval_of_two_speakers_reaches_from_one_to_the_other() {
        // Means of two draws out of {0, 1}: 0 with 25 %, 0.5 with 50 %, 1 with 25 %.
        assert_eq!(mean(&names(2), &[0.0, 1.0]), Interval { value: 0.5, range: Some([0.0, 1.0]) });
        assert_eq!(mean(&names(3), &[2.0; 3]).range, Some([2.0, 2.0]));
    }

    #[test]
    fn the_interval_of_many_speakers_is_about_two_standard_errors_wide() {
        let values: Vec<f64> = (0..100).map(|n| f64::from(n % 2)).collect();
        // Standard error 0.5 / 10; 1.96 of them on each side of 0.5.
        let [low, high] = mean(&names(100), &values).range.unwrap();
        assert!((low - 0.402).abs() < 0.02 && (high - 0.598).abs() < 0.02, "{low} {high}");
    }

    #[test]
    fn a_speaker_counts_once_however_many_clips_there_are() {
        // One speaker of many clips: nothing is left to draw from.
        let values: Vec<f64> = (0..20).map(|n| f64::from(n % 3)).collect();
        assert_eq!(mean(&vec!["a".to_owned(); 20], &values).range, None);
    }

    #[test]
    fn an_interval_is_written_behind_its_value() {
        let of = |range| Interval { value: 0.123, range };
        assert_eq!(of(Some([0.11, 0.142])).text(100.0, 1), "12.3 [11.0 14.2]");
        assert_eq!(of(Some([-0.11, 0.142])).signed_text(100.0, 1), "+12.3 [-11.0 +14.2]");
        assert_eq!(of(None).text(100.0, 1), "12.3");
    }
}
