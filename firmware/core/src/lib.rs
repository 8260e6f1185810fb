//! Keyface's core: speech samples in, face poses out. No device, no file, no clock, no thread.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod channel;
pub mod flow;
pub mod heads;
mod log_mel;
mod mel;
mod motion;
mod phone;
mod pose;
mod retarget;
mod stage;
mod time;

pub use channel::{CHANNELS, Channel};
pub use heads::Heads;
pub use log_mel::{FEATURES, LevelFollower, LogMel, MelFrame};
pub use mel::{MEL_BANDS, MelPower, MelPowers};
pub use motion::{KeyKind, KeyMotion, MOTION_CHANNELS, Motion, MotionChannel};
pub use phone::{MOUTHS, Mouth, PHONES, Phone, Viseme};
pub use pose::{Angles, FacePose};
pub use retarget::{Gains, retarget};
pub use stage::Stage;
pub use time::{HOP_SAMPLES, Hops, Micros, SAMPLE_RATE_HZ, STEP_HOPS, Samples};
