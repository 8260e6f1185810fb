//! The parsers of the trainer, each with valid files to damage.

use crate::fuzz::Target;

mod npy;
mod pickle;
mod textgrid;

/// What can be named.
pub const NAMES: [&str; 3] = ["textgrid", "pickle", "npy"];

/// The parser of a name.
pub fn target(name: &str) -> Option<Target> {
    match name {
        "textgrid" => Some(textgrid::target()),
        "pickle" => Some(pickle::target()),
        "npy" => Some(npy::target()),
        _ => None,
    }
}
