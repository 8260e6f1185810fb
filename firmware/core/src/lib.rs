//! Keyface's core: speech samples in, face poses out. It knows no device, no board and no file, and has no clock and no
//! thread.
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
//! The networks are a [`Model`]'s, ONNX files run by tract, or anybody's behind the trait [`Net`].
//!
//! # The rooms
//! | room | holds |
//! |---|---|
//! | `sound/` | samples to features: [`Resampler`], [`LogMel`]; how something is said: [`ProsodyFollower`] |
//! | `keys/` | [`KeyMotion`]s: what the first network says of them ([`heads`]), what the second reads ([`flow`]), what a known text says ([`script`]) |
//! | `mouth/` | [`Phone`]s, the class that a viewer sees ([`MouthDecoder`]), lips that must touch ([`contact`]) |
//! | `motion/` | 14 channels ([`Motion`]), led through the steps ([`completion`]), with the voice beside them ([`Delivery`]) |
//! | `face/` | ARKit's 52 channels ([`FacePose`]), [`retarget()`], a head made by code |
//! | `net/` | [`Net`], [`Model`] and its [`ModelCard`], tract |
//! | beside them | [`Line`], which puts them together; [`Hearings`], several for one sound; [`Stage`], time, errors |
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
//! `tract`: [`Model`]s. `std`: cards, resampling. `alloc`, without a system: [`Line`] over one's own networks, for a
//! microcontroller ([`Line::over`]). `head`: a head made by code. Without any: the stages, which need no heap.
//!
//! # Words
//! *Hop*: 10 ms of samples. *Step*: two hops, what the networks take at once. *Line*: all that makes motion of samples;
//! *stage*: a part of it. *Frame*: the features of a hop, or what a network takes or gives in a step. *Head*: what the first
//! network says in one respect. *Motion*: what a mouth does, 14 numbers. *Pose*: what a face shows, 52 weights and 9 angles.
//! *Key motion*: a pose that the mouth must reach, and when. *Decoder*: what decides on the mouth that a viewer sees.
//! *Look-ahead*: sound behind a moment that must be heard before that moment is described. *Card*: what a model says about
//! itself. *Viseme*: one of Oculus' 15 mouth shapes.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "std")]
#[doc(hidden)]
pub mod check;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod digest;
#[cfg(feature = "alloc")]
mod error;
mod face;
#[cfg(feature = "tract")]
mod hearings;
mod keys;
#[cfg(feature = "alloc")]
mod line;
mod motion;
mod mouth;
#[cfg(feature = "alloc")]
mod net;
mod sound;
mod stage;
mod time;

#[cfg(feature = "std")]
pub use digest::sha256_hex;
#[cfg(feature = "alloc")]
pub use error::CoreError;
#[cfg(feature = "head")]
pub use face::head;
pub use face::{Angles, CHANNELS, Channel, FacePose, Gains, retarget};
#[cfg(feature = "tract")]
pub use hearings::{Hearings, SPEEDS};
#[cfg(feature = "alloc")]
pub use keys::script;
pub use keys::{Heads, KeyMotion, flow, heads};
#[cfg(feature = "alloc")]
pub use line::{Line, LineSpec, Step, Steps};
pub use motion::{Delivery, MOTION_CHANNELS, Motion, MotionChannel, Spoken, completion};
pub use mouth::{DecoderConfig, MOUTHS, Mouth, MouthDecoder, MouthState, PHONES, Phone, Viseme, contact};
#[cfg(feature = "alloc")]
pub use net::Net;
#[cfg(feature = "tract")]
pub use net::{Arithmetic, Model, NetCost, Product, StepNet};
#[cfg(feature = "std")]
pub use net::{
    ClosureChoice, Closures, DataUse, FileEntry, Files, Interface, ModelCard, NetSpec, Port, Precision, Tolerance,
};
pub use sound::{
    FEATURES, LevelFollower, LogMel, MEL_BANDS, MelFrame, MelPower, MelPowers, PitchTracker, Prosody, ProsodyFollower,
};
#[cfg(feature = "std")]
pub use sound::{RATES_HZ, Resampler};
pub use stage::Stage;
pub use time::{AudioTime, HOP_SAMPLES, Hops, Moment, SAMPLE_RATE_HZ, STEP_HOPS, Samples, Span};
