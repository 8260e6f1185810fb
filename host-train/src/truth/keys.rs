//! When the key motions of a clip are: the starts and ends of its phones (KMTalk, Xu et al. 2024).

use keyface_core::Phone;

use crate::clip::Segment;

/// Boundaries closer than this are one key: the mouth cannot reach two poses in two rows.
const MERGE_S: f64 = 0.020;

/// Times of the keys in seconds, strictly increasing, at least 20 ms apart: where phones begin and end, with the first
/// and the last moment of every utterance; silence has no keys inside.
pub fn key_times(phones: &[Segment]) -> Vec<f64> {
    let mut boundaries: Vec<f64> =
        phones.iter().filter(|s| s.phone != Phone::SIL).flat_map(|s| [s.start_s, s.end_s]).collect();
    boundaries.sort_by(f64::total_cmp);
    let mut keys = Vec::new();
    let mut group: Vec<f64> = Vec::new();
    for time_s in boundaries {
        if group.first().is_some_and(|first| time_s - first >= MERGE_S) {
            keys.push(centre(&group));
            group.clear();
        }
        group.push(time_s);
    }
    keys.extend((!group.is_empty()).then(|| centre(&group)));
    apart(keys)
}

/// The middle of a group's span: shared boundaries stand in it twice and must not weigh twice.
fn centre(group: &[f64]) -> f64 {
    0.5 * (group[0] + group[group.len() - 1])
}

/// Centres of neighbouring groups may still be too close: the later one goes.
fn apart(mut keys: Vec<f64>) -> Vec<f64> {
    keys.dedup_by(|later, earlier| *later - *earlier < MERGE_S);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phones(ends_s: &[f64], phones: &[Phone]) -> Vec<Segment> {
        let starts = std::iter::once(0.0).chain(ends_s.iter().copied());
        starts.zip(ends_s).zip(phones).map(|((start_s, &end_s), &phone)| Segment { start_s, end_s, phone }).collect()
    }

    #[test]
    fn keys_are_the_boundaries_of_the_phones() {
        let clip = phones(&[0.5, 0.6, 0.75, 1.0], &[Phone::SIL, Phone::B, Phone::AA, Phone::SIL]);
        assert_eq!(key_times(&clip), [0.5, 0.6, 0.75]);
    }

    #[test]
    fn boundaries_closer_than_two_rows_are_one_key() {
        let clip = phones(&[0.5, 0.6, 0.612, 0.7], &[Phone::SIL, Phone::AA, Phone::T, Phone::S]);
        assert_eq!(key_times(&clip), [0.5, 0.606, 0.7]);
    }

    #[test]
    fn silence_has_no_keys() {
        assert!(key_times(&phones(&[2.0], &[Phone::SIL])).is_empty());
    }
}
