//! What differs between the picture that a panel shows and the one that it shall show.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use crate::face::{Canvas, FaceError};

/// Two pictures, and the row up to which they are the same.
pub(super) struct Changes {
    width: usize,
    height: usize,
    shown: Vec<[u8; 3]>,
    wanted: Vec<[u8; 3]>,
    row: usize,
}

impl Changes {
    /// Of a panel that is black.
    pub fn new(width: u32, height: u32) -> Changes {
        let black = vec![[0; 3]; (width * height) as usize];
        let (width, height) = (width as usize, height as usize);
        Changes { width, height, shown: black.clone(), wanted: black, row: height }
    }

    pub fn size(&self) -> Size {
        Size::new(self.width as u32, self.height as u32)
    }

    /// Takes the next picture.
    pub fn take(&mut self, picture: &Canvas) -> Result<(), FaceError> {
        let (width, height) = (picture.width(), picture.height());
        let Size { width: expected_width, height: expected_height } = self.size();
        if (width, height) != (expected_width, expected_height) {
            return Err(FaceError::FrameSize { expected_width, expected_height, width, height });
        }
        self.wanted.iter_mut().zip(picture.rgb()).for_each(|(to, from)| *to = from);
        self.row = 0;
        Ok(())
    }

    /// Whether the panel shows the picture.
    pub fn is_done(&self) -> bool {
        self.row == self.height
    }

    /// The next rows with changes, as wide as their changes and no more than `most` pixels, at least one row of them.
    pub fn next(&mut self, most: usize) -> Option<Rectangle> {
        while self.row < self.height && self.changed(self.row).is_none() {
            self.row += 1;
        }
        let top = self.row;
        let (mut left, mut right) = self.changed(top)?;
        let mut bottom = top + 1;
        while let Some((l, r)) = self.changed(bottom) {
            let (wider_left, wider_right) = (left.min(l), right.max(r));
            if (wider_right - wider_left) * (bottom + 1 - top) > most {
                break;
            }
            (left, right, bottom) = (wider_left, wider_right, bottom + 1);
        }
        let fits = (right - left) * (bottom - top) <= most;
        let size = Size::new((right - left) as u32, (bottom - top) as u32);
        fits.then(|| Rectangle::new(Point::new(left as i32, top as i32), size))
    }

    /// The colours of an area, row by row.
    pub fn colors(&self, area: &Rectangle) -> impl Iterator<Item = Rgb888> + '_ {
        let (left, width) = (area.top_left.x as usize, area.size.width as usize);
        let rows = area.top_left.y as usize..area.top_left.y as usize + area.size.height as usize;
        let row = move |y: usize| &self.wanted[y * self.width + left..][..width];
        rows.flat_map(row).map(|[r, g, b]| Rgb888::new(*r, *g, *b))
    }

    /// The area is on the panel.
    pub fn done(&mut self, area: &Rectangle) {
        let rows = area.top_left.y as usize..area.top_left.y as usize + area.size.height as usize;
        let all = rows.start * self.width..rows.end * self.width;
        self.shown[all.clone()].copy_from_slice(&self.wanted[all]);
        self.row = rows.end;
    }

    /// The first and last column + 1 that differ in a row.
    fn changed(&self, row: usize) -> Option<(usize, usize)> {
        let all = row * self.width..(row + 1) * self.width;
        let (shown, wanted) = (self.shown.get(all.clone())?, self.wanted.get(all)?);
        let differs = |(a, b): (&[u8; 3], &[u8; 3])| a != b;
        let left = shown.iter().zip(wanted).position(differs)?;
        let right = shown.iter().zip(wanted).rposition(differs)? + 1;
        Some((left, right))
    }
}

#[cfg(test)]
mod tests {
    use embedded_graphics::Pixel;
    use embedded_graphics::prelude::{DrawTarget, RgbColor};

    use super::*;

    fn with(dots: &[(i32, i32)]) -> Canvas {
        let mut canvas = Canvas::new(20, 16).unwrap();
        let Ok(()) = canvas.draw_iter(dots.iter().map(|(x, y)| Pixel(Point::new(*x, *y), Rgb888::RED)));
        canvas
    }

    fn areas(changes: &mut Changes, most: usize) -> Vec<(i32, i32, u32, u32)> {
        std::iter::from_fn(|| {
            let area = changes.next(most)?;
            changes.done(&area);
            Some((area.top_left.x, area.top_left.y, area.size.width, area.size.height))
        })
        .collect()
    }

    #[test]
    fn only_rows_and_columns_that_changed_are_sent() {
        let mut changes = Changes::new(20, 16);
        changes.take(&with(&[(3, 2), (7, 3), (19, 10)])).unwrap();
        assert!(!changes.is_done());
        assert_eq!(areas(&mut changes, 1_000), [(3, 2, 5, 2), (19, 10, 1, 1)]);
        assert!(changes.is_done());
    }

    #[test]
    fn a_picture_that_stands_still_sends_nothing() {
        let mut changes = Changes::new(20, 16);
        changes.take(&with(&[(3, 2)])).unwrap();
        areas(&mut changes, 1_000);
        changes.take(&with(&[(3, 2)])).unwrap();
        assert_eq!(areas(&mut changes, 1_000), []);
        assert!(changes.is_done());
    }

    #[test]
    fn no_area_is_larger_than_asked_for() {
        let mut changes = Changes::new(20, 16);
        let all: Vec<(i32, i32)> = (0..320).map(|i| (i % 20, i / 20)).collect();
        changes.take(&with(&all)).unwrap();
        assert_eq!(changes.next(19), None);
        assert_eq!(areas(&mut changes, 130), [(0, 0, 20, 6), (0, 6, 20, 6), (0, 12, 20, 4)]);
    }

    #[test]
    fn the_colours_of_an_area_are_its_own() {
        let mut changes = Changes::new(20, 16);
        changes.take(&with(&[(4, 5), (5, 6)])).unwrap();
        let area = changes.next(100).unwrap();
        let colors: Vec<bool> = changes.colors(&area).map(|color| color == Rgb888::RED).collect();
        assert_eq!(colors, [true, false, false, true]);
    }

    #[test]
    fn a_picture_of_another_size_is_refused() {
        assert!(Changes::new(21, 16).take(&with(&[])).is_err());
    }
}
