//! One's own face: minutes of captures adapt a shipped model.
//!
//! `capture + sound -> Session (what the camera saw, what the networks said) -> gains, last layer -> Packed -> score`
//!
//! Nothing here is trained step by step: the last layer of CompletionNet is linear, so that the weights with the least
//! squared error on the captures are solved for, on the weights that shipped.

mod adapt;
mod moments;
mod pack;
mod score;
mod session;

#[cfg(test)]
mod tests;

pub(crate) use moments::cholesky;

pub use adapt::{Adapted, Way, adapt, gains};
pub use pack::pack;
pub use score::{Score, score};
pub use session::Session;
