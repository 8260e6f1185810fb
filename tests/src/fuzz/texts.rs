//! Texts: a line is a leaf, and damage knows numbers, words and brackets.

use super::Chance;
use super::tree::Node;

/// What stands where a number or a word was.
const ODD: [&str; 34] = [
    "0",
    "-1",
    "1e309",
    "nan",
    "inf",
    "-inf",
    "1e-320",
    "9223372036854775807",
    "-9223372036854775808",
    "4294967296",
    "18446744073709551616",
    "1_000",
    "0x7f",
    "0b1",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    "[[[[",
    "{ a = ",
    "true",
    "''",
    "'",
    "\"",
    "1979-05-27T07:32:00Z",
    "..",
    "\"\\u0000\"",
    "\u{feff}",
    "\u{202e}",
    "ß",
    "=",
    "# ",
    "\t",
    "\r",
];

/// A leaf for each line.
pub fn lines(bytes: &[u8]) -> Vec<Node> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(Node::leaf).collect()
}

/// Replaces, doubles or removes a word, or puts something odd before one.
pub(super) fn damage(text: &str, chance: &mut Chance) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "._-+".contains(c);
    let starts: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| is_word(*c) && !text[..*at].ends_with(is_word))
        .map(|(at, _)| at)
        .collect();
    if starts.is_empty() {
        return format!("{}{text}", chance.pick(&ODD));
    }
    let start = *chance.pick(&starts);
    let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |length| start + length);
    let (before, word, behind) = (&text[..start], &text[start..end], &text[end..]);
    let other = *chance.pick(&starts);
    match chance.below(7) {
        0 => format!("{before}{behind}"),
        1 => format!("{before}{}{behind}", word.repeat(chance.size(4_000))),
        2 => format!("{before}{}{word}{behind}", chance.pick(&ODD).repeat(chance.size(2_000))),
        3 => format!("{before}{}{behind}", text[other..].split(|c| !is_word(c)).next().unwrap_or_default()),
        4 => format!("{before}{}{behind}", chance.number() as i64 >> chance.below(64)),
        5 => format!("{before}{}{behind}", f64::from_bits(chance.number())),
        _ => format!("{before}{}{behind}", chance.pick(&ODD)),
    }
}
