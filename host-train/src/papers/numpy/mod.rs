//! numpy's files in, numbers out: `.npy` whole or row by row, `.npz`.

mod array;
mod dtype;
mod header;
mod npy;
mod npz;

pub use array::Array;
pub use dtype::Dtype;
pub use npy::{NpyFile, read_npy, write_npy};
pub use npz::{parse_npz, read_npz};
