//! The parsers of the trainer, each with valid files to damage.

use crate::fuzz::Target;

mod gltf;
mod npy;
mod pickle;
mod textgrid;

/// What can be named.
pub const NAMES: [&str; 4] = ["textgrid", "pickle", "npy", "gltf"];

/// The parser of a name.
pub fn target(name: &str) -> Option<Target> {
    match name {
        "textgrid" => Some(textgrid::target()),
        "pickle" => Some(pickle::target()),
        "gltf" => Some(gltf::target()),
        "npy" => Some(npy::target()),
        _ => None,
    }
}
