//! Clips through the device's own line: what it shows, and the truth beside it, on one clock.

use anyhow::{Context, Result, anyhow};
use keyface_core::script::Script;
use keyface_core::{AudioTime, HOP_SAMPLES, Heads, Hearings, KeyMotion, Model, Motion, PHONES, Phone};
use rayon::prelude::*;

use super::metric::{FRAMES_PER_S, frame_time_s};
use super::score::Events;
use crate::clip::Clip;
use crate::export::{ExportError, Packed};
use crate::truth;

/// Microseconds of a frame.
const FRAME: i64 = 20_000;

/// A motion per frame of 20 ms; frame k describes the audio time (k + 1) * 20 ms.
pub type Track = Vec<Motion>;

/// What the line said of one clip.
pub struct Heard {
    /// Visemes, when a live face could show them.
    pub events: Events,
    /// Confirmed key motions.
    pub keys: Vec<KeyMotion>,
    /// The motion, on the audio's clock; it ends a look-ahead before the clip.
    pub motion: Track,
    /// How far the completion trusts the key motions (KMTalk's G), at the audio times that the steps describe.
    pub fusion: Vec<(AudioTime, f32)>,
    /// What it believed of each step, at the audio times that they describe.
    pub heads: Vec<(AudioTime, Heads)>,
}

impl Heard {
    /// The likeliest phone of each step, at the audio times that they describe.
    pub fn phones(&self) -> impl Iterator<Item = (AudioTime, Phone)> {
        self.heads.iter().map(|(at, heads)| (*at, likeliest(&heads.phones)))
    }
}

/// What a line hears.
pub struct Sound {
    /// Named in errors.
    pub name: String,
    /// At 16 kHz.
    pub samples: Vec<f32>,
    /// Phones that the line believes over its ears.
    pub script: Option<Script>,
}

impl Sound {
    /// Of a clip as it was recorded, without a script.
    pub fn of(clip: &Clip) -> Sound {
        Sound { name: clip.id.clone(), samples: clip.samples.clone(), script: None }
    }
}

/// Lets a fresh line hear every sound, in order.
///
/// # Errors
/// When a network fails; the text names the sound.
pub fn hear_all<T: Sync>(packed: &Packed, of: &[T], sound: impl Fn(usize, &T) -> Sound + Sync) -> Result<Vec<Heard>> {
    hear_all_by(packed, Ears::Line, of, sound)
}

/// Who hears a sound.
#[derive(Clone, Copy)]
pub enum Ears<'a> {
    /// The model's line alone, as a live face does.
    Line,
    /// As `keyface animate` hears a file: at several speeds, and with another model as often.
    File(Option<&'a Packed>),
}

/// The same, by more than the line.
///
/// # Errors
/// As [`hear_all`].
pub fn hear_all_by<T: Sync>(
    packed: &Packed,
    ears: Ears,
    of: &[T],
    sound: impl Fn(usize, &T) -> Sound + Sync,
) -> Result<Vec<Heard>> {
    let other = if let Ears::File(other) = ears { other } else { None };
    // A model is loaded once for many sounds; it stays on its thread.
    let models = || Ok((packed.model()?, other.map(Packed::model).transpose()?));
    let one = |models: &mut Result<(Model, Option<Model>), ExportError>, (n, item): (usize, &T)| {
        let Sound { name, samples, script } = sound(n, item);
        let (model, other) = models.as_ref().map_err(|e| anyhow!("{e}"))?;
        let hearings = match ears {
            Ears::Line => Hearings::new(model, &[])?,
            Ears::File(_) => Hearings::of_file(model, other.as_ref())?,
        };
        hear(hearings, &samples, script).context(name)
    };
    of.par_iter().enumerate().map_init(models, one).collect()
}

fn hear(mut hearings: Hearings, samples: &[f32], script: Option<Script>) -> Result<Heard> {
    script.into_iter().for_each(|script| hearings.line_mut().follow(script));
    let (mut events, mut keys, mut steps, mut fusion) = (Events::new(), Vec::new(), Vec::new(), Vec::new());
    let mut heads = Vec::new();
    // The others are ahead of the line, which hears no more than the clip.
    let silence = vec![0.0; hearings.delay()];
    for hop in samples.chunks(HOP_SAMPLES).chain(silence.chunks(HOP_SAMPLES)) {
        let Some(step) = hearings.push(hop).context("the line stopped")? else { continue };
        events.push((step.heard, step.viseme));
        keys.extend(step.key);
        steps.push((step.at, step.motion));
        fusion.push((step.at, step.fusion));
        heads.push((step.at, *hearings.line().heads()));
    }
    Ok(Heard { events, keys, motion: on_frames(&steps), fusion, heads })
}

fn likeliest(phones: &[f32; PHONES]) -> Phone {
    let best = phones.iter().zip(Phone::ALL).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map_or(Phone::SIL, |(_, phone)| phone)
}

/// Steps at any times, increasing, at the times of frames.
fn on_frames(steps: &[(AudioTime, Motion)]) -> Track {
    let last = steps.last().map_or(0, |(at, _)| at.0 / FRAME);
    let at_frame = |frame: i64| {
        let time = AudioTime(frame * FRAME);
        let next = steps.partition_point(|(at, _)| *at < time);
        let (to_at, to) = steps[next];
        match next.checked_sub(1).map(|before| steps[before]) {
            Some((from_at, from)) => from.toward(to, (time - from_at).0 as f32 / (to_at - from_at).0 as f32),
            None => to,
        }
    };
    (1..=last).map(at_frame).collect()
}

/// True motion of a clip, on the same frames, in the neutral style.
pub fn true_motion(clip: &Clip) -> Track {
    let rows = truth::motion(&clip.phones, &truth::Effort::heard(&clip.samples, &clip.phones), &truth::Style::NEUTRAL);
    rows.into_iter().skip(1).step_by(2).collect()
}

/// The motion of a track at a time, between its frames.
pub fn motion_at(track: &[Motion], time: AudioTime) -> Motion {
    let frame = (time.as_s() - frame_time_s(0)) * FRAMES_PER_S;
    let before = (frame.max(0.0) as usize).min(track.len().saturating_sub(1));
    let Some(from) = track.get(before) else { return Motion::REST };
    let to = track.get(before + 1).unwrap_or(from);
    from.toward(*to, (frame - before as f64).clamp(0.0, 1.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::track;
    use keyface_core::MotionChannel as M;

    #[test]
    fn steps_that_lie_between_frames_are_interpolated() {
        // Steps at -10, 10, 30 and 50 ms; frames at 20 and 40 ms lie half way.
        let motions = track(M::JawOpen, &[0.0, 0.2, 0.4, 0.6]);
        let steps: Vec<_> = (0..4).map(|n| (AudioTime::from_ms(20 * n - 10), motions[n as usize])).collect();
        let jaws: Vec<f32> = on_frames(&steps).iter().map(|m| m[M::JawOpen]).collect();
        assert!(jaws.len() == 2 && (jaws[0] - 0.3).abs() < 1e-6 && (jaws[1] - 0.5).abs() < 1e-6, "{jaws:?}");
    }

    #[test]
    fn a_track_is_read_between_its_frames() {
        // Frames at 20 and 40 ms.
        let track = track(M::JawOpen, &[0.2, 0.6]);
        let jaw = |ms| motion_at(&track, AudioTime::from_ms(ms))[M::JawOpen];
        assert_eq!((jaw(0), jaw(90)), (0.2, 0.6));
        assert!((jaw(25) - 0.3).abs() < 1e-6);
    }
}
