//! Python's pickles with numpy's arrays in, values out; nothing that a pickle names is run.
//!
//! A pickle is a program for a stack machine. Ours knows the names of numpy's own constructors and no other; whatever
//! else a pickle asks for is an error with its name. Python 2 and 3, protocols 0 to 5, text of Python 2 as latin-1.
//! Memory stays below four times the file and 64 MB.

mod build;
mod known;
mod machine;
mod node;
mod opcode;
mod value;

use std::fs;
use std::path::Path;

pub use value::Value;

use crate::corpus::{Error, Result};

/// Reads a file.
///
/// # Errors
/// When the file cannot be read, is cut off, asks for something other than numpy's arrays, or for too much memory.
pub fn read_pickle(path: &Path) -> Result<Value> {
    parse_pickle(&fs::read(path).map_err(Error::io(path))?, &path.display().to_string())
}

/// The same from bytes; `place` is named in errors.
///
/// # Errors
/// As for [`read_pickle`].
pub fn parse_pickle(bytes: &[u8], place: &str) -> Result<Value> {
    opcode::run(bytes).map_err(|fault| {
        let place = format!("{place}, byte {}", fault.at);
        Error::unexpected(place, "a pickle of numbers, texts, lists, dicts and numpy arrays", fault.came)
    })
}

#[cfg(test)]
mod tests;
