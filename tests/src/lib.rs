//! Conformance across crates: what the tests in `tests/` share.

pub mod alive;
pub mod contract;
pub mod counting;
pub mod fuzz;
pub mod models;
pub mod signal;
pub mod targets;
