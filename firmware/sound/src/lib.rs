//! Any sound file, pipe or stream in; samples out, a block at a time. The file is believed over its headers. What is said
//! in it is read from TextGrids: [`said`].
//!
//! `source` -> `sniff` -> a piece of one format (`riff`, `aiff`, `au`, `mpeg`, `packed`) -> [`Reader`] -> [`Hearing`].
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod aiff;
mod au;
mod blocks;
mod body;
mod caf;
mod chunk;
mod codec;
mod g722;
mod guard;
mod hearing;
mod joint;
mod mix;
mod mp4;
mod mpeg;
mod opus;
mod packed;
mod pcm;
mod piece;
mod plain;
mod raw;
mod reader;
mod riff;
pub mod said;
mod sniff;
mod source;
mod units;

pub use hearing::{Audio, Hearing, cancelled, decode_audio};
pub use mix::{Channels, Levels, Mixer};
pub use piece::Block;
pub use raw::RawFormat;
pub use reader::{Hints, Notes, Reader};
/// What a sound is read from: seekable or not.
pub use symphonia::core::io::{MediaSource, ReadOnlySource};

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
