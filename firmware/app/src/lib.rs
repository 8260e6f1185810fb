//! Keyface's ears and face: microphone, files and pipes in; screens and curves out.
#![forbid(unsafe_code)]

pub mod face;
