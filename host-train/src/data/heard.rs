//! What another ear heard in an utterance, a row per hop: features for a listener, or a listener's answers for a student.

use std::ops::Range;
use std::path::Path;

use keyface_core::STEP_HOPS;

use crate::corpus::Result;
use crate::prepare::AudioFeatures;

/// Rows of equal width; a row of NaN is one of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    width: usize,
    values: Vec<f32>,
}

impl Heard {
    /// The rows of a clip of so many hops, from the folder that `keyface-train features` or `listener` has filled. Step n
    /// of 20 ms speaks of its own end: it is the row of hop 2 n + 1, and rows between are interpolated.
    ///
    /// # Errors
    /// When the file is not there or holds something else.
    pub fn of_clip(folder: &Path, corpus: &str, id: &str, hops: usize) -> Result<Self> {
        Ok(Heard::of_steps(AudioFeatures::of_clip(folder, corpus, id)?, hops))
    }

    fn of_steps(features: AudioFeatures, hops: usize) -> Self {
        let last = (features.steps() as f32 - 1.0).max(0.0);
        let steps = Heard { width: features.width, values: features.values };
        let mut heard = Heard { width: steps.width, values: Vec::with_capacity(hops * steps.width) };
        for hop in 0..hops {
            let at = (hop as f32 + 1.0) / STEP_HOPS as f32 - 1.0;
            heard.push_between(&steps, at.clamp(0.0, last));
        }
        heard
    }

    /// Values of a row; 0 where nothing was ever heard.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A row, where something is known of it.
    pub fn row(&self, hop: usize) -> Option<&[f32]> {
        let row = self.values.get(hop * self.width..(hop + 1) * self.width)?;
        row.first().is_some_and(|value| !value.is_nan()).then_some(row)
    }

    /// Adds another stretch behind the first `hops` rows; whichever has none is unknown there.
    pub(super) fn append(&mut self, hops: usize, other: &Heard, other_hops: usize) {
        let width = self.width.max(other.width);
        self.widen(width, hops);
        let mut other = other.clone();
        other.widen(width, other_hops);
        self.values.extend(other.values);
    }

    /// Some of the rows.
    pub(super) fn rows(&self, hops: Range<usize>) -> Heard {
        let values = self.values.get(hops.start * self.width..hops.end * self.width).unwrap_or_default();
        Heard { width: self.width, values: values.to_vec() }
    }

    /// Rows at places between rows.
    pub(super) fn at(&self, places: impl Iterator<Item = f32>) -> Heard {
        let mut out = Heard { width: self.width, values: Vec::new() };
        if self.width > 0 {
            places.for_each(|at| out.push_between(self, at));
        }
        out
    }

    fn widen(&mut self, width: usize, hops: usize) {
        if self.width < width {
            *self = Heard { width, values: vec![f32::NAN; width * hops] };
        }
    }

    fn push_between(&mut self, rows: &Heard, at: f32) {
        let (low, share) = (at as usize, at.fract());
        let Some(last) = (rows.values.len() / self.width.max(1)).checked_sub(1) else {
            return self.values.extend(std::iter::repeat_n(f32::NAN, self.width));
        };
        let row = |n: usize| &rows.values[n.min(last) * self.width..][..self.width];
        self.values.extend(row(low).iter().zip(row(low + 1)).map(|(from, to)| from + share * (to - from)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(values: &[f32], hops: usize) -> Heard {
        Heard::of_steps(AudioFeatures { encoder: "e".into(), width: 1, values: values.to_vec() }, hops)
    }

    #[test]
    fn a_step_is_the_row_of_its_last_hop() {
        let heard = heard(&[1.0, 3.0, 7.0], 7);
        let rows: Vec<f32> = (0..7).map(|hop| heard.row(hop).unwrap()[0]).collect();
        assert_eq!(rows, [1.0, 1.0, 2.0, 3.0, 5.0, 7.0, 7.0], "the last hop has no step of its own");
    }

    #[test]
    fn of_a_stretch_without_rows_nothing_is_known() {
        let mut pause = Heard::default();
        pause.append(2, &heard(&[1.0], 2), 2);
        pause.append(4, &Heard::default(), 3);
        let known: Vec<bool> = (0..8).map(|hop| pause.row(hop).is_some()).collect();
        assert_eq!(known, [false, false, true, true, false, false, false, false]);
    }

    #[test]
    fn an_empty_file_tells_nothing() {
        assert!(heard(&[], 3).row(1).is_none());
    }
}
