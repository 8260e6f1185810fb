//! A text in, its words as phones out: espeak-ng reads it.

use std::path::Path;
use std::process::Command;

use keyface_core::Phone;
use keyface_sound::said::{Labels, Said};

use crate::{AppError, bounded};

/// What stands between the phones of a word in espeak-ng's answer.
const SEPARATOR: char = '_';

/// The words of a text file as espeak-ng's voice says them.
///
/// # Errors
/// When the file cannot be read, espeak-ng is not there or does not know the voice, or nothing in the text is spoken.
pub fn words(text: &Path, voice: &str) -> Result<Vec<Vec<Phone>>, AppError> {
    if !text.exists() {
        let came = format!("{}, which is not there", text.display());
        return Err(AppError::unexpected("--text", "a file in which the words stand", came));
    }
    bounded::text(text)?;
    let said = spoken(text, voice)?;
    let labels = Labels::shipped();
    let order = labels.order(said.split([' ', '\n', SEPARATOR]));
    let phones = |label: &str| match labels.said(label, order) {
        Some(Said::Phones(phones)) => phones,
        _ => Vec::new(),
    };
    // `(de)` tells that a word is read in another language.
    let words = said.split_whitespace().filter(|word| !word.starts_with('('));
    let words = words.map(|word| word.split(SEPARATOR).flat_map(phones).filter(|p| *p != Phone::SIL).collect());
    let words: Vec<Vec<Phone>> = words.filter(|word: &Vec<Phone>| !word.is_empty()).collect();
    match words.is_empty() {
        true => Err(AppError::unexpected(text.display().to_string(), "words to speak", "none")),
        false => Ok(words),
    }
}

/// Phones of the IPA, words between spaces.
fn spoken(text: &Path, voice: &str) -> Result<String, AppError> {
    let separator = format!("--sep={SEPARATOR}");
    let told = Command::new("espeak-ng").args(["-q", "--ipa", &separator, "-v", voice, "-f"]).arg(text).output();
    let needed = |came: String| {
        let expected = "espeak-ng, which knows how words are said (apt-get install espeak-ng; or give --textgrid)";
        AppError::unexpected("--text", expected, came)
    };
    let told = told.map_err(|error| needed(error.to_string()))?;
    if !told.status.success() {
        let reason = String::from_utf8_lossy(&told.stderr).lines().next().unwrap_or_default().to_owned();
        return Err(AppError::unexpected(
            "--language",
            "a voice of `espeak-ng --voices`",
            format!("{voice}: {reason}"),
        ));
    }
    Ok(String::from_utf8_lossy(&told.stdout).into_owned())
}
