//! A folder of sound and TextGrids in, clips out one at a time; and clips written into a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use keyface_sound::said::{Aligned, Interval, Labels, Piece, TEXTGRID_ENDINGS, TextGrid};
use rayon::prelude::*;

use super::audio;
use super::error::{Error, Result};
use super::grid::{order, read_grid, words};
use super::splits::{SplitRow, carve_valid, read_splits, stable_hash};
use super::timeline::cover;
use crate::clip::{Clip, Segment, Split, words_between};

/// What stands between a clip's id and the number of its piece.
const PIECE: char = '@';

/// A clip that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which clip.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// A clip whose sound has not been read yet.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Unique within the folder: the path without its extension; `id@1`, `id@2` for what lies around unknown speech.
    pub id: String,
    /// From `splits.tsv`, else the subfolder's name, else the folder's.
    pub speaker: String,
    /// Where it belongs.
    pub split: Split,
    /// The sound file.
    pub audio: PathBuf,
    piece: Piece,
    /// Of the whole sound.
    words: Vec<Interval>,
}

/// How a folder is read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Folders of TextGrids that lie apart from the sound, under the same names; they go before those beside it.
    pub labels_dirs: Vec<PathBuf>,
    /// What labels mean.
    pub labels: Labels,
    /// Speakers who are only ever reported on.
    pub eval: BTreeSet<String>,
}

impl Default for Reading {
    fn default() -> Self {
        Reading { labels_dirs: Vec::new(), labels: Labels::shipped(), eval: BTreeSet::new() }
    }
}

/// A corpus folder: everything but the sound is in memory.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// The clips in order of their ids.
    pub entries: Vec<Entry>,
    /// What was left out, with reasons.
    pub dropped: Vec<Dropped>,
    /// Seconds of speech that nobody could label: cut out of its clips.
    pub unknown_s: f64,
    /// Labels that name no phone, and how often: their time counts as unknown.
    pub unmapped: BTreeMap<String, usize>,
}

impl Entry {
    /// The clip, or why it is left out.
    ///
    /// # Errors
    /// As [`Entry::load`].
    pub fn try_load(&self) -> std::result::Result<Clip, Dropped> {
        self.load().map_err(|error| Dropped { id: self.id.clone(), reason: error.to_string() })
    }

    /// Reads the sound and lays the phones over it.
    ///
    /// # Errors
    /// When the sound cannot be read, or is shorter than its labels.
    pub fn load(&self) -> Result<Clip> {
        let mut samples = audio::read(&self.audio)?;
        let Piece { start_s, end_s, phones } = &self.piece;
        let at = |time_s: f64| ((time_s * f64::from(keyface_core::SAMPLE_RATE_HZ)).round() as usize).min(samples.len());
        let (start, end) = (at(*start_s), end_s.map_or(samples.len(), at));
        samples.truncate(end);
        samples.drain(..start.min(end));
        let length_s = samples.len() as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ);
        let moved = |s: &Segment| Segment { start_s: s.start_s - start_s, end_s: s.end_s - start_s, phone: s.phone };
        let phones = cover(phones.iter().map(moved), length_s, &self.audio.display().to_string())?;
        let words = words_between(&self.words, *start_s, start_s + length_s);
        Ok(Clip { id: self.id.clone(), speaker: self.speaker.clone(), split: self.split, samples, phones, words })
    }
}

impl Folder {
    /// Reads every clip in parallel; only as many are in memory as the caller holds.
    pub fn clips(&self) -> impl IndexedParallelIterator<Item = std::result::Result<Clip, Dropped>> + '_ {
        self.entries.par_iter().map(Entry::try_load)
    }

    /// The clip of this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.binary_search_by(|e| e.id.as_str().cmp(id)).ok().map(|at| &self.entries[at])
    }
}

/// Reads a folder and its subfolders: `wav`, `flac` or `ogg` beside a TextGrid of the same name, `splits.tsv` if it is there.
///
/// # Errors
/// As [`read_folder_with`].
pub fn read_folder(dir: &Path) -> Result<Folder> {
    read_folder_with(dir, &Reading::default())
}

