//! The two networks in Burn. Their twins in tract run from the files that `export` writes.

mod completion;
mod conv;
mod key_motion;

pub use completion::{CompletionNet, CompletionNetConfig, CompletionNets};
pub use conv::TimeConv;
pub use key_motion::{KeyMotionNet, KeyMotionNetConfig, Teacher};
