//! A corpus in parts: by what its `speakers.tsv` tells, by speaker where several are known, and by the pitch of the voice,
//! which is what can be known of speakers without a name; it is near to women and men, but it is not the same.

use std::collections::BTreeMap;

use serde::Serialize;

use super::hear::Heard;
use super::key_rows::key_score;
use super::rows::{Judged, Measured, MotionRow};
use super::score::{MouthScore, mouth_score};
use super::speakers::Speakers;
use super::surface::Surface;
use crate::truth::median_pitch_hz;

/// Between the mean pitches of men and women, in octaves (132 and 223 Hz; Peterson and Barney 1952).
const HIGH_VOICE_HZ: f32 = 172.0;
/// The figures of fewer clips are chance.
const LEAST_CLIPS: usize = 5;

/// A part of a corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupReport {
    /// Whose clips: `sex f`, `under 13`, `accent NAME`, ..., `speaker NAME`, `low voices` or `high voices`.
    pub group: String,
    /// Clips of it.
    pub clips: usize,
    /// What a viewer sees of the model.
    pub mouth: MouthScore,
    /// F1 of its key motions within 40 ms.
    pub key_f1: f64,
    /// Its motion.
    pub motion: MotionRow,
}

/// The model's figures by what is known of the speakers, by speaker and by pitch; nothing where one group would hold all.
pub fn groups(
    judged: &[Judged],
    speakers: &Speakers,
    heard: &[Heard],
    measured: &Measured,
    surface: &Surface,
) -> Vec<GroupReport> {
    let known = |j: &Judged| speakers.get(&j.clip.speaker).cloned().unwrap_or_default();
    let speaker = |j: &Judged| vec![format!("speaker {}", j.clip.speaker)];
    let kinds: [BTreeMap<String, Vec<usize>>; 3] =
        [grouped(judged, known), grouped(judged, speaker), grouped(judged, |j| pitch(j).into_iter().collect())];
    let told = kinds.into_iter().filter(|groups| groups.len() > 1).flatten();
    let report = |(group, clips): (String, Vec<usize>)| {
        let mouth = mouth_score(clips.iter().map(|c| (&judged[*c].clip, &heard[*c].events)))?;
        let key_f1 = key_score(clips.iter().map(|c| (&judged[*c], &heard[*c])), surface).windows[1].f1;
        Some(GroupReport { group, clips: clips.len(), mouth, key_f1, motion: measured.row(&clips) })
    };
    told.filter_map(report).collect()
}

/// Numbers of the clips of each group; a clip may be in several, or in none, and groups that are too small are left out.
fn grouped(judged: &[Judged], names: impl Fn(&Judged) -> Vec<String>) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (n, j) in judged.iter().enumerate() {
        names(j).into_iter().for_each(|name| groups.entry(name).or_default().push(n));
    }
    groups.retain(|_, clips| clips.len() >= LEAST_CLIPS);
    groups
}

fn pitch(judged: &Judged) -> Option<String> {
    let hz = median_pitch_hz(&judged.clip.samples, &judged.clip.phones)?;
    Some(if hz < HIGH_VOICE_HZ { "low voices" } else { "high voices" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::tests::clip;

    #[test]
    fn a_tone_of_127_hz_is_a_low_voice() {
        // The clip's tone advances by 0.05 rad a sample: 0.05 * 16000 / tau = 127.3 Hz.
        let judged = Judged { truth: Vec::new(), clip: clip() };
        assert_eq!(pitch(&judged).as_deref(), Some("low voices"));
    }

    #[test]
    fn clips_without_a_name_and_small_groups_are_left_out() {
        let judged = ["a", "b", "a", "", "a", "a", "b", "a"].map(|speaker| {
            let mut clip = clip();
            clip.speaker = speaker.into();
            Judged { truth: Vec::new(), clip }
        });
        let groups =
            grouped(&judged, |j| Some(j.clip.speaker.clone()).filter(|name| !name.is_empty()).into_iter().collect());
        assert_eq!(groups.into_iter().collect::<Vec<_>>(), [("a".into(), vec![0, 2, 4, 5, 7])]);
    }
}
