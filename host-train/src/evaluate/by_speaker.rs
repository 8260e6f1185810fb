//! What each speaker adds to a score: so that it has an interval over who else might have spoken, and so that two models
//! can be held against each other speaker by speaker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::hear::Heard;
use super::rows::Judged;
use super::score::Scorer;
use crate::judge::{COUNTS, Interval, Recalls, over_speakers};

/// Frames of one speaker by mouth class, at the lag that is best for all speakers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeakerHits {
    /// Whose.
    pub speaker: String,
    /// Shown right, and all, in the order of [`super::MouthScore::recall`].
    pub hits: [[usize; 2]; 6],
}

/// Every speaker's part of what was shown.
pub fn by_speaker(judged: &[Judged], heard: &[Heard], lag_ms: i64) -> Vec<SpeakerHits> {
    let mut people: BTreeMap<&str, Scorer> = BTreeMap::new();
    for (j, h) in judged.iter().zip(heard) {
        people.entry(&j.clip.speaker).or_default().add(&j.clip.speaker, &j.clip.phones, &h.events);
    }
    people.into_iter().map(|(speaker, all)| SpeakerHits { speaker: speaker.into(), hits: all.hits(lag_ms) }).collect()
}

/// Mean recall over the classes, with its interval over speakers.
pub fn balanced(people: &[SpeakerHits]) -> Interval {
    over_speakers(people, |people| balanced_of(people.iter().map(|person| &person.hits)))
}

/// How much better `ours` tells mouths apart than `theirs`, for the same speakers.
pub fn balanced_difference(ours: &[SpeakerHits], theirs: &[SpeakerHits]) -> Interval {
    let same = |person: &SpeakerHits| theirs.iter().find(|other| other.speaker == person.speaker);
    let pairs: Vec<_> = ours.iter().filter_map(|person| Some((person.hits, same(person)?.hits))).collect();
    over_speakers(&pairs, |pairs| {
        balanced_of(pairs.iter().map(|(ours, _)| ours)) - balanced_of(pairs.iter().map(|(_, theirs)| theirs))
    })
}

fn balanced_of<'a>(people: impl Iterator<Item = &'a [[usize; 2]; 6]>) -> f64 {
    let add = |sum: [f64; COUNTS], hits: &[[usize; 2]; 6]| std::array::from_fn(|n| sum[n] + hits[n / 2][n % 2] as f64);
    Recalls::of_counts(people.fold([0.0; COUNTS], add)).balanced().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(speaker: &str, right: usize) -> SpeakerHits {
        SpeakerHits { speaker: speaker.into(), hits: [[right, 10], [right, 10], [0, 0], [0, 0], [0, 0], [0, 0]] }
    }

    #[test]
    fn the_figure_is_of_all_frames_and_its_interval_of_all_speakers() {
        let figure = balanced(&[person("a", 2), person("b", 8)]);
        assert!((figure.value - 0.5).abs() < 1e-12);
        let [low, high] = figure.range.unwrap();
        assert!((low - 0.2).abs() < 1e-12 && (high - 0.8).abs() < 1e-12);
    }

    #[test]
    fn models_are_compared_on_the_speakers_that_both_have() {
        let (ours, theirs) = ([person("a", 5), person("b", 9)], [person("b", 8), person("a", 4), person("c", 1)]);
        let gain = balanced_difference(&ours, &theirs);
        let near = |value: f64| (value - 0.1).abs() < 1e-12;
        assert!(near(gain.value) && gain.range.unwrap().into_iter().all(near));
    }
}
