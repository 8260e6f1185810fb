//! Conformance across crates. The tests live in `tests/`.
