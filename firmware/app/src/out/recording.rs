//! How files are written: what was asked for, whatever their format.

use keyface_core::{Gains, Span};

use super::frame_rate::FrameRate;
use super::poses::Names;
use super::rhubarb::Shapes;
use crate::face::Life;

/// What a time in a file means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// The time in the audio that the pose belongs to.
    #[default]
    Audio,
    /// The time when a live face could show it: all that had to be heard for it has been heard.
    Shown,
}

/// How files are written.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What a time means.
    pub stamp: Stamp,
    /// Frames a second of audio; each format has its own where none are asked for.
    pub rate: Option<FrameRate>,
    /// Width and height of moving pictures; each format has its own where none is asked for.
    pub size_px: Option<(u32, u32)>,
    /// How channels are spelt where that is not the format's own.
    pub names: Option<Names>,
    /// Which mouth shapes are drawn.
    pub shapes: Shapes,
    /// Name of the sound, for formats that keep it.
    pub sound_name: String,
    /// How strongly the face moves.
    pub gains: Gains,
    /// What lives in the face beside what is spoken.
    pub life: Option<Life>,
    /// What a live line would lose by resampling this sound.
    pub resampling: Span,
    /// Written for as long as somebody listens: files are seen while they grow.
    pub is_live: bool,
}
