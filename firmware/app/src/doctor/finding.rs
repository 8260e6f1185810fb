//! What was found, and what to do about it.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As the board says.
    Ok,
    /// A face runs, though worse than it could.
    Warning,
    /// No face runs, or not the one that the board says.
    Failed,
}

/// One part of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which part.
    pub part: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found there.
    pub found: String,
    /// What to do about it; `None` where all is well.
    pub advice: Option<String>,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(part: &'static str, found: impl Into<String>) -> Finding {
        Finding { part, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    /// It could be better.
    pub(super) fn warning(part: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { part, verdict: Verdict::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    /// It does not serve.
    pub(super) fn failed(part: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Failed, ..Finding::warning(part, found, advice) }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
        })
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9}{:<12}{}", self.verdict, self.part, self.found)?;
        self.advice.iter().try_for_each(|advice| write!(f, "\n{:21}-> {advice}", ""))
    }
}
