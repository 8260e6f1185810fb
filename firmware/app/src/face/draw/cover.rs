//! Where a shape covers a picture: of each row spans of pixels, whole in the middle and in part towards their ends.

use std::ops::Range;

use crate::face::{Area, Mask};

/// Cover of a whole pixel.
pub const FULL: u8 = 255;

/// Pixels of a row without a gap: from `left` on they are covered in part, from `full` on wholly, from `rest` on in part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub left: u16,
    pub full: u16,
    pub rest: u16,
    pub right: u16,
    /// Where in [`Cover::parts`] its pixels before and behind the whole ones begin.
    lead: u32,
    trail: u32,
}

impl Span {
    /// All columns.
    pub fn columns(&self) -> Range<u32> {
        self.left.into()..self.right.into()
    }

    /// The columns that are covered wholly.
    pub fn whole(&self) -> Range<u32> {
        self.full.into()..self.rest.into()
    }

    fn meets(&self, other: &Span) -> bool {
        self.left < other.right && other.left < self.right
    }
}

/// Where a shape covers a picture.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    left: u32,
    top: u32,
    width: u32,
    /// Where each row's spans end.
    ends: Vec<u32>,
    spans: Vec<Span>,
    /// How much of a pixel is covered, of [`FULL`].
    parts: Vec<u8>,
}

impl Cover {
    /// Begins anew, within the columns and from the first row of an area.
    pub fn begin(&mut self, area: Area) {
        (self.left, self.top, self.width) = (area.left, area.top, area.width());
        self.ends.clear();
        self.spans.clear();
        self.parts.clear();
    }

    /// Begins the next row.
    pub fn begin_row(&mut self) -> Row<'_> {
        let (start, width) = (self.parts.len(), self.width as usize);
        Row { cover: self, width, span: None, left: 0, start, at: 0, last: 0 }
    }

    /// Columns that may be covered.
    pub fn columns(&self) -> Range<u32> {
        self.left..self.left + self.width
    }

    /// Rows that may be covered.
    pub fn rows(&self) -> Range<u32> {
        self.top..self.top + self.ends.len() as u32
    }

    /// The spans of a row, from left to right.
    #[inline]
    pub fn row(&self, y: u32) -> &[Span] {
        let index = y.wrapping_sub(self.top) as usize;
        let Some(end) = self.ends.get(index) else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.spans[start as usize..*end as usize]
    }

    /// The pixels before a span's whole ones, and how much of each is covered.
    #[inline]
    pub fn lead(&self, span: &Span) -> (u32, &[u8]) {
        (span.left.into(), &self.parts[span.lead as usize..][..usize::from(span.full - span.left)])
    }

    /// The pixels behind a span's whole ones, and how much of each is covered.
    #[inline]
    pub fn trail(&self, span: &Span) -> (u32, &[u8]) {
        (span.rest.into(), &self.parts[span.trail as usize..][..usize::from(span.right - span.rest)])
    }

    /// Adds all that is covered to `mask`.
    pub fn add_to(&self, mask: &mut Mask) {
        self.rows().for_each(|y| self.row(y).iter().for_each(|span| mask.add(y, span.columns())));
    }

    /// Adds to `mask` what another covers otherwise, and perhaps some pixels beside it.
    pub fn differences(&self, other: &Cover, mask: &mut Mask) {
        let (here, there) = (self.rows(), other.rows());
        for y in here.start.min(there.start)..here.end.max(there.end) {
            let (spans, others) = (self.row(y), other.row(y));
            let are_alike = spans.len() == others.len() && spans.iter().zip(others).all(|(a, b)| a.meets(b));
            if !are_alike {
                spans.iter().chain(others).for_each(|span| mask.add(y, span.columns()));
                continue;
            }
            for (a, b) in spans.iter().zip(others) {
                if self.lead(a) != other.lead(b) {
                    mask.add(y, a.left.min(b.left).into()..a.full.max(b.full).into());
                }
                if self.trail(a) != other.trail(b) {
                    mask.add(y, a.rest.min(b.rest).into()..a.right.max(b.right).into());
                }
            }
        }
    }
}

/// A row of a cover under way.
pub struct Row<'a> {
    cover: &'a mut Cover,
    width: usize,
    /// The span whose whole pixels are under way.
    span: Option<Span>,
    /// The pixels under way that are covered in part: the first's column, and where they begin in the cover's parts.
    left: usize,
    start: usize,
    /// The first column of which nothing was told, and how the one before is covered.
    at: usize,
    last: u8,
}

