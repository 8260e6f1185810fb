//! Numbered pictures of the face alone, on nothing: for compositing.

use std::path::{Path, PathBuf};

use keyface_core::{AudioTime, FacePose};

use super::{AtomicFile, FrameRate, Writer};
use crate::AppError;
use crate::face::{Face, FaceError};

/// Frames a second where none are asked for, and the pictures' size.
const FPS: u32 = 30;
const SIZE_PX: (u32, u32) = (512, 512);
/// What stands for the number in a name.
pub(super) const NUMBER: char = '#';

/// Writes `name-####.png`: a picture for each frame, counted from 1, with as many digits as there are marks.
pub(super) struct Frames {
    pattern: PathBuf,
    face: Face,
    rate: FrameRate,
    written: u64,
}

impl Frames {
    pub fn new(pattern: &Path, rate: Option<FrameRate>, size: Option<(u32, u32)>) -> Result<Frames, AppError> {
        if !name(pattern).contains(NUMBER) {
            let expected = "a name with # where its number goes, such as face-####.png";
            return Err(AppError::unexpected(pattern.display().to_string(), expected, "one without"));
        }
        let (width, height) = size.unwrap_or(SIZE_PX);
        let face = Face::cut_out(width, height).map_err(|e| AppError::picture(pattern, e))?;
        let rate = rate.unwrap_or(FrameRate::whole(FPS));
        Ok(Frames { pattern: pattern.to_path_buf(), face, rate, written: 0 })
    }

    fn path(&self, number: u64) -> PathBuf {
        let name = name(&self.pattern);
        let (before, digits, after) = parts(&name);
        self.pattern.with_file_name(format!("{before}{number:0digits$}{after}"))
    }
}

fn name(pattern: &Path) -> String {
    pattern.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What stands before the number, its digits, and what stands behind it.
fn parts(name: &str) -> (&str, usize, &str) {
    let (before, rest) = name.split_once(NUMBER).unwrap_or((name, ""));
    let after = rest.trim_start_matches(NUMBER);
    (before, 1 + rest.len() - after.len(), after)
}

/// Pictures of this pattern that are there already, or what else bears their names.
pub(super) fn there(pattern: &Path) -> Vec<PathBuf> {
    let name = name(pattern);
    let (before, _, after) = parts(&name);
    let is_picture = |file: &str| {
        let number = file.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let folder = pattern.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_picture(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}

impl Writer for Frames {
    fn rate(&self) -> Option<FrameRate> {
        Some(self.rate)
    }

    fn frame(&mut self, _at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        self.written += 1;
        let file = AtomicFile::create(&self.path(self.written))?;
        let failed = |e: FaceError| AppError::picture(file.path(), e);
        self.face.draw(pose).write_png_with_alpha(file.temporary()).map_err(failed)?;
        file.commit()
    }

    fn finish(self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        let next = self.path(self.written + 1);
        if next.exists() {
            log::warn!("{}: lies behind the last picture, from a longer run before", next.display());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_counted_from_one_and_show_nothing_around_the_face() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = folder.path().join("new/talk-###.png");
        let mut frames = Box::new(Frames::new(&pattern, None, Some((64, 48))).unwrap());
        assert_eq!(frames.rate(), Some(FrameRate::whole(30)));
        (0..3).for_each(|n| frames.frame(AudioTime(n), &FacePose::REST).unwrap());
        frames.finish(AudioTime(0)).unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path().join("new")).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        assert_eq!(names.len(), 3);
        assert!(names[0].ends_with("talk-001.png") && names[2].ends_with("talk-003.png"));
        let file = std::io::BufReader::new(std::fs::File::open(&names[0]).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let picture = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((picture.width, picture.height, picture.color_type), (64, 48, png::ColorType::Rgba));
        let alpha = |x: usize, y: usize| pixels[(y * 64 + x) * 4 + 3];
        assert_eq!((alpha(0, 0), alpha(63, 0), alpha(32, 24)), (0, 0, 255));
    }
}
