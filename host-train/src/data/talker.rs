//! Whoever speaks in a crop: clips of one person, read from disk when they are drawn, so that a corpus of hundreds of
//! hours needs no memory.

use std::path::{Path, PathBuf};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::heard::Heard;
use super::utterance::Utterance;
use crate::corpus::Result;
use crate::prepare::Prepared;

/// Where a clip is.
#[derive(Clone, Debug)]
pub enum Source {
    /// A prepared clip on disk.
    File(PathBuf),
    /// In memory.
    Held(Box<Utterance>),
}

/// One person's clips.
#[derive(Clone, Debug, Default)]
pub struct Talker {
    /// Not empty.
    pub clips: Vec<Source>,
    /// Hops of speech in all of them.
    pub speech_hops: usize,
    /// Folder of what another ear heard in them.
    pub heard: Option<PathBuf>,
}

/// Share of draws of the recording itself, before copies are drawn with it.
const AS_RECORDED: f64 = 0.3;
/// Shortest and longest pause that is left of a longer one, in hops.
const PAUSE_HOPS: std::ops::RangeInclusive<usize> = 20..=80;

impl Talker {
    /// How often this person is drawn, beside others: by the square root of the speech, so that neither one reader of
    /// hours nor a crowd of single words is all that is heard.
    pub fn weight(&self) -> f64 {
        (self.speech_hops as f64).sqrt()
    }

    /// A clip at random, as it was recorded.
    ///
    /// # Errors
    /// A file that is gone or damaged.
    pub fn clip(&self, rng: &mut ChaCha8Rng) -> Result<Utterance> {
        self.read(rng, |_, _| 0)
    }

    /// A clip at random as training hears it: as it was recorded or as one of its copies, long pauses cut.
    ///
    /// # Errors
    /// A file that is gone or damaged.
    pub fn speak(&self, rng: &mut ChaCha8Rng) -> Result<Utterance> {
        let clip =
            self.read(rng, |rng, copies| if rng.random_bool(AS_RECORDED) { 0 } else { rng.random_range(0..=copies) })?;
        Ok(clip.with_pauses_of(rng.random_range(PAUSE_HOPS)))
    }

    fn read(&self, rng: &mut ChaCha8Rng, which: impl Fn(&mut ChaCha8Rng, usize) -> usize) -> Result<Utterance> {
        let clip = &self.clips[rng.random_range(0..self.clips.len())];
        clip.read(self.heard.as_deref(), |copies| which(rng, copies))
    }
}

impl Source {
    /// The clip, or the copy of it that `which` of so many chooses (0 is the recording), with what another ear heard.
    ///
    /// # Errors
    /// A file that is gone or damaged.
    pub fn read(&self, heard: Option<&Path>, which: impl FnOnce(usize) -> usize) -> Result<Utterance> {
        let path = match self {
            Source::Held(clip) => return Ok((**clip).clone()),
            Source::File(path) => path,
        };
        let mut clip = Prepared::read(path)?;
        if let Some(copy) = which(clip.copies.len()).checked_sub(1) {
            clip.mel_power = std::mem::take(&mut clip.copies[copy]);
        }
        let heard = heard.map(|folder| Heard::of_clip(folder, &clip.corpus, &clip.id, clip.phones.len()));
        Ok(Utterance { heard: heard.transpose()?.unwrap_or_default(), ..Utterance::from(clip) })
    }
}

impl From<Utterance> for Talker {
    /// One clip in memory.
    fn from(clip: Utterance) -> Self {
        Talker { speech_hops: clip.speech_hops(), clips: vec![Source::Held(Box::new(clip))], heard: None }
    }
}
