//! Trained weights in; ONNX step graphs that the device runs, their check and their card out.
//!
//! `fold -> weights -> nets (graph, conv, quantize) -> proto -> check in the device's own code -> pack (files, card)`

pub mod check;
mod conv;
mod error;
mod fold;
mod form;
mod graph;
mod nets;
mod pack;
pub mod proto;
mod quantize;
mod read_back;
pub mod reference;
pub mod samples;
mod unfold;
mod weights;

pub use error::ExportError;
pub use fold::{completion_weights, key_motion_weights};
pub use form::Form;
pub use graph::{GraphBuilder, Span, Value};
pub use nets::{completion_graph, key_motion_graph};
pub use pack::{CARD, Packed, Probe, Trained};
pub use quantize::QuantizedMatrix;
pub use read_back::{read_completion, read_key_motion};
pub use unfold::{completion_net, key_motion_net};
pub use weights::{CompletionWeights, Dense, ENCODER_TAPS, FUSION_TAPS, KeyMotionWeights, LAYER_TAPS, Layer};
