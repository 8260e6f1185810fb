//! One's own face: minutes of captures adapt a shipped model.
//!
//! `capture + sound -> Session (what the camera saw, what the networks said) -> gains, last layer -> Packed -> score`
//!
//! Nothing here is trained step by step: the last layer of CompletionNet is linear, so that the weights with the least
//! squared error on the captures are solved for, on the weights that shipped.

mod adapt;
mod adapted;
mod moments;
mod pack;
mod score;
mod session;
mod styles;
mod watched;

#[cfg(test)]
mod tests;

pub(crate) use moments::cholesky;

pub use adapt::{Way, adapt, gains};
pub use adapted::Adapted;
pub use pack::pack;
pub use score::{Beside, Score, score};
pub use session::{Session, held_out};
pub use styles::{FaceStyle, nearest};
pub use watched::Watched;
