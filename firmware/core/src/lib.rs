//! Keyface's core: speech samples in, face poses out. No device, no file, no clock, no thread.
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
pub use line::{Line, Step};
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
pub use time::{HOP_SAMPLES, Hops, Micros, SAMPLE_RATE_HZ, STEP_HOPS, Samples};
