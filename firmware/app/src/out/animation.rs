//! An animation of the face.

use keyface_core::{AudioTime, FacePose};

use super::{AtomicFile, FrameRate, Writer};
use crate::AppError;
use crate::face::{Face, FaceError, GifWriter};

/// A GIF counts hundredths of a second: 25 frames a second are exact, and enough for lips.
const GIF_FPS: u32 = 25;
const GIF_PX: (u32, u32) = (320, 240);

/// Writes a `.gif`.
pub(super) struct Animation {
    file: AtomicFile,
    gif: GifWriter,
    face: Face,
    fps: u32,
}

impl Animation {
    pub fn new(file: AtomicFile, rate: Option<FrameRate>, size: Option<(u32, u32)>) -> Result<Animation, AppError> {
        // A GIF's own clock counts whole frames.
        let fps = rate.map_or(GIF_FPS, |rate| (rate.as_hz().round() as u32).min(GIF_FPS));
        let (width, height) = size.unwrap_or(GIF_PX);
        let failed = |e: FaceError| AppError::picture(file.path(), e);
        let gif = GifWriter::create(file.temporary(), width, height, fps).map_err(failed)?;
        let face = Face::new(width, height).map_err(failed)?;
        Ok(Animation { gif, face, fps, file })
    }
}

impl Writer for Animation {
    fn rate(&self) -> Option<FrameRate> {
        Some(FrameRate::whole(self.fps))
    }

    fn frame(&mut self, _at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        let drawn = self.face.draw(pose);
        self.gif.frame(drawn).map_err(|e| AppError::picture(self.file.path(), e))
    }

    fn finish(self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        let Animation { file, gif, .. } = *self;
        gif.finish().map_err(|e| AppError::picture(file.path(), e))?;
        file.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_animation_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gif");
        let mut animation = Box::new(Animation::new(AtomicFile::create(&path).unwrap(), None, None).unwrap());
        for frame in 0..12 {
            animation.frame(AudioTime(frame * 1_000_000 / 60), &FacePose::REST).unwrap();
        }
        assert_eq!(animation.rate(), Some(FrameRate::whole(25)));
        animation.finish(AudioTime(0)).unwrap();
        assert!(std::fs::read(path).unwrap().starts_with(b"GIF89a"));
    }
}
