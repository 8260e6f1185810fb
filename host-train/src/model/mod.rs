//! The two networks in Burn, and the encoder that the offline teacher may listen through. The twins of the two in tract
//! run from the files that `export` writes.

mod completion;
mod conv;
mod key_motion;
pub mod wav2vec2;

pub use completion::{CompletionNet, CompletionNetConfig, CompletionNets};
pub use conv::TimeConv;
pub use key_motion::{KeyMotionNet, KeyMotionNetConfig, Teacher};
