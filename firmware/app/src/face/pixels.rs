//! A screen's memory as an embedded-graphics target: colours in, bytes as the screen wants them out.

use std::convert::Infallible;
use std::ops::Range;

use embedded_graphics::Pixel;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, PointsIter};
use embedded_graphics::primitives::Rectangle;

use super::dither;

/// How a pixel lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 32 bits, the upper eight unused.
    Xrgb8888,
    /// 16 bits, dithered.
    Rgb565,
}

impl Depth {
    /// Bytes of a pixel.
    pub const fn bytes(self) -> usize {
        match self {
            Depth::Xrgb8888 => 4,
            Depth::Rgb565 => 2,
        }
    }
}

/// How a picture lies in a screen's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width of the screen in pixels.
    pub width: u32,
    /// Height of the screen in pixels.
    pub height: u32,
    /// Bytes from one row to the next; at least a row's.
    pub stride: usize,
    /// How a pixel lies in memory.
    pub depth: Depth,
}

impl Layout {
    /// Bytes of a whole screen.
    pub const fn bytes(&self) -> usize {
        self.stride * self.height as usize
    }
}

/// A screen's memory. Each pixel that is drawn covers `zoom` x `zoom` pixels of the screen.
///
/// A row is made in usual memory and copied at one go: a screen's memory is slow in small pieces, and slow to read.
pub struct Pixels<'a> {
    memory: &'a mut [u8],
    layout: Layout,
    zoom: u32,
}

impl<'a> Pixels<'a> {
    /// The screen that `memory` shows; what a short memory lacks is left out.
    pub fn new(memory: &'a mut [u8], layout: Layout, zoom: u32) -> Pixels<'a> {
        Pixels { memory, layout, zoom: zoom.max(1) }
    }

    fn fill_whole(&mut self, mut colors: impl Iterator<Item = Rgb888>) {
        let zoom = self.zoom as usize;
        let mut row = vec![0; self.layout.width as usize * self.layout.depth.bytes()];
        for y in 0..self.size().height {
            match self.layout.depth {
                Depth::Xrgb8888 => fill_row(&mut row, zoom, &mut colors, |_, c| packed(c).to_le_bytes()),
                Depth::Rgb565 => fill_row(&mut row, zoom, &mut colors, |x, c| dither::rgb565(c, x, y).to_le_bytes()),
            }
            for y in self.span(y, self.layout.height) {
                self.copy(0, y, &row);
            }
        }
    }

    fn set(&mut self, at: Point, color: Rgb888) {
        let (x, y) = (at.x as u32, at.y as u32);
        let pixel = match self.layout.depth {
            Depth::Xrgb8888 => packed(color),
            Depth::Rgb565 => u32::from(dither::rgb565(color, x, y)),
        };
        let pixel = &pixel.to_le_bytes()[..self.layout.depth.bytes()];
        for y in self.span(y, self.layout.height) {
            self.span(x, self.layout.width).for_each(|x| self.copy(x, y, pixel));
        }
    }

    /// Copies pixels to where they lie on the screen.
    fn copy(&mut self, x: u32, y: u32, pixels: &[u8]) {
        let start = y as usize * self.layout.stride + x as usize * self.layout.depth.bytes();
        if let Some(place) = self.memory.get_mut(start..start + pixels.len()) {
            place.copy_from_slice(pixels);
        }
    }

    /// What a drawn column or row covers of the screen's.
    fn span(&self, drawn: u32, end: u32) -> Range<u32> {
        drawn * self.zoom..((drawn + 1) * self.zoom).min(end)
    }
}

/// Makes one row of the screen of the next drawn colours, each `zoom` times.
fn fill_row<const N: usize>(
    row: &mut [u8],
    zoom: usize,
    colors: &mut impl Iterator<Item = Rgb888>,
    pixel: impl Fn(u32, Rgb888) -> [u8; N],
) {
    let (pixels, _) = row.as_chunks_mut::<N>();
    if zoom == 1 {
        (0..).zip(pixels).zip(colors).for_each(|((x, place), color)| *place = pixel(x, color));
    } else {
        (0..).zip(pixels.chunks_mut(zoom)).zip(colors).for_each(|((x, places), color)| places.fill(pixel(x, color)));
    }
}

fn packed(color: Rgb888) -> u32 {
    u32::from_be_bytes([0, color.r(), color.g(), color.b()])
}

impl OriginDimensions for Pixels<'_> {
    fn size(&self) -> Size {
        Size::new(self.layout.width.div_ceil(self.zoom), self.layout.height.div_ceil(self.zoom))
    }
}

