//! A capture beside the networks: for every step of the sound what the camera saw then, and what CompletionNet's last
//! layer heard and said.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use keyface_core::{Motion, MotionChannel, MouthDecoder};

use crate::corpus::read_sound;
use crate::export::reference::{
    CompletionAnswer, Frames, completion_forward, features, flow, heads, key_motion_forward,
};
use crate::export::{Packed, Probe, Trained};
use crate::papers::corpus::{CURVE_HZ, Clocks, match_clocks, mouth_track, opening, read_live_link};

/// Milliseconds of a step.
const STEP_MS: f32 = 20.0;
/// Frames of the camera farther apart than this tell nothing of the time between them.
const MOST_GAP_S: f64 = 0.1;
/// Of a single take, the last part is held out.
const HELD_OUT_OF_ONE: f64 = 0.25;

/// A capture and its sound, as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Their common name.
    pub name: String,
    /// What the Live Link Face app wrote.
    pub capture: PathBuf,
    /// Any sound, or film with sound.
    pub sound: PathBuf,
}

/// Every `NAME.csv` of a folder with the sound that lies beside it under the same name, in the names' order.
///
/// # Errors
/// A folder that cannot be read or holds no capture, and a capture without exactly one sound.
pub fn find_takes(folder: &Path) -> Result<Vec<Take>> {
    let about = || folder.display().to_string();
    let entries = fs::read_dir(folder).with_context(about)?.collect::<std::io::Result<Vec<_>>>().with_context(about)?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| path.is_file()).collect();
    paths.sort();
    let is_csv = |path: &Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let takes = paths.iter().filter(|path| is_csv(path)).map(|capture| {
        let beside = |path: &&PathBuf| path.file_stem() == capture.file_stem() && !is_csv(path);
        let sounds: Vec<&PathBuf> = paths.iter().filter(beside).collect();
        let [sound] = sounds[..] else {
            return Err(anyhow!(
                "{}: expected one sound or film of the same name beside it, came {}",
                capture.display(),
                sounds.len()
            ));
        };
        let name = capture.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Take { name, capture: capture.clone(), sound: sound.clone() })
    });
    let takes: Vec<Take> = takes.collect::<Result<_>>()?;
    ensure!(!takes.is_empty(), "{}: expected NAME.csv with NAME.wav (or .mov ...) beside it, came no CSV", about());
    Ok(takes)
}

/// A take that was heard.
pub struct Session {
    /// Its name.
    pub name: String,
    /// The sound at 16 kHz.
    pub samples: Vec<f32>,
    /// How the camera's clock lies to that of the sound.
    pub clocks: Clocks,
    /// What the camera saw at the time that each step describes; `None` where it saw no face.
    pub seen: Vec<Option<Motion>>,
    /// Channels that the capture has.
    pub channels: Vec<MotionChannel>,
    /// What CompletionNet's last layer hears at each step, in the mean of this and the last one: the device aims at the
    /// mean of what is said, and the layer is linear.
    pub hidden: Frames,
    /// What it says, likewise.
    pub said: Frames,
    /// Whether the face shows what is said there: neither a contact nor rest takes its place.
    pub is_shown: Vec<bool>,
    /// Steps that are only judged by.
    pub held_out: Range<usize>,
    /// All inputs and answers of the networks.
    pub probe: Probe,
}

impl Session {
    /// Lets the networks of `packed` hear a take, and lays what the camera saw beside it.
    ///
    /// # Errors
    /// Unreadable files, and a sound that does not move as the capture does.
    pub fn of(take: &Take, packed: &Packed, trained: &Trained) -> Result<Session> {
        let (capture, samples) = (read_live_link(&take.capture)?, read_sound(&take.sound)?);
        let heard = mouth_track(packed.model()?, &samples)?;
        let clocks = match_clocks(&capture.curve(CURVE_HZ, opening), &heard)
            .map_err(|came| anyhow!("{}: expected a capture and its sound, came {came}", take.name))?;
        let decode = &packed.card.decode;
        let x = features(&samples);
        let first = key_motion_forward(&trained.key_motion, &x);
        let heads = heads(&first.heads);
        let flow = flow(decode, &heads);
        let CompletionAnswer { motion, g, shaped, .. } = completion_forward(&trained.completion, &flow, &first.trunk);
        let mut mouth = MouthDecoder::new(*decode, STEP_MS);
        let is_shown = heads.iter().map(|heads| mouth.push(heads)).map(|state| state.speaking && !state.closed);
        let camera_s = |n: usize| (described_s(n, packed) - clocks.offset_s) / (1.0 + clocks.drift);
        Ok(Session {
            name: take.name.clone(),
            clocks,
            seen: (0..x.len()).map(|n| capture.at(camera_s(n), MOST_GAP_S)).collect(),
            channels: capture.channels.clone(),
            hidden: aimed(&shaped),
            said: aimed(&motion),
            is_shown: is_shown.collect(),
            held_out: 0..0,
            probe: Probe { x, flow, heads: first.heads, trunk: first.trunk, motion, g },
            samples,
        })
    }

    /// Holds out every fourth take, the last of each four, or the end of a single one.
    pub fn hold_out(sessions: &mut [Session]) {
        if let [one] = sessions {
            let steps = one.seen.len();
            one.held_out = (steps as f64 * (1.0 - HELD_OUT_OF_ONE)) as usize..steps;
            return;
        }
        let last = sessions.len() - 1;
        let out = |n: usize| n % 4 == 3 || (last < 3 && n == last);
        sessions.iter_mut().enumerate().filter(|(n, _)| out(*n)).for_each(|(_, s)| s.held_out = 0..s.seen.len());
    }

    /// Steps to learn from: seen, shown and not held out.
    pub fn learnt(&self) -> impl Iterator<Item = (usize, &Motion)> {
        let seen = self.seen.iter().enumerate().filter_map(|(n, seen)| Some((n, seen.as_ref()?)));
        seen.filter(|(n, _)| self.is_shown[*n] && !self.held_out.contains(n))
    }

    /// Steps to judge by.
    pub fn judged(&self) -> impl Iterator<Item = (usize, &Motion)> {
        self.held_out.clone().filter_map(|n| Some((n, self.seen.get(n)?.as_ref()?)))
    }
}

/// The mean of every frame and the one before it.
fn aimed(frames: &Frames) -> Frames {
    let before = frames.first().into_iter().chain(frames);
    let mean = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
    before.zip(frames).map(mean).collect()
}

/// The second of the sound that step `n` describes.
fn described_s(n: usize, packed: &Packed) -> f64 {
    ((n + 1) as f64 * f64::from(STEP_MS) - f64::from(packed.card.look_ahead_ms)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_needs_one_sound_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let touch = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        assert!(find_takes(folder.path()).unwrap_err().to_string().contains("no CSV"));
        ["b.csv", "b.mov", "a.CSV", "a.wav", "notes.txt"].into_iter().for_each(touch);
        let takes = find_takes(folder.path()).unwrap();
        assert_eq!(takes.iter().map(|take| take.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        touch("a.flac");
        assert!(find_takes(folder.path()).unwrap_err().to_string().contains("came 2"));
    }
}
