//! Error rates: what a system got wrong against the length of what was said, pooled over clips.

use super::bootstrap::{Interval, by_speaker};

/// What a system got wrong in a clip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// Errors.
    pub wrong: f64,
    /// What they are counted against.
    pub of: f64,
}

/// Errors of clips together over their lengths together.
pub fn rate(clips: &[Errors]) -> f64 {
    let sum = |of: fn(&Errors) -> f64| clips.iter().map(of).sum::<f64>();
    share(sum(|clip| clip.wrong), sum(|clip| clip.of))
}

/// The same with its interval.
pub fn rate_of(speakers: &[impl AsRef<str>], clips: &[Errors]) -> Interval {
    let clips: Vec<[f64; 2]> = clips.iter().map(|clip| [clip.wrong, clip.of]).collect();
    by_speaker(speakers, &clips, |[wrong, of]| share(wrong, of))
}

/// The rate of `ours` less that of `theirs` on the same clips.
pub fn paired_difference(speakers: &[impl AsRef<str>], ours: &[Errors], theirs: &[Errors]) -> Interval {
    let clips: Vec<[f64; 4]> = ours.iter().zip(theirs).map(|(a, b)| [a.wrong, a.of, b.wrong, b.of]).collect();
    by_speaker(speakers, &clips, |[ours, of_ours, theirs, of_theirs]| share(ours, of_ours) - share(theirs, of_theirs))
}

fn share(wrong: f64, of: f64) -> f64 {
    wrong / of.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(wrong: f64) -> Errors {
        Errors { wrong, of: 10.0 }
    }

    #[test]
    fn a_rate_is_pooled_over_clips() {
        let clips = [Errors { wrong: 1.0, of: 2.0 }, Errors { wrong: 1.0, of: 8.0 }];
        assert!((rate(&clips) - 0.2).abs() < 1e-12);
        assert_eq!((rate(&[]), rate_of(&["a", "b"], &clips).value), (0.0, rate(&clips)));
    }

    #[test]
    fn a_system_against_itself_differs_by_nothing() {
        let ours = [errors(3.0), errors(9.0)];
        let difference = paired_difference(&["a", "b"], &ours, &ours);
        assert_eq!(difference, Interval { value: 0.0, range: Some([0.0, 0.0]) });
    }

    #[test]
    fn what_every_speaker_gains_alike_has_no_spread_however_far_they_stand_apart() {
        let difference =
            paired_difference(&["a", "b", "c"], &[1.0, 5.0, 9.0].map(errors), &[2.0, 6.0, 10.0].map(errors));
        let [low, high] = difference.range.unwrap();
        assert!([difference.value, low, high].iter().all(|value| (value + 0.1).abs() < 1e-12));
    }
}
