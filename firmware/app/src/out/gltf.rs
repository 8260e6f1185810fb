//! Poses as animations of glTF: a head that speaks (`.glb`), and a motion for anybody's VRM model (`.vrma`).

use keyface_core::{AudioTime, FacePose};

use super::{AtomicFile, FrameRate, Names, Writer};
use crate::AppError;

mod document;
mod head;
mod vrma;

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The project's own head, its 52 morphs and how it turns.
    Head,
    /// VRM's own expressions; the channels instead, where their spelling was asked for.
    Vrma(Option<Names>),
}

/// Writes a file of either kind, whole at its end: glTF says lengths first.
pub(super) struct Gltf {
    file: AtomicFile,
    kind: Kind,
    rate: FrameRate,
    frames: Vec<(AudioTime, FacePose)>,
}

impl Gltf {
    pub fn new(file: AtomicFile, kind: Kind, rate: FrameRate) -> Gltf {
        Gltf { file, kind, rate, frames: Vec::new() }
    }
}

impl Writer for Gltf {
    fn rate(&self) -> Option<FrameRate> {
        Some(self.rate)
    }

    fn frame(&mut self, at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        self.frames.push((at, *pose));
        Ok(())
    }

    fn finish(mut self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        if self.frames.is_empty() {
            // An animation without a moment is none.
            self.frames.push((AudioTime(0), FacePose::REST));
        }
        let bytes = match self.kind {
            Kind::Head => head::speaking(&self.frames),
            Kind::Vrma(names) => vrma::motion(&self.frames, names),
        };
        self.file.write(&bytes)?;
        self.file.commit()
    }
}
