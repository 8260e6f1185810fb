//! A painting of some of a picture's pixels: shapes and a backdrop in, pixels out. What is hidden is not painted.

use std::ops::Range;

use tiny_skia::Transform;

use super::cover::Cover;
use super::paint::Paint;
use crate::face::mask::{are_clear, fill, spans};
use crate::face::{Canvas, Mask};

/// A shape at its place in a picture.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    /// Which pixels it covers.
    pub cover: Cover,
    /// What they get; `None` where the place has no size.
    pub paint: Option<Paint>,
    /// The place that they get it for.
    pub place: Transform,
}

/// Pixels of a row that get a paint: all of them wholly, or each as far as it is covered.
enum Piece<'a> {
    Whole(&'a Paint, Range<u32>),
    Part(&'a Paint, u32, &'a [u8]),
}

/// Paints the pixels of `mask`: shapes from the foremost to the rearmost, over the backdrop.
pub fn paint(canvas: &mut Canvas, backdrop: &Canvas, mask: &Mask, shapes: &[&Laid]) {
    let (mut seen, mut pieces) = (Vec::new(), Vec::new());
    let (mut near, mut last) = (Vec::new(), 0);
    for y in mask.bands().flatten() {
        if y >= last {
            (near, last) = shapes_at(shapes, y);
        }
        seen.clear();
        seen.extend_from_slice(mask.row(y));
        near.iter().for_each(|laid| see(laid, y, &mut seen, &mut pieces));
        for columns in spans(&seen, 0..canvas.width()) {
            let behind = backdrop.row(y, columns.start, columns.end);
            canvas.run_mut(y, columns).copy_from_slice(behind);
        }
        for piece in pieces.drain(..).rev() {
            match piece {
                Piece::Whole(paint, columns) => paint.run(canvas.run_mut(y, columns.clone()), columns.start, y),
                Piece::Part(paint, x, parts) => {
                    paint.edge(canvas.run_mut(y, x..x + parts.len() as u32), x, y, parts);
                }
            }
        }
    }
}

/// The shapes that are met in a row, and the first row behind it that meets others.
fn shapes_at<'a>(shapes: &[&'a Laid], y: u32) -> (Vec<&'a Laid>, u32) {
    let met = shapes.iter().filter(|laid| laid.cover.rows().contains(&y)).copied().collect();
    let ends = shapes.iter().map(|laid| laid.cover.rows()).flat_map(|rows| [rows.start, rows.end]);
    (met, ends.filter(|end| *end > y).min().unwrap_or(u32::MAX))
}

/// Adds what is seen of a shape in a row, and takes what it hides from `seen`.
fn see<'a>(Laid { cover, paint, .. }: &'a Laid, y: u32, seen: &mut [u64], pieces: &mut Vec<Piece<'a>>) {
    let Some(paint) = paint else { return };
    // Most shapes have nothing to do with what has changed; their spans are not even read.
    if are_clear(seen, cover.columns()) {
        return;
    }
    for span in cover.row(y) {
        let (whole, before) = (span.whole(), pieces.len());
        for Range { start, end } in spans(seen, span.columns()) {
            if start < whole.start {
                pieces.push(part(paint, start..end.min(whole.start), cover.lead(span)));
            }
            if start < whole.end && whole.start < end {
                pieces.push(Piece::Whole(paint, start.max(whole.start)..end.min(whole.end)));
            }
            if whole.end < end {
                pieces.push(part(paint, start.max(whole.end)..end, cover.trail(span)));
            }
        }
        if pieces.len() > before && paint.is_opaque() {
            fill(seen, whole, |word, bits| *word &= !bits);
        }
    }
}

/// Some of the pixels from `x` on that are covered in part.
fn part<'a>(paint: &'a Paint, columns: Range<u32>, (x, parts): (u32, &'a [u8])) -> Piece<'a> {
    Piece::Part(paint, columns.start, &parts[(columns.start - x) as usize..(columns.end - x) as usize])
}

#[cfg(test)]
mod tests {
    use super::super::brush::{Brush, polygon};
    use super::super::ink::{Fill, Ink};
    use super::super::scan::Scan;
    use super::*;
    use crate::face::Area;
    use crate::face::curve::at;

    fn square(left: f32, right: f32, rgb: u32) -> Laid {
        let corners = [at(left, 0.0), at(right, 0.0), at(right, 20.0), at(left, 20.0)];
        let fill = Fill::Flat(Ink::rgb(rgb));
        let shapes = Brush::shapes(1.0, |brush| brush.fill(polygon(corners), fill));
        let mut cover = Cover::default();
        shapes[0].scan(Transform::identity(), Area::whole(100, 20), &mut Scan::default(), &mut cover);
        Laid { cover, paint: Paint::of(&fill, Transform::identity()), place: Transform::identity() }
    }

    #[test]
    fn what_is_hidden_is_not_painted_and_what_is_seen_is() {
        let squares = [(20.0, 60.0, 0xFF0000), (40.5, 80.0, 0x00FF00), (10.0, 90.0, 0x0000FF)]
            .map(|(l, r, rgb)| square(l, r, rgb));
        let (mut seen, mut pieces) = (Mask::whole(100, 1).row(0).to_vec(), Vec::new());
        squares.iter().for_each(|laid| see(laid, 7, &mut seen, &mut pieces));
        let columns = pieces.iter().map(|piece| match piece {
            Piece::Whole(_, columns) => columns.clone(),
            Piece::Part(_, x, parts) => *x..*x + parts.len() as u32,
        });
        assert_eq!(columns.collect::<Vec<_>>(), [20..60, 60..80, 10..20, 80..90]);
        assert_eq!(spans(&seen, 0..100).collect::<Vec<_>>(), [0..10, 90..100]);
    }

    #[test]
    fn what_is_not_marked_is_left_alone() {
        let mut canvas = Canvas::new(100, 20).unwrap();
        let backdrop = Canvas::clear(100, 20).unwrap();
        let mut mask = Mask::none(100, 20);
        mask.add(7, 5..30);
        let squares = [square(20.5, 60.0, 0xFF0000), square(10.0, 90.0, 0x0000FF)];
        paint(&mut canvas, &backdrop, &mask, &squares.each_ref());
        let colors = [4, 5, 15, 20, 25, 30].map(|x| canvas.row(7, x, x + 1)[0]);
        assert_eq!(colors, [0xFF00_0000, 0, 0xFF00_00FF, 0xFF80_007F, 0xFFFF_0000, 0xFF00_0000]);
        assert_eq!(canvas.row(6, 15, 16)[0], 0xFF00_0000);
    }
}
