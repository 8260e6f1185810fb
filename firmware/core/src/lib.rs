//! Keyface's core: speech samples in, face poses out. It opens no device and no file, and has no clock.
//!
//! # The walk of a sound
//! 1. Samples of any rate become 16 kHz ([`Resampler`]) and hops of 10 ms ([`HOP_SAMPLES`]).
//! 2. A hop becomes log-mel bands and a level ([`LogMel`]); two hops are a step.
//! 3. A first network says what is spoken, which pose the mouth must reach, and when ([`Heads`]).
//! 4. A second network, told of these key motions ([`flow`]), says how the face moves there; lips that must touch do
//!    ([`contact`]), and a spline leads through ([`completion`]).
//! 5. The [`Motion`] of 14 channels is spread over the 52 of ARKit ([`retarget()`]): a [`FacePose`].
//!
//! [`Line`] is all of it. It describes what was heard a fixed look-ahead ago, and is a pure function of the samples.
//!
//! # From a WAV to poses
//! ```
//! use keyface_core::{Channel, Gains, Line, Model, retarget};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live");
//! let file = |name| std::fs::read(format!("{folder}/{name}"));
//! let card = String::from_utf8(file("card.toml")?)?;
//! let model = Model::from_parts(&card, &file("key_motion.onnx")?, &file("completion.onnx")?)?;
//!
//! // 16 kHz, mono, 16 bits behind a plain header of 44 bytes; keyface-sound reads everything else.
//! let wav = file("demo.wav")?;
//! let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0;
//! let samples: Vec<f32> = wav[44..].as_chunks().0.iter().map(sample).collect();
//!
//! let mut line = Line::new(model);
//! let mut widest = (0.0, 0.0);
//! for step in line.push(&samples) {
//!     let step = step?;
//!     let pose = retarget(&step.motion, Gains::default());
//!     let jaw = pose[Channel::JawOpen];
//!     if jaw > widest.1 {
//!         widest = (step.at.as_s(), jaw);
//!     }
//! }
//! println!("the mouth is open widest after {:.2} s: jawOpen {:.2}", widest.0, widest.1);
//! # assert!(widest.0 > 0.0 && (0.2..=1.0).contains(&widest.1), "{widest:?}");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! `std`: cards, boards, resampling, decisions. `infer`: networks through tract, [`Line`]. `head`: a head made by code.
//! Without any: the stages that need no heap, for a microcontroller.
//!
//! # Words
//! *Hop*: 10 ms of samples. *Step*: two hops, what the networks take at once. *Motion*: what a mouth does, 14 numbers.
//! *Pose*: what a face shows, 52 weights and 9 angles. *Key motion*: a pose that the mouth must reach, and when.
//! *Look-ahead*: sound behind a moment that must be heard before that moment is described. *Card*: what a model says
//! about itself. *Viseme*: one of Oculus' 15 mouth shapes.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "std")]
mod board;
#[cfg(feature = "std")]
mod card;
mod channel;
#[cfg(feature = "std")]
mod check;
pub mod completion;
#[cfg(feature = "std")]
pub mod contact;
#[cfg(feature = "std")]
mod error;
pub mod flow;
#[cfg(feature = "head")]
pub mod head;
pub mod heads;
#[cfg(feature = "infer")]
mod infer;
#[cfg(feature = "infer")]
mod line;
mod log_mel;
mod mel;
#[cfg(feature = "infer")]
mod model;
mod motion;
#[cfg(feature = "std")]
mod mouth;
mod phone;
mod pitch;
#[cfg(feature = "std")]
mod ports;
mod pose;
mod prosody;
#[cfg(feature = "std")]
mod resample;
mod retarget;
#[cfg(feature = "std")]
pub mod script;
mod spoken;
mod stage;
mod time;

#[cfg(feature = "std")]
pub use board::{
    Board, BoardGains, Budget, Bus, BusJoint, ColorOrder, Controller, Cpu, Display, DisplayKind, Glibc, InputChannels,
    Joint, Layer, Microphone, Panel, Pca9685, PixelFormat, Protocol, Servos, Target, Voice,
};
#[cfg(feature = "std")]
pub use card::{
    ClosureChoice, Closures, DataUse, Decode, FileEntry, Files, HeadRanges, MelCard, ModelCard, Precision, Tolerance,
    sha256_hex,
};
pub use channel::{CHANNELS, Channel};
#[cfg(feature = "std")]
pub use error::CoreError;
pub use heads::Heads;
#[cfg(feature = "infer")]
pub use infer::{Arithmetic, NetCost, StepNet, peak_macs_per_s};
#[cfg(feature = "infer")]
pub use line::{Line, Step, Steps};
pub use log_mel::{FEATURES, LevelFollower, LogMel, MelFrame};
pub use mel::{MEL_BANDS, MelPower, MelPowers};
#[cfg(feature = "infer")]
pub use model::Model;
pub use motion::{KeyKind, KeyMotion, MOTION_CHANNELS, Motion, MotionChannel};
#[cfg(feature = "std")]
pub use mouth::{MouthDecoder, MouthState};
pub use phone::{MOUTHS, Mouth, PHONES, Phone, Viseme};
pub use pitch::PitchTracker;
#[cfg(feature = "std")]
pub use ports::{NetSpec, Port};
pub use pose::{Angles, FacePose};
pub use prosody::{Prosody, ProsodyFollower};
#[cfg(feature = "std")]
pub use resample::{RATES_HZ, Resampler};
pub use retarget::{Gains, retarget};
pub use spoken::{Delivery, Spoken};
pub use stage::Stage;
pub use time::{AudioTime, HOP_SAMPLES, Hops, Moment, SAMPLE_RATE_HZ, STEP_HOPS, Samples, Span};
