//! What can be wrong with labels, and what the caller can do about it.

use std::path::{Path, PathBuf};

/// Every error of reading labels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read: look at the disk and the permissions.
    #[error("{path}: {reason}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Something else than expected stands in a file: correct it.
    #[error("{place}: expected {expected}, came {came}")]
    Unexpected {
        /// File and place in it.
        place: String,
        /// What must stand there.
        expected: String,
        /// What stands there.
        came: String,
    },
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
