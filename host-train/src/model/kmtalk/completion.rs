//! Cross-modal completion (CMC): key motions and what is heard in, all motion out.
//!
//! A motion flow encoder, the dynamic fusion weight G, and a decoder that the audio guides.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::bidirectional::{Block, Stack, TAPS};
use super::flow::{flow_channels, motion_flow, triangular};
use super::{Fusion, KeyFrames, KmTalkConfig};

/// Motion flow encoder, fusion weight, guided decoder.
#[derive(Module, Debug)]
pub struct CrossModalCompletion {
    /// From the motion flow to the width.
    pub flow: Stack,
    /// The fusion weight from both streams, where it is learned.
    pub weight: Option<Linear>,
    /// What the audio tells the decoder; without it the completion is deaf.
    pub guide: Option<Linear>,
    /// Over time, after the fusion.
    pub decoder: Vec<Block>,
    /// To the motion channels.
    pub motion: Linear,
    /// Where the fusion weight comes from.
    #[module(skip)]
    pub fusion: Fusion,
}

const DECODER_DILATIONS: [usize; 2] = [1, 2];

impl CrossModalCompletion {
    /// Fresh weights, for motion of so many channels.
    pub fn new(config: &KmTalkConfig, channels: usize, device: &Device) -> Self {
        let width = config.width;
        let learns = config.fusion == Fusion::Learned && config.audio_guidance;
        CrossModalCompletion {
            flow: Stack::new(flow_channels(channels), width, &[1], device),
            weight: learns.then(|| LinearConfig::new(2 * width, 1).init(device)),
            guide: config.audio_guidance.then(|| LinearConfig::new(width, width).init(device)),
            decoder: DECODER_DILATIONS.map(|dilation| Block::new(width, TAPS, dilation, device)).into(),
            motion: LinearConfig::new(width, channels).init(device),
            fusion: config.fusion,
        }
    }

    /// # Shapes
    /// What is heard `[batch, time, width]` and key motions `[batch, slots, channels]` -> motion
    /// `[batch, time, channels]` and the fusion weight `[batch, time, 1]`.
    pub fn forward(&self, heard: Tensor<3>, keys: Tensor<3>, frames: &KeyFrames) -> (Tensor<3>, Tensor<3>) {
        let flow = self.flow.forward(motion_flow(keys, frames));
        let g = self.fusion_weight(&flow, &heard, frames);
        let fused = match &self.guide {
            Some(guide) => heard.clone() + g.clone() * (flow - heard.clone()) + guide.forward(heard),
            None => flow,
        };
        let decoded = self.decoder.iter().fold(fused, |x, block| block.forward(x));
        (self.motion.forward(decoded), g)
    }

    fn fusion_weight(&self, flow: &Tensor<3>, heard: &Tensor<3>, frames: &KeyFrames) -> Tensor<3> {
        let ([batch, time, _], device) = (flow.dims(), flow.device());
        match (&self.weight, &self.guide, self.fusion) {
            (Some(weight), ..) => sigmoid(weight.forward(Tensor::cat(vec![flow.clone(), heard.clone()], 2))),
            (None, Some(_), Fusion::Fixed(g)) => Tensor::full([batch, time, 1], g, &device),
            (None, Some(_), Fusion::Triangular) => triangular(frames, &device),
            (None, ..) => Tensor::ones([batch, time, 1], &device),
        }
    }
}
