//! Any sound file, pipe or stream in; samples out, a block at a time. The file is believed over its headers. What is said
//! in it is read from TextGrids: [`said`]; what a camera saw of it, from the Live Link Face app's CSV: [`seen`].
//!
//! # The walk of a sound
//! 1. `source` gives bytes, of which the first can be looked at; `joint` knows where one joined file ends.
//! 2. `sniff` says which format they begin: names are not asked.
//! 3. A `piece` of that format (`riff`, `aiff`, `au`, `mpeg`, `packed`) decodes one block after another.
//! 4. [`Reader`] goes from piece to piece, whatever their rates.
//! 5. [`Hearing`] makes one channel of those that are heard ([`Mixer`]), at 16 kHz.
//!
//! # Words
//! *Sound*: a file, or what a pipe brings: one piece or several. *Piece*: a stretch of one format, behind which another may
//! lie. *Block*: samples of all channels that were decoded at once. *Packed*: in a container, as Ogg, MP4 and Matroska are.
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
pub mod seen;
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
