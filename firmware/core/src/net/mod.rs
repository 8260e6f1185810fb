//! Networks: what a line asks of one, and the implementation that ships, through tract.

#[cfg(feature = "std")]
mod card;
mod contract;
#[cfg(feature = "tract")]
mod model;
#[cfg(feature = "std")]
mod ports;
#[cfg(feature = "tract")]
mod tract;

#[cfg(feature = "std")]
pub use card::{ClosureChoice, Closures, DataUse, FileEntry, Files, Interface, ModelCard, Precision, Tolerance};
pub use contract::Net;
pub(crate) use contract::check_finite;
#[cfg(feature = "tract")]
pub use model::Model;
#[cfg(feature = "std")]
pub use ports::{NetSpec, Port};
#[cfg(feature = "tract")]
pub use tract::{Arithmetic, NetCost, Product, StepNet};
