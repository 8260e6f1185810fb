//! What can go wrong with a corpus, and what the caller can do about it.

use std::path::{Path, PathBuf};

/// Every error of the corpus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read or written: look at the disk and the permissions.
    #[error("{path}: {reason}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Something else than expected stands in a file: correct it, or leave the clip out.
    #[error("{place}: expected {expected}, came {came}")]
    Unexpected {
        /// File and place in it.
        place: String,
        /// What must stand there.
        expected: String,
        /// What stands there.
        came: String,
    },
    /// A text-to-speech engine is not there: install it, or go on with the others.
    #[error("{engine} is not there ({reason}): apt-get install --no-install-recommends {packages}")]
    EngineMissing {
        /// Which engine.
        engine: &'static str,
        /// What was tried and what came.
        reason: String,
        /// The Debian packages that bring it.
        packages: &'static str,
    },
    /// A voice did not speak a text: leave the clip out.
    #[error("{voice} did not speak {text:?}: {reason}")]
    Mute {
        /// Which voice.
        voice: String,
        /// What it was given.
        text: String,
        /// What went wrong.
        reason: String,
    },
    /// Labels that cannot be read: correct them, or leave the clip out.
    #[error(transparent)]
    Labels(#[from] keyface_sound::said::Error),
    /// Sound that core cannot decode or resample: leave the clip out.
    #[error(transparent)]
    Core(#[from] keyface_core::CoreError),
}

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Something other than `expected` stands at `place`.
    pub fn unexpected(place: impl Into<String>, expected: impl Into<String>, came: impl Into<String>) -> Error {
        Error::Unexpected { place: place.into(), expected: expected.into(), came: came.into() }
    }

    /// For `map_err`: the system's error with the path that it is about.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |reason| Error::Io { path, reason }
    }
}
