//! For tests that need an engine: what is not installed is told, not hidden.

use std::fmt::Display;
use std::io::Write;

/// Says why a test does nothing. Written past the test harness, which would swallow it.
pub fn skip(reason: impl Display) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}
