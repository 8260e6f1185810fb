//! Text files in, sentences with ids out.

use std::path::Path;

use super::error::{Error, Result};

/// The project's own sentences.
const DEFAULT: &str = include_str!("../../texts/default.txt");

/// A sentence to be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Part of the clip's id.
    pub id: String,
    /// What is said.
    pub text: String,
}

/// The sentences that ship with the project.
///
/// # Errors
/// Never, as long as the shipped file is well formed; a test reads it.
pub fn default_texts() -> Result<Vec<Text>> {
    parse(DEFAULT, "default", "default.txt")
}

/// Reads `id<TAB>text` lines, or bare lines, which are numbered. Empty lines and those that start with `#` are skipped.
///
/// # Errors
/// When the file cannot be read, is empty, or an id is no file name.
pub fn read_texts(path: &Path) -> Result<Vec<Text>> {
    let content = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let stem: String = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let stem: String = stem.chars().map(|c| if is_id_char(c) { c } else { '_' }).collect();
    parse(&content, &stem, &path.display().to_string())
}

fn parse(content: &str, stem: &str, place: &str) -> Result<Vec<Text>> {
    let lines = content.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let texts: Vec<Text> = lines.map(|(i, line)| parse_line(line, stem, i + 1, place)).collect::<Result<_>>()?;
    if texts.is_empty() {
        return Err(Error::unexpected(place, "lines of text", "none"));
    }
    Ok(texts)
}

fn parse_line(line: &str, stem: &str, number: usize, place: &str) -> Result<Text> {
    let (id, text) = match line.split_once('\t') {
        Some((id, text)) => (id.trim().to_string(), text),
        None => (format!("{stem}_{number:04}"), line),
    };
    if id.is_empty() || !id.chars().all(is_id_char) {
        let place = format!("{place}, line {number}");
        return Err(Error::unexpected(place, "an id of letters, digits, `_`, `-` and `.`", format!("{id:?}")));
    }
    Ok(Text { id, text: plain(text) })
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

/// What every engine reads alike: ASCII, one space between words.
pub fn plain(text: &str) -> String {
    let ascii: String = text
        .chars()
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            '\u{2013}' | '\u{2014}' => ',',
            c if c.is_ascii_graphic() => c,
            _ => ' ',
        })
        .collect();
    ascii.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_and_without_ids_are_read() {
        let texts = parse("a1\tOne  two.\n\n# skipped\nThree.\n", "mine", "mine.txt").unwrap();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|t| (t.id.as_str(), t.text.as_str())).collect();
        assert_eq!(pairs, [("a1", "One two."), ("mine_0004", "Three.")]);
    }

    #[test]
    fn an_id_that_leaves_the_folder_is_refused() {
        let error = parse("../a\tOne.", "mine", "mine.txt").unwrap_err().to_string();
        assert!(error.starts_with("mine.txt, line 1: expected an id"), "{error}");
    }

    #[test]
    fn curly_quotes_become_plain() {
        assert_eq!(plain("it\u{2019}s  \u{201c}so\u{201d}"), "it's \"so\"");
    }

    #[test]
    fn the_shipped_texts_have_ids_of_their_own() {
        let texts = default_texts().unwrap();
        let ids: std::collections::BTreeSet<&str> = texts.iter().map(|t| t.id.as_str()).collect();
        assert!(texts.len() >= 1_500, "{}", texts.len());
        assert_eq!(ids.len(), texts.len());
    }
}
