//! The key motions of a line over a corpus, held against those of the labels.

use keyface_core::{AudioTime, Phone};

use super::hear::{Heard, motion_at};
use super::keys::{KeyScore, KeyTally};
use super::rows::Judged;
use super::surface::Surface;
use crate::clip::Clip;
use crate::space::MotionSpace;
use crate::truth;

/// A row for each of ours, and one for as many keys as the first has, evenly spread.
pub fn keys(ours: &[(String, Vec<Heard>)], judged: &[Judged], surface: &Surface) -> Vec<(String, KeyScore)> {
    let score = |(name, heard): &(String, Vec<Heard>)| (name.clone(), key_score(judged.iter().zip(heard), surface));
    let mut rows: Vec<_> = ours.iter().map(score).collect();
    let mut uniform = KeyTally::default();
    for (j, h) in judged.iter().zip(&ours[0].1) {
        let found = uniform_keys(&j.clip, h.keys.len());
        uniform.add(&true_keys(&j.clip), &found, j.clip.seconds(), |_, _| None);
    }
    rows.push(("uniform, same rate, in speech".to_owned(), uniform.score()));
    rows
}

/// The line's key motions against the truth, over clips.
pub fn key_score<'a>(clips: impl Iterator<Item = (&'a Judged, &'a Heard)>, surface: &Surface) -> KeyScore {
    let mut tally = KeyTally::default();
    for (j, h) in clips {
        let there = true_keys(&j.clip);
        let found: Vec<AudioTime> = h.keys.iter().map(|key| key.at).collect();
        tally.add(&there, &found, j.clip.seconds(), |t, f| {
            Some(1e3 * surface.worst_lip(&motion_at(&j.truth, there[t]), &h.keys[f].pose).sqrt())
        });
    }
    tally.score()
}

/// When the labels say that key motions are.
pub fn true_keys(clip: &Clip) -> Vec<AudioTime> {
    truth::key_times(&clip.phones).into_iter().map(AudioTime::from_s).collect()
}

/// About `count` keys, evenly spread over the speech.
fn uniform_keys(clip: &Clip, count: usize) -> Vec<AudioTime> {
    let spoken = |t: f64| clip.phones.iter().any(|s| s.phone != Phone::SIL && (s.start_s..s.end_s).contains(&t));
    let speech_s: f64 = clip.phones.iter().filter(|s| s.phone != Phone::SIL).map(|s| s.end_s - s.start_s).sum();
    let per_s = count as f64 / speech_s.max(0.1);
    let slots = (clip.seconds() * per_s) as usize;
    (0..slots).map(|n| n as f64 / per_s).filter(|t| spoken(*t)).map(AudioTime::from_s).collect()
}
