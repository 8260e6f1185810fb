//! What can go wrong between a face and what shows it.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

/// Why a face cannot be shown or stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// Ask for another size.
    #[error("a face needs a size from {min}x{min} to {max}x{max} pixels, not {width}x{height}")]
    Size {
        /// Asked width in pixels.
        width: u32,
        /// Asked height in pixels.
        height: u32,
        /// Smallest side.
        min: u32,
        /// Largest side.
        max: u32,
    },
    /// Give every frame of one animation or window the size that it was opened with.
    #[error("expected a frame of {expected_width}x{expected_height} pixels, got {width}x{height}")]
    FrameSize {
        /// Width that was promised, in pixels.
        expected_width: u32,
        /// Height that was promised, in pixels.
        expected_height: u32,
        /// Width that came, in pixels.
        width: u32,
        /// Height that came, in pixels.
        height: u32,
    },
    /// Ask for 1 to 50 frames per second.
    #[error("a GIF plays 1 to 50 frames per second, not {0}")]
    FrameRate(u32),
    /// Choose a folder that exists and can be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Show the face elsewhere: a PNG, a GIF, another machine.
    #[error("cannot open a window: {0}")]
    NoDisplay(String),
    /// Open the window again, or go on without it.
    #[error("cannot show a frame in the window: {0}")]
    Window(String),
    /// The screen is not there now, or another program has it: try again later.
    #[error("{place}: expected {expected}, came {came}")]
    Screen {
        /// Which device.
        place: String,
        /// What would have served.
        expected: String,
        /// What was there, or what the system said.
        came: String,
    },
    /// The screen can never be what the board says: correct the board.
    #[error("{key}: expected {expected}, came {came}")]
    Setting {
        /// Which key of the board.
        key: &'static str,
        /// What would have served.
        expected: String,
        /// What the board says.
        came: String,
    },
}

impl FaceError {
    /// The screen at `place` is not what it must be now.
    pub(super) fn screen(place: impl Display, expected: impl Display, came: impl Display) -> FaceError {
        FaceError::Screen { place: place.to_string(), expected: expected.to_string(), came: came.to_string() }
    }

    /// A key of the board that no screen can follow.
    pub(super) fn setting(key: &'static str, expected: impl Display, came: impl Display) -> FaceError {
        FaceError::Setting { key, expected: expected.to_string(), came: came.to_string() }
    }

    /// Whether the same attempt may succeed later.
    pub fn may_pass(&self) -> bool {
        matches!(self, FaceError::Screen { .. } | FaceError::Window(_))
    }
}
