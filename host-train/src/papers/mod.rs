//! The papers' ground: captured corpora of meshes, their readers, spaces and metrics.
//!
//! `npy, npz, pickle -> corpus -> Captured -> motion space -> metrics`

pub mod baseline;
pub mod corpus;
pub mod ear;
mod mesh;
pub mod numpy;
pub mod pickle;
pub mod space;
pub mod study;

pub use mesh::{Mesh, VERTEX_METRICS};

/// A value, or in words what came instead of it: whoever knows the file makes an error of it.
type Told<T> = std::result::Result<T, String>;
