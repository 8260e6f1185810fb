//! A capture beside the networks: for every step of the sound what the camera saw then, and what CompletionNet's last
//! layer heard and said.

use std::ops::Range;

use anyhow::{Result, anyhow};
use keyface_core::{Motion, MotionChannel, MouthDecoder};

use crate::corpus::read_sound;
use crate::export::reference::{
    CompletionAnswer, Frames, completion_forward, features, flow, heads, key_motion_forward,
};
use crate::export::{Packed, Probe, Trained};
use crate::papers::corpus::{CURVE_HZ, Clocks, Take, match_clocks, mouth_track, opening, read_capture};

/// Milliseconds of a step.
const STEP_MS: f32 = 20.0;
/// Frames of the camera farther apart than this tell nothing of the time between them.
const MOST_GAP_S: f64 = 0.1;
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
    /// All inputs and answers of the networks.
    pub probe: Probe,
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
