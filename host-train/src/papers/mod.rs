//! The papers' ground: captured corpora of meshes, their readers, motion spaces and metrics.
//!
//! `npy, npz, pickle -> corpus -> Captured -> motion space -> metrics`

pub mod baseline;
pub mod corpus;
pub mod ear;
pub mod metric;
pub mod numpy;
pub mod pickle;
pub mod space;
pub mod study;

/// A value, or in words what came instead of it: whoever knows the file makes an error of it.
type Told<T> = std::result::Result<T, String>;
