//! Burn's networks in, plain weights out: batch normalisation becomes part of the layer before it.

use burn::nn::{BatchNorm, Linear};
use burn::tensor::Tensor;

use super::weights::{CompletionWeights, Dense, KeyMotionWeights, Layer};
use crate::model::{CompletionNet, KeyMotionNet, TimeConv, TrunkLayer};

/// The weights of a trained KeyMotionNet with the heads of look-ahead number `which`.
pub fn key_motion_weights(net: &KeyMotionNet, which: usize) -> KeyMotionWeights {
    let layer = |l: &TrunkLayer| Layer {
        conv: conv(&l.conv),
        dilation: l.conv.dilation,
        gain: values(l.gain.val()),
        is_centred: l.late > 0,
        answer: l.answer,
    };
    KeyMotionWeights {
        front: net.front.iter().map(|conv| linear(&conv.taps)).collect(),
        lift: linear(&net.lift),
        layers: net.layers.iter().map(layer).collect(),
        heads: linear(&net.heads[which]),
    }
}

/// The weights of a trained CompletionNet.
pub fn completion_weights(net: &CompletionNet) -> CompletionWeights {
    CompletionWeights {
        flow_in: linear(&net.flow.embed),
        flow_conv: conv(&net.flow.conv),
        audio_in: linear(&net.audio.embed),
        audio_conv: conv(&net.audio.conv),
        gate: linear(&net.weight),
        fusion_conv: conv(&net.decoder),
        motion: linear(&net.motion),
    }
}

fn conv(layer: &TimeConv) -> Dense {
    let plain = linear(&layer.taps);
    layer.norm.as_ref().map_or(plain.clone(), |norm| folded(plain, norm))
}

/// `gamma (W x - mean) / sqrt(var + eps) + beta` (Ioffe and Szegedy 2015) as one linear layer.
fn folded(mut layer: Dense, norm: &BatchNorm) -> Dense {
    let (gamma, beta) = (values(norm.gamma.val()), values(norm.beta.val()));
    let (mean, var) = (values(norm.running_mean.value()), values(norm.running_var.value()));
    let scale: Vec<f32> = gamma.iter().zip(&var).map(|(g, v)| g / (v + norm.epsilon as f32).sqrt()).collect();
    for row in layer.weights.chunks_exact_mut(scale.len()) {
        row.iter_mut().zip(&scale).for_each(|(w, s)| *w *= s);
    }
    for (o, bias) in layer.bias.iter_mut().enumerate() {
        *bias = beta[o] + (*bias - mean[o]) * scale[o];
    }
    layer
}

fn linear(layer: &Linear) -> Dense {
    let [_, outputs] = layer.weight.dims();
    let bias = layer.bias.as_ref().map_or_else(|| vec![0.0; outputs], |b| values(b.val()));
    Dense { weights: values(layer.weight.val()), bias }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::reference;
    use crate::model::{Answer, CompletionNetConfig, KeyMotionNetConfig};
    use burn::module::Module;
    use burn::tensor::{Device, Distribution};
    use keyface_core::flow::FLOW;
    use keyface_core::{FEATURES, STEP_HOPS};

    const STEPS: usize = 30;

    fn rows(tensor: Tensor<3>) -> Vec<Vec<f32>> {
        let [_, _, width] = tensor.dims();
        values(tensor).chunks_exact(width).map(<[f32]>::to_vec).collect()
    }

    fn largest_difference(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
        let pairs = a.iter().flatten().zip(b.iter().flatten());
        pairs.fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
    }

    fn random(width: usize, device: &Device) -> Tensor<3> {
        Tensor::random([1, STEPS, width], Distribution::Normal(0.0, 1.0), device)
    }

    #[test]
    fn folded_weights_say_what_burn_says() {
        let device = Device::flex().autodiff();
        device.seed(3);
        let config = KeyMotionNetConfig {
            bands: vec![4, 6],
            width: 16,
            dilations: vec![1, 2, 4],
            centred_dilations: vec![1, 2],
            answers: vec![Answer::Gated, Answer::Recurrent, Answer::Relu, Answer::Recurrent],
            dropout: 0.1,
            teacher_dilations: vec![1],
        };
        let net = config.init(3, &device).valid();
        let x = random(STEP_HOPS * FEATURES, &Device::flex());
        let trunk = net.trunk(x.clone());
        let heads = net.heads(1, trunk.clone());
        let plain = reference::key_motion_forward(&key_motion_weights(&net, 1), &rows(x));
        assert!(largest_difference(&plain.heads, &rows(heads)) < 1e-4);
        assert!(largest_difference(&plain.trunk, &rows(trunk)) < 1e-4);
    }

    #[test]
    fn a_folded_completion_says_what_burn_says() {
        let device = Device::flex().autodiff();
        device.seed(4);
        let net = CompletionNetConfig { width: 12 }.init(16, &device);
        (0..5).for_each(|_| _ = net.forward(random(FLOW, &device), random(16, &device)));
        let net = net.valid();
        let (flow, audio) = (random(FLOW, &Device::flex()), random(16, &Device::flex()));
        let (motion, g) = net.forward(flow.clone(), audio.clone());
        let plain = reference::completion_forward(&completion_weights(&net), &rows(flow), &rows(audio));
        assert!(largest_difference(&plain.motion, &rows(motion)) < 1e-4);
        assert!(largest_difference(&plain.g, &rows(g)) < 1e-4);
    }
}
