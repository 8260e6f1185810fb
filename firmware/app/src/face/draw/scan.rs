//! Polygons in, how much each pixel is covered out: exact areas, in whole numbers, so that a part of a picture comes out
//! bit by bit as in the whole.
//!
//! A cell holds by how much the cover changes from its left neighbour's (the signed areas of FreeType's rasteriser,
//! summed along rows). Where shapes overlap themselves they are filled, whichever way they turn.

use super::cover::{Cover, FULL};
use crate::face::Area;
use crate::face::mask::{fill, spans as spans_of};

/// Parts of a pixel, along each axis.
const ONE_BITS: u32 = 8;
const ONE: i32 = 1 << ONE_BITS;
/// Fraction of an edge's slope: over 8192 rows it is right to a part.
const SLOPE_BITS: u32 = 22;
const SLOPE_HALF: i64 = 1 << (SLOPE_BITS - 1);
/// The sum of a pixel that is covered wholly.
const WHOLE: i32 = 2 * ONE * ONE;
/// Farther out nothing is seen, and whole numbers end.
const FAR: f32 = 32_768.0;

/// A point in parts of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    x: i32,
    y: i32,
}

impl Spot {
    /// The nearest to a point in pixels.
    pub fn of(x: f32, y: f32) -> Spot {
        // A sum with so large a number has no finer parts: it is rounded, without a call for each point.
        let part = |v: f32| ((v.clamp(-FAR, FAR) + FAR) * ONE as f32) as i32 - FAR as i32 * ONE;
        Spot { x: part(x), y: part(y) }
    }
}

/// What is covered within an area. Between two shapes all cells are 0.
#[derive(Default)]
pub struct Scan {
    clip: Area,
    /// Columns that are seen, and cells of a row: one more, for what goes on behind the last.
    width: usize,
    stride: usize,
    words: usize,
    cells: Vec<i32>,
    /// A bit for each cell that was written to.
    touched: Vec<u64>,
}

impl Scan {
    /// Begins a shape of which `clip` is seen.
    pub fn begin(&mut self, clip: Area) {
        self.clip = clip;
        self.width = clip.width() as usize;
        self.stride = self.width + 1;
        self.words = self.stride.div_ceil(64);
        let rows = clip.height() as usize;
        self.cells.resize(self.cells.len().max(rows * self.stride), 0);
        self.touched.resize(self.touched.len().max(rows * self.words), 0);
    }

    /// Adds a closed contour of the shape.
    pub fn contour(&mut self, spots: impl Iterator<Item = Spot>) {
        let (left, top) = (self.clip.left as i32 * ONE, self.clip.top as i32 * ONE);
        let mut spots = spots.map(|Spot { x, y }| Spot { x: x - left, y: y - top });
        let Some(first) = spots.next() else { return };
        let last = spots.fold(first, |from, to| {
            self.edge(from, to);
            to
        });
        self.edge(last, first);
    }

    /// Adds an edge between two spots, counted from the area's corner.
    fn edge(&mut self, a: Spot, b: Spot) {
        let (a, b, sign) = if a.y < b.y { (a, b, 1) } else { (b, a, -1) };
        let (top, bottom) = (a.y.max(0), b.y.min(self.clip.height() as i32 * ONE));
        if top >= bottom {
            return;
        }
        let slope = (i64::from(b.x - a.x) << SLOPE_BITS) / i64::from(b.y - a.y);
        // Most edges are short, and many stay within a column.
        let is_upright = a.x >> ONE_BITS == b.x >> ONE_BITS;
        let steep =
            if is_upright { 0 } else { (i64::from(b.y - a.y) << SLOPE_BITS) / i64::from((b.x - a.x).abs().max(1)) };
        let mut way = i64::from(top - a.y) * slope + SLOPE_HALF;
        let (mut y, mut x) = (top, a.x + (way >> SLOPE_BITS) as i32);
        while y < bottom {
            let next = ((y | (ONE - 1)) + 1).min(bottom);
            way += i64::from(next - y) * slope;
            let next_x = a.x + (way >> SLOPE_BITS) as i32;
            self.slice((y >> ONE_BITS) as usize, [x.min(next_x), x.max(next_x)], next - y, steep, sign);
            (y, x) = (next, next_x);
        }
    }

    /// The part of an edge that lies in one row, `fall` parts high, from `left` to `right`; `steep` is its fall by column.
    #[inline]
    fn slice(&mut self, row: usize, [left, right]: [i32; 2], fall: i32, steep: i64, sign: i32) {
        let (first, last) = (left >> ONE_BITS, right >> ONE_BITS);
        if first < 0 || last >= self.width as i32 {
            return self.clipped(row, [left, right], fall, steep, sign);
        }
        let (begin, cell) = (first as u32, row * self.stride + first as usize);
        let touched = &mut self.touched[row * self.words..][..self.words];
        if first == last {
            fill(touched, begin..begin + 2, |word, bits| *word |= bits);
            return put(&mut self.cells[cell..], sign * fall, left + right - 2 * first * ONE);
        }
        let columns = (last - first) as usize;
        fill(touched, begin..last as u32 + 2, |word, bits| *word |= bits);
        let cells = &mut self.cells[cell..][..columns + 2];
        let (mut from, mut fallen, mut way) = (left & (ONE - 1), 0, i64::from(first * ONE - left) * steep);
        for column in 0..columns {
            way += steep << ONE_BITS;
            let fallen_to = fall.min((way >> SLOPE_BITS) as i32);
            put(&mut cells[column..], sign * (fallen_to - fallen), from + ONE);
            (from, fallen) = (0, fallen_to);
        }
        put(&mut cells[columns..], sign * (fall - fallen), right & (ONE - 1));
    }

