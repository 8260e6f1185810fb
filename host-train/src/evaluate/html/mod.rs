//! Reports in, one HTML page out that needs nothing else: no script, no other file, light and dark.

mod chart;
mod clip;
mod curve;
mod page;
mod table;

pub use page::page;
