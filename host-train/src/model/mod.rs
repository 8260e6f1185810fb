//! The networks in Burn: the two that a device runs, whose twins in tract run from the files that `export` writes; the
//! offline [`kmtalk`] and the listener; and the encoders that they may listen through.

mod attention;
mod band_conv;
mod completion;
mod conv;
mod key_motion;
pub mod kmtalk;
mod listener;
mod outside;
pub mod wav2vec2;
pub mod weights;
pub mod whisper;

pub use band_conv::{BAND_REACH, BAND_STEPS, BandConv};
pub use completion::{CompletionNet, CompletionNetConfig, CompletionNets, Encoder};
pub use conv::TimeConv;
pub use key_motion::{Answer, KeyMotionNet, KeyMotionNetConfig, Teacher, TrunkLayer};
pub use listener::Listener;
pub use outside::OutsideEncoder;
