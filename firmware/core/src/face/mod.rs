//! What a face shows: ARKit's 52 weights and the angles of head and eyes.

mod channel;
#[cfg(feature = "head")]
pub mod head;
mod pose;
mod retarget;

pub use channel::{CHANNELS, Channel};
pub use pose::{Angles, FacePose};
pub use retarget::{Gains, retarget};
