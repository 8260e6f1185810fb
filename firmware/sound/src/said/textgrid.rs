//! Praat TextGrids: read in the long and the short text format, in the binary one and in other files with the same tiers;
//! written in the long one.

use std::fmt::Write;

use super::error::{Error, Result};

mod binary;
mod exports;

/// What follows a sound's name in those of its TextGrids, the surest first: MFA adds `_aligned` beside a transcript.
pub const TEXTGRID_ENDINGS: [&str; 6] =
    ["_aligned.TextGrid", ".TextGrid", "_aligned.json", ".json", "_aligned.csv", ".csv"];

/// Names of the tier that holds phones, the surest first: MFA's and ours, what people write, TIMIT's, MAUS'.
const PHONE_TIERS: [&str; 9] =
    ["phones", "phone", "phonemes", "phoneme", "phn", "mau", "segments", "segment", "sounds"];
/// The same of words.
const WORD_TIERS: [&str; 5] = ["words", "word", "wrd", "ort-mau", "ort"];

/// A labelled stretch of time, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// First moment.
    pub start_s: f64,
    /// First moment after it.
    pub end_s: f64,
    /// The label; empty for silence.
    pub text: String,
}

impl Interval {
    /// The same at other times.
    pub fn at(&self, time: impl Fn(f64) -> f64) -> Interval {
        Interval { start_s: time(self.start_s), end_s: time(self.end_s), text: self.text.clone() }
    }
}

/// A named row of intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// Its name: `words`, `phones`, or with a speaker before it (`anna - phones`).
    pub name: String,
    /// Its intervals in order; point tiers have none.
    pub intervals: Vec<Interval>,
}

impl Tier {
    /// The name without a speaker before it, in small letters.
    fn bare_name(&self) -> String {
        self.name.rsplit(" - ").next().unwrap_or_default().trim().to_lowercase()
    }
}

/// Tiers over one sound.
#[derive(Clone, Debug, PartialEq)]
pub struct TextGrid {
    /// Length of the sound in seconds.
    pub end_s: f64,
    /// The tiers in order.
    pub tiers: Vec<Tier>,
}

impl TextGrid {
    /// Reads a file's bytes: UTF-8, UTF-16 with its mark, Latin-1, or Praat's binary form; MFA's and praatIO's JSON, and
    /// MFA's CSV. `place` names the file in errors.
    ///
    /// # Errors
    /// When the bytes are no TextGrid; the error tells the line.
    pub fn parse(bytes: &[u8], place: &str) -> Result<TextGrid> {
        if bytes.starts_with(binary::MAGIC) {
            return binary::parse(bytes, place);
        }
        let text = decode(bytes).ok_or_else(|| Error::unexpected(place, "UTF-8 or UTF-16 text", "other bytes"))?;
        if text.trim_start().starts_with('{') {
            return exports::json(&text, place);
        }
        if text.starts_with(exports::TABLE) {
            return exports::table(&text, place);
        }
        let mut reader = Reader { tokens: tokens(&text), next: 0, place };
        let class = (reader.text()?, reader.text()?);
        if class.0 != "ooTextFile" || class.1 != "TextGrid" {
            return Err(Error::unexpected(place, "a TextGrid", format!("\"{}\" \"{}\"", class.0, class.1)));
        }
        let (_, end_s) = (reader.number()?, reader.number()?);
        let tiers = reader.count()?;
        let tiers = (0..tiers).map(|_| reader.tier()).collect::<Result<_>>()?;
        Ok(TextGrid { end_s, tiers })
    }

    /// The tiers of phones, by the surest name that is there: one, or one for each speaker (`anna - phones`).
    pub fn phones(&self) -> Vec<&Tier> {
        self.tiers_of(&PHONE_TIERS)
    }

    /// The tiers of words, as [`TextGrid::phones`].
    pub fn words(&self) -> Vec<&Tier> {
        self.tiers_of(&WORD_TIERS)
    }

    fn tiers_of(&self, names: &[&str]) -> Vec<&Tier> {
        let named = |name: &&str| self.tiers.iter().filter(|tier| tier.bare_name() == *name).collect::<Vec<_>>();
        names.iter().map(named).find(|tiers| !tiers.is_empty()).unwrap_or_default()
    }

