//! Raw 16-bit mono samples, or a WAV stream of such, on a pipe in; blocks of 16 kHz mono out as they arrive.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{Micros, Resampler, Samples};

use super::file::{CUT_SAMPLE, is_packed, resampler};
use super::wav_head::{WavHead, wav_head};
use super::{Ear, Heard, Pace, samples_in};
use crate::AppError;

/// Bytes that are fetched from the pipe at once.
const FETCH_BYTES: usize = 4_096;
/// Fetches that may wait: the writer is held back beyond this (16 s of sound at 16 kHz).
const FETCHES_WAITING: usize = 128;
/// Bytes that tell raw samples from a file.
const MAGIC_BYTES: usize = 4;
const NAME: &str = "standard input";
const EXPECTED: &str = "16-bit mono samples, raw or as WAV";
/// A pause of the writer beyond this is a pause of the speech: real time starts anew behind it.
const STARVED: Duration = Duration::from_millis(200);

/// Listens to a pipe.
pub struct PipeEar {
    bytes: Receiver<Vec<u8>>,
    head: Option<Vec<u8>>,
    odd: Option<u8>,
    /// Bytes of samples still to come; `None` until the pipe ends.
    left: Option<usize>,
    resampler: Resampler,
    waiting: VecDeque<f32>,
    pace: Pace,
    given: usize,
    real_time: Option<(Instant, usize)>,
    ended: bool,
}

impl PipeEar {
    /// Reads `pipe` on a thread of its own, because reading waits.
    ///
    /// # Errors
    /// When the rate is out of range or no thread can be started.
    pub fn open(pipe: impl Read + Send + 'static, rate_hz: u32, pace: Pace) -> Result<PipeEar, AppError> {
        let (sender, bytes) = sync_channel(FETCHES_WAITING);
        let name = "keyface-pipe".to_owned();
        thread::Builder::new()
            .name(name)
            .spawn(move || fetch(pipe, &sender))
            .map_err(|reason| AppError::Thread { what: NAME, reason })?;
        let resampler = resampler(rate_hz, NAME)?;
        let head = Some(Vec::new());
        let waiting = VecDeque::new();
        let (odd, left, real_time) = (None, None, None);
        Ok(PipeEar { bytes, head, odd, left, resampler, waiting, pace, given: 0, real_time, ended: false })
    }

    fn take_in(&mut self) -> Result<(), AppError> {
        while !self.ended {
            match self.bytes.try_recv() {
                Ok(bytes) => self.take_bytes(bytes)?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => self.end()?,
            }
        }
        Ok(())
    }

    /// Holds back the first bytes until it is known what they are.
    fn take_bytes(&mut self, bytes: Vec<u8>) -> Result<(), AppError> {
        let Some(mut head) = self.head.take() else {
            self.take_samples(&bytes);
            return Ok(());
        };
        head.extend(bytes);
        if head.len() < MAGIC_BYTES || !self.take_head(&head)? {
            self.head = Some(head);
        }
        Ok(())
    }

    /// False when more is needed to know where the samples begin.
    fn take_head(&mut self, head: &[u8]) -> Result<bool, AppError> {
        if is_packed(head) {
            return Err(AppError::unexpected(NAME, EXPECTED, "a packed sound file, which `keyface animate -` reads"));
        }
        if !head.starts_with(b"RIFF") {
            self.take_samples(head);
            return Ok(true);
        }
        let Some(wav) = wav_head(head).map_err(|came| AppError::unexpected(NAME, EXPECTED, came))? else {
            return Ok(false);
        };
        let WavHead { rate_hz, samples_at, bytes } = wav;
        (self.resampler, self.left) = (resampler(rate_hz, NAME)?, bytes);
        self.take_samples(&head[samples_at..]);
        Ok(true)
    }

    fn take_samples(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(self.left.unwrap_or(bytes.len()))];
        self.left = self.left.map(|left| left - bytes.len());
        let whole: Vec<u8> = self.odd.take().into_iter().chain(bytes.iter().copied()).collect();
        let pairs = whole.chunks_exact(2);
        self.odd = pairs.remainder().first().copied();
        let samples: Vec<f32> = pairs.map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
        let mut out = Vec::new();
        self.resampler.push(&samples, &mut out);
        self.waiting.extend(out);
    }

    fn end(&mut self) -> Result<(), AppError> {
        if let Some(head) = self.head.take()
            && !self.take_head(&head)?
        {
            return Err(AppError::unexpected(NAME, EXPECTED, "a WAV that ends before its samples"));
        }
        let mut out = Vec::new();
        self.resampler.flush(&mut out);
        self.waiting.extend(out);
        self.ended = true;
        if self.odd.is_some() {
            log::warn!("{NAME}: {CUT_SAMPLE}");
        }
        let is_empty = self.given == 0 && self.waiting.is_empty();
        if is_empty { Err(AppError::unexpected(NAME, "sound", "nothing")) } else { Ok(()) }
    }

    /// How many samples may be given by now. A speech engine writes faster than it would speak.
    fn allowed(&mut self) -> usize {
        if self.pace == Pace::Fast {
            return self.waiting.len();
        }
        let (since, given) = *self.real_time.get_or_insert((Instant::now(), self.given));
        let due = given + samples_in(since.elapsed());
        if self.waiting.is_empty() && due > self.given + samples_in(STARVED) {
            self.real_time = None;
        }
        due.saturating_sub(self.given).min(self.waiting.len())
    }
}