/// The same, told how.
///
/// # Errors
/// When a folder or its `splits.tsv` cannot be read, or not one clip can be used. Single clips are only dropped.
pub fn read_folder_with(dir: &Path, reading: &Reading) -> Result<Folder> {
    let files = Files::find(dir)?;
    if files.audio.is_empty() {
        return Err(Error::unexpected(dir.display().to_string(), "wav, flac or ogg files with TextGrids", "none"));
    }
    let grids = grids(&files, reading)?;
    let labels = grids.values().flatten().flat_map(TextGrid::phones).flat_map(|tier| &tier.intervals);
    let order = reading.labels.order(labels.map(|interval| interval.text.as_str()));
    let splits = read_splits(dir)?;
    let mut folder = Folder::default();
    for (id, audio) in &files.audio {
        let row = splits.as_ref().map(|rows| rows.get(id));
        match (row, grids.get(id)) {
            (Some(None), _) => folder.leave_out(id, "no line in splits.tsv"),
            (_, None) => folder.leave_out(id, "no TextGrid of its name"),
            (_, Some(Err(reason))) => folder.leave_out(id, &reason.to_string()),
            (row, Some(Ok(grid))) => {
                let aligned = Aligned::of(grid, &reading.labels, order);
                let base = entry(dir, id, audio, row.flatten(), &reading.eval);
                folder.add(&Entry { words: words(grid), ..base }, aligned);
            }
        }
    }
    folder.entries.sort_by(|a, b| a.id.cmp(&b.id));
    folder.carve_valid(splits.as_ref().is_some_and(|rows| rows.values().any(|row| row.split == Split::Valid)));
    folder.dropped.extend(files.without_sound(splits.as_ref()));
    folder.checked(dir)
}

/// The TextGrids of a folder's sounds, read in parallel; the outer error is a folder's.
fn grids(files: &Files, reading: &Reading) -> Result<BTreeMap<String, Result<TextGrid>>> {
    let apart: Result<Vec<Files>> = reading.labels_dirs.iter().rev().map(|dir| Files::find(dir)).collect();
    let apart = apart?;
    let path = |id: &str| apart.iter().chain([files]).find_map(|folder| files.labels_of(id, folder));
    let wanted: Vec<_> = files.audio.keys().filter_map(|id| Some((id.clone(), path(id)?))).collect();
    Ok(wanted.into_par_iter().map(|(id, path)| (id, read_grid(path))).collect())
}

fn entry(dir: &Path, id: &str, audio: &Path, row: Option<&SplitRow>, eval: &BTreeSet<String>) -> Entry {
    let speaker = row.and_then(|r| r.speaker.clone()).unwrap_or_else(|| folder_speaker(dir, audio));
    let split = if eval.contains(&speaker) { Split::Eval } else { row.map_or(Split::Train, |r| r.split) };
    let piece = Piece { start_s: 0.0, end_s: None, phones: Vec::new() };
    Entry { id: id.into(), speaker, split, audio: audio.into(), piece, words: Vec::new() }
}

impl Folder {
    fn leave_out(&mut self, id: &str, reason: &str) {
        self.dropped.push(Dropped { id: id.into(), reason: reason.into() });
    }

    /// Adds the pieces of a clip.
    fn add(&mut self, base: &Entry, aligned: Aligned) {
        let Aligned { mut pieces, unknown_s, unmapped } = aligned;
        self.unknown_s += unknown_s;
        unmapped.into_iter().for_each(|(label, count)| *self.unmapped.entry(label).or_default() += count);
        if pieces.is_empty() {
            return self.leave_out(&base.id, "nothing but speech of unknown phones");
        }
        if unknown_s == 0.0 {
            self.entries.extend(pieces.pop().map(|piece| Entry { piece, ..base.clone() }));
            return;
        }
        let numbered = pieces.into_iter().zip(1..);
        self.entries.extend(numbered.map(|(piece, n)| Entry {
            id: format!("{}{PIECE}{n}", base.id),
            piece,
            ..base.clone()
        }));
    }

    /// Where no clip validates, some do instead of training: 4 %, and one always, if another is left to train on.
    fn carve_valid(&mut self, has_valid: bool) {
        if has_valid {
            return;
        }
        let whole = |entry: &Entry| entry.id.split(PIECE).next().unwrap_or_default().to_owned();
        let train: BTreeSet<String> = self.entries.iter().filter(|e| e.split == Split::Train).map(whole).collect();
        let mut valid: BTreeSet<&String> = train.iter().filter(|id| carve_valid(id) == Split::Valid).collect();
        if valid.is_empty() && train.len() > 1 {
            valid.extend(train.iter().max_by_key(|id| stable_hash(id)));
        }
        let is_valid = |entry: &&mut Entry| entry.split == Split::Train && valid.contains(&whole(entry));
        self.entries.iter_mut().filter(is_valid).for_each(|entry| entry.split = Split::Valid);
    }

    /// A corpus of nothing is no corpus.
    fn checked(self, dir: &Path) -> Result<Folder> {
        if !self.entries.is_empty() {
            return Ok(self);
        }
        let first = self.dropped.first().map(|first| format!(" ({}: {})", first.id, first.reason)).unwrap_or_default();
        let came = format!("none of {}{first}", self.dropped.len());
        Err(Error::unexpected(dir.display().to_string(), "clips with sound and phones", came))
    }
}

/// The name of the folder that the sound lies in.
fn folder_speaker(dir: &Path, audio: &Path) -> String {
    let parent = audio.parent().unwrap_or(dir);
    parent.file_name().map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned())
}

