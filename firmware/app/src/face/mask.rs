//! Which pixels of a picture, a bit each: what a drawing has changed, what a screen lacks.

use std::ops::Range;

const BITS: u32 = u64::BITS;

/// Some pixels of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    width: u32,
    height: u32,
    /// Row by row, each of `stride` words.
    words: Vec<u64>,
    stride: usize,
    /// The rows in which there may be some; where `top` is not above `bottom` there are none.
    top: u32,
    bottom: u32,
}

impl Mask {
    /// No pixel of a picture.
    pub fn none(width: u32, height: u32) -> Mask {
        let stride = width.div_ceil(BITS) as usize;
        Mask { width, height, words: vec![0; stride * height as usize], stride, top: height, bottom: 0 }
    }

    /// A whole picture.
    pub fn whole(width: u32, height: u32) -> Mask {
        let mut mask = Mask::none(width, height);
        (0..height).for_each(|y| mask.add(y, 0..width));
        mask
    }

    /// Adds columns of a row.
    #[inline]
    pub fn add(&mut self, y: u32, columns: Range<u32>) {
        (self.top, self.bottom) = (self.top.min(y), self.bottom.max(y + 1));
        let row = &mut self.words[y as usize * self.stride..][..self.stride];
        fill(row, columns, |word, bits| *word |= bits);
    }

    /// Adds all of another mask's, which is as large.
    pub fn add_all(&mut self, other: &Mask) {
        (self.top, self.bottom) = (self.top.min(other.top), self.bottom.max(other.bottom));
        let rows = other.used();
        self.words[rows.clone()].iter_mut().zip(&other.words[rows]).for_each(|(word, other)| *word |= other);
    }

    /// Leaves none.
    pub fn clear(&mut self) {
        let rows = self.used();
        self.words[rows].fill(0);
        (self.top, self.bottom) = (self.height, 0);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words[self.used()].iter().all(|word| *word == 0)
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The rows in which there are some, as few ranges as they make.
    pub fn bands(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        let is_in = |y: &u32| self.row(*y).iter().any(|word| *word != 0);
        let mut y = self.top;
        std::iter::from_fn(move || {
            let top = (y..self.bottom).find(is_in)?;
            y = (top..self.bottom).find(|y| !is_in(y)).unwrap_or(self.bottom);
            Some(top..y)
        })
    }

    /// Columns of a row; those that are no farther apart than `gap` come as one range.
    pub fn columns(&self, y: u32, gap: u32) -> impl Iterator<Item = Range<u32>> + '_ {
        let mut spans = spans(self.row(y), 0..self.width).peekable();
        std::iter::from_fn(move || {
            let mut columns = spans.next()?;
            while let Some(next) = spans.next_if(|next| next.start - columns.end <= gap) {
                columns.end = next.end;
            }
            Some(columns)
        })
    }

    /// The bits of a row, the leftmost pixel's the lowest.
    pub(super) fn row(&self, y: u32) -> &[u64] {
        &self.words[y as usize * self.stride..][..self.stride]
    }

    /// The words of the rows in which there may be some.
    fn used(&self) -> Range<usize> {
        let top = self.top.min(self.bottom);
        top as usize * self.stride..self.bottom as usize * self.stride
    }
}

/// Changes the bits of columns word by word.
#[inline]
pub(super) fn fill(words: &mut [u64], columns: Range<u32>, change: impl Fn(&mut u64, u64)) {
    if columns.is_empty() {
        return;
    }
    let (first, last) = ((columns.start / BITS) as usize, ((columns.end - 1) / BITS) as usize);
    let (from, to) = (u64::MAX << (columns.start % BITS), u64::MAX >> (BITS - 1 - (columns.end - 1) % BITS));
    if first == last {
        return change(&mut words[first], from & to);
    }
    change(&mut words[first], from);
    words[first + 1..last].iter_mut().for_each(|word| change(word, u64::MAX));
    change(&mut words[last], to);
}

/// Whether no bit of columns, and of some beside them, is set.
#[inline]
pub(super) fn are_clear(words: &[u64], columns: Range<u32>) -> bool {
    words[(columns.start / BITS) as usize..columns.end.div_ceil(BITS) as usize].iter().all(|word| *word == 0)
}

/// The columns of a row's bits that are set, from left to right.
#[inline]
pub(super) fn spans(words: &[u64], columns: Range<u32>) -> Spans<'_> {
    let Range { start, end } = columns;
    let (index, rest) = ((start / BITS) as usize, u64::MAX << (start % BITS));
    Spans { words, index, rest: if start < end { words[index] & rest } else { 0 }, end }
}

/// Ranges of columns whose bits are set.
pub(super) struct Spans<'a> {
    words: &'a [u64],
    index: usize,
    /// Bits of the word at `index` that are not told yet.
    rest: u64,
    end: u32,
}

impl Iterator for Spans<'_> {
    type Item = Range<u32>;

    #[inline]
    fn next(&mut self) -> Option<Range<u32>> {
        while self.rest == 0 {
            if (self.index as u32 + 1) * BITS >= self.end {
                return None;
            }
            self.index += 1;
            self.rest = self.words[self.index];
        }
        let first = self.rest.trailing_zeros();
        let left = self.index as u32 * BITS + first;
        let mut ones = first + (self.rest >> first).trailing_ones();
        // What fills a word to its end may go on in the next.
        while ones == BITS && (self.index as u32 + 1) * BITS < self.end {
            self.index += 1;
            self.rest = self.words[self.index];
            ones = self.rest.trailing_ones();
        }
        self.rest &= u64::MAX.checked_shl(ones).unwrap_or(0);
        let right = (self.index as u32 * BITS + ones).min(self.end);
        (left < right).then_some(left..right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_out_as_they_went_in() {
        let mut mask = Mask::none(200, 3);
        [3..5, 60..130, 199..200].into_iter().for_each(|columns| mask.add(1, columns));
        let columns: Vec<Range<u32>> = mask.columns(1, 0).collect();
        assert_eq!(columns, [3..5, 60..130, 199..200]);
        assert_eq!(mask.count(), 2 + 70 + 1);
        assert_eq!((mask.columns(0, 0).count(), mask.columns(2, 0).count()), (0, 0));
    }

    #[test]
    fn columns_that_lie_close_come_as_one() {
        let mut mask = Mask::none(200, 1);
        [3..5, 21..22, 39..41].into_iter().for_each(|columns| mask.add(0, columns));
        assert_eq!(mask.columns(0, 16).collect::<Vec<_>>(), [3..22, 39..41]);
    }

    #[test]
    fn bands_are_the_rows_with_pixels() {
        let mut mask = Mask::none(70, 9);
        [2, 3, 8].into_iter().for_each(|y| mask.add(y, 66..67));
        assert_eq!(mask.bands().collect::<Vec<_>>(), [2..4, 8..9]);
        assert!(!mask.is_empty());
        mask.clear();
        assert!(mask.is_empty() && mask.bands().next().is_none());
    }

    #[test]
    fn a_whole_picture_has_all_of_them_and_no_more() {
        let mut mask = Mask::none(65, 2);
        mask.add_all(&Mask::whole(65, 2));
        assert!(mask.count() == 130 && mask.columns(1, 0).eq(std::iter::once(0..65)));
    }
}
