//! A picture's pixels, and which of them the last drawing has changed.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufWriter};
use std::ops::Range;
use std::path::Path;

use super::{FaceError, Mask};
use embedded_graphics::Pixel;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::DrawTarget;
use embedded_graphics::primitives::Rectangle;

/// Smallest side of a canvas, in pixels.
pub const MIN_SIDE: u32 = 16;
/// Largest side of a canvas, in pixels: an 8K screen.
pub const MAX_SIDE: u32 = 8192;

const BLACK: u32 = 0xFF00_0000;

/// A picture; every pixel is opaque, unless it was begun [clear](Canvas::clear).
#[derive(Clone)]
pub struct Canvas {
    width: u32,
    height: u32,
    /// 0xAARRGGBB, the colours multiplied by the alpha.
    pixels: Vec<u32>,
    drawings: u64,
    changes: Mask,
}

impl Canvas {
    /// A black canvas of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`FaceError::Size`] outside [`MIN_SIDE`]..=[`MAX_SIDE`].
    pub fn new(width: u32, height: u32) -> Result<Canvas, FaceError> {
        Canvas::of(width, height, BLACK)
    }

    /// A canvas that shows nothing yet.
    ///
    /// # Errors
    /// As [`Canvas::new`].
    pub fn clear(width: u32, height: u32) -> Result<Canvas, FaceError> {
        Canvas::of(width, height, 0)
    }

    fn of(width: u32, height: u32, pixel: u32) -> Result<Canvas, FaceError> {
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(FaceError::Size { width, height, min: MIN_SIDE, max: MAX_SIDE });
        }
        let pixels = vec![pixel; width as usize * height as usize];
        Ok(Canvas { width, height, pixels, drawings: 0, changes: Mask::whole(width, height) })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Red, green and blue of every pixel, row by row.
    pub fn rgb(&self) -> impl ExactSizeIterator<Item = [u8; 3]> + '_ {
        self.pixels.iter().map(|pixel| rgb(*pixel))
    }

    /// Pixels of a row, from the column `left` on: 0xAARRGGBB.
    pub fn row(&self, y: u32, left: u32, right: u32) -> &[u32] {
        let row = y as usize * self.width as usize;
        &self.pixels[row + left as usize..row + right as usize]
    }

    /// How often it was drawn, and what the last drawing has changed.
    pub fn changes(&self) -> (u64, &Mask) {
        (self.drawings, &self.changes)
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
        let rgba: Vec<u8> = self.pixels.iter().flat_map(|pixel| straight(*pixel)).collect();
        self.save_png(path.as_ref(), png::ColorType::Rgba, &rgba)
    }

    fn save_png(&self, path: &Path, color: png::ColorType, bytes: &[u8]) -> Result<(), FaceError> {
        let failed = |reason: io::Error| FaceError::Write { path: path.to_owned(), reason };
        let file = File::create(path).map_err(failed)?;
        self.encode_png(BufWriter::new(file), color, bytes).map_err(|error| match error {
            png::EncodingError::IoError(reason) => failed(reason),
            other => failed(other.into()),
        })
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

    /// Copies another canvas so that its top left corner lies at (`left`, `top`); it must fit.
    pub(super) fn paste(&mut self, other: &Canvas, left: u32, top: u32) {
        for y in 0..other.height {
            self.run_mut(top + y, left..left + other.width).copy_from_slice(other.row(y, 0, other.width));
        }
    }

    /// Pixels of a row, to be painted.
    pub(super) fn run_mut(&mut self, y: u32, columns: Range<u32>) -> &mut [u32] {
        let row = y as usize * self.width as usize;
        &mut self.pixels[row + columns.start as usize..row + columns.end as usize]
    }

    /// A drawing is done that has changed `changes`; that becomes what the one before has changed.
    pub(super) fn changed(&mut self, changes: &mut Mask) {
        self.drawings += 1;
        std::mem::swap(&mut self.changes, changes);
    }

    fn set(&mut self, at: Point, color: Rgb888) {
        let inside = at.x >= 0 && at.y >= 0 && (at.x as u32) < self.width && (at.y as u32) < self.height;
        if inside {
            let pixel = u32::from_be_bytes([255, color.r(), color.g(), color.b()]);
            self.run_mut(at.y as u32, at.x as u32..at.x as u32 + 1).fill(pixel);
        }
    }
}

const fn rgb(pixel: u32) -> [u8; 3] {
    let [_, r, g, b] = pixel.to_be_bytes();
    [r, g, b]
}

/// Red, green, blue and alpha, the colours not multiplied by it.
fn straight(pixel: u32) -> [u8; 4] {
    let [a, r, g, b] = pixel.to_be_bytes();
    let whole = |c: u8| ((u32::from(c) * 255 + u32::from(a) / 2) / u32::from(a).max(1)).min(255) as u8;
    [whole(r), whole(g), whole(b), a]
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
