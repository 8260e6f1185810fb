//! The encoder of Whisper (Radford et al. 2023), any size: samples in, one feature vector per 20 ms out.
//!
//! `samples -> log-mel -> two convolutions -> positions -> transformer layers -> features`
//!
//! Weights come from a local file: safetensors with the names of HuggingFace's `WhisperModel`, or `model.bin` as
//! CTranslate2 converts it. The decoder is not read.

mod ctranslate2;
mod encoder;
mod log_mel;

pub use encoder::Whisper;
