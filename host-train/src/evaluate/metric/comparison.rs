//! One clip: what was shown beside what is true, frame by frame, on a surface.

use keyface_core::Motion;

use super::super::surface::{Surface, difference};
use crate::clip::Segment;

/// Frames of 20 ms are compared.
pub const FRAME_MS: f64 = 20.0;
/// The same as a rate.
pub const FRAMES_PER_S: f64 = 1000.0 / FRAME_MS;

/// The audio time that a frame describes, in seconds: the end of its 20 ms.
pub fn frame_time_s(frame: usize) -> f64 {
    (frame + 1) as f64 / FRAMES_PER_S
}

/// A clip's motion and its truth, both cut to the shorter.
pub struct Comparison<'a> {
    /// The face that is measured.
    pub surface: &'a Surface,
    /// What was shown.
    pub shown: &'a [Motion],
    /// What is true.
    pub truth: &'a [Motion],
    /// What was said.
    pub phones: &'a [Segment],
    /// Opening of the lips in metres, as shown.
    pub shown_opening: Vec<f64>,
    /// Opening of the lips in metres, in truth.
    pub true_opening: Vec<f64>,
    /// Largest squared distance of a vertex of the lips in each frame, in square metres.
    pub worst_lip: Vec<f64>,
}

impl<'a> Comparison<'a> {
    /// Frame k of both tracks describes the time (k + 1) * 20 ms of the sound.
    pub fn new(surface: &'a Surface, shown: &'a [Motion], truth: &'a [Motion], phones: &'a [Segment]) -> Self {
        let frames = shown.len().min(truth.len());
        let (shown, truth) = (&shown[..frames], &truth[..frames]);
        let opening = |track: &[Motion]| track.iter().map(|m| surface.opening_m(m)).collect();
        let worst = |(p, g): (&Motion, &Motion)| surface.lip_squares(&difference(p, g)).fold(0.0, f64::max);
        Comparison {
            surface,
            shown,
            truth,
            phones,
            shown_opening: opening(shown),
            true_opening: opening(truth),
            worst_lip: shown.iter().zip(truth).map(worst).collect(),
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.shown.len()
    }

    /// Frames with what was shown and what is true.
    pub fn pairs(&self) -> impl Iterator<Item = (&Motion, &Motion)> {
        self.shown.iter().zip(self.truth)
    }

    /// What is said in a frame; `None` behind the labels.
    pub fn phone(&self, frame: usize) -> Option<keyface_core::Phone> {
        let time_s = frame_time_s(frame) - 0.5 / FRAMES_PER_S;
        let at = self.phones.partition_point(|segment| segment.end_s <= time_s);
        self.phones.get(at).map(|segment| segment.phone)
    }
}
