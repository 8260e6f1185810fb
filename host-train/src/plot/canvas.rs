//! Rectangles, lines and words onto a picture.

use std::convert::Infallible;

use embedded_graphics::Drawable;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::Pixel;
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

/// Red, green, blue and opacity, 0..=255.
pub type Rgba = [u8; 4];

/// A picture under work. Places are pixels from the upper left corner.
pub struct Canvas {
    pixels: Pixmap,
}

impl Canvas {
    /// A canvas of one colour; `None` when a side is 0 or the picture is too large for memory.
    pub fn new(width: u32, height: u32, paper: Rgba) -> Option<Canvas> {
        let mut pixels = Pixmap::new(width, height)?;
        pixels.fill(color(paper));
        Some(Canvas { pixels })
    }

    /// The picture.
    pub fn finish(self) -> Pixmap {
        self.pixels
    }

    /// Fills a rectangle; one without area is left out.
    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Rgba) {
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            self.pixels.fill_rect(rect, &paint(ink), Transform::identity(), None);
        }
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: impl Iterator<Item = (f32, f32)>, width: f32, ink: Rgba) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = path(points) {
            self.pixels.stroke_path(&path, &paint(ink), &stroke, Transform::identity(), None);
        }
    }

    /// Fills the area between points and a horizontal line.
    pub fn area(&mut self, points: &[(f32, f32)], base_y: f32, ink: Rgba) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        if points.iter().all(|point| (point.1 - base_y).abs() < 0.01) {
            return;
        }
        let outline = points.iter().copied().chain([(last.0, base_y), (first.0, base_y)]);
        if let Some(path) = path(outline) {
            self.pixels.fill_path(&path, &paint(ink), FillRule::Winding, Transform::identity(), None);
        }
    }

    /// Puts a picture of `width` pixels a row, each as a square of `zoom` by `zoom`; what lies outside is left out.
    pub fn picture(&mut self, (left, top): (u32, u32), width: usize, zoom: u32, inks: &[[u8; 3]]) {
        let canvas_width = self.pixels.width();
        let pixels = self.pixels.pixels_mut();
        for (at, [red, green, blue]) in inks.iter().enumerate() {
            let ink = tiny_skia::ColorU8::from_rgba(*red, *green, *blue, 255).premultiply();
            let (x, y) = (left + (at % width) as u32 * zoom, top + (at / width) as u32 * zoom);
            for y in y..y + zoom {
                let row = (y * canvas_width + x.min(canvas_width)) as usize;
                let shown = zoom.min(canvas_width.saturating_sub(x)) as usize;
                pixels.iter_mut().skip(row).take(shown).for_each(|pixel| *pixel = ink);
            }
        }
    }

    /// Writes a word: `place` is its left, middle or right end at half its height.
    pub fn text(&mut self, word: &str, place: (f32, f32), align: Alignment, font: &MonoFont<'_>, ink: Rgba) {
        let style = TextStyleBuilder::new().alignment(align).baseline(Baseline::Middle).build();
        let place = Point::new(place.0.round() as i32, place.1.round() as i32);
        let letters = MonoTextStyle::new(font, BinaryColor::On);
        let Ok(_) = Text::with_text_style(word, place, letters, style).draw(&mut Ink { pixels: &mut self.pixels, ink });
    }
}

fn path(points: impl Iterator<Item = (f32, f32)>) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for (i, (x, y)) in points.enumerate() {
        match i {
            0 => builder.move_to(x, y),
            _ => builder.line_to(x, y),
        }
    }
    builder.finish()
}

fn color([red, green, blue, alpha]: Rgba) -> Color {
    Color::from_rgba8(red, green, blue, alpha)
}

fn paint(ink: Rgba) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(color(ink));
    paint
}

/// Letters are drawn by embedded-graphics, a pixel at a time.
struct Ink<'a> {
    pixels: &'a mut Pixmap,
    ink: Rgba,
}

impl OriginDimensions for Ink<'_> {
    fn size(&self) -> Size {
        Size::new(self.pixels.width(), self.pixels.height())
    }
}

impl DrawTarget for Ink<'_> {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let (width, height) = (self.pixels.width() as i32, self.pixels.height() as i32);
        let ink = color(self.ink).premultiply().to_color_u8();
        for Pixel(Point { x, y }, bit) in pixels {
            if bit.is_on() && (0..width).contains(&x) && (0..height).contains(&y) {
                self.pixels.pixels_mut()[(y * width + x) as usize] = ink;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::mono_font::ascii::FONT_6X10;

    #[test]
    fn a_picture_is_enlarged_and_cut_at_the_border() {
        let mut canvas = Canvas::new(5, 4, [255; 4]).unwrap();
        canvas.picture((2, 1), 2, 2, &[[0, 0, 0], [9, 0, 0]]);
        let picture = canvas.finish();
        let of = |red: u8| picture.pixels().iter().filter(|p| p.red() == red).count();
        // The second pixel has room for half its width.
        assert_eq!((of(0), of(9)), (4, 2));
    }

    #[test]
    fn words_and_lines_leave_ink() {
        let mut canvas = Canvas::new(60, 20, [255; 4]).unwrap();
        canvas.text("AA", (2.0, 10.0), Alignment::Left, &FONT_6X10, [0, 0, 0, 255]);
        canvas.line([(30.0, 0.0), (30.0, 20.0)].into_iter(), 2.0, [255, 0, 0, 255]);
        let picture = canvas.finish();
        let dark = picture.pixels().iter().filter(|p| p.red() == 0).count();
        let red = picture.pixels().iter().filter(|p| p.red() == 255 && p.green() == 0).count();
        assert!(dark > 10 && red >= 40, "{dark} dark, {red} red");
    }
}