    /// The same where some of it may lie beside the area.
    #[cold]
    fn clipped(&mut self, row: usize, [left, right]: [i32; 2], fall: i32, steep: i64, sign: i32) {
        let (first, last) = (left >> ONE_BITS, right >> ONE_BITS);
        // How far it has fallen at a column's left side.
        let fallen = |column: i32| {
            let way = i64::from((column * ONE - left).max(0)) * steep;
            if column > last { fall } else { fall.min((way >> SLOPE_BITS) as i32) }
        };
        let touched = &mut self.touched[row * self.words..][..self.words];
        let cells = &mut self.cells[row * self.stride..][..self.stride];
        let mut add = |column: i32, fall: i32, sides: i32| {
            fill(touched, column as u32..column as u32 + 2, |word, bits| *word |= bits);
            put(&mut cells[column as usize..], fall, sides);
        };
        // What lies to the left covers the whole row, what lies to the right nothing.
        if first < 0 {
            add(0, sign * fallen(0), 0);
        }
        for column in first.max(0)..=last.min(self.width as i32 - 1) {
            let (from, to) = (left.max(column * ONE), right.min((column + 1) * ONE));
            add(column, sign * (fallen(column + 1) - fallen(column)), from + to - 2 * column * ONE);
        }
    }

    /// Ends the shape: `cover` becomes what it covers.
    pub fn end(&mut self, cover: &mut Cover) {
        cover.begin(self.clip);
        let rows = self.cells.chunks_exact_mut(self.stride).zip(self.touched.chunks_exact_mut(self.words));
        for (cells, touched) in rows.take(self.clip.height() as usize) {
            let (mut sum, mut spans) = (0_i32, cover.begin_row());
            for columns in spans_of(touched, 0..self.stride as u32) {
                let columns = columns.start as usize..columns.end as usize;
                spans.add(
                    columns.start,
                    cells[columns].iter_mut().map(|change| {
                        sum += std::mem::take(change);
                        ((sum.abs().min(WHOLE) as u32 * u32::from(FULL) + WHOLE as u32 / 2) / WHOLE as u32) as u8
                    }),
                );
            }
            spans.end();
            touched.fill(0);
        }
    }
}

/// An edge that falls by `fall` within the first of two cells; `sides` is twice its mean distance from that one's left side.
#[inline]
fn put(cells: &mut [i32], fall: i32, sides: i32) {
    if let [here, next, ..] = cells {
        *here += (2 * ONE - sides) * fall;
        *next += sides * fall;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cover of each pixel of a polygon within an area.
    fn covers(points: &[(f32, f32)], clip: Area) -> Vec<Vec<u8>> {
        let (mut scan, mut cover) = (Scan::default(), Cover::default());
        scan.begin(clip);
        scan.contour(points.iter().map(|(x, y)| Spot::of(*x, *y)));
        scan.end(&mut cover);
        assert!(scan.cells.iter().all(|cell| *cell == 0) && scan.touched.iter().all(|bits| *bits == 0));
        let mut covers = vec![vec![0; clip.right as usize]; clip.bottom as usize];
        for y in cover.rows() {
            for span in cover.row(y) {
                let covers = &mut covers[y as usize];
                for (x, parts) in [cover.lead(span), cover.trail(span)] {
                    covers[x as usize..].iter_mut().zip(parts).for_each(|(cover, part)| *cover = *part);
                }
                span.whole().for_each(|x| covers[x as usize] = FULL);
            }
        }
        covers
    }

    #[test]
    fn a_pixel_is_covered_by_its_share() {
        let square = [(1.25, 0.5), (3.0, 0.5), (3.0, 2.0), (1.25, 2.0)];
        let expected = [[0, 96, 128, 0], [0, 191, 255, 0], [0; 4]];
        assert_eq!(covers(&square, Area::whole(4, 3)), expected);
        let triangle = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)];
        assert_eq!(covers(&triangle, Area::whole(2, 2)), [[255, 128], [128, 0]]);
    }

    #[test]
    fn either_turn_fills_and_what_is_covered_twice_is_full() {
        let there_and_back = [(0.0, 0.0), (0.0, 1.0), (2.0, 1.0), (2.0, 0.0)];
        assert_eq!(covers(&there_and_back, Area::whole(2, 1)), [[255, 255]]);
        let twice = [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0), (0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)];
        assert_eq!(covers(&twice, Area::whole(2, 1)), [[255, 255]]);
    }

    #[test]
    fn a_part_is_covered_as_in_the_whole() {
        let star: Vec<(f32, f32)> =
            (0..5).map(|i| 2.513_f32 * i as f32).map(|t| (20.0 + 24.3 * t.cos(), 15.0 + 14.1 * t.sin())).collect();
        let whole = covers(&star, Area::whole(40, 30));
        assert!(whole.iter().flatten().filter(|cover| (1..FULL).contains(*cover)).count() > 60);
        for part in [Area { left: 7, top: 5, right: 33, bottom: 21 }, Area { left: 21, top: 0, right: 22, bottom: 30 }]
        {
            let (covers, columns) = (covers(&star, part), part.left as usize..part.right as usize);
            let rows = covers.iter().zip(&whole).skip(part.top as usize);
            rows.for_each(|(covers, whole)| assert_eq!(covers[columns.clone()], whole[columns.clone()]));
        }
    }

    #[test]
    fn what_lies_far_outside_is_no_fault() {
        let huge = [(-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9)];
        assert!(covers(&huge, Area::whole(3, 2)).iter().flatten().all(|cover| *cover == FULL));
    }
}
