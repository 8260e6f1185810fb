//! Plain weights in, Burn's networks out, to be trained on: the way back from [`super::fold`]. Normalisation stays folded.

use burn::module::Param;
use burn::nn::{DropoutConfig, Linear};
use burn::tensor::{Device, Tensor, TensorData};

use super::weights::{CompletionWeights, Dense, ENCODER_TAPS, FUSION_TAPS, KeyMotionWeights, LAYER_TAPS, Layer};
use crate::model::{BandConv, CompletionNet, Encoder, KeyMotionNet, TimeConv, TrunkLayer};

/// The network of these weights, with heads for one look-ahead, without dropout and without a teacher.
pub fn key_motion_net(weights: &KeyMotionWeights, device: &Device) -> KeyMotionNet {
    let layer = |layer: &Layer| TrunkLayer {
        conv: conv(&layer.conv, LAYER_TAPS, layer.dilation, device),
        late: if layer.is_centred { layer.dilation } else { 0 },
        answer: layer.answer,
        gain: param([layer.gain.len()], &layer.gain, device),
        dropout: DropoutConfig::new(0.0).init(),
    };
    KeyMotionNet {
        front: weights.front.iter().map(|dense| BandConv { taps: linear(dense, device) }).collect(),
        lift: linear(&weights.lift, device),
        layers: weights.layers.iter().map(layer).collect(),
        heads: vec![linear(&weights.heads, device)],
        teacher: None,
    }
}

/// The network of these weights.
pub fn completion_net(weights: &CompletionWeights, device: &Device) -> CompletionNet {
    let encoder = |embed: &Dense, over_time: &Dense| Encoder {
        embed: linear(embed, device),
        conv: conv(over_time, ENCODER_TAPS, 1, device),
    };
    CompletionNet {
        flow: encoder(&weights.flow_in, &weights.flow_conv),
        audio: encoder(&weights.audio_in, &weights.audio_conv),
        weight: linear(&weights.gate, device),
        decoder: conv(&weights.fusion_conv, FUSION_TAPS, 1, device),
        motion: linear(&weights.motion, device),
    }
}

fn conv(dense: &Dense, kernel: usize, dilation: usize, device: &Device) -> TimeConv {
    TimeConv { taps: linear(dense, device), norm: None, kernel, dilation, ahead: 0 }
}

fn linear(dense: &Dense, device: &Device) -> Linear {
    Linear {
        weight: param([dense.inputs(), dense.outputs()], &dense.weights, device),
        bias: Some(param([dense.outputs()], &dense.bias, device)),
    }
}

fn param<const D: usize>(shape: [usize; D], values: &[f32], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values.to_vec(), shape), device))
}

#[cfg(test)]
mod tests {
    use super::super::fold::{completion_weights, key_motion_weights};
    use super::super::samples;
    use super::*;
    use crate::model::Answer;

    #[test]
    fn what_is_unfolded_and_folded_again_is_the_same() {
        let mut key_motion = samples::key_motion(&[4, 6], 8, &[1, 2, 1], 5, 1);
        key_motion.layers[2].is_centred = true;
        samples::answer(&mut key_motion.layers[1], Answer::Gated);
        let device = Device::flex();
        assert_eq!(key_motion_weights(&key_motion_net(&key_motion, &device), 0), key_motion);
        let completion = samples::completion(7, 8, 6, 14, 2);
        assert_eq!(completion_weights(&completion_net(&completion, &device)), completion);
    }
}
