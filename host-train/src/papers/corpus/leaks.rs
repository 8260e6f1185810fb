//! Clips that are tested though they were trained on.

use super::captured::Captured;
use super::official::Part;

/// A clip that is tested though it was trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The tested or validating clip.
    pub clip: String,
    /// What of it was trained on.
    pub reason: String,
}

/// Looks for clips outside the training part whose speaker or sentence should be new and is not.
///
/// A clip of a seen speaker must not share its sentence with that speaker's training; one of an unseen speaker must not
/// share the speaker.
pub fn find_leaks(clips: &[Captured]) -> Vec<Leak> {
    let trained: Vec<(&str, usize)> =
        clips.iter().filter(|c| c.part == Part::Train).map(|c| (c.speaker.as_str(), c.sentence)).collect();
    let leak = |clip: &Captured| {
        let is_speaker_trained = trained.iter().any(|(speaker, _)| *speaker == clip.speaker);
        let reason = if clip.part == Part::TestUnseen && is_speaker_trained {
            format!("its speaker {} is trained on", clip.speaker)
        } else if trained.contains(&(clip.speaker.as_str(), clip.sentence)) {
            format!("sentence {} of {} is trained on", clip.sentence, clip.speaker)
        } else {
            return None;
        };
        Some(Leak { clip: clip.id.clone(), reason })
    };
    clips.iter().filter(|clip| clip.part != Part::Train).filter_map(leak).collect()
}

#[cfg(test)]
mod tests {
    use super::super::official::Layout;
    use super::super::testing;
    use super::*;

    #[test]
    fn a_leak_of_speaker_or_sentence_is_found() {
        let clip = |speaker: &str, sentence: usize, part: Part| testing::clip(speaker, sentence, part);
        let clean = [clip("F2", 1, Part::Train), clip("F2", 37, Part::TestSeen), clip("F1", 1, Part::TestUnseen)];
        assert!(find_leaks(&clean).is_empty());
        let leaks = find_leaks(&[
            clip("F2", 1, Part::Train),
            clip("F2", 1, Part::TestSeen),
            clip("F2", 2, Part::TestUnseen),
            clip("F2", 1, Part::Valid),
        ]);
        let reasons: Vec<&str> = leaks.iter().map(|leak| leak.reason.as_str()).collect();
        let sentence = "sentence 1 of F2 is trained on";
        assert_eq!(reasons, [sentence, "its speaker F2 is trained on", sentence]);
    }

    #[test]
    fn the_official_splits_do_not_leak() {
        for layout in [Layout::Vocaset, Layout::Biwi] {
            let of = |speaker: &&str| -> Vec<Captured> {
                (1..=40).filter_map(|n| Some(testing::clip(speaker, n, layout.part(speaker, n)?))).collect()
            };
            let mut speakers: Vec<&str> = layout.speakers().collect();
            speakers.sort_unstable();
            speakers.dedup();
            assert!(find_leaks(&speakers.iter().flat_map(of).collect::<Vec<_>>()).is_empty());
        }
    }
}
