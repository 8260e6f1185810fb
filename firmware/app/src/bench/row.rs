//! A measured value beside what a board allows for it.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

/// How a measured value stands to its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Within it.
    Within,
    /// Beyond it.
    Over,
    /// Nothing to compare: no budget, or the system does not tell.
    #[serde(rename = "untold")]
    Unknown,
}

/// One thing that a board may have a budget for.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its key in the board's `[budget]`.
    pub key: &'static str,
    /// For people.
    pub what: String,
    /// Of both values.
    pub unit: &'static str,
    /// What was measured; `None` where the system does not tell, or there is nothing to measure.
    pub measured: Option<f64>,
    /// What the board allows; `None` where it says nothing.
    pub budget: Option<f64>,
    /// How they stand to each other.
    pub verdict: Verdict,
}

impl Verdict {
    /// Of what was measured and what is allowed.
    pub(super) fn of(measured: Option<f64>, budget: Option<f64>) -> Verdict {
        match measured.zip(budget) {
            None => Verdict::Unknown,
            Some((measured, budget)) if measured <= budget => Verdict::Within,
            // What is not a number is within no budget.
            Some(_) => Verdict::Over,
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Within => "ok",
            Verdict::Over => "OVER",
            Verdict::Unknown => "-",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_stands_within_over_or_beside_its_budget() {
        assert_eq!(Verdict::of(Some(2.0), Some(2.0)), Verdict::Within);
        assert_eq!(Verdict::of(Some(2.1), Some(2.0)), Verdict::Over);
        assert_eq!(Verdict::of(Some(f64::NAN), Some(2.0)), Verdict::Over);
        assert_eq!(Verdict::of(None, Some(2.0)), Verdict::Unknown);
        assert_eq!(Verdict::of(Some(2.0), None), Verdict::Unknown);
    }
}
