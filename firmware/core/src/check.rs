//! Checks as sentences: what must hold, whether it holds, and what was found.

use std::fmt::Display;

use crate::CoreError;

/// One thing that must hold.
pub(crate) struct Check {
    fact: &'static str,
    holds: bool,
    came: String,
}

impl Check {
    /// `fact` reads after "expected"; `key` and `value` say what stands in the file.
    pub(crate) fn new(fact: &'static str, holds: bool, key: &str, value: impl Display) -> Check {
        Check { fact, holds, came: format!("{key} = {value}") }
    }
}

/// The first check that fails, as an error of the file `place`.
pub(crate) fn verify(place: &str, checks: impl IntoIterator<Item = Check>) -> Result<(), CoreError> {
    match checks.into_iter().find(|check| !check.holds) {
        Some(check) => Err(CoreError::unexpected(place, check.fact, check.came)),
        None => Ok(()),
    }
}
