//! Pictures as a screen wants them: drawn in its size and brought into its format, in memory.

use std::time::Instant;

use serde::Serialize;

use super::clock::{StepTimes, ms};
use super::machine::rss_mb;
use crate::AppError;
use crate::board::{Display, PixelFormat};
use crate::face::{Depth, Face, FaceError, Layout, Pixels, Rotation, Turns, nine_shapes};

/// Pictures that are timed.
const PICTURES: usize = 300;
/// What is assumed of a screen whose board leaves the size to it.
const USUAL_PX: (u32, u32) = (1_920, 1_080);

/// What a picture of a face takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pictures {
    /// Width of the screen, before rotation.
    pub width_px: u32,
    /// Height of the screen, before rotation.
    pub height_px: u32,
    /// How far it is turned.
    pub rotation_deg: u32,
    /// What the pixels are brought into.
    pub format: PixelFormat,
    /// Drawing and bringing into the format what differs between mouth shapes.
    pub times: StepTimes,
    /// Memory of the whole program with them; `None` where the system does not tell.
    pub rss_mb: Option<f64>,
}

impl Pictures {
    /// Measures what the face costs on a display; `None` where none is shown live.
    pub(super) fn measure(display: &Display) -> Result<Option<Pictures>, AppError> {
        if !display.is_live() {
            return Ok(None);
        }
        let (width_px, height_px) = display.width_px.zip(display.height_px).unwrap_or(USUAL_PX);
        let format = if display.format == PixelFormat::Rgb565 { PixelFormat::Rgb565 } else { PixelFormat::Xrgb8888 };
        Pictures::of(width_px, height_px, display.rotation_deg.unwrap_or(0), format).map(Some)
    }

    /// Measures pictures of one size and format.
    pub(super) fn of(
        width_px: u32,
        height_px: u32,
        rotation_deg: u32,
        format: PixelFormat,
    ) -> Result<Pictures, AppError> {
        let refused = |e: FaceError| AppError::Screen { reason: e.to_string() };
        let mut face = Face::turned(width_px, height_px, Rotation::from_deg(rotation_deg)).map_err(refused)?;
        let shapes = nine_shapes().map(|shape| shape.pose);
        let depth = depth(format);
        let layout = Layout { width: width_px, height: height_px, stride: width_px as usize * depth.bytes(), depth };
        let (mut buffers, mut turns) = ([vec![0; layout.bytes()], vec![0; layout.bytes()]], Turns::default());
        let times_ms = shapes.iter().cycle().take(PICTURES).map(|pose| {
            let start = Instant::now();
            let picture = face.draw(pose);
            if let Some((next, lacking)) = turns.next(picture) {
                Pixels::new(&mut buffers[next], layout, 1).show(picture, lacking);
            }
            ms(start)
        });
        let times = StepTimes::of(times_ms.collect());
        Ok(Pictures { width_px, height_px, rotation_deg, format, times, rss_mb: rss_mb() })
    }

    /// What the pictures keep in memory: the backdrop, the picture and two buffers in the screen's format.
    pub(super) fn memory_mb(&self) -> f64 {
        let bytes = 2 * 4 + 2 * depth(self.format).bytes();
        f64::from(self.width_px) * f64::from(self.height_px) * bytes as f64 / 1_048_576.0
    }
}

fn depth(format: PixelFormat) -> Depth {
    match format {
        PixelFormat::Rgb565 => Depth::Rgb565,
        PixelFormat::Auto | PixelFormat::Xrgb8888 => Depth::Xrgb8888,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_measured_in_its_size_and_format_and_no_screen_not_at_all() {
        let display = Display {
            kind: crate::board::DisplayKind::Fbdev,
            device: "auto".into(),
            connector: "auto".into(),
            width_px: Some(64),
            height_px: Some(80),
            rotation_deg: Some(90),
            format: PixelFormat::Rgb565,
            panel: None,
        };
        let pictures = Pictures::measure(&display).unwrap().unwrap();
        assert_eq!((pictures.width_px, pictures.height_px, pictures.rotation_deg), (64, 80, 90));
        assert_eq!(pictures.format, PixelFormat::Rgb565);
        assert!(pictures.times.min_ms > 0.0);
        let none = Display { kind: crate::board::DisplayKind::None, ..display };
        assert!(Pictures::measure(&none).unwrap().is_none());
    }
}
