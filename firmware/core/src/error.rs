//! What can go wrong in core, and what the caller can do about it.

use alloc::string::String;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// A card, or another file beside it, is not TOML of its schema: correct the line that the reason names.
    #[error("{place}: {reason}")]
    Schema {
        /// File, as the caller named it.
        place: String,
        /// What the parser says: line, key, and what it wanted there.
        reason: String,
    },
    /// A value is not what it must be: correct it, or use the previous model.
    #[error("{place}: expected {expected}, came {came}")]
    Unexpected {
        /// File and key.
        place: String,
        /// What must stand there.
        expected: String,
        /// What stands there.
        came: String,
    },
    /// A network cannot be loaded: use the previous model.
    #[error("{net}: the network cannot be loaded: {reason}")]
    Refused {
        /// Which network.
        net: String,
        /// What the loader says.
        reason: String,
    },
    /// A value went in or came out that is not a finite number. When it came out, the network has been reset:
    /// let the face go to rest and go on.
    #[error("{net}: expected finite numbers in `{port}`, came {came}")]
    NotFinite {
        /// Which network.
        net: String,
        /// Which input or output.
        port: String,
        /// The first such value.
        came: f32,
    },
    /// A step failed. The network has been reset: let the face go to rest and go on.
    #[error("{net}: the step failed: {reason}")]
    Step {
        /// Which network.
        net: String,
        /// What inference says.
        reason: String,
    },
}

impl CoreError {
    /// Something other than `expected` stands at `place`.
    pub fn unexpected(place: impl Into<String>, expected: impl Into<String>, came: impl Into<String>) -> CoreError {
        CoreError::Unexpected { place: place.into(), expected: expected.into(), came: came.into() }
    }

    /// The TOML `text` of the file `place` is not of its schema at the byte `at`: in one line, where the parser draws a
    /// picture of five.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub fn schema(place: &str, text: &str, at: Option<usize>, message: &str) -> CoreError {
        let line = at.map(|at| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count());
        let message = message.replace('\n', ", ");
        let reason = line.map_or_else(|| message.clone(), |line| format!("line {line}: {message}"));
        CoreError::Schema { place: place.into(), reason }
    }
}
