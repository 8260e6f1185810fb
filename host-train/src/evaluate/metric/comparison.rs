//! One clip: what was shown beside what is true, frame by frame, in a motion space.

use super::super::surface::Surface;
use crate::clip::Segment;
use crate::space::MotionSpace;
pub use crate::space::rig14::FRAMES_PER_S;

/// Length of the rig's frames.
pub const FRAME_MS: f64 = 1000.0 / FRAMES_PER_S;

/// The audio time that a frame describes, in seconds: the end of its 20 ms.
pub fn frame_time_s(frame: usize) -> f64 {
    (frame + 1) as f64 / FRAMES_PER_S
}

/// A clip's motion and its truth in a motion space, both cut to the shorter.
pub struct Comparison<'a, S: MotionSpace = Surface> {
    /// What motion is told in, and what it is measured on.
    pub space: &'a S,
    /// What was shown.
    pub shown: Vec<&'a S::Frame>,
    /// What is true.
    pub truth: Vec<&'a S::Frame>,
    /// What was said.
    pub phones: &'a [Segment],
    /// Opening of the lips in metres, as shown; empty in a space without pairs across them.
    pub shown_opening: Vec<f64>,
    /// Opening of the lips in metres, in truth.
    pub true_opening: Vec<f64>,
    /// Largest squared distance of a vertex of the lips in each frame, in the space's unit squared.
    pub worst_lip: Vec<f64>,
}

impl<'a, S: MotionSpace> Comparison<'a, S> {
    /// Of frames at the space's rate. On the rig frame k of both tracks describes the time (k + 1) * 20 ms of the sound.
    pub fn new(
        space: &'a S,
        shown: impl IntoIterator<Item = &'a S::Frame>,
        truth: impl IntoIterator<Item = &'a S::Frame>,
        phones: &'a [Segment],
    ) -> Self {
        let (shown, truth): (Vec<_>, Vec<_>) = shown.into_iter().zip(truth).unzip();
        let opening = |track: &[&'a S::Frame]| track.iter().filter_map(|frame| space.opening_m(frame)).collect();
        let worst = |(p, g): (&&S::Frame, &&S::Frame)| space.worst_lip(p, g);
        Comparison {
            space,
            phones,
            shown_opening: opening(&shown),
            true_opening: opening(&truth),
            worst_lip: shown.iter().zip(&truth).map(worst).collect(),
            shown,
            truth,
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.shown.len()
    }

    /// Length of a frame.
    pub fn frame_ms(&self) -> f64 {
        1e3 / self.space.rate_hz()
    }

    /// Frames with what was shown and what is true.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a S::Frame, &'a S::Frame)> {
        self.shown.iter().copied().zip(self.truth.iter().copied())
    }
}

impl Comparison<'_> {
    /// What is said in a frame; `None` behind the labels.
    pub fn phone(&self, frame: usize) -> Option<keyface_core::Phone> {
        let time_s = frame_time_s(frame) - 0.5 / FRAMES_PER_S;
        let at = self.phones.partition_point(|segment| segment.end_s <= time_s);
        self.phones.get(at).map(|segment| segment.phone)
    }
}
