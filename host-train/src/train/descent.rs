//! How a training moves weights.

use burn::module::Module;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer};

use super::gradient;
use super::schedule::Schedule;

/// Longest gradient over all weights of a network.
const LONGEST_GRADIENT: f32 = 5.0;

/// An optimizer and what goes with it.
pub struct Descent {
    /// With its moments.
    pub optimizer: ModuleOptimizer,
    /// The learning rate.
    pub schedule: Schedule,
    /// What a longer gradient is shortened to.
    pub longest_gradient: Option<f32>,
    /// Whether the weights' running average is what is validated and kept for inference.
    pub is_averaged: bool,
}

impl Descent {
    /// Ours: AdamW. Burn's own epsilon, 1e-5, holds back weights of small slopes.
    pub fn averaged(peak: f64) -> Descent {
        Descent {
            optimizer: AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(1e-2).init(),
            schedule: Schedule::Cosine(peak),
            longest_gradient: Some(LONGEST_GRADIENT),
            is_averaged: true,
        }
    }

    /// As the papers' baselines are trained: Adam, and nothing else.
    pub fn plain(rate: f64) -> Descent {
        Descent {
            optimizer: AdamConfig::new().init(),
            schedule: Schedule::Constant(rate),
            longest_gradient: None,
            is_averaged: false,
        }
    }

    /// The network after step `step` of `steps`.
    pub fn step<M: Module>(&mut self, net: M, gradients: GradientsParams, step: usize, steps: usize) -> M {
        let gradients = match self.longest_gradient {
            Some(longest) => gradient::limit(gradients, &net, longest),
            None => gradients,
        };
        self.optimizer.step(self.schedule.rate(step, steps), net, gradients)
    }
}
