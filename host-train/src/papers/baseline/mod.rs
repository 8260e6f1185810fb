//! The papers' baselines, written from their papers and what their public code does: FaceFormer (Fan et al. 2022),
//! CodeTalker (Xing et al. 2023) and SelfTalk (Peng et al. 2023).
//!
//! Audio features at the pace of the frames, a template and a speaker in, vertices out. Each is held to its authors' own
//! modules: with the same weights both give the same vertices (`tests/goldens/papers`).

mod attention;
mod audio_pace;
mod code_talker;
mod codebook;
mod face_former;
mod layer;
mod motion_prior;
mod periodic;
mod prior_block;
mod self_talk;
#[cfg(test)]
mod testing;

use burn::tensor::Tensor;

pub use audio_pace::{AudioPace, FEATURE_HZ};
pub use code_talker::{CodeTalker, CodeTalkerConfig};
pub use face_former::{FaceFormer, FaceFormerConfig};
pub use motion_prior::{MotionPrior, MotionPriorConfig};
pub use self_talk::{LipReading, SelfTalk, SelfTalkConfig};

/// What the three have in common: a face that speaks.
pub trait Animator {
    /// How the encoder's 50 features a second meet the frames.
    fn pace(&self) -> AudioPace;

    /// # Shapes
    /// Features at the pace `[1, frames * per_frame, audio width]`, template `[1, values]` -> vertices
    /// `[1, frames, values]`.
    fn animate(&self, features: Tensor<3>, template: Tensor<2>, speaker: usize) -> Tensor<3>;
}
