//! The program as a person uses it: what it refuses and in which words, what it takes, and what it writes.
//!
//! Each test gets a fresh folder and runs the real program in it.

mod boards;
mod bundles;
mod forged;
mod formats;
mod inputs;
#[cfg(target_os = "linux")]
mod kills;
mod machine;
#[cfg(feature = "manual")]
mod manual;
mod models;
mod motion;
mod outputs;
#[cfg(target_os = "linux")]
mod screens;
#[cfg(feature = "serve")]
mod serve;
mod service;
mod servos;
mod sounds;
mod store;
mod streams;
#[cfg(target_os = "linux")]
mod targets;
mod trust;
mod util;
#[cfg(unix)]
mod voice;
mod wav;
#[cfg(unix)]
mod words;
