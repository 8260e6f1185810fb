//! Poses in, moving servos out: what a joint wants, how fast it may move, and the chip that makes its pulses.
//!
//! One pose after another is left in a mailbox; a thread of its own takes the newest at the servos' own rate:
//! [`Follow`] says which pulse a joint wants, [`Limit`] how far it may go until the next one, [`Bank`] writes all
//! of a chip, [`serial`] does so on a serial bus, and [`Rack`] has the chips and buses of a board.

mod bank;
mod bus;
#[cfg(test)]
pub(crate) mod fake;
mod follow;
mod joint;
mod lead;
mod limit;
mod link;
mod pca9685;
mod rack;
mod serial;
#[cfg(test)]
pub(crate) mod speech;
mod thread;
mod tune;

pub use bank::Bank;
pub use bus::open_bus;
pub use follow::Follow;
pub use lead::{SERVO_LEAD, lead};
pub use limit::Limit;
pub use link::ServoCounters;
#[cfg(target_os = "linux")]
pub(crate) use pca9685::pulses;
pub use rack::Rack;
pub use thread::{ServoReport, ServoThread};
pub use tune::{Mark, Move, Tuner, USUAL_US, WIDEST_US};
