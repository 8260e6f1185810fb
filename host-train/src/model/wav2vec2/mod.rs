//! wav2vec 2.0 (Baevski et al. 2020), base and large: samples in, one feature vector per 20 ms out.
//!
//! `samples -> normalize -> FeatureEncoder (7 convolutions) -> projection -> Transformer -> features`
//!
//! Weights come from a local safetensors file with the names of HuggingFace's `Wav2Vec2Model`. Adapters are not read.

mod alignment;
mod config;
mod encoder;
mod feature_encoder;
mod position;
mod transformer;
mod weights;

pub use config::Wav2Vec2Config;
pub use encoder::Wav2Vec2;
pub use weights::Weights;