/// Reads a sound file and its TextGrid wherever they lie: one clip, or those around speech of unknown phones.
///
/// # Errors
/// When either cannot be read, the sound is shorter than its labels, or all of it is unknown.
pub fn read_clips(audio: &Path, labels: &Path) -> Result<Vec<Clip>> {
    let id = audio.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let (grid, all) = (read_grid(labels)?, Labels::shipped());
    let order = order(&grid, &all);
    let base = entry(audio, &id, audio, None, &BTreeSet::new());
    let base = Entry { split: Split::Eval, words: words(&grid), ..base };
    let mut folder = Folder::default();
    folder.add(&base, Aligned::of(&grid, &all, order));
    folder.checked(labels)?.entries.iter().map(Entry::load).collect()
}

/// Speakers who are kept for reports must be in one of these folders.
///
/// # Errors
/// When one is in none of them.
pub fn check_speakers<'a>(eval: &BTreeSet<String>, folders: impl Iterator<Item = &'a Folder>) -> Result<()> {
    let speakers: BTreeSet<&String> = folders.flat_map(|folder| &folder.entries).map(|entry| &entry.speaker).collect();
    match eval.iter().find(|name| !speakers.contains(name)) {
        Some(name) => {
            let expected = format!("one of those who have clips that can be used, {speakers:?}");
            Err(Error::unexpected("--eval", expected, format!("{name:?}")))
        }
        None => Ok(()),
    }
}

/// Whether a folder is another one's labels.
///
/// # Errors
/// When it cannot be read.
pub fn holds_only_text_grids(dir: &Path) -> Result<bool> {
    let files = Files::find(dir)?;
    Ok(files.audio.is_empty() && !files.labels.is_empty())
}

/// Every sound of a folder and its subfolders by its id, with the TextGrid beside it if there is one.
///
/// # Errors
/// When a folder cannot be read.
pub fn find_sounds(dir: &Path) -> Result<Vec<(String, PathBuf, Option<PathBuf>)>> {
    let files = Files::find(dir)?;
    Ok(files
        .audio
        .iter()
        .map(|(id, audio)| (id.clone(), audio.clone(), files.labels_of(id, &files).cloned()))
        .collect())
}

/// What lies in a folder.
#[derive(Default)]
pub(super) struct Files {
    /// By id.
    pub(super) audio: BTreeMap<String, PathBuf>,
    /// By id and ending.
    labels: BTreeMap<String, PathBuf>,
}

impl Files {
    pub(super) fn find(dir: &Path) -> Result<Files> {
        if !dir.is_dir() {
            let came = if dir.exists() { "a file" } else { "none" };
            return Err(Error::unexpected(dir.display().to_string(), "a folder of recordings", came));
        }
        let mut files = Files::default();
        files.walk(dir, dir)?;
        Ok(files)
    }

    fn walk(&mut self, root: &Path, dir: &Path) -> Result<()> {
        for file in fs::read_dir(dir).map_err(Error::io(dir))? {
            let path = file.map_err(Error::io(dir))?.path();
            if path.is_dir() {
                self.walk(root, &path)?;
                continue;
            }
            let id = path.strip_prefix(root).unwrap_or(&path).with_extension("").to_string_lossy().into_owned();
            match path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).as_deref() {
                Some("wav" | "flac" | "ogg") => self.audio.insert(id, path),
                Some("textgrid") => self.labels.insert(id + ".TextGrid", path),
                Some(ending @ ("json" | "csv")) => self.labels.insert(format!("{id}.{ending}"), path),
                _ => None,
            };
        }
        Ok(())
    }

    /// The labels of a sound of ours that lie in a folder.
    fn labels_of<'a>(&self, id: &str, folder: &'a Files) -> Option<&'a PathBuf> {
        let is_anothers = |ending: &str| {
            let stem = ending.split('.').next().unwrap_or_default();
            !stem.is_empty() && self.audio.contains_key(&format!("{id}{stem}"))
        };
        let endings = TEXTGRID_ENDINGS.into_iter().filter(|ending| !is_anothers(ending));
        endings.filter_map(|ending| folder.labels.get(&format!("{id}{ending}"))).next()
    }

    /// TextGrids and lines of `splits.tsv` that have no sound.
    fn without_sound(&self, splits: Option<&BTreeMap<String, SplitRow>>) -> Vec<Dropped> {
        let grids = self.labels.keys().filter_map(|name| name.strip_suffix(".TextGrid"));
        let is_ours = |id: &str| self.audio.contains_key(id);
        let silent = grids.filter(|id| !id.strip_suffix("_aligned").is_some_and(is_ours));
        let listed = splits.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        let named: BTreeSet<&str> = silent.chain(listed).filter(|id| !is_ours(id)).collect();
        named.into_iter().map(|id| Dropped { id: id.into(), reason: "no wav, flac or ogg".into() }).collect()
    }
}

#[cfg(test)]
mod tests;
