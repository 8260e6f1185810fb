//! A frame of opaque pixels: drawn by tiny-skia, copied to any embedded-graphics target in one call.

use std::convert::Infallible;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use embedded_graphics::Pixel;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::DrawTarget;
use embedded_graphics::primitives::Rectangle;
use tiny_skia::{Pixmap, PixmapMut};

use super::FaceError;

/// Smallest side of a canvas, in pixels.
pub const MIN_SIDE: u32 = 16;
/// Largest side of a canvas, in pixels: an 8K screen.
pub const MAX_SIDE: u32 = 8192;

const BYTES: usize = tiny_skia::BYTES_PER_PIXEL;

/// A picture; every pixel is opaque, unless it was begun [clear](Canvas::clear).
#[derive(Clone)]
pub struct Canvas(Pixmap);

impl Canvas {
    /// A black canvas of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`FaceError::Size`] outside [`MIN_SIDE`]..=[`MAX_SIDE`].
    pub fn new(width: u32, height: u32) -> Result<Canvas, FaceError> {
        let mut canvas = Canvas::clear(width, height)?;
        canvas.0.fill(tiny_skia::Color::BLACK);
        Ok(canvas)
    }

    /// A canvas that shows nothing yet.
    ///
    /// # Errors
    /// As [`Canvas::new`].
    pub fn clear(width: u32, height: u32) -> Result<Canvas, FaceError> {
        let size = FaceError::Size { width, height, min: MIN_SIDE, max: MAX_SIDE };
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(size);
        }
        Pixmap::new(width, height).map(Canvas).ok_or(size)
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.0.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.0.height()
    }

    /// Red, green and blue of every pixel, row by row.
    pub fn rgb(&self) -> impl ExactSizeIterator<Item = [u8; 3]> + '_ {
        self.0.data().chunks_exact(BYTES).map(|p| [p[0], p[1], p[2]])
    }

    /// Copies the picture to the top left corner of a target; what the target lacks is left out.
    ///
    /// # Errors
    /// The target's own.
    pub fn show_on<D>(&self, target: &mut D) -> Result<(), D::Error>
    where
        D: DrawTarget,
        D::Color: From<Rgb888>,
    {
        let colors = self.rgb().map(|[r, g, b]| D::Color::from(Rgb888::new(r, g, b)));
        target.fill_contiguous(&Rectangle::new(Point::zero(), self.size()), colors)
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    /// [`FaceError::Write`] with the path and the system's reason.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<(), FaceError> {
        let rgb: Vec<u8> = self.rgb().flatten().collect();
        self.save_png(path.as_ref(), png::ColorType::Rgb, &rgb)
    }

    /// Writes a PNG file through which one sees where nothing was drawn.
    ///
    /// # Errors
    /// As [`Canvas::write_png`].
    pub fn write_png_with_alpha(&self, path: impl AsRef<Path>) -> Result<(), FaceError> {
        let straight = |pixel: &tiny_skia::PremultipliedColorU8| {
            let color = pixel.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        };
        let rgba: Vec<u8> = self.0.pixels().iter().flat_map(straight).collect();
        self.save_png(path.as_ref(), png::ColorType::Rgba, &rgba)
    }

    fn save_png(&self, path: &Path, color: png::ColorType, bytes: &[u8]) -> Result<(), FaceError> {
        let failed = |reason: String| FaceError::Write { path: path.to_owned(), reason };
        let file = File::create(path).map_err(|e| failed(e.to_string()))?;
        self.encode_png(BufWriter::new(file), color, bytes).map_err(|e| failed(e.to_string()))
    }

    fn encode_png(
        &self,
        to: impl std::io::Write,
        color: png::ColorType,
        bytes: &[u8],
    ) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(to, self.width(), self.height());
        encoder.set_color(color);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(bytes)?;
        writer.finish()
    }

    /// Copies all pixels of a canvas of the same size.
    pub(super) fn copy_from(&mut self, other: &Canvas) {
        self.0.data_mut().copy_from_slice(other.0.data());
    }

    /// Copies another canvas so that its top left corner lies at (`left`, `top`); it must fit.
    pub(super) fn paste(&mut self, other: &Canvas, left: u32, top: u32) {
        let (to_row, from_row) = (self.width() as usize * BYTES, other.width() as usize * BYTES);
        let start = top as usize * to_row + left as usize * BYTES;
        let rows = other.0.data().chunks_exact(from_row);
        let to = self.0.data_mut()[start..].chunks_mut(to_row);
        to.zip(rows).for_each(|(to, from)| to[..from_row].copy_from_slice(from));
    }

    /// The pixels, for tiny-skia.
    pub(super) fn pixels_mut(&mut self) -> PixmapMut<'_> {
        self.0.as_mut()
    }

    fn set(&mut self, at: Point, color: Rgb888) {
        let inside = at.x >= 0 && at.y >= 0 && (at.x as u32) < self.width() && (at.y as u32) < self.height();
        if inside {
            let start = (at.y as usize * self.width() as usize + at.x as usize) * BYTES;
            self.0.data_mut()[start..start + BYTES].copy_from_slice(&[color.r(), color.g(), color.b(), 255]);
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.width(), self.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        pixels.into_iter().for_each(|Pixel(at, color)| self.set(at, color));
        Ok(())
    }
}
