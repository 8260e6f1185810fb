//! Animated GIF: canvases in, a looping file out; each frame holds only what has changed.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::palette::Palette;
use super::{Canvas, FaceError};

/// Squared distance of colours up to which a shown pixel is left as it is: slow sways of soft shades cost nothing.
const SAME: i32 = 3 * 6 * 6;

/// Writes one animated GIF.
pub struct GifWriter {
    path: PathBuf,
    encoder: gif::Encoder<BufWriter<File>>,
    palette: Palette,
    width: u16,
    height: u16,
    fps: u32,
    frames: u32,
    shown: Vec<Shown>,
    waiting: Option<gif::Frame<'static>>,
}

impl GifWriter {
    /// Creates the file for frames of `width` x `height` pixels at `fps` frames per second (1 to 50).
    ///
    /// # Errors
    /// [`FaceError::FrameRate`], [`FaceError::Size`], or [`FaceError::Write`] with the system's reason.
    pub fn create(path: impl AsRef<Path>, width: u32, height: u32, fps: u32) -> Result<GifWriter, FaceError> {
        if !(1..=50).contains(&fps) {
            return Err(FaceError::FrameRate(fps));
        }
        let blank = Canvas::new(width, height)?;
        let (width, height) = (blank.width() as u16, blank.height() as u16);
        let path = path.as_ref().to_owned();
        let palette = Palette::of_face()?;
        let failed = |reason: io::Error| FaceError::Write { path: path.clone(), reason };
        let file = File::create(&path).map_err(failed)?;
        let encoder = gif::Encoder::new(BufWriter::new(file), width, height, palette.rgb());
        let mut encoder = encoder.map_err(|e| failed(reason(e)))?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(|e| failed(reason(e)))?;
        Ok(GifWriter { path, encoder, palette, width, height, fps, frames: 0, shown: Vec::new(), waiting: None })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// [`FaceError::FrameSize`] for another size than the file's, [`FaceError::Write`] when the disk refuses.
    pub fn frame(&mut self, canvas: &Canvas) -> Result<(), FaceError> {
        let (expected_width, expected_height) = (u32::from(self.width), u32::from(self.height));
        let (width, height) = (canvas.width(), canvas.height());
        if (width, height) != (expected_width, expected_height) {
            return Err(FaceError::FrameSize { expected_width, expected_height, width, height });
        }
        let delay = self.delay();
        self.frames += 1;
        match (self.changes(canvas), &mut self.waiting) {
            // A still frame only makes the one before it last longer.
            (None, Some(waiting)) => waiting.delay = waiting.delay.saturating_add(delay),
            (None, None) => {}
            (Some(frame), _) => self.release(Some(gif::Frame { delay, ..frame }))?,
        }
        Ok(())
    }

    /// Writes what is left and closes the file.
    ///
    /// # Errors
    /// [`FaceError::Write`] when the disk refuses.
    pub fn finish(mut self) -> Result<(), FaceError> {
        self.release(None)?;
        let path = self.path;
        let closed = self.encoder.into_inner().map_err(reason);
        let closed = closed.and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
        closed.map(drop).map_err(|reason| FaceError::Write { path, reason })
    }

    /// Centiseconds until the next frame, such that rounding never adds up.
    fn delay(&self) -> u16 {
        let at = |frame: u32| u64::from(frame) * 100 / u64::from(self.fps);
        (at(self.frames + 1) - at(self.frames)) as u16
    }

    fn release(&mut self, next: Option<gif::Frame<'static>>) -> Result<(), FaceError> {
        let Some(frame) = std::mem::replace(&mut self.waiting, next) else { return Ok(()) };
        let written = self.encoder.write_frame(&frame);
        written.map_err(|e| FaceError::Write { path: self.path.clone(), reason: reason(e) })
    }

    /// The smallest frame that turns what is shown into `canvas`; none when nothing has changed.
    fn changes(&mut self, canvas: &Canvas) -> Option<gif::Frame<'static>> {
        if self.shown.is_empty() {
            let nothing = Shown { rgb: [0; 3], index: Palette::TRANSPARENT };
            self.shown = vec![nothing; canvas.rgb().len()];
        }
        let indices = self.changed_indices(canvas);
        cropped(&indices, usize::from(self.width))
    }

    fn changed_indices(&mut self, canvas: &Canvas) -> Vec<u8> {
        let width = usize::from(self.width);
        let palette = &mut self.palette;
        let mut changed = |place: usize, shown: &mut Shown, rgb: [u8; 3]| {
            if shown.index != Palette::TRANSPARENT && alike(shown.rgb, rgb) {
                return Palette::TRANSPARENT;
            }
            let before = shown.index;
            *shown = Shown { rgb, index: palette.index(dithered(rgb, place % width, place / width)) };
            if shown.index == before { Palette::TRANSPARENT } else { shown.index }
        };
        let pixels = self.shown.iter_mut().zip(canvas.rgb()).enumerate();
        pixels.map(|(place, (shown, rgb))| changed(place, shown, rgb)).collect()
    }
}

