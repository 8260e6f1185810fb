//! What each speaker adds to a score, so that two models can be held against each other speaker by speaker.

use serde::{Deserialize, Serialize};

use crate::judge::{COUNTS, Interval, Recalls, over_speakers};

/// How well the mouth classes of one speaker are shown, at the lag that is best for all speakers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeakerRecalls {
    /// Whose.
    pub speaker: String,
    /// As [`Recalls::counts`] tells them.
    pub counts: [f64; COUNTS],
}

/// Mean recall over the classes, with its interval over speakers.
pub fn balanced(people: &[SpeakerRecalls]) -> Interval {
    over_speakers(people, |people| balanced_of(people.iter().map(|person| &person.counts)))
}

/// How much better `ours` tells mouths apart than `theirs`, for the same speakers.
pub fn balanced_difference(ours: &[SpeakerRecalls], theirs: &[SpeakerRecalls]) -> Interval {
    let same = |person: &SpeakerRecalls| theirs.iter().find(|other| other.speaker == person.speaker);
    let pairs: Vec<_> = ours.iter().filter_map(|person| Some((person.counts, same(person)?.counts))).collect();
    over_speakers(&pairs, |pairs| {
        balanced_of(pairs.iter().map(|(ours, _)| ours)) - balanced_of(pairs.iter().map(|(_, theirs)| theirs))
    })
}

fn balanced_of<'a>(people: impl Iterator<Item = &'a [f64; COUNTS]>) -> f64 {
    let add = |sum: [f64; COUNTS], counts: &[f64; COUNTS]| std::array::from_fn(|n| sum[n] + counts[n]);
    Recalls::of_counts(people.fold([0.0; COUNTS], add)).balanced().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(speaker: &str, right: f64) -> SpeakerRecalls {
        let mut counts = [0.0; COUNTS];
        counts[..4].copy_from_slice(&[right, 10.0, right, 10.0]);
        SpeakerRecalls { speaker: speaker.into(), counts }
    }

    fn is_near(interval: Interval, value: f64, range: [f64; 2]) -> bool {
        let pairs = interval.range.unwrap().into_iter().chain([interval.value]).zip(range.into_iter().chain([value]));
        pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn the_figure_is_of_all_frames_and_its_interval_of_all_speakers() {
        assert!(is_near(balanced(&[person("a", 2.0), person("b", 8.0)]), 0.5, [0.2, 0.8]));
    }

    #[test]
    fn models_are_compared_on_the_speakers_that_both_have() {
        let (ours, theirs) =
            ([person("a", 5.0), person("b", 9.0)], [person("b", 8.0), person("a", 4.0), person("c", 1.0)]);
        assert!(is_near(balanced_difference(&ours, &theirs), 0.1, [0.1, 0.1]));
    }
}
