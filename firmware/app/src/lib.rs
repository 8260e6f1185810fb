//! Keyface's ears and face: microphone, files and pipes in; screens, servos, programs and curves out.
//!
//! # The walk of a face
//! 1. An ear hears 16 kHz mono, whatever its source has ([`ears`]); all that has come in goes through the line at once.
//! 2. [`keyface_core::Line`] says of each 20 ms what the mouth does; [`clock`] says which moment is due on the screen.
//! 3. The look makes a whole face of it: gains, mood, blinks ([`face`]); a file gets the same ([`out`]).
//! 4. The body shows it: [`screen`], [`servo`]s and programs ([`stream::out`]) take it, each in its own time ([`body`]).
//! 5. [`app`] is the loop over 1 to 4. A face that is given its voice has another, [`talk`], one that
//!    is given its motion a third, [`perform`]; a file [`animate::animate`].
//!
//! # Around it
//! What a machine is: [`board`], [`cpu`], [`mod@unit`], [`service`]. Whether it will do: [`doctor`], [`mod@bench`]. Models:
//! [`model`] finds one, [`bundle`] is one as a signed file, [`store`] has those that are installed.
//!
//! # Words
//! *Ear*: where sound comes from. *Look*: how one face moves, beside what is spoken. *Body*: all that shows it. *Surface*:
//! what takes pictures. *Joint*: one servo, as a board states it; moved, a `MovingJoint`. *Board*: a machine, as a file states
//! it. *Turn*: what somebody says without being interrupted; of a live job, once through its loop. *Frame*: a face at one
//! moment, as files and programs get it. *Picture*: the same in pixels. *Hall*: a face with seats before it, of which one
//! speaks and the others watch. *Bundle*: a model as one signed file; its *seal* is the signature over all of it.
#![forbid(unsafe_code)]

pub mod animate;
pub mod app;
pub mod bench;
pub mod board;
pub mod body;
mod bounded;
pub mod bundle;
mod chance;
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
pub mod perform;
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
