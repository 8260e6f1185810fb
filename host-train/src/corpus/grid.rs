//! One TextGrid in, its phones or its words out.

use std::fs;
use std::path::Path;

use keyface_core::script::Segment;
use keyface_sound::said::{Aligned, Interval, Labels, Order, TextGrid};

use super::error::{Error, Result};

/// A TextGrid with a tier of phones.
pub(super) fn read_grid(path: &Path) -> Result<TextGrid> {
    let grid = parse(path)?;
    if grid.phones().is_empty() {
        return Err(missing(path, &grid, "a tier `phones`, `phonemes` or `MAU`"));
    }
    Ok(grid)
}

fn parse(path: &Path) -> Result<TextGrid> {
    Ok(TextGrid::parse(&fs::read(path).map_err(Error::io(path))?, &path.display().to_string())?)
}

fn missing(path: &Path, grid: &TextGrid, expected: &str) -> Error {
    let names: Vec<&str> = grid.tiers.iter().map(|tier| tier.name.as_str()).collect();
    Error::unexpected(path.display().to_string(), expected, format!("{names:?}"))
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

/// All words that a TextGrid tells of, in order of time; pauses are left out.
///
/// # Errors
/// When it cannot be read, or has no tier of words.
pub fn read_words(path: &Path) -> Result<Vec<Interval>> {
    let grid = parse(path)?;
    if grid.words().is_empty() {
        return Err(missing(path, &grid, "a tier `words`"));
    }
    Ok(words(&grid))
}

/// The same of a TextGrid that may have none.
pub(super) fn words(grid: &TextGrid) -> Vec<Interval> {
    let is_word = |word: &&Interval| !word.text.trim().is_empty() && !word.text.trim().starts_with('<');
    let all = grid.words().into_iter().flat_map(|tier| &tier.intervals);
    let mut words: Vec<Interval> = all.filter(is_word).cloned().collect();
    words.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    words
}

#[cfg(test)]
mod tests {
    use keyface_sound::said::Tier;

    use super::*;

    fn grid(tiers: &[(&str, &[(f64, &str)])]) -> tempfile::NamedTempFile {
        let interval =
            |(start_s, text): &(f64, &str)| Interval { start_s: *start_s, end_s: start_s + 0.2, text: (*text).into() };
        let tier = |(name, words): &(&str, &[(f64, &str)])| Tier {
            name: (*name).into(),
            intervals: words.iter().map(interval).collect(),
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), TextGrid { end_s: 1.0, tiers: tiers.iter().map(tier).collect() }.to_text()).unwrap();
        file
    }

    #[test]
    fn words_of_all_speakers_come_in_order_of_time_without_pauses() {
        let file =
            grid(&[("anna - words", &[(0.0, "so"), (0.2, ""), (0.6, "<unk>")]), ("ben - words", &[(0.4, "what")])]);
        let words: Vec<String> = read_words(file.path()).unwrap().into_iter().map(|word| word.text).collect();
        assert_eq!(words, ["so", "what"]);
    }

    #[test]
    fn a_grid_without_words_is_told() {
        let told = read_words(grid(&[("phones", &[(0.0, "M")])]).path()).unwrap_err().to_string();
        assert!(told.contains("a tier `words`") && told.contains("phones"), "{told}");
    }
}
