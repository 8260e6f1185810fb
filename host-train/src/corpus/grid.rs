//! One TextGrid in, its phones out.

use std::fs;
use std::path::Path;

use keyface_core::script::Segment;
use keyface_sound::said::{Aligned, Labels, Order, TextGrid};

use super::error::{Error, Result};

/// A TextGrid with a tier of phones.
pub(super) fn read_grid(path: &Path) -> Result<TextGrid> {
    let place = path.display().to_string();
    let grid = TextGrid::parse(&fs::read(path).map_err(Error::io(path))?, &place)?;
    if grid.phones().is_empty() {
        let names: Vec<&str> = grid.tiers.iter().map(|tier| tier.name.as_str()).collect();
        return Err(Error::unexpected(place, "a tier `phones`, `phonemes` or `MAU`", format!("{names:?}")));
    }
    Ok(grid)
}

/// Which set of labels it is in.
pub(super) fn order(grid: &TextGrid, labels: &Labels) -> Order {
    labels.order(grid.phones().iter().flat_map(|tier| &tier.intervals).map(|interval| interval.text.as_str()))
}

/// All phones that a TextGrid tells of; where it tells of speech of unknown phones there are none.
///
/// # Errors
/// When it cannot be read, or has no tier of phones.
pub fn read_phones(path: &Path) -> Result<Vec<Segment>> {
    let (grid, labels) = (read_grid(path)?, Labels::shipped());
    let order = order(&grid, &labels);
    Ok(Aligned::of(&grid, &labels, order).pieces.into_iter().flat_map(|piece| piece.phones).collect())
}
