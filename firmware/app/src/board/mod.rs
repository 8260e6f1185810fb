//! The hardware at hand as data: `boards/NAME.toml` in, a checked [`Board`] out.
//!
//! [`schema`](Board) says what a board is, the other files what its tables are, and `find` where boards lie.

mod buses;
mod display;
mod find;
mod joint;
mod layers;
mod machine;
mod said;
mod schema;
mod servos;
mod voice;

pub use buses::{Bus, BusJoint, Protocol};
pub use display::{ColorOrder, Controller, Display, DisplayKind, Panel, PixelFormat};
#[cfg(all(test, target_os = "linux"))]
pub(crate) use find::listed;
pub use find::{BOARDS_VARIABLE, check_look_ahead, known, load};
pub use joint::Joint;
pub use layers::Layer;
pub use machine::{Budget, Cpu, Glibc, Target};
#[cfg(target_os = "linux")]
pub(crate) use said::{SETTINGS, VARIABLE, said_by};
pub use said::{Said, said};
pub use schema::{Board, BoardGains, InputChannels, Microphone};
pub use servos::{Pca9685, Servos};
pub use voice::Voice;
