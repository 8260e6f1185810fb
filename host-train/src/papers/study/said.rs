//! What is said in a clip, and when: its alignment, in whatever form it was written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use keyface_core::script::Segment;
use keyface_sound::said::TEXTGRID_ENDINGS;

use crate::corpus::{Interval, read_phones, read_words};

/// What a reader of lips should read in a clip.
#[derive(Clone, Debug, Default)]
pub struct ToRead {
    /// Phones.
    pub phones: Vec<Segment>,
    /// Words, for a reader that spells.
    pub words: Vec<Interval>,
}

impl ToRead {
    /// Reads the alignment of a clip; its words only for a reader that spells.
    ///
    /// # Errors
    /// As [`said`] and [`words`].
    pub fn of(folder: &Path, clip: &str, spelled: bool) -> Result<ToRead> {
        let words = if spelled { words(folder, clip)? } else { vec![] };
        Ok(ToRead { phones: said(folder, clip)?, words })
    }

    /// The same, with words where there are any.
    ///
    /// # Errors
    /// As [`said`].
    pub fn with_words(folder: &Path, clip: &str) -> Result<ToRead> {
        Ok(ToRead { phones: said(folder, clip)?, words: words(folder, clip).unwrap_or_default() })
    }
}

/// The phones of a clip, from `FOLDER/CLIP.TextGrid` or what aligners write instead.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub fn said(folder: &Path, clip: &str) -> Result<Vec<Segment>> {
    Ok(read_phones(&alignment(folder, clip)?)?)
}

/// The words of a clip, from the same files.
///
/// # Errors
/// As [`said`], or when the file has no words.
pub fn words(folder: &Path, clip: &str) -> Result<Vec<Interval>> {
    Ok(read_words(&alignment(folder, clip)?)?)
}

fn alignment(folder: &Path, clip: &str) -> Result<PathBuf> {
    let files = TEXTGRID_ENDINGS.map(|ending| folder.join(format!("{clip}{ending}")));
    let found = files.into_iter().find(|path| path.is_file());
    let endings = TEXTGRID_ENDINGS.join(" ");
    found.with_context(|| format!("{}: expected {clip} with one of the endings {endings}, came none", folder.display()))
}
