//! Structured damage for parsers: valid files as trees, mutated and written anew, so that lengths and checksums fit
//! wherever they are not themselves the damage; and what came of it.
//!
//! Every answer of a parser that was not seen before makes its input a seed, so that the damage goes deeper.

use std::fs;
use std::path::Path;

mod chance;
pub mod command;
mod formats;
mod mutate;
mod run;
mod texts;
mod tree;

pub use chance::Chance;
pub use formats::{boxes, caf, ebml, flac, iff, ogg, protobuf, riff, stretches};
pub use mutate::mutate;
pub use run::{MOST_BYTES, PATIENCE, Report, Settings, run};
pub use texts::lines;
pub use tree::{Length, Node, to_bytes, varint};

/// A parser, and what it is fed with.
pub struct Target {
    /// How the recipe calls it.
    pub name: &'static str,
    /// Valid files, and what was kept of earlier runs.
    pub seeds: Vec<Vec<Node>>,
    /// How bytes become a tree.
    pub split: fn(&[u8]) -> Vec<Node>,
    /// Bytes of a mutated tree; a signature or a hash is put right here.
    pub seal: Box<Seal>,
    /// The parser. The answer is what it says, without what changes from input to input.
    pub feed: Box<Feed>,
}

/// A tree in, a file out.
pub type Seal = dyn Fn(&[Node], &mut Chance) -> Vec<u8>;

/// A file in, what the parser says of it out.
pub type Feed = dyn Fn(&[u8]) -> Answer;

/// Whether an input was taken, and in which words.
pub type Answer = Result<String, String>;

/// A tree as it is.
pub fn plain(tree: &[Node], _: &mut Chance) -> Vec<u8> {
    to_bytes(tree)
}

/// Inputs in `tests/fuzz/NAME`: what once failed, and what once had an answer of its own.
pub fn kept(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz")).join(name);
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|path| fs::read(path).ok()).collect()
}
