//! What the mouth shows: phones, the class and the viseme that a viewer sees, and lips that must touch.

mod config;
pub mod contact;
mod decoder;
mod phone;

pub use config::DecoderConfig;
pub use decoder::{MouthDecoder, MouthState};
pub use phone::{MOUTHS, Mouth, PHONES, Phone, Viseme};
