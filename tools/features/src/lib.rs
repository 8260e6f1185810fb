//! No code: what stands in this crate's `Cargo.toml` gives device and trainer the same features of what both use.
