//! The parsers of the device: what they are fed with, and what must hold of an answer.

use std::fs;
use std::path::Path;

use crate::fuzz::{Node, Target, kept};

mod boards;
mod bundles;
mod cards;
#[cfg(unix)]
mod messages;
mod networks;
mod sounds;

/// Names of all.
pub const NAMES: [&str; 6] = ["sound", "onnx", "card", "board", "bundle", "messages"];

/// The target of this name, with what is kept of earlier runs among its seeds.
pub fn target(name: &str) -> Option<Target> {
    let mut target = match name {
        "sound" => sounds::target(),
        "onnx" => networks::target(),
        "card" => cards::target(),
        "board" => boards::target(),
        "bundle" => bundles::target(),
        #[cfg(unix)]
        "messages" => messages::target(),
        _ => return None,
    };
    target.seeds.extend(kept(name).iter().map(|bytes| (target.split)(bytes)));
    Some(target)
}

/// A file of the project.
fn project(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Bytes as a text, as the program reads it.
fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// A leaf for each number and text.
fn leaves(fields: &[&[u8]]) -> Vec<Node> {
    fields.iter().map(|field| Node::leaf(*field)).collect()
}
