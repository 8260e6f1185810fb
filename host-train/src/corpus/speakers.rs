//! All engines as one: a voice, a manner and a text in, speech out.

use super::error::Result;
use super::festival::{self, Festival};
use super::speech::{Prosody, Speech};
use super::voice::{Engine, Voice};
use super::{Error, espeak, flite};

/// The engines that were found.
#[derive(Default)]
pub struct Speakers {
    found: Vec<Engine>,
    festival: Festival,
}

impl Speakers {
    /// Looks for the engines; those that are missing come back as errors that say what to install.
    pub fn find(wanted: &[Engine]) -> (Speakers, Vec<Error>) {
        let (mut speakers, mut missing) = (Speakers::default(), Vec::new());
        for engine in wanted {
            match speakers.open(*engine) {
                Ok(()) => speakers.found.push(*engine),
                Err(error) => missing.push(error),
            }
        }
        (speakers, missing)
    }

    fn open(&mut self, engine: Engine) -> Result<()> {
        match engine {
            Engine::Espeak => espeak::find(),
            Engine::Flite => flite::find(),
            Engine::Festival => festival::find().map(|found| self.festival = found),
        }
    }

    /// Whether this voice's engine was found.
    pub fn has(&self, voice: &Voice) -> bool {
        self.found.contains(&voice.engine)
    }

    /// Speaks a text.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn speak(&self, voice: &Voice, prosody: &Prosody, text: &str) -> Result<Speech> {
        match voice.engine {
            Engine::Espeak => espeak::speak(&voice.name, prosody, text),
            Engine::Flite => flite::speak(&voice.name, prosody, text),
            Engine::Festival => self.festival.speak(&voice.name, prosody, text),
        }
    }
}