impl Row<'_> {
    /// Tells how much of each pixel from the column `x` on is covered; those between are as the last that was told.
    #[inline]
    pub fn add(&mut self, x: usize, covers: impl ExactSizeIterator<Item = u8>) {
        self.go_on_to(x);
        self.at = x + covers.len();
        self.cover.parts.extend(covers);
        self.last = self.cover.parts.last().copied().unwrap_or(0);
    }

    /// Ends the row.
    pub fn end(mut self) {
        if self.at > self.width {
            self.cover.parts.pop();
            self.at = self.width;
        } else {
            self.go_on_to(self.width);
        }
        self.settle(0);
        if let Some(span) = self.span {
            let right = self.column(self.width);
            self.cover.spans.push(Span { rest: right, right, ..span });
        }
        self.cover.ends.push(self.cover.spans.len() as u32);
    }

    #[inline]
    fn go_on_to(&mut self, x: usize) {
        if self.last == 0 || self.last == FULL {
            self.settle(self.last);
            (self.left, self.start) = (x, self.cover.parts.len());
        } else {
            self.cover.parts.extend(std::iter::repeat_n(self.last, x - self.at));
        }
    }

    /// The pixels under way are followed by some that are covered wholly, or not at all.
    #[inline]
    fn settle(&mut self, next: u8) {
        let parts = &self.cover.parts[self.start..];
        if parts.is_empty() {
            return;
        }
        // What is as its neighbours is left to them.
        let before = if self.span.is_some() { FULL } else { 0 };
        let skip = parts.iter().take_while(|part| **part == before).count();
        let drop = parts[skip..].iter().rev().take_while(|part| **part == next).count();
        let (left, right) = (self.column(self.left + skip), self.column(self.left + parts.len() - drop));
        let at = (self.start + skip) as u32;
        match self.span.take() {
            Some(span) => {
                self.cover.spans.push(Span { rest: left, right, trail: at, ..span });
                self.span = (next == FULL).then_some(Span { left: right, full: right, lead: at, ..Span::default() });
            }
            None => {
                let span = Span { left, full: right, rest: right, right, lead: at, trail: at };
                if next == FULL {
                    self.span = Some(span);
                } else if left < right {
                    self.cover.spans.push(span);
                }
            }
        }
    }

    fn column(&self, column: usize) -> u16 {
        (self.cover.left as usize + column) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cover of one row of 12 pixels: how much of each is covered, in tenths of a pixel (`x` is a whole one).
    fn cover(row: &str) -> Cover {
        let covers: Vec<u8> = row.bytes().map(|b| if b == b'x' { FULL } else { 25 * (b - b'0') }).collect();
        let mut cover = Cover::default();
        cover.begin(Area { left: 3, top: 5, right: 3 + covers.len() as u32, bottom: 6 });
        let mut spans = cover.begin_row();
        // Only changes are told, as a scan does.
        (0..covers.len()).filter(|x| *x == 0 || covers[*x] != covers[x - 1]).for_each(|x| {
            spans.add(x, [covers[x]].into_iter());
        });
        spans.end();
        cover
    }

    fn told(cover: &Cover) -> Vec<(Range<u32>, Range<u32>, Vec<u8>)> {
        let parts = |span| [cover.lead(span).1, cover.trail(span).1].concat();
        cover.row(5).iter().map(|span| (span.columns(), span.whole(), parts(span))).collect()
    }

    #[test]
    fn a_span_is_whole_in_the_middle_and_covered_in_part_at_its_ends() {
        assert_eq!(told(&cover("0048xxxx2000")), [(5..12, 7..11, vec![100, 200, 50])]);
        assert_eq!(told(&cover("333000000xxx")), [(3..6, 6..6, vec![75; 3]), (12..15, 12..15, vec![])]);
        assert_eq!(told(&cover("xxx5xx000000")), [(3..7, 3..6, vec![125]), (7..9, 7..9, vec![])]);
        assert_eq!((told(&cover("000000000000")), cover("x").row(6).len()), (vec![], 0));
    }

    #[test]
    fn what_differs_between_two_covers_is_told_and_what_is_alike_is_not() {
        let differences = |a: &str, b: &str| {
            let mut mask = Mask::none(20, 10);
            cover(a).differences(&cover(b), &mut mask);
            mask.columns(5, 0).map(|columns| (columns.start, columns.end)).collect::<Vec<_>>()
        };
        assert_eq!(differences("0048xxxx2000", "0048xxxx2000"), []);
        assert_eq!(differences("0048xxxx2000", "0048xxxxx200"), [(11, 13)]);
        assert_eq!(differences("04xxxx200000", "0004xxxx2000"), [(4, 7), (9, 12)]);
        assert_eq!(differences("xx0000000000", "0000000000xx"), [(3, 5), (13, 15)]);
        assert_eq!(differences("xxxxxxxxxxxx", "xxxx0000xxxx"), [(3, 15)]);
    }
}
