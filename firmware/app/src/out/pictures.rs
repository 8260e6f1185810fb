//! Pictures of the face: an animation, and a sheet with one picture for each phone heard.

use keyface_core::{FacePose, Micros, Step, Viseme};

use super::{AtomicFile, Writer};
use crate::AppError;
use crate::face::{Face, FaceError, GifWriter, contact_sheet};

/// A GIF counts hundredths of a second: 25 frames a second are exact, and enough for lips.
const GIF_FPS: u32 = 25;
const GIF_WIDTH_PX: u32 = 320;
const GIF_HEIGHT_PX: u32 = 240;
/// Pictures on a sheet; what comes later is left out. At 12 phones a second, 20 s.
const SHEET_PICTURES: usize = 240;

/// Writes a `.gif`.
pub(super) struct Animation {
    file: AtomicFile,
    gif: GifWriter,
    face: Face,
    fps: u32,
    frames: i64,
}

impl Animation {
    pub fn new(file: AtomicFile, fps: u32) -> Result<Animation, AppError> {
        let fps = fps.min(GIF_FPS);
        let failed = |e: FaceError| AppError::picture(file.path(), &e);
        let gif = GifWriter::create(file.temporary(), GIF_WIDTH_PX, GIF_HEIGHT_PX, fps).map_err(failed)?;
        let face = Face::new(GIF_WIDTH_PX, GIF_HEIGHT_PX).map_err(failed)?;
        Ok(Animation { gif, face, fps, frames: 0, file })
    }
}

impl Writer for Animation {
    fn frame(&mut self, at: Micros, pose: &FacePose) -> Result<(), AppError> {
        if at.0 < self.frames * 1_000_000 / i64::from(self.fps) {
            return Ok(());
        }
        self.frames += 1;
        let drawn = self.face.draw(pose);
        self.gif.frame(drawn).map_err(|e| AppError::picture(self.file.path(), &e))
    }

    fn finish(self: Box<Self>, _end: Micros) -> Result<(), AppError> {
        let Animation { file, gif, .. } = *self;
        gif.finish().map_err(|e| AppError::picture(file.path(), &e))?;
        file.commit()
    }
}

/// Writes a `.png`: a picture at each change of viseme, labelled with its time.
pub(super) struct ContactSheet {
    file: AtomicFile,
    last: Option<Viseme>,
    shots: Vec<(String, FacePose)>,
}

impl ContactSheet {
    pub fn new(file: AtomicFile) -> ContactSheet {
        ContactSheet { file, last: None, shots: Vec::new() }
    }
}

impl Writer for ContactSheet {
    fn step(&mut self, at: Micros, step: &Step, pose: &FacePose) -> Result<(), AppError> {
        let is_news = self.last != Some(step.viseme) && at >= Micros(0);
        if is_news && self.shots.len() < SHEET_PICTURES {
            self.shots.push((format!("{:.2} {}", at.as_s(), step.viseme.name()), *pose));
        }
        self.last = Some(step.viseme);
        Ok(())
    }

    fn finish(mut self: Box<Self>, _end: Micros) -> Result<(), AppError> {
        if self.shots.is_empty() {
            self.shots.push(("rest".into(), FacePose::REST));
        }
        let failed = |e: FaceError| AppError::picture(self.file.path(), &e);
        contact_sheet(&self.shots).and_then(|sheet| sheet.write_png(self.file.temporary())).map_err(failed)?;
        self.file.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorder::tests::step;
    use super::*;

    #[test]
    fn an_animation_and_a_sheet_are_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (gif, png) = (folder.path().join("a.gif"), folder.path().join("a.png"));
        let mut animation = Box::new(Animation::new(AtomicFile::create(&gif).unwrap(), 60).unwrap());
        let mut sheet = Box::new(ContactSheet::new(AtomicFile::create(&png).unwrap()));
        for frame in 0..12 {
            let at = Micros(frame * 1_000_000 / 60);
            animation.frame(at, &FacePose::REST).unwrap();
            sheet.step(at, &step(0, Viseme::ALL[frame as usize % 3]), &FacePose::REST).unwrap();
        }
        assert_eq!(animation.frames, 5);
        assert_eq!(sheet.shots.len(), 12);
        animation.finish(Micros(0)).unwrap();
        sheet.finish(Micros(0)).unwrap();
        assert!(std::fs::read(gif).unwrap().starts_with(b"GIF89a"));
        assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
    }
}
