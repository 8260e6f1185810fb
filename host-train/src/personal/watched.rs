//! A take as anything that moves a face is held beside it: its sound and phones, and what the camera saw at each moment.

use std::ops::Range;

use anyhow::{Result, anyhow};
use keyface_core::{Motion, MotionChannel};

use super::session::MOST_GAP_S;
use crate::clip::{Clip, Split};
use crate::corpus::{read_clips, read_sound};
use crate::papers::corpus::{CURVE_HZ, Capture, Clocks, Recognizer, Take, match_clocks, opening, read_capture};
use crate::truth::{self, Effort, Law, Lesson, Style};

/// A take with phones, on the sound's clock.
pub struct Watched {
    /// Its name.
    pub name: String,
    /// Sound and phones.
    pub clip: Clip,
    /// Who told the phones.
    pub told_by: String,
    /// How the camera's clock lies to that of the sound.
    pub clocks: Clocks,
    capture: Capture,
    effort: Effort,
}

impl Watched {
    /// Reads a take. Without a TextGrid, or with one that knows not all of it, its phones are heard. Where camera and
    /// sound do not share a clock, the clocks are matched by how far the rules open the mouth for these phones.
    ///
    /// # Errors
    /// Unreadable files, and a sound that does not move as the capture does.
    pub fn of(take: &Take, recognizer: &Recognizer, is_one_clock: bool) -> Result<Watched> {
        let capture = read_capture(&take.capture)?;
        let (clip, told_by) = spoken(take, recognizer)?;
        let effort = Effort::heard(&clip.samples, &clip.phones);
        let clocks = if is_one_clock {
            Clocks { offset_s: 0.0, drift: 0.0, r: 1.0, windows: 0 }
        } else {
            let rows = truth::motion(&clip.phones, &effort, &Style::NEUTRAL);
            let made: Vec<f64> = [Motion::REST].iter().chain(&rows).map(opening).collect();
            match_clocks(&capture.curve(CURVE_HZ, opening), &made)
                .map_err(|came| anyhow!("{}: expected a capture and its sound, came {came}", take.name))?
        };
        Ok(Watched { name: take.name.clone(), clip, told_by, clocks, capture, effort })
    }

    /// Channels that the capture has.
    pub fn channels(&self) -> &[MotionChannel] {
        &self.capture.channels
    }

    /// What the camera saw at a moment of the sound; `None` where it saw no face.
    pub fn seen_at(&self, sound_s: f64) -> Option<Motion> {
        self.capture.at((sound_s - self.clocks.offset_s) / (1.0 + self.clocks.drift), MOST_GAP_S)
    }

    /// Rows of 10 ms.
    pub fn rows(&self) -> usize {
        self.effort.hops()
    }

    /// What the rules make of it under a law, row by row.
    pub fn made(&self, law: &Law) -> Vec<Motion> {
        truth::motion(&self.clip.phones, &self.effort, &Style { law: *law, ..Style::NEUTRAL })
    }

    /// What may be learnt of it: all rows but these.
    pub fn lesson(&self, but: &Range<usize>) -> Lesson {
        let seen = |row: usize| if but.contains(&row) { None } else { self.seen_at(truth::row_time_s(row)) };
        Lesson {
            phones: self.clip.phones.clone(),
            effort: self.effort.clone(),
            seen: (0..self.rows()).map(seen).collect(),
        }
    }
}

/// The clip, and who told its phones.
fn spoken(take: &Take, recognizer: &Recognizer) -> Result<(Clip, String)> {
    if let Some(labels) = &take.labels
        && let [whole] = &read_clips(&take.sound, labels)?[..]
    {
        let name = labels.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok((whole.clone(), name));
    }
    let samples = read_sound(&take.sound)?;
    let phones = recognizer.hear(&samples)?;
    let clip =
        Clip { id: take.name.clone(), speaker: String::new(), split: Split::Eval, samples, phones, words: vec![] };
    Ok((clip, format!("heard by {}", recognizer.name)))
}
