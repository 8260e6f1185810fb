//! A whole recording in, blocks of it out, at the speed of sound or as fast as they are asked for.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, SAMPLE_RATE_HZ, Samples, Span};
use keyface_sound::{Audio, decode_audio};

use super::{Ear, Heard, samples_in, step_due_in};
use crate::AppError;

/// Samples that one call gives when nothing paces it (20 ms).
const BLOCK_SAMPLES: usize = 320;

/// How quickly a file or a pipe is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As a listener in the room would hear it.
    RealTime,
    /// As fast as the machine can.
    Fast,
}

/// A whole recording at 16 kHz, for what needs all of it at once.
#[derive(Clone, Debug)]
pub struct Sound {
    /// Where it came from.
    pub name: String,
    /// Mono samples at 16 kHz.
    pub samples: Vec<f32>,
    /// What resampling would cost a live line.
    pub latency: Samples,
    /// What the user should know: an early end, repaired samples.
    pub warning: Option<String>,
}

impl Sound {
    /// Length of the recording.
    pub fn duration(&self) -> Span {
        Samples(self.samples.len() as u64).span()
    }
}

/// Reads a whole file.
///
/// # Errors
/// When there is no such file or it holds no sound.
pub fn read_sound(path: &Path) -> Result<Sound, AppError> {
    if path.is_dir() {
        return Err(AppError::unexpected(path.display().to_string(), "a sound file", "a folder"));
    }
    let file = File::open(path).map_err(AppError::file(path, "open it"))?;
    let name = path.display().to_string();
    Ok(sound_of(decode_audio(file, &name)?, &name))
}

/// The sound of a file's `bytes`; errors call it `name`.
///
/// # Errors
/// When they hold no sound.
pub fn sound_in(bytes: Vec<u8>, name: &str) -> Result<Sound, AppError> {
    Ok(sound_of(decode_audio(Cursor::new(bytes), name)?, name))
}

fn sound_of(audio: Audio, name: &str) -> Sound {
    let Audio { samples, latency, warning, .. } = audio;
    Sound { name: name.to_owned(), samples, latency, warning }
}

/// Plays a recording to the line.
pub struct FileEar {
    sound: Sound,
    pace: Pace,
    position: usize,
    started: Option<Instant>,
}

impl FileEar {
    /// The first read starts the clock.
    pub fn new(sound: Sound, pace: Pace) -> FileEar {
        FileEar { sound, pace, position: 0, started: None }
    }

    fn due(&mut self) -> usize {
        let started = *self.started.get_or_insert_with(Instant::now);
        match self.pace {
            Pace::Fast => self.position + BLOCK_SAMPLES,
            Pace::RealTime => samples_in(started.elapsed()),
        }
    }
}

impl Ear for FileEar {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        if self.position == self.sound.samples.len() {
            return Ok(Heard::End);
        }
        let until = self.due().min(self.sound.samples.len());
        if until == self.position {
            return Ok(Heard::Nothing);
        }
        out.extend_from_slice(&self.sound.samples[self.position..until]);
        self.position = until;
        Ok(Heard::Sound)
    }

    fn due_in(&self) -> Option<Duration> {
        let start = self.started.filter(|_| self.pace == Pace::RealTime);
        Some(start.map_or(Duration::ZERO, |start| step_due_in(start, self.position, self.sound.samples.len())))
    }

    fn captured(&self, at: AudioTime) -> Option<Instant> {
        let since = Duration::from_micros(u64::try_from(at.0).ok()?);
        (self.pace == Pace::RealTime).then_some(self.started? + since)
    }

    fn latency(&self) -> Samples {
        self.sound.latency
    }

    fn progress(&self) -> Option<f32> {
        Some(self.position as f32 / self.sound.samples.len().max(1) as f32)
    }

    fn name(&self) -> String {
        format!("{} ({:.1} s)", self.sound.name, self.sound.samples.len() as f64 / f64::from(SAMPLE_RATE_HZ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(samples: usize) -> Sound {
        Sound { name: "test".into(), samples: vec![0.1; samples], latency: Samples(0), warning: None }
    }

    #[test]
    fn a_fast_file_gives_every_sample_and_then_ends() {
        let mut ear = FileEar::new(sound(1_000), Pace::Fast);
        let mut out = Vec::new();
        while ear.read(&mut out).unwrap() == Heard::Sound {}
        assert_eq!(out.len(), 1_000);
        assert_eq!(ear.read(&mut out).unwrap(), Heard::End);
    }

    #[test]
    fn a_file_in_real_time_gives_no_more_than_has_been_heard() {
        let mut ear = FileEar::new(sound(160_000), Pace::RealTime);
        let mut out = Vec::new();
        let start = Instant::now();
        ear.read(&mut out).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        ear.read(&mut out).unwrap();
        let latest = samples_in(start.elapsed());
        assert!(out.len() >= samples_in(Duration::from_millis(30)) && out.len() <= latest, "{} of {latest}", out.len());
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_sound(Path::new("no/such.wav")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.wav: cannot open it: "), "{error}");
    }
}
