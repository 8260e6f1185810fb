//! Where sound comes from: a microphone, a file, a pipe or a socket in, blocks of 16 kHz mono out; and loudspeakers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, HOP_SAMPLES, STEP_HOPS, Samples};
pub use keyface_sound::{Channels, Hints, RawFormat};

use crate::AppError;
use crate::wait::Bell;

pub mod devices;
mod file;
mod loudspeaker;
mod mic;
mod socket;
mod speaker;
mod stream;

pub use file::{FileEar, Pace, Sound, read_sound, sound_in};
pub use loudspeaker::Loudspeaker;
pub use mic::{Mic, Wanted};
pub use socket::{Place, SocketEar};
pub(crate) use socket::{SocketFile, unix_listener};
pub use speaker::{Speaker, SpeakerCounters};
pub use stream::{StreamEar, Wish};

/// How often an ear is asked that does not ring: short against a step, long against a wake-up.
const ASK: Duration = Duration::from_millis(2);
/// Sound in real time is worth a turn when there is a step of it.
const STEP: usize = STEP_HOPS * HOP_SAMPLES;

/// What a call of [`Ear::read`] brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Samples were appended.
    Sound,
    /// Nothing yet: ask again when it rings, or when [`Ear::due_in`] says.
    Nothing,
    /// A turn of speech is complete; another may come.
    TurnEnd,
    /// The sound has ended.
    End,
}

/// What an ear has suffered since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct EarCounters {
    /// Gaps that the sound system reported.
    pub xruns: u64,
    /// Samples thrown away because they were not fetched in time.
    pub dropped_samples: u64,
    /// Times that a lost or dead device was opened again.
    pub reopened: u64,
    /// Samples of silence in place of a device that is lost: nobody heard them.
    pub filled_samples: u64,
}

impl EarCounters {
    /// How much of `all` sound came from the device.
    pub fn real(&self, all: Samples) -> Samples {
        Samples(all.0.saturating_sub(self.filled_samples))
    }
}

/// A source of sound. A trait, not an enum: every further input (socket, board) is one more file.
pub trait Ear {
    /// Appends what has come in since the last call, at 16 kHz. Never waits.
    ///
    /// # Errors
    /// When the source cannot go on and will not come back.
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError>;

    /// Ties a bell to it: it rings when something has come in.
    fn tie(&mut self, _bell: &Bell) {}

    /// How soon there may be something that it does not ring for; `None` when it rings for whatever comes next.
    fn due_in(&self) -> Option<Duration> {
        Some(ASK)
    }

    /// When the sound at audio time `at` was in the air; `None` when nobody knows any more.
    fn captured(&self, at: AudioTime) -> Option<Instant>;

    /// How much later than its capture a sample comes out because of resampling.
    fn latency(&self) -> Samples;

    /// Whether sound never pauses: a microphone gives silence in samples, a pipe may give nothing for hours.
    fn is_steady(&self) -> bool {
        false
    }

    /// The share of it that has been read; `None` where nobody knows its length.
    fn progress(&self) -> Option<f32> {
        None
    }

    /// What was wrong with the sound; it has been told to the user already.
    fn warning(&self) -> Option<String> {
        None
    }

    /// What has gone wrong so far.
    fn counters(&self) -> EarCounters {
        EarCounters::default()
    }

    /// What is heard, for a person.
    fn name(&self) -> String;
}

/// What `--input` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `mic`: the default microphone, or the one chosen by `--device`.
    Mic,
    /// `-`: standard input.
    Pipe,
    /// `tcp://HOST:PORT` or `unix:PATH`: a socket on which we listen.
    Socket(Place),
    /// Anything else: a file.
    File(PathBuf),
}

impl FromStr for Input {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Input, Self::Err> {
        Ok(match text {
            "mic" => Input::Mic,
            "-" => Input::Pipe,
            path => Place::parse(path).map_or_else(|| Input::File(Path::new(path).to_path_buf()), Input::Socket),
        })
    }
}

impl From<OsString> for Input {
    /// Names of files need not be of letters.
    fn from(name: OsString) -> Input {
        name.into_string()
            .map_or_else(|name| Input::File(name.into()), |text| text.parse().unwrap_or_else(|never| match never {}))
    }
}

/// How an input is opened.
#[derive(Clone, Debug)]
pub struct Listening {
    /// What to hear.
    pub input: Input,
    /// Which microphone.
    pub microphone: Wanted,
    /// How a file or a pipe is read.
    pub wish: Wish,
    /// Whether files and pipes are played in real time.
    pub pace: Pace,
}

/// Opens an input.
///
/// # Errors
/// When the device or the file cannot be heard; the text names it.
pub fn open(listening: &Listening) -> Result<Box<dyn Ear>, AppError> {
    let Listening { input, microphone, wish, pace } = listening;
    Ok(match input {
        Input::Mic => Box::new(Mic::open(microphone.clone())?),
        Input::Pipe => Box::new(StreamEar::standard_input(wish.clone(), *pace)?),
        Input::Socket(place) => Box::new(SocketEar::open(place.clone(), wish.clone(), *pace)?),
        Input::File(path) => Box::new(StreamEar::file(path, wish.clone(), *pace)?),
    })
}

/// When a step more is due than `given` of what has been played since `start`, or all of it up to `last`.
pub(crate) fn step_due_in(start: Instant, given: usize, last: usize) -> Duration {
    let next = (given / STEP + 1) * STEP;
    // A microsecond more: the last sample has sounded then.
    let due_us = next.min(last) as u64 * 1_000_000 / u64::from(keyface_core::SAMPLE_RATE_HZ) + 1;
    Duration::from_micros(due_us).saturating_sub(start.elapsed())
}

/// Samples at 16 kHz in a duration.
pub(crate) fn samples_in(duration: Duration) -> usize {
    (duration.as_micros() * u128::from(keyface_core::SAMPLE_RATE_HZ) / 1_000_000) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_named_by_one_word_or_a_path() {
        assert_eq!("mic".parse(), Ok(Input::Mic));
        assert_eq!("-".parse(), Ok(Input::Pipe));
        assert_eq!("unix:voice".parse(), Ok(Input::Socket(Place::Unix("voice".into()))));
        assert_eq!("a/mic.wav".parse(), Ok(Input::File("a/mic.wav".into())));
    }
}
