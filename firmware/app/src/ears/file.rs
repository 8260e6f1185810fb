//! A sound file in, blocks of 16 kHz mono out, at the speed of sound or as fast as they are asked for.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Instant;

use keyface_core::{Audio, Micros, RATES_HZ, Resampler, SAMPLE_RATE_HZ, Samples, decode_audio};

use super::{Ear, Heard, samples_in};
use crate::AppError;

/// Samples that one call gives when nothing paces it (20 ms).
const BLOCK_SAMPLES: usize = 320;
/// What is wrong with raw bytes of an odd number.
pub(super) const CUT_SAMPLE: &str = "it ends within a sample, whose half is left out";

/// How quickly a file or a pipe is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As a listener in the room would hear it.
    RealTime,
    /// As fast as the machine can.
    Fast,
}

/// A whole recording at 16 kHz.
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
    pub fn duration(&self) -> Micros {
        Samples(self.samples.len() as u64).micros()
    }
}

/// Reads and resamples a whole file.
///
/// # Errors
/// When there is no such file or it holds no sound.
pub fn read_sound(path: &Path) -> Result<Sound, AppError> {
    if path.is_dir() {
        return Err(AppError::unexpected(path.display().to_string(), "a sound file", "a folder"));
    }
    let file = File::open(path).map_err(AppError::file(path, "open it"))?;
    sound_of(decode_audio(file, &path.display().to_string())?, &path.display().to_string())
}

/// The sound of a file's `bytes`; errors call it `name`.
///
/// # Errors
/// When they hold no sound.
pub fn sound_in(bytes: Vec<u8>, name: &str) -> Result<Sound, AppError> {
    sound_of(decode_audio(Cursor::new(bytes), name)?, name)
}

/// Reads standard input to its end: any sound file, or raw 16-bit mono samples at `raw_rate_hz`.
///
/// # Errors
/// When it cannot be read or holds no sound.
pub fn read_piped_sound(mut pipe: impl Read, raw_rate_hz: u32) -> Result<Sound, AppError> {
    const NAME: &str = "standard input";
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).map_err(AppError::file(Path::new(NAME), "read it"))?;
    if bytes.starts_with(b"RIFF") || is_packed(&bytes) {
        return sound_in(bytes, NAME);
    }
    let samples: Vec<f32> =
        bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    if samples.is_empty() {
        return Err(AppError::unexpected(NAME, "sound", "nothing"));
    }
    let truncated = (bytes.len() % 2 == 1).then(|| CUT_SAMPLE.to_owned());
    let audio = Audio { samples, rate_hz: raw_rate_hz, channels_in: 1, repaired: 0, truncated };
    sound_of(audio, NAME)
}

/// Whether bytes begin as a packed sound file does; raw samples do so by a rare chance only.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    [b"fLaC".as_slice(), b"OggS", b"ID3"].iter().any(|magic| bytes.starts_with(magic))
}

fn sound_of(audio: Audio, name: &str) -> Result<Sound, AppError> {
    let warning = warning(&audio, name);
    let mut resampler = resampler(audio.rate_hz, name)?;
    let latency = resampler.latency();
    let mut samples = Vec::with_capacity(samples_in(audio.duration()) + BLOCK_SAMPLES);
    resampler.push(&audio.samples, &mut samples);
    resampler.flush(&mut samples);
    Ok(Sound { name: name.to_owned(), samples, latency, warning })
}

/// For sound at `rate_hz` from the file `name`.
pub(super) fn resampler(rate_hz: u32, name: &str) -> Result<Resampler, AppError> {
    let expected = || format!("a sample rate of {} to {} Hz", RATES_HZ.start(), RATES_HZ.end());
    Resampler::new(rate_hz).map_err(|_| AppError::unexpected(name, expected(), format!("{rate_hz} Hz")))
}

fn warning(audio: &Audio, name: &str) -> Option<String> {
    let repaired =
        (audio.repaired > 0).then(|| format!("{} samples were no numbers and became silence", audio.repaired));
    let faults: Vec<String> = [audio.truncated.clone(), repaired].into_iter().flatten().collect();
    (!faults.is_empty()).then(|| format!("{name}: {}", faults.join("; ")))
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

    fn captured(&self, at: Micros) -> Option<Instant> {
        let since = std::time::Duration::from_micros(u64::try_from(at.0).ok()?);
        (self.pace == Pace::RealTime).then_some(self.started? + since)
    }

    fn latency(&self) -> Samples {
        self.sound.latency
    }

    fn name(&self) -> String {
        format!("{} ({:.1} s)", self.sound.name, self.sound.samples.len() as f64 / f64::from(SAMPLE_RATE_HZ))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn raw_samples_on_a_pipe_are_read_at_their_rate() {
        let bytes: Vec<u8> = [16_384i16; 8_000].iter().flat_map(|s| s.to_le_bytes()).collect();
        let sound = read_piped_sound(Cursor::new(bytes), 8_000).unwrap();
        assert_eq!(sound.samples.len(), 16_000);
        assert!((sound.samples[8_000] - 0.5).abs() < 0.01);
    }

    #[test]
    fn an_empty_pipe_is_refused() {
        let error = read_piped_sound(Cursor::new([]), 16_000).unwrap_err();
        assert_eq!(error.to_string(), "standard input: expected sound, came nothing");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_sound(Path::new("no/such.wav")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.wav: cannot open it: "), "{error}");
    }
}
