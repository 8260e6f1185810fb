//! A capture beside the networks: for every step of the sound what the camera saw then, and what CompletionNet's last
//! layer heard and said.

use std::ops::Range;

use anyhow::{Result, anyhow};
use keyface_core::{Motion, MotionChannel, MouthDecoder};

use crate::corpus::read_sound;
use crate::export::reference::{
    CompletionAnswer, Frames, completion_forward, features, flow, heads, key_motion_forward,
};
use crate::export::{Packed, Trained};
use crate::papers::corpus::{CURVE_HZ, Clocks, Take, match_clocks, mouth_track, opening, read_capture};

/// Milliseconds of a step.
const STEP_MS: f32 = 20.0;
/// Frames of the camera farther apart than this tell nothing of the time between them.
pub const MOST_GAP_S: f64 = 0.1;
/// Of a single take, the last part is held out.
const HELD_OUT_OF_ONE: f64 = 0.25;

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
    /// What the networks hear.
    pub features: Frames,
}

impl Session {
    /// Lets the networks of `packed` hear a take, and lays what the camera saw beside it.
    ///
    /// # Errors
    /// Unreadable files, and a sound that does not move as the capture does.
    pub fn of(take: &Take, packed: &Packed, trained: &Trained) -> Result<Session> {
        let (capture, samples) = (read_capture(&take.capture)?, read_sound(&take.sound)?);
        let heard = mouth_track(packed.model()?, &samples)?;
        let clocks = match_clocks(&capture.curve(CURVE_HZ, opening), &heard)
            .map_err(|came| anyhow!("{}: expected a capture and its sound, came {came}", take.name))?;
        let decode = &packed.card.decode;
        let x = features(&samples);
        let first = key_motion_forward(&trained.key_motion, &x);
        let heads = heads(&first.heads);
        let flow = flow(decode, &heads);
        let CompletionAnswer { motion, shaped, .. } = completion_forward(&trained.completion, &flow, &first.trunk);
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
            features: x,
            samples,
        })
    }

    /// Holds out a part to judge by, as [`held_out`] says.
    pub fn hold_out(sessions: &mut [Session]) {
        let lengths: Vec<usize> = sessions.iter().map(|session| session.seen.len()).collect();
        sessions.iter_mut().zip(held_out(&lengths)).for_each(|(session, range)| session.held_out = range);
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

/// Which part of each of so many takes is only judged by: every fourth take, the last of each four, or the end of a single
/// one.
pub fn held_out(lengths: &[usize]) -> Vec<Range<usize>> {
    let last = lengths.len().saturating_sub(1);
    let is_out = |n: usize| n % 4 == 3 || (last < 3 && n == last);
    let from = |length: usize| if last == 0 { (length as f64 * (1.0 - HELD_OUT_OF_ONE)) as usize } else { 0 };
    lengths.iter().enumerate().map(|(n, length)| if is_out(n) { from(*length)..*length } else { 0..0 }).collect()
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
    fn every_fourth_take_is_held_out_or_the_end_of_a_single_one() {
        assert_eq!((held_out(&[100]).len(), held_out(&[100])[0].clone()), (1, 75..100));
        assert_eq!(held_out(&[10, 20]), [0..0, 0..20]);
        assert_eq!(held_out(&[10, 10, 10, 10, 10]), [0..0, 0..0, 0..0, 0..10, 0..0]);
        assert!(held_out(&[]).is_empty());
    }
}