    /// The long text format.
    pub fn to_text(&self) -> String {
        let mut out = String::from("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
        let (end_s, tiers) = (seconds(self.end_s), self.tiers.len());
        let _ = write!(out, "xmin = 0\nxmax = {end_s}\ntiers? <exists>\nsize = {tiers}\nitem []:\n");
        for (i, tier) in self.tiers.iter().enumerate() {
            let _ = write!(out, "    item [{}]:\n        class = \"IntervalTier\"\n", i + 1);
            let _ = write!(out, "        name = \"{}\"\n        xmin = 0\n", escape(&tier.name));
            let _ = write!(out, "        xmax = {end_s}\n        intervals: size = {}\n", tier.intervals.len());
            tier.intervals.iter().enumerate().for_each(|(i, interval)| write_interval(&mut out, i + 1, interval));
        }
        out
    }
}

fn write_interval(out: &mut String, number: usize, interval: &Interval) {
    let (start_s, end_s) = (seconds(interval.start_s), seconds(interval.end_s));
    let text = escape(&interval.text);
    let pad = "            ";
    let _ = write!(
        out,
        "        intervals [{number}]:\n{pad}xmin = {start_s}\n{pad}xmax = {end_s}\n{pad}text = \"{text}\"\n"
    );
}

/// Microseconds are enough, and keep the file readable. A damaged file's time may be too long to be counted in them.
fn seconds(time_s: f64) -> f64 {
    let rounded_s = (time_s * 1e6).round() / 1e6;
    if rounded_s.is_finite() { rounded_s } else { time_s }
}

fn escape(text: &str) -> String {
    text.replace('"', "\"\"")
}

fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|b| read([b[0], b[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok().or_else(|| latin(bytes)),
    }
}

/// Older Praats wrote a letter a byte; what does not begin as a TextGrid is something else.
fn latin(bytes: &[u8]) -> Option<String> {
    bytes.starts_with(b"File type").then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

enum Value {
    Number(f64),
    Text(String),
}

/// Praat reads only free-standing numbers and quoted texts and skips all else, so both formats are one.
fn tokens(text: &str) -> Vec<(usize, Value)> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        line += rest[..start].matches('\n').count();
        rest = &rest[start..];
        let (value, len) = token(rest);
        found.extend(value.map(|v| (line, v)));
        line += rest[..len].matches('\n').count();
        rest = &rest[len..];
    }
    found
}

/// The first token and the bytes that it takes.
fn token(rest: &str) -> (Option<Value>, usize) {
    if rest.starts_with('"') {
        let len = quoted_len(rest);
        let inner = rest[1..len].strip_suffix('"').unwrap_or(&rest[1..len]);
        return (Some(Value::Text(inner.replace("\"\"", "\""))), len);
    }
    if rest.starts_with('!') {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let number = rest[..len].parse().ok().filter(|n: &f64| n.is_finite());
    (number.map(Value::Number), len)
}

fn quoted_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

struct Reader<'a> {
    tokens: Vec<(usize, Value)>,
    next: usize,
    place: &'a str,
}

impl Reader<'_> {
    fn tier(&mut self) -> Result<Tier> {
        let (class, name) = (self.text()?, self.text()?);
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

    fn count(&mut self) -> Result<usize> {
        Ok(self.number()? as usize)
    }

    fn number(&mut self) -> Result<f64> {
        match self.tokens.get(self.next) {
            Some((_, Value::Number(n))) => {
                self.next += 1;
                Ok(*n)
            }
            _ => Err(self.surprise("a number")),
        }
    }

    fn text(&mut self) -> Result<String> {
        match self.tokens.get(self.next) {
            Some((_, Value::Text(t))) => {
                self.next += 1;
                Ok(t.clone())
            }
            _ => Err(self.surprise("a quoted text")),
        }
    }

    fn surprise(&self, expected: &str) -> Error {
        let (place, came) = match self.tokens.get(self.next) {
            Some((line, Value::Number(n))) => (format!("{}, line {line}", self.place), n.to_string()),
            Some((line, Value::Text(t))) => (format!("{}, line {line}", self.place), format!("{t:?}")),
            None => (self.place.to_string(), "the end of the file".to_string()),
        };
        Error::unexpected(place, expected, came)
    }
}

#[cfg(test)]
mod tests;
