//! What a baseline hears: 50 features a second of wav2vec 2.0, or our own mel bands where there are no weights of it.

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::{HOP_SAMPLES, LogMel, MEL_BANDS, Stage};

use crate::model::OutsideEncoder;
use crate::model::wav2vec2::Wav2Vec2;

/// Hops of 10 ms in a feature.
const HOPS: usize = 2;

/// The encoder; it is not trained further (the authors train all of it but the convolutions).
pub enum Ear {
    /// From a safetensors file.
    Wav2Vec2(Box<Wav2Vec2>),
    /// 80 log-mel bands, the mean of two hops.
    Mel,
}

impl Ear {
    /// What a report says of it.
    pub fn name(&self) -> String {
        match self {
            Ear::Wav2Vec2(encoder) => encoder.name(),
            Ear::Mel => "log-mel bands (no wav2vec 2.0)".into(),
        }
    }

    /// Values of a feature.
    pub fn width(&self) -> usize {
        match self {
            Ear::Wav2Vec2(encoder) => encoder.width(),
            Ear::Mel => MEL_BANDS,
        }
    }

    /// # Shapes
    /// Samples at 16 kHz -> `[1, steps of 20 ms, width]`.
    pub fn hear(&self, samples: &[f32], device: &Device) -> Tensor<3> {
        let values = match self {
            Ear::Wav2Vec2(encoder) => encoder.features(samples),
            Ear::Mel => mel(samples),
        };
        let steps = values.len() / self.width();
        Tensor::from_data(TensorData::new(values, [1, steps, self.width()]), device)
    }
}

fn mel(samples: &[f32]) -> Vec<f32> {
    let mut front = LogMel::new();
    let frames: Vec<_> = samples.as_chunks::<HOP_SAMPLES>().0.iter().filter_map(|hop| front.push(hop)).collect();
    let mean =
        |hops: &[keyface_core::MelFrame], band: usize| hops.iter().map(|hop| hop.0[band]).sum::<f32>() / HOPS as f32;
    frames.chunks_exact(HOPS).flat_map(|hops| (0..MEL_BANDS).map(|band| mean(hops, band)).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_50_features() {
        let samples: Vec<f32> = (0..16_000).map(|n| (n as f32 * 0.3).sin() * 0.1).collect();
        let heard = Ear::Mel.hear(&samples, &Device::flex());
        assert_eq!(heard.dims(), [1, 50, MEL_BANDS]);
    }
}