impl DrawTarget for Pixels<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let area = Rectangle::new(Point::zero(), self.size());
        pixels.into_iter().filter(|pixel| area.contains(pixel.0)).for_each(|Pixel(at, color)| self.set(at, color));
        Ok(())
    }

    fn fill_contiguous<I>(&mut self, area: &Rectangle, colors: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Rgb888>,
    {
        if *area == Rectangle::new(Point::zero(), self.size()) {
            self.fill_whole(colors.into_iter());
            return Ok(());
        }
        self.draw_iter(area.points().zip(colors).map(|(at, color)| Pixel(at, color)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Canvas;

    fn layout(width: u32, height: u32, stride: usize, depth: Depth) -> Layout {
        Layout { width, height, stride, depth }
    }

    /// A canvas of 16 x 16 with a red top left and a blue top right pixel.
    fn corners() -> Canvas {
        let mut canvas = Canvas::new(16, 16).unwrap();
        let dots = [(0, Rgb888::RED), (15, Rgb888::BLUE)];
        let Ok(()) = canvas.draw_iter(dots.map(|(x, color)| Pixel(Point::new(x, 0), color)));
        canvas
    }

    #[test]
    fn thirty_two_bits_are_blue_green_red_and_nothing() {
        let mut memory = vec![9; 16 * 64];
        let Ok(()) = corners().show_on(&mut Pixels::new(&mut memory, layout(16, 16, 64, Depth::Xrgb8888), 1));
        assert_eq!(memory[..8], [0, 0, 255, 0, 0, 0, 0, 0]);
        assert_eq!(memory[60..68], [255, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn sixteen_bits_are_five_of_red_six_of_green_and_five_of_blue() {
        let mut memory = vec![9; 16 * 32];
        let Ok(()) = corners().show_on(&mut Pixels::new(&mut memory, layout(16, 16, 32, Depth::Rgb565), 1));
        assert_eq!(memory[..4], [0, 0b1111_1000, 0, 0]);
        assert_eq!(memory[30..34], [0b0001_1111, 0, 0, 0]);
    }

    #[test]
    fn bytes_between_rows_are_left_alone() {
        let mut memory = vec![9; 16 * 80];
        let Ok(()) = corners().show_on(&mut Pixels::new(&mut memory, layout(16, 16, 80, Depth::Xrgb8888), 1));
        assert!(memory.chunks(80).all(|row| row[..64].iter().all(|b| *b != 9) && row[64..].iter().all(|b| *b == 9)));
    }

    #[test]
    fn a_zoomed_picture_fills_a_screen_that_is_no_multiple_of_it() {
        let mut memory = vec![9; 31 * 4 * 47];
        let mut pixels = Pixels::new(&mut memory, layout(47, 31, 47 * 4, Depth::Xrgb8888), 3);
        assert_eq!(pixels.size(), Size::new(16, 11));
        let rows = Rectangle::new(Point::zero(), Size::new(16, 11));
        let Ok(()) = pixels.fill_contiguous(&rows, corners().rgb().map(|[r, g, b]| Rgb888::new(r, g, b)));
        assert!(memory.iter().all(|byte| *byte != 9));
        let red = |x: usize, y: usize| memory[y * 47 * 4 + x * 4 + 2] == 255;
        assert!(red(0, 0) && red(2, 2) && !red(3, 0) && !red(0, 3));
        assert_eq!(memory[45 * 4..46 * 4], [255, 0, 0, 0]);
    }

    #[test]
    fn single_pixels_come_out_as_whole_pictures_do() {
        for depth in [Depth::Xrgb8888, Depth::Rgb565] {
            let (mut whole, mut single) = (vec![0; 32 * 128], vec![0; 32 * 128]);
            let picture = crate::face::Face::new(16, 16).unwrap().draw(&keyface_core::FacePose::REST).clone();
            let layout = layout(32, 32, 32 * depth.bytes(), depth);
            let Ok(()) = picture.show_on(&mut Pixels::new(&mut whole, layout, 2));
            let colors = picture.rgb().map(|[r, g, b]| Rgb888::new(r, g, b));
            let points = Rectangle::new(Point::zero(), Size::new(16, 16)).points();
            let Ok(()) = Pixels::new(&mut single, layout, 2).draw_iter(points.zip(colors).map(|(p, c)| Pixel(p, c)));
            assert_eq!(whole, single);
        }
    }

    #[test]
    fn a_memory_that_is_too_short_is_no_fault() {
        let mut memory = vec![0; 100];
        let Ok(()) = corners().show_on(&mut Pixels::new(&mut memory, layout(16, 16, 64, Depth::Xrgb8888), 1));
        assert_eq!(memory[60], 255);
    }
}
