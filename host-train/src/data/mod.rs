//! From prepared clips to training batches: rows of sound and labels, spoiled in every way a room can, then stacked.

mod augment;
mod batch;
mod heard;
mod motors;
mod noise;
mod talker;
mod utterance;

pub use augment::{AugmentConfig, Augmenter};
pub use batch::{Batch, HeardRows, Labels, Truth, label_step, labelled, stacked, whole};
pub use heard::Heard;
pub use noise::NoisePool;
pub use talker::{Source, Talker};
pub use utterance::Utterance;
