//! Key motions: what the first network says, what the second one reads of it, and what a known text puts in its place.

#[cfg(feature = "alloc")]
mod align;
pub mod flow;
pub mod heads;
mod key;
#[cfg(feature = "alloc")]
pub mod script;

pub use heads::Heads;
pub use key::KeyMotion;
