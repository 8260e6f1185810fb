//! `splits.tsv` in and out: which clip is trained on, how long it is, what is said and by whom.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use crate::clip::Split;

/// Name of the file in a corpus folder.
pub const SPLITS_FILE: &str = "splits.tsv";
const HEADER: &str = "id\tsplit\tseconds\ttext\tspeaker\n";
/// Of 1000 clips, this many choose the checkpoint where a corpus has no such clips of its own.
const VALID_PER_MILLE: u64 = 40;

/// One line of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitRow {
    /// The clip.
    pub id: String,
    /// Where it belongs.
    pub split: Split,
    /// Its length.
    pub seconds: f64,
    /// What is said.
    pub text: String,
    /// Who says it, where the corpus tells.
    pub speaker: Option<String>,
}

/// The name of a split in files.
pub fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Valid => "valid",
        Split::Eval => "eval",
    }
}

/// A number that depends on the text alone, on every machine and in every version: FNV-1a with murmur's last mix.
pub fn stable_hash(text: &str) -> u64 {
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Takes about 4 % of the clips from training to validation; the id alone decides.
pub fn carve_valid(id: &str) -> Split {
    if stable_hash(id) % 1000 < VALID_PER_MILLE { Split::Valid } else { Split::Train }
}

/// Reads the file of a corpus folder; `None` where there is none.
///
/// # Errors
/// When a line lacks a column, or its split or length is none.
pub fn read_splits(dir: &Path) -> Result<Option<BTreeMap<String, SplitRow>>> {
    let path = dir.join(SPLITS_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
    let rows = text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
    let rows = rows.map(|(i, line)| parse_row(line, &format!("{}, line {}", path.display(), i + 1)));
    rows.map(|row| row.map(|r| (r.id.clone(), r))).collect::<Result<_>>().map(Some)
}

fn parse_row(line: &str, place: &str) -> Result<SplitRow> {
    let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
    let [id, split, seconds, text, rest @ ..] = columns.as_slice() else {
        return Err(Error::unexpected(place, "id, split, seconds and text between tabs", format!("{line:?}")));
    };
    let split = match *split {
        "train" => Split::Train,
        "valid" => Split::Valid,
        "eval" => Split::Eval,
        other => return Err(Error::unexpected(place, "train, valid or eval", format!("{other:?}"))),
    };
    let length = seconds.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
    let seconds = length.ok_or_else(|| Error::unexpected(place, "a length in seconds", format!("{seconds:?}")))?;
    let speaker = rest.first().filter(|s| !s.is_empty()).map(|s| s.to_string());
    Ok(SplitRow { id: id.to_string(), split, seconds, text: text.to_string(), speaker })
}

fn format_row(row: &SplitRow) -> String {
    let speaker = row.speaker.as_deref().unwrap_or_default();
    format!("{}\t{}\t{:.3}\t{}\t{speaker}\n", row.id, split_name(row.split), row.seconds, row.text)
}

/// The file while a corpus is being made: a row stands in it when, and only when, its clip is complete on disk.
pub struct Journal {
    path: PathBuf,
    file: File,
    rows: BTreeMap<String, SplitRow>,
}

impl Journal {
    /// Opens the file or starts it. A last line that an interruption cut short is taken off.
    ///
    /// # Errors
    /// When the file is damaged otherwise, or cannot be written.
    pub fn open(dir: &Path) -> Result<Journal> {
        let path = dir.join(SPLITS_FILE);
        trim_cut_line(&path)?;
        let rows = read_splits(dir)?.unwrap_or_default();
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(Error::io(&path))?;
        if file.metadata().map_err(Error::io(&path))?.len() == 0 {
            file.write_all(HEADER.as_bytes()).map_err(Error::io(&path))?;
        }
        Ok(Journal { path, file, rows })
    }

    /// The rows so far, by id.
    pub fn rows(&self) -> &BTreeMap<String, SplitRow> {
        &self.rows
    }

    /// Adds a row at once.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn add(&mut self, row: SplitRow) -> Result<()> {
        self.file.write_all(format_row(&row).as_bytes()).map_err(Error::io(&self.path))?;
        self.rows.insert(row.id.clone(), row);
        Ok(())
    }

    /// Ends the file: rows in order of their ids, whatever order the clips were made in.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(self) -> Result<()> {
        let text: String = std::iter::once(HEADER.to_string()).chain(self.rows.values().map(format_row)).collect();
        let part = self.path.with_extension("tsv.part");
        fs::write(&part, text).map_err(Error::io(&part))?;
        fs::rename(&part, &self.path).map_err(Error::io(&self.path))
    }
}

fn trim_cut_line(path: &Path) -> Result<()> {
    let Ok(text) = fs::read(path) else { return Ok(()) };
    let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    if whole == text.len() {
        return Ok(());
    }
    let file = OpenOptions::new().write(true).open(path).map_err(Error::io(path))?;
    file.set_len(whole as u64).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> SplitRow {
        let (text, speaker) = ("one two".to_string(), Some("slt".to_string()));
        SplitRow { id: id.into(), split: Split::Train, seconds: 1.5, text, speaker }
    }

    #[test]
    fn about_four_per_cent_are_carved_out_and_stay_the_same() {
        let valid = (0..10_000).filter(|n| carve_valid(&format!("clip_{n}")) == Split::Valid).count();
        assert!((350..450).contains(&valid), "{valid}");
        assert_eq!(stable_hash("arctic_a0001"), stable_hash("arctic_a0001"));
        assert_eq!(stable_hash(""), 0xefd0_1f60_ba99_2926);
    }

    #[test]
    fn a_row_is_read_with_and_without_a_speaker() {
        assert_eq!(parse_row("a\ttrain\t1.500\tone two\tslt", "test").unwrap(), row("a"));
        assert_eq!(parse_row("a\ttrain\t1.500\tone two", "test").unwrap().speaker, None);
    }

    #[test]
    fn an_unknown_split_is_refused() {
        let error = parse_row("a\tdev\t1\tx", "splits.tsv, line 2").unwrap_err();
        assert_eq!(error.to_string(), "splits.tsv, line 2: expected train, valid or eval, came \"dev\"");
    }

    #[test]
    fn an_interrupted_journal_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(SPLITS_FILE);
        Journal::open(dir.path()).unwrap().add(row("b")).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}c\ttrain\t1.")).unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        assert_eq!(journal.rows().len(), 1);
        journal.add(row("a")).unwrap();
        journal.finish().unwrap();
        let ids: Vec<String> = read_splits(dir.path()).unwrap().unwrap().into_keys().collect();
        assert_eq!(ids, ["a", "b"]);
        assert!(fs::read_to_string(&path).unwrap().starts_with("id\tsplit\tseconds\ttext\tspeaker\na\t"));
    }
}
