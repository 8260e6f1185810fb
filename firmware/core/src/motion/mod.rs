//! How the mouth moves: 14 channels, led through the steps of the line, and how it is said beside them.

mod channels;
pub mod completion;
mod spoken;

pub use channels::{MOTION_CHANNELS, Motion, MotionChannel};
pub use spoken::{Delivery, Spoken};
