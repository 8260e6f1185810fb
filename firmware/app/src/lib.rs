//! Keyface's ears and face: microphone, files and pipes in; screens and curves out.
//!
//! [`app`] shows the whole live flow; [`animate`](animate::animate) is the same for files.
#![forbid(unsafe_code)]

pub mod animate;
pub mod app;
pub mod bench;
pub mod board;
pub mod body;
mod bounded;
pub mod bundle;
pub mod clock;
pub mod cpu;
#[cfg(target_os = "linux")]
pub mod doctor;
pub mod ears;
mod error;
pub mod face;
#[cfg(test)]
mod faults;
pub mod head;
pub mod hush;
pub mod model;
pub mod out;
pub mod pictures;
pub mod report;
mod roots;
pub mod screen;
pub mod script;
pub mod service;
pub mod servo;
pub mod stats;
pub mod store;
pub mod stream;
pub mod talk;
pub mod unit;
pub mod wait;

pub use error::AppError;
