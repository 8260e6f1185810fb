//! Pictures as a screen wants them: drawn in its size and brought into its format, in memory.

use std::time::Instant;

use keyface_core::{Display, FacePose, PixelFormat};
use serde::Serialize;

use super::clock::{StepTimes, ms};
use super::machine::rss_mb;
use crate::AppError;
use crate::face::{Canvas, Face, FaceError, nine_shapes};

/// Pictures that are timed.
const PICTURES: usize = 300;
/// What is assumed of a screen whose board leaves the size to it.
const USUAL_PX: (u32, u32) = (1_920, 1_080);

/// What a picture of a face takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pictures {
    /// Width as the face is drawn, so after rotation.
    pub width_px: u32,
    /// Height as the face is drawn.
    pub height_px: u32,
    /// What the pixels are brought into.
    pub format: PixelFormat,
    /// Drawing and bringing into the format.
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
        let is_turned = display.rotation_deg % 180 == 90;
        let (width_px, height_px) = if is_turned { (height_px, width_px) } else { (width_px, height_px) };
        let format = if display.format == PixelFormat::Rgb565 { PixelFormat::Rgb565 } else { PixelFormat::Xrgb8888 };
        Pictures::of(width_px, height_px, format).map(Some)
    }

    /// Measures pictures of one size and format.
    pub(super) fn of(width_px: u32, height_px: u32, format: PixelFormat) -> Result<Pictures, AppError> {
        let refused = |e: FaceError| AppError::Screen { reason: e.to_string() };
        let mut face = Face::new(width_px, height_px).map_err(refused)?;
        let shapes = nine_shapes().map(|shape| shape.pose);
        let mut memory = vec![0; width_px as usize * height_px as usize * bytes_a_pixel(format)];
        let times_ms = shapes.iter().cycle().take(PICTURES).map(|pose| draw(&mut face, pose, format, &mut memory));
        let times = StepTimes::of(times_ms.collect());
        Ok(Pictures { width_px, height_px, format, times, rss_mb: rss_mb() })
    }

    /// What the pictures keep in memory: the backdrop, the frame and its copy in the screen's format.
    pub(super) fn memory_mb(&self) -> f64 {
        let bytes = 2 * 4 + bytes_a_pixel(self.format);
        f64::from(self.width_px) * f64::from(self.height_px) * bytes as f64 / 1_048_576.0
    }
}

fn bytes_a_pixel(format: PixelFormat) -> usize {
    if format == PixelFormat::Rgb565 { 2 } else { 4 }
}

/// Draws a pose into `memory`, and says how long it took.
fn draw(face: &mut Face, pose: &FacePose, format: PixelFormat, memory: &mut [u8]) -> f64 {
    let start = Instant::now();
    let canvas = face.draw(pose);
    match format {
        PixelFormat::Rgb565 => convert(canvas, memory, packed_16),
        PixelFormat::Auto | PixelFormat::Xrgb8888 => convert(canvas, memory, |[r, g, b]| [b, g, r, 0]),
    }
    std::hint::black_box(&memory);
    ms(start)
}

fn convert<const BYTES: usize>(canvas: &Canvas, memory: &mut [u8], packed: impl Fn([u8; 3]) -> [u8; BYTES]) {
    let pixels = memory.as_chunks_mut::<BYTES>().0;
    pixels.iter_mut().zip(canvas.rgb()).for_each(|(pixel, rgb)| *pixel = packed(rgb));
}

fn packed_16([r, g, b]: [u8; 3]) -> [u8; 2] {
    (u16::from(r >> 3) << 11 | u16::from(g >> 2) << 5 | u16::from(b >> 3)).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_all_bits() {
        assert_eq!(packed_16([255; 3]), [0xff; 2]);
        assert_eq!(packed_16([255, 0, 0]), [0x00, 0xf8]);
    }

    #[test]
    fn a_turned_screen_draws_a_turned_face() {
        let display = Display {
            kind: keyface_core::DisplayKind::Fbdev,
            device: "auto".into(),
            connector: "auto".into(),
            width_px: Some(64),
            height_px: Some(80),
            rotation_deg: 90,
            format: PixelFormat::Rgb565,
            panel: None,
        };
        let pictures = Pictures::measure(&display).unwrap().unwrap();
        assert_eq!((pictures.width_px, pictures.height_px), (80, 64));
        assert!(pictures.times.min_ms > 0.0);
        let none = Display { kind: keyface_core::DisplayKind::None, ..display };
        assert!(Pictures::measure(&none).unwrap().is_none());
    }
}
