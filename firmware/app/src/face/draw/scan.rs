//! Polygons in, how much each pixel is covered out: exact areas, in whole numbers, so that a part of a picture comes out
//! bit by bit as in the whole.
//!
//! A cell holds by how much the cover changes from its left neighbour's (the signed areas of FreeType's rasteriser,
//! summed along rows). Where shapes overlap themselves they are filled, whichever way they turn.

use crate::face::Area;

/// Parts of a pixel, along each axis.
const ONE_BITS: u32 = 8;
const ONE: i32 = 1 << ONE_BITS;
/// Fraction of an edge's slope: over 8192 rows it is right to a part.
const SLOPE_BITS: u32 = 22;
const SLOPE_HALF: i64 = 1 << (SLOPE_BITS - 1);
/// The sum of a pixel that is covered wholly.
const WHOLE: i32 = 2 * ONE * ONE;
/// Cover of a whole pixel, for those who paint.
pub const FULL: u32 = 256;
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

/// Pixels of a row that are covered alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The row.
    pub y: u32,
    /// The first column.
    pub left: u32,
    /// The first column behind them.
    pub right: u32,
    /// Of each, 1 to [`FULL`].
    pub cover: u32,
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
    pub fn contour(&mut self, spots: &[Spot]) {
        let Some(last) = spots.last() else { return };
        let (top, bottom) = (self.clip.top as i32 * ONE, self.clip.bottom as i32 * ONE);
        let mut from = *last;
        for to in spots {
            let is_seen = from.y.min(to.y) < bottom && from.y.max(to.y) > top;
            if is_seen {
                self.edge(from, *to);
            }
            from = *to;
        }
    }

    fn edge(&mut self, a: Spot, b: Spot) {
        let (a, b, sign) = if a.y < b.y { (a, b, 1) } else { (b, a, -1) };
        let (top, bottom) = (a.y.max(self.clip.top as i32 * ONE), b.y.min(self.clip.bottom as i32 * ONE));
        if top >= bottom {
            return;
        }
        let slope = (i64::from(b.x - a.x) << SLOPE_BITS) / i64::from(b.y - a.y);
        // A function of y alone: where an edge enters a row does not depend on what is seen.
        let x_at = |y: i32| a.x + ((i64::from(y - a.y) * slope + SLOPE_HALF) >> SLOPE_BITS) as i32;
        let (mut y, mut x) = (top, x_at(top));
        while y < bottom {
            let next = ((y / ONE + 1) * ONE).min(bottom);
            let next_x = x_at(next);
            self.slice(y / ONE, x.min(next_x), x.max(next_x), sign * (next - y));
            (y, x) = (next, next_x);
        }
    }

    /// The part of an edge that lies in one row, `fall` parts high, from `left` to `right`.
    #[inline]
    fn slice(&mut self, row: i32, left: i32, right: i32, fall: i32) {
        let row = row as usize - self.clip.top as usize;
        let (first, last) = (left >> ONE_BITS, right >> ONE_BITS);
        if first == last {
            return self.put(row, first, fall, left + right - 2 * first * ONE);
        }
        if last < self.clip.left as i32 {
            return self.put(row, last, fall, 0);
        }
        if first >= self.clip.right as i32 {
            return;
        }
        let (mut from, mut fallen) = (left, 0);
        for column in first..=last {
            let to = right.min((column + 1) * ONE);
            let fallen_to = fall * (to - left) / (right - left);
            self.put(row, column, fallen_to - fallen, from + to - 2 * column * ONE);
            (from, fallen) = (to, fallen_to);
        }
    }

    /// An edge that falls by `fall` within a pixel; `sides` is twice the mean distance from the pixel's left side.
    #[inline]
    fn put(&mut self, row: usize, column: i32, fall: i32, sides: i32) {
        // What lies to the left covers the whole row.
        let (column, sides) = if column < self.clip.left as i32 { (self.clip.left as i32, 0) } else { (column, sides) };
        let column = (column - self.clip.left as i32) as usize;
        if column < self.width {
            let cell = row * self.stride + column;
            self.cells[cell] += (2 * ONE - sides) * fall;
            self.cells[cell + 1] += sides * fall;
            let bit = row * self.words * 64 + column;
            self.touched[bit / 64] |= 1 << (bit % 64);
            self.touched[(bit + 1) / 64] |= 1 << ((bit + 1) % 64);
        }
    }

    /// Ends the shape: `tell` is told its runs, from top to bottom and from left to right.
    pub fn sweep(&mut self, mut tell: impl FnMut(Run)) {
        for row in 0..self.clip.height() as usize {
            let cells = &mut self.cells[row * self.stride..][..self.stride];
            let (mut sum, mut from) = (0_i32, 0);
            let mut run = |from: usize, to: usize, sum: i32| {
                let cover = (sum.abs().min(WHOLE) as u32 + FULL) / (2 * ONE as u32);
                if cover > 0 && from < to {
                    let (left, right) = (self.clip.left + from as u32, self.clip.left + to as u32);
                    tell(Run { y: self.clip.top + row as u32, left, right, cover });
                }
            };
            for (index, word) in self.touched[row * self.words..][..self.words].iter_mut().enumerate() {
                let mut bits = std::mem::take(word);
                while bits != 0 {
                    let column = 64 * index + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let change = std::mem::take(&mut cells[column]);
                    if change != 0 {
                        run(from, column, sum);
                        (sum, from) = (sum + change, column);
                    }
                }
            }
            run(from, self.width, sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cover of each pixel of a polygon within an area.
    fn covers(points: &[(f32, f32)], clip: Area) -> Vec<Vec<u32>> {
        let mut scan = Scan::default();
        scan.begin(clip);
        let spots: Vec<Spot> = points.iter().map(|(x, y)| Spot::of(*x, *y)).collect();
        scan.contour(&spots);
        let mut covers = vec![vec![0; clip.right as usize]; clip.bottom as usize];
        scan.sweep(|Run { y, left, right, cover }| covers[y as usize][left as usize..right as usize].fill(cover));
        assert!(scan.cells.iter().all(|cell| *cell == 0) && scan.touched.iter().all(|bits| *bits == 0));
        covers
    }

    #[test]
    fn a_pixel_is_covered_by_its_share() {
        let square = [(1.25, 0.5), (3.0, 0.5), (3.0, 2.0), (1.25, 2.0)];
        let expected = [[0, 96, 128, 0], [0, 192, 256, 0], [0; 4]];
        assert_eq!(covers(&square, Area::whole(4, 3)), expected);
        let triangle = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)];
        assert_eq!(covers(&triangle, Area::whole(2, 2)), [[256, 128], [128, 0]]);
    }

    #[test]
    fn either_turn_fills_and_what_is_covered_twice_is_full() {
        let there_and_back = [(0.0, 0.0), (0.0, 1.0), (2.0, 1.0), (2.0, 0.0)];
        assert_eq!(covers(&there_and_back, Area::whole(2, 1)), [[256, 256]]);
        let twice = [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0), (0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)];
        assert_eq!(covers(&twice, Area::whole(2, 1)), [[256, 256]]);
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