/// What the system said, where it was the system.
fn reason(error: gif::EncodingError) -> io::Error {
    match error {
        gif::EncodingError::Io(reason) => reason,
        other => io::Error::other(other),
    }
}

/// What a pixel shows since it was last written.
#[derive(Clone, Copy)]
struct Shown {
    rgb: [u8; 3],
    index: u8,
}

/// Bayer's 4x4 matrix: a pattern that stands still, so that still pixels stay still.
const BAYER: [[i16; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
/// Range of the pattern in colour levels: about the distance of neighbouring shades in the palette.
const DITHER: i16 = 8;

fn dithered(rgb: [u8; 3], x: usize, y: usize) -> [u8; 3] {
    let shift = (2 * BAYER[y % 4][x % 4] - 15) * DITHER / 32;
    rgb.map(|c| (i16::from(c) + shift).clamp(0, 255) as u8)
}

fn alike(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).map(|(a, b)| (i32::from(*a) - i32::from(b)).pow(2)).sum::<i32>() <= SAME
}

/// The smallest rectangle that holds every change.
fn cropped(indices: &[u8], width: usize) -> Option<gif::Frame<'static>> {
    let changed = |index: &u8| *index != Palette::TRANSPARENT;
    let rows: Vec<&[u8]> = indices.chunks_exact(width).collect();
    let top = rows.iter().position(|row| row.iter().any(changed))?;
    let bottom = rows.iter().rposition(|row| row.iter().any(changed))?;
    let left = rows[top..=bottom].iter().filter_map(|row| row.iter().position(changed)).min()?;
    let right = rows[top..=bottom].iter().filter_map(|row| row.iter().rposition(changed)).max()?;
    let buffer: Vec<u8> = rows[top..=bottom].iter().flat_map(|row| &row[left..=right]).copied().collect();
    Some(gif::Frame {
        left: left as u16,
        top: top as u16,
        width: (right - left + 1) as u16,
        height: (bottom - top + 1) as u16,
        transparent: Some(Palette::TRANSPARENT),
        buffer: buffer.into(),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use keyface_core::{Channel, FacePose, Moment, Prosody};

    use super::*;
    use crate::face::{Face, Life};

    /// Frames as their delay, left, top, width and height.
    fn read(path: &Path) -> Vec<(u16, u16, u16, u16, u16)> {
        let mut decoder = gif::DecodeOptions::new().read_info(File::open(path).unwrap()).unwrap();
        let mut frames = Vec::new();
        while let Some(f) = decoder.read_next_frame().unwrap() {
            frames.push((f.delay, f.left, f.top, f.width, f.height));
        }
        frames
    }

    #[test]
    fn a_blink_changes_only_the_eyes_and_still_frames_last_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blink.gif");
        let mut face = Face::new(160, 160).unwrap();
        let mut gif = GifWriter::create(&path, 160, 160, 25).unwrap();
        let mut pose = FacePose::REST;
        (0..5).for_each(|_| gif.frame(face.draw(&pose)).unwrap());
        pose.set(Channel::EyeBlinkLeft, 1.0);
        gif.frame(face.draw(&pose)).unwrap();
        gif.finish().unwrap();
        let frames = read(&path);
        assert_eq!(frames.len(), 2);
        assert_eq!((frames[0].0, frames[1].0), (20, 4));
        assert!(frames[1].3 < 60 && frames[1].4 < 60, "{:?}", frames[1]);
    }

    #[test]
    fn odd_frame_rates_keep_their_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("life.gif");
        let mut face = Face::new(96, 96).unwrap();
        let mut gif = GifWriter::create(&path, 96, 96, 30).unwrap();
        for i in 0..60 {
            let mut pose = FacePose::REST;
            Life::new(3).apply(Moment(i * 1_000_000 / 30), &Prosody::REST, &mut pose);
            gif.frame(face.draw(&pose)).unwrap();
        }
        gif.finish().unwrap();
        assert_eq!(read(&path).iter().map(|f| u32::from(f.0)).sum::<u32>(), 200);
    }

    #[test]
    fn a_frame_of_another_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut gif = GifWriter::create(folder.path().join("a.gif"), 96, 96, 25).unwrap();
        let error = gif.frame(&Canvas::new(96, 64).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "expected a frame of 96x96 pixels, got 96x64");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = GifWriter::create("/nowhere/at/all/face.gif", 96, 96, 25).err().unwrap();
        assert!(error.to_string().starts_with("cannot write /nowhere/at/all/face.gif: "), "{error}");
    }
}
