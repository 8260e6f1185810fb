//! What a model made of one clip, for the eye: curves over phones, at the audio times that they describe.

use keyface_core::{AudioTime, Motion, Viseme};

use crate::clip::Segment;

/// A clip, its true motion and what the line said.
#[derive(Clone, Debug, Default)]
pub struct ClipCurves {
    /// The clip.
    pub id: String,
    /// What was said.
    pub phones: Vec<Segment>,
    /// The true motion.
    pub truth: Vec<(AudioTime, Motion)>,
    /// The motion that was predicted.
    pub motion: Vec<(AudioTime, Motion)>,
    /// How far the completion trusts the key motions rather than the audio (KMTalk's G), 0..=1.
    pub fusion: Vec<(AudioTime, f32)>,
    /// The visemes that were shown, one for each step of 20 ms: each ends at its time.
    pub shown: Vec<(AudioTime, Viseme)>,
    /// Where key motions were found.
    pub keys: Vec<AudioTime>,
    /// Where they are.
    pub true_keys: Vec<AudioTime>,
}
