//! A screen's memory: areas of a picture in, bytes as the screen wants them out.

use std::ops::Range;

use embedded_graphics::pixelcolor::Rgb888;

use super::{Canvas, Mask, dither};

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

/// Pixels between two ranges of columns that are brought along: a cache line's, which is written at one go.
pub const GAP: u32 = 16;

/// A screen's memory. Each pixel that is drawn covers `zoom` x `zoom` pixels of the screen.
///
/// It is written from left to right and never read: a screen's memory is slow in small pieces, and slow to read.
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

    /// Brings the pixels of `lacking` to where they are seen, and perhaps some between them.
    pub fn show(&mut self, picture: &Canvas, lacking: &Mask) {
        let mut made = Vec::new();
        for y in lacking.bands().flatten() {
            lacking.columns(y, GAP).for_each(|columns| self.show_columns(picture, y, columns, &mut made));
        }
    }

    fn show_columns(&mut self, picture: &Canvas, y: u32, columns: Range<u32>, made: &mut Vec<u8>) {
        let (zoom, left) = (self.zoom as usize, columns.start);
        let pixels = picture.row(y, left, columns.end);
        let columns = self.span(columns, self.layout.width);
        let bytes = columns.len() * self.layout.depth.bytes();
        if (zoom, self.layout.depth) == (1, Depth::Xrgb8888) {
            let (places, _) = self.place(columns.start, y, bytes).as_chunks_mut();
            return places.iter_mut().zip(pixels).for_each(|(place, pixel)| *place = xrgb(*pixel));
        }
        made.resize(made.len().max(bytes), 0);
        let made = &mut made[..bytes];
        match self.layout.depth {
            Depth::Xrgb8888 => fill_row(made, zoom, pixels, |_, pixel| xrgb(pixel)),
            Depth::Rgb565 => fill_row(made, zoom, pixels, |x, pixel| {
                let [_, r, g, b] = pixel.to_be_bytes();
                dither::rgb565(Rgb888::new(r, g, b), left + x, y).to_le_bytes()
            }),
        }
        for y in self.span(y..y + 1, self.layout.height) {
            let place = self.place(columns.start, y, bytes);
            place.copy_from_slice(&made[..place.len()]);
        }
    }

    /// Where `bytes` of pixels lie on the screen; nowhere in a memory that is too short.
    fn place(&mut self, x: u32, y: u32, bytes: usize) -> &mut [u8] {
        let start = y as usize * self.layout.stride + x as usize * self.layout.depth.bytes();
        self.memory.get_mut(start..start + bytes).unwrap_or_default()
    }

    /// What drawn columns or rows cover of the screen's.
    fn span(&self, drawn: Range<u32>, end: u32) -> Range<u32> {
        (drawn.start * self.zoom).min(end)..(drawn.end * self.zoom).min(end)
    }
}

fn xrgb(pixel: u32) -> [u8; 4] {
    (pixel & 0x00FF_FFFF).to_le_bytes()
}

/// Makes one row of the screen of drawn pixels, each `zoom` times.
fn fill_row<const N: usize>(row: &mut [u8], zoom: usize, drawn: &[u32], bytes: impl Fn(u32, u32) -> [u8; N]) {
    let (places, _) = row.as_chunks_mut::<N>();
    if zoom == 1 {
        (0..).zip(places).zip(drawn).for_each(|((x, place), pixel)| *place = bytes(x, *pixel));
    } else {
        (0..).zip(places.chunks_mut(zoom)).zip(drawn).for_each(|((x, places), pixel)| places.fill(bytes(x, *pixel)));
    }
}

#[cfg(test)]
mod tests {
    use embedded_graphics::Pixel;
    use embedded_graphics::geometry::Point;
    use embedded_graphics::pixelcolor::RgbColor;
    use embedded_graphics::prelude::DrawTarget;

    use super::*;

    fn layout(width: u32, height: u32, stride: usize, depth: Depth) -> Layout {
        Layout { width, height, stride, depth }
    }

    /// A canvas of 16 x `height` with a red top left and a blue top right pixel.
    fn corners(height: u32) -> Canvas {
        let mut canvas = Canvas::new(16, height).unwrap();
        let dots = [(0, Rgb888::RED), (15, Rgb888::BLUE)];
        let Ok(()) = canvas.draw_iter(dots.map(|(x, color)| Pixel(Point::new(x, 0), color)));
        canvas
    }

    fn shown(picture: &Canvas, layout: Layout, zoom: u32, bytes: usize) -> Vec<u8> {
        let mut memory = vec![9; bytes];
        Pixels::new(&mut memory, layout, zoom).show(picture, &Mask::whole(picture.width(), picture.height()));
        memory
    }

    #[test]
    fn thirty_two_bits_are_blue_green_red_and_nothing() {
        let memory = shown(&corners(16), layout(16, 16, 64, Depth::Xrgb8888), 1, 16 * 64);
        assert_eq!(memory[..8], [0, 0, 255, 0, 0, 0, 0, 0]);
        assert_eq!(memory[60..68], [255, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn sixteen_bits_are_five_of_red_six_of_green_and_five_of_blue() {
        let memory = shown(&corners(16), layout(16, 16, 32, Depth::Rgb565), 1, 16 * 32);
        assert_eq!(memory[..4], [0, 0b1111_1000, 0, 0]);
        assert_eq!(memory[30..34], [0b0001_1111, 0, 0, 0]);
    }

    #[test]
    fn bytes_between_rows_are_left_alone() {
        let memory = shown(&corners(16), layout(16, 16, 80, Depth::Xrgb8888), 1, 16 * 80);
        assert!(memory.chunks(80).all(|row| row[..64].iter().all(|b| *b != 9) && row[64..].iter().all(|b| *b == 9)));
    }

    #[test]
    fn a_zoomed_picture_fills_a_screen_that_is_no_multiple_of_it() {
        let memory = shown(&corners(16), layout(47, 46, 47 * 4, Depth::Xrgb8888), 3, 46 * 4 * 47);
        assert!(memory.iter().all(|byte| *byte != 9));
        let red = |x: usize, y: usize| memory[y * 47 * 4 + x * 4 + 2] == 255;
        assert!(red(0, 0) && red(2, 2) && !red(3, 0) && !red(0, 3));
        assert_eq!(memory[45 * 4..46 * 4], [255, 0, 0, 0]);
    }

    #[test]
    fn areas_come_out_as_whole_pictures_do_and_leave_the_rest_alone() {
        let picture = crate::face::Face::new(16, 16).unwrap().draw(&keyface_core::FacePose::REST).clone();
        for depth in [Depth::Xrgb8888, Depth::Rgb565] {
            let layout = layout(32, 32, 32 * depth.bytes(), depth);
            let whole = shown(&picture, layout, 2, 32 * 32 * depth.bytes());
            let mut parts = vec![9; whole.len()];
            let mut mask = Mask::none(16, 16);
            (5..16).for_each(|y| mask.add(y, 3..9));
            Pixels::new(&mut parts, layout, 2).show(&picture, &mask);
            let inside = |i: usize| {
                let (x, y) = (i / depth.bytes() % 32 / 2, i / depth.bytes() / 32 / 2);
                (3..9).contains(&x) && (5..16).contains(&y)
            };
            assert!((0..whole.len()).all(|i| parts[i] == if inside(i) { whole[i] } else { 9 }), "{depth:?}");
        }
    }

    #[test]
    fn a_memory_that_is_too_short_is_no_fault() {
        let memory = shown(&corners(16), layout(16, 16, 64, Depth::Xrgb8888), 1, 100);
        assert_eq!(memory[60], 255);
    }
}
