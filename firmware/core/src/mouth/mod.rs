//! What the mouth shows: phones, the class and the viseme that a viewer sees, and lips that must touch.

pub mod contact;
mod decode;
mod decoder;
mod phone;

pub use decode::Decode;
pub use decoder::{MouthDecoder, MouthState};
pub use phone::{MOUTHS, Mouth, PHONES, Phone, Viseme};
