//! What is heard: samples to log-mel features and their level, and how something is said.

mod log_mel;
mod mel;
mod pitch;
mod prosody;
#[cfg(feature = "std")]
mod resample;

pub use log_mel::{FEATURES, LevelFollower, LogMel, MelFrame};
pub use mel::{MEL_BANDS, MelPower, MelPowers};
#[cfg(all(test, feature = "std"))]
pub(crate) use mel::{MEL_EDGES_HZ, WINDOW_SAMPLES};
pub use pitch::PitchTracker;
pub use prosody::{Prosody, ProsodyFollower};
#[cfg(feature = "std")]
pub use resample::{RATES_HZ, Resampler};