impl Ear for PipeEar {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        self.take_in()?;
        if self.waiting.is_empty() && self.ended {
            return Ok(Heard::End);
        }
        if self.waiting.is_empty() && self.given == 0 {
            return Ok(Heard::Nothing);
        }
        let count = self.allowed();
        out.extend(self.waiting.drain(..count));
        self.given += count;
        Ok(if count == 0 { Heard::Nothing } else { Heard::Sound })
    }

    fn captured(&self, at: Micros) -> Option<Instant> {
        let (since, given) = self.real_time?;
        let behind = u64::try_from((at - Samples(given as u64).micros()).0).ok()?;
        Some(since + Duration::from_micros(behind))
    }

    fn latency(&self) -> Samples {
        self.resampler.latency()
    }

    fn name(&self) -> String {
        NAME.into()
    }
}

fn fetch(mut pipe: impl Read, sender: &SyncSender<Vec<u8>>) {
    let mut buffer = vec![0; FETCH_BYTES];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) if sender.send(buffer[..count].to_vec()).is_err() => return,
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return log::error!("{NAME}: cannot read on: {e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn all(bytes: Vec<u8>, rate_hz: u32) -> Result<Vec<f32>, AppError> {
        let mut ear = PipeEar::open(Cursor::new(bytes), rate_hz, Pace::Fast)?;
        let mut out = Vec::new();
        while ear.read(&mut out)? != Heard::End {}
        Ok(out)
    }

    fn raw(samples: &[i16]) -> Vec<u8> {
        samples.iter().flat_map(|s| s.to_le_bytes()).collect()
    }

    fn wav_header(rate_hz: u32, channels: u16) -> Vec<u8> {
        let mut head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0".to_vec();
        head.extend(channels.to_le_bytes());
        head.extend(rate_hz.to_le_bytes());
        head.extend([0; 6]);
        head.extend(16u16.to_le_bytes());
        head.extend(b"data\xff\xff\xff\xff");
        head
    }

    #[test]
    fn raw_samples_pass() {
        let out = all(raw(&[8_192; 10_000]), 16_000).unwrap();
        assert_eq!(out, vec![0.25; 10_000]);
    }

    #[test]
    fn a_wav_header_is_skipped_and_its_rate_believed() {
        let mut bytes = wav_header(8_000, 1);
        bytes.extend(raw(&[8_192; 8_000]));
        let out = all(bytes, 48_000).unwrap();
        assert_eq!(out.len(), 16_000);
        assert!(out[100..15_900].iter().all(|s| (s - 0.25).abs() < 0.01));
    }

    #[test]
    fn stereo_on_a_pipe_is_refused() {
        let error = all(wav_header(16_000, 2), 16_000).unwrap_err().to_string();
        assert!(error.ends_with("came a WAV of format 1 with 2 channels of 16 bits"), "{error}");
    }

    #[test]
    fn a_packed_file_is_not_heard_as_raw_samples() {
        let error = all(b"fLaC and some more".to_vec(), 16_000).unwrap_err().to_string();
        assert!(error.contains("came a packed sound file"), "{error}");
    }

    #[test]
    fn a_pipe_without_a_sample_is_refused() {
        for bytes in [vec![], vec![7], wav_header(16_000, 1)] {
            let error = all(bytes, 16_000).unwrap_err().to_string();
            assert_eq!(error, "standard input: expected sound, came nothing");
        }
    }

    #[test]
    fn what_follows_a_wavs_samples_is_not_heard() {
        let mut bytes = wav_header(16_000, 1);
        let length_at = bytes.len() - 4;
        bytes[length_at..].copy_from_slice(&200u32.to_le_bytes());
        bytes.extend(raw(&[8_192; 100]));
        bytes.extend(b"LIST and its text");
        assert_eq!(all(bytes, 16_000).unwrap(), vec![0.25; 100]);
    }

    #[test]
    fn fewer_bytes_than_a_header_are_still_heard() {
        assert_eq!(all(raw(&[8_192; 3]), 16_000).unwrap(), vec![0.25; 3]);
    }

    #[test]
    fn an_engine_that_writes_ahead_is_heard_in_real_time() {
        let mut ear = PipeEar::open(Cursor::new(raw(&[1; 160_000])), 16_000, Pace::RealTime).unwrap();
        let (start, mut out) = (Instant::now(), Vec::new());
        while start.elapsed() < Duration::from_millis(50) {
            ear.read(&mut out).unwrap();
        }
        assert!(out.len() <= samples_in(start.elapsed()), "{}", out.len());
        assert!(!out.is_empty());
    }
}
