//! Keyface's trainer: from a corpus to a shipped model.
//!
//! `corpus -> Clip -> Prepared -> Batch -> model -> losses -> checkpoint -> quantize -> ONNX + card -> check in tract`
#![deny(unsafe_op_in_unsafe_fn)]
#![recursion_limit = "256"]

pub mod ablation;
pub mod clip;
pub mod corpus;
pub mod data;
pub mod evaluate;
pub mod expert;
pub mod export;
pub mod gltf;
pub mod judge;
pub mod loss;
pub mod model;
pub mod papers;
pub mod personal;
pub mod plot;
pub mod prepare;
pub mod render;
pub mod ship;
pub mod space;
pub mod train;
pub mod trained_on;
pub mod truth;
pub mod variants;
