//! The networks in Burn: the two that a device runs, whose twins in tract run from the files that `export` writes; the
//! offline [`kmtalk`]; and the encoder that it may listen through.

mod band_conv;
mod completion;
mod conv;
mod key_motion;
pub mod kmtalk;
pub mod wav2vec2;

pub use band_conv::{BAND_REACH, BAND_STEPS, BandConv};
pub use completion::{CompletionNet, CompletionNetConfig, CompletionNets};
pub use conv::TimeConv;
pub use key_motion::{KeyMotionNet, KeyMotionNetConfig, Teacher, TrunkLayer};
