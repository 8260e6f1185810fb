//! What can go wrong around the line, and what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

use keyface_core::CoreError;

use crate::face::FaceError;

/// Every error of this library. Each prints as one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// The model, the sound or a value is not what it must be: the text says which and why.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A model is damaged or does not match its card: install it again, or use another.
    #[error("model {}: {}", folder.display(), one_line(reason))]
    Model {
        /// Where it lies.
        folder: PathBuf,
        /// What is wrong.
        reason: CoreError,
    },
    /// A file or a folder cannot be used: correct its path, its rights or the space on its disk.
    #[error("{}: cannot {action}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        reason: io::Error,
    },
    /// Something else was expected: correct the argument.
    #[error("{place}: expected {expected}, came {came}")]
    Unexpected {
        /// Argument, file or device.
        place: String,
        /// What would have served.
        expected: String,
        /// What was there.
        came: String,
    },
    /// The microphone cannot be opened: plug one in, choose another, or play from a file.
    #[error("microphone: expected a device that records, came none: {reason} (`keyface devices` lists what there is)")]
    Microphone {
        /// What the sound system says.
        reason: String,
    },
    /// The loudspeaker cannot be opened: watch the face without its voice.
    #[error("loudspeaker: {reason}")]
    Loudspeaker {
        /// What the sound system says.
        reason: String,
    },
    /// No window can be opened: write pictures instead (`--to file:face.gif`).
    #[error("screen: {reason}")]
    Screen {
        /// What the window system says.
        reason: String,
    },
    /// The servos cannot be moved: do what the text says, or go without (`--to screen`).
    #[error("servos: {reason}")]
    Servos {
        /// What was expected, and what came.
        reason: String,
    },
    /// A picture cannot be written: correct its path, or the space on its disk.
    #[error("{}: {reason}", path.display())]
    Picture {
        /// The picture.
        path: PathBuf,
        /// What the painter says.
        reason: FaceError,
    },
    /// The user has stopped it: start it again.
    #[error("stopped before the end; what was not finished was not written")]
    Stopped,
    /// Nothing to wait on: the machine is short of memory, or the program has too many open files.
    #[error("cannot wait for sound and messages: {reason}")]
    Bell {
        /// What the system says.
        reason: io::Error,
    },
    /// A thread cannot be started: the machine is short of memory or processes.
    #[error("{what}: cannot start its thread: {reason}")]
    Thread {
        /// Whose thread.
        what: &'static str,
        /// What the system says.
        reason: io::Error,
    },
}

/// Parsers draw pictures of many lines; a log has one line for each error.
fn one_line(error: &CoreError) -> String {
    error.to_string().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

impl AppError {
    /// Something other than `expected` stands at `place`.
    pub fn unexpected(place: impl Into<String>, expected: impl Into<String>, came: impl Into<String>) -> AppError {
        AppError::Unexpected { place: place.into(), expected: expected.into(), came: came.into() }
    }

    /// The painter refused a picture that was to become `path`.
    pub fn picture(path: &Path, reason: FaceError) -> AppError {
        AppError::Picture { path: path.to_path_buf(), reason }
    }

    /// Whether what was written into a pipe had nobody any more who reads it: `| head` has seen enough.
    pub fn is_unread(&self) -> bool {
        let (AppError::File { reason, .. } | AppError::Picture { reason: FaceError::Write { reason, .. }, .. }) = self
        else {
            return false;
        };
        reason.kind() == io::ErrorKind::BrokenPipe
    }

    /// For `map_err`: the system refused `action` on `path`.
    pub fn file(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> AppError {
        let path = path.to_path_buf();
        move |reason| AppError::File { path, action, reason }
    }
}
