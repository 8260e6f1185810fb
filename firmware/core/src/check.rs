//! Checks as sentences: what must hold, whether it holds, and what was found. For cards here, and boards in the app.

use core::fmt::Display;

use crate::CoreError;

/// One thing that must hold.
pub struct Check {
    fact: &'static str,
    holds: bool,
    came: String,
}

impl Check {
    /// `fact` reads after "expected"; `key` and `value` say what stands in the file.
    pub fn new(fact: &'static str, holds: bool, key: &str, value: impl Display) -> Check {
        Check { fact, holds, came: format!("{key} = {value}") }
    }
}

/// The first check that fails, as an error of the file `place`.
pub fn verify(place: &str, checks: impl IntoIterator<Item = Check>) -> Result<(), CoreError> {
    match checks.into_iter().find(|check| !check.holds) {
        Some(check) => Err(CoreError::unexpected(place, check.fact, check.came)),
        None => Ok(()),
    }
}

/// Names become parts of paths: nothing but letters, digits, dashes and underscores.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
