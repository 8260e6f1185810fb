//! Praat's binary TextGrids: numbers big-endian, texts with their length before them.

use super::{Interval, TextGrid, Tier};
use crate::said::error::{Error, Result};

/// How such a file begins.
pub const MAGIC: &[u8] = b"ooBinaryFile";
/// A length that says that two-byte letters follow.
const WIDE: u16 = 0xffff;

/// Reads a whole file.
pub fn parse(bytes: &[u8], place: &str) -> Result<TextGrid> {
    let mut reader = Reader { rest: bytes.get(MAGIC.len()..).unwrap_or_default(), whole: bytes.len(), place };
    let class = reader.name()?;
    if class != "TextGrid" {
        return Err(Error::unexpected(place, "a TextGrid", format!("{class:?}")));
    }
    let (_, end_s, _) = (reader.number()?, reader.number()?, reader.take::<1>()?);
    let tiers = reader.count()?;
    let tiers = (0..tiers).map(|_| reader.tier()).collect::<Result<_>>()?;
    Ok(TextGrid { end_s, tiers })
}

struct Reader<'a> {
    rest: &'a [u8],
    whole: usize,
    place: &'a str,
}

impl<'a> Reader<'a> {
    fn tier(&mut self) -> Result<Tier> {
        let (class, name) = (self.name()?, self.text()?);
        let (_, _, count) = (self.number()?, self.number()?, self.count()?);
        if class == "IntervalTier" {
            return Ok(Tier { name, intervals: (0..count).map(|_| self.interval()).collect::<Result<_>>()? });
        }
        for _ in 0..count {
            let _ = (self.number()?, self.text()?);
        }
        Ok(Tier { name, intervals: Vec::new() })
    }

    fn interval(&mut self) -> Result<Interval> {
        Ok(Interval { start_s: self.number()?, end_s: self.number()?, text: self.text()? })
    }

    fn number(&mut self) -> Result<f64> {
        let number = f64::from_be_bytes(self.take()?);
        if number.is_finite() { Ok(number) } else { Err(self.surprise("a number", "none")) }
    }

    fn count(&mut self) -> Result<usize> {
        let count = i32::from_be_bytes(self.take()?);
        usize::try_from(count).map_err(|_| self.surprise("a count", &count.to_string()))
    }

    /// A class: up to 255 letters.
    fn name(&mut self) -> Result<String> {
        let [length] = self.take()?;
        Ok(String::from_utf8_lossy(self.slice(length.into())?).into_owned())
    }

    /// A label: letters of one byte, or of two where its length says so.
    fn text(&mut self) -> Result<String> {
        let length = u16::from_be_bytes(self.take()?);
        if length != WIDE {
            return Ok(self.slice(length.into())?.iter().map(|byte| char::from(*byte)).collect());
        }
        let length = usize::from(u16::from_be_bytes(self.take()?));
        let units = self.slice(2 * length)?.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        Ok(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut taken = [0; N];
        taken.copy_from_slice(self.slice(N)?);
        Ok(taken)
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| self.surprise("more", "the end of the file"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn surprise(&self, expected: &str, came: &str) -> Error {
        Error::unexpected(format!("{}, byte {}", self.place, self.whole - self.rest.len()), expected, came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        if text.is_ascii() {
            return [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
        }
        let units: Vec<u16> = text.encode_utf16().collect();
        let letters = units.iter().flat_map(|unit| unit.to_be_bytes());
        [WIDE, units.len() as u16].iter().flat_map(|n| n.to_be_bytes()).chain(letters).collect()
    }

    fn class(name: &str) -> Vec<u8> {
        [&[name.len() as u8], name.as_bytes()].concat()
    }

    fn numbers(numbers: &[f64]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    /// A tier of phones and one of points, as Praat writes them.
    fn file() -> Vec<u8> {
        let count = |count: i32| count.to_be_bytes().to_vec();
        [
            MAGIC.to_vec(),
            class("TextGrid"),
            numbers(&[0.0, 1.5]),
            vec![1],
            count(2),
            class("IntervalTier"),
            text("phones"),
            numbers(&[0.0, 1.5]),
            count(2),
            numbers(&[0.0, 1.0]),
            text("ɑː"),
            numbers(&[1.0, 1.5]),
            text(""),
            class("TextTier"),
            text("clicks"),
            numbers(&[0.0, 1.5]),
            count(1),
            numbers(&[0.3]),
            text("x"),
        ]
        .concat()
    }

    #[test]
    fn praats_binary_form_says_the_same() {
        let grid = TextGrid::parse(&file(), "a.TextGrid").unwrap();
        let interval = |start_s, end_s, text: &str| Interval { start_s, end_s, text: text.into() };
        assert_eq!((grid.end_s, grid.tiers.len()), (1.5, 2));
        assert_eq!(grid.tiers[0].intervals, [interval(0.0, 1.0, "ɑː"), interval(1.0, 1.5, "")]);
        assert_eq!(grid.tiers[1].name, "clicks");
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused_and_bad_counts_end() {
        let file = file();
        (0..file.len()).for_each(|end| assert!(TextGrid::parse(&file[..end], "cut").is_err(), "{end}"));
        let mut many = file.clone();
        many[38..42].copy_from_slice(&i32::MAX.to_be_bytes());
        assert!(TextGrid::parse(&many, "many").is_err());
        many[38..42].copy_from_slice(&(-1i32).to_be_bytes());
        let error = TextGrid::parse(&many, "many").unwrap_err().to_string();
        assert_eq!(error, "many, byte 42: expected a count, came -1");
    }
}
