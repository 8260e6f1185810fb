//! A folder of sound and TextGrids in, clips out one at a time; and clips written into a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rayon::iter::Either;
use rayon::prelude::*;

use super::audio;
use super::error::{Error, Result};
use super::labels::phones_of_label;
use super::splits::{SplitRow, carve_valid, read_splits};
use super::textgrid::{Interval, TextGrid, Tier};
use super::timeline::{cover, spread};
use crate::clip::{Clip, Segment, Split};

/// A word and when it is spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// First moment, in seconds.
    pub start_s: f64,
    /// First moment after it.
    pub end_s: f64,
    /// As written.
    pub text: String,
}

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
    /// Unique within the folder: the path without its extension.
    pub id: String,
    /// From `splits.tsv`, else the subfolder's name, else the folder's.
    pub speaker: String,
    /// Where it belongs.
    pub split: Split,
    /// The sound file.
    pub audio: PathBuf,
    phones: Vec<Segment>,
}

/// A corpus folder: everything but the sound is in memory.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// The clips in order of their ids.
    pub entries: Vec<Entry>,
    /// What was left out, with reasons.
    pub dropped: Vec<Dropped>,
}

impl Entry {
    /// Reads the sound and lays the phones over it.
    ///
    /// # Errors
    /// When the sound cannot be read, or is shorter than its labels.
    pub fn load(&self) -> Result<Clip> {
        let samples = audio::read(&self.audio)?;
        let length_s = samples.len() as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ);
        let phones = cover(self.phones.iter().copied(), length_s, &self.audio.display().to_string())?;
        Ok(Clip { id: self.id.clone(), speaker: self.speaker.clone(), split: self.split, samples, phones })
    }
}

impl Folder {
    /// Reads every clip in parallel; only as many are in memory as the caller holds.
    pub fn clips(&self) -> impl IndexedParallelIterator<Item = std::result::Result<Clip, Dropped>> + '_ {
        self.entries
            .par_iter()
            .map(|e| e.load().map_err(|error| Dropped { id: e.id.clone(), reason: error.to_string() }))
    }

    /// The clip of this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.binary_search_by(|e| e.id.as_str().cmp(id)).ok().map(|at| &self.entries[at])
    }
}

/// Reads a folder and its subfolders: `wav`, `flac` or `ogg` beside a TextGrid of the same name, `splits.tsv` if it is there.
///
/// # Errors
/// When the folder or its `splits.tsv` cannot be read, or holds no sound at all. Single clips are only dropped.
pub fn read_folder(dir: &Path) -> Result<Folder> {
    let files = Files::find(dir)?;
    if files.audio.is_empty() {
        return Err(Error::unexpected(dir.display().to_string(), "wav, flac or ogg files with TextGrids", "none"));
    }
    let splits = read_splits(dir)?;
    let has_valid = splits.iter().flat_map(BTreeMap::values).any(|row| row.split == Split::Valid);
    let read = |(id, audio): (&String, &PathBuf)| {
        let row = splits.as_ref().map(|rows| rows.get(id));
        let labels = files.labels.get(id).ok_or_else(|| "no TextGrid beside the sound".to_string());
        let phones = labels.and_then(|path| read_phones(path).map_err(|e| e.to_string()));
        match (row, phones) {
            (Some(None), _) => Err(Dropped { id: id.clone(), reason: "no line in splits.tsv".into() }),
            (_, Err(reason)) => Err(Dropped { id: id.clone(), reason }),
            (row, Ok(phones)) => Ok(entry(dir, id, audio, row.flatten(), has_valid, phones)),
        }
    };
    let (mut entries, mut dropped): (Vec<Entry>, Vec<Dropped>) =
        files.audio.par_iter().partition_map(|file| match read(file) {
            Ok(entry) => Either::Left(entry),
            Err(dropped) => Either::Right(dropped),
        });
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    dropped.extend(files.without_sound(splits.as_ref()));
    Ok(Folder { entries, dropped })
}

fn entry(dir: &Path, id: &str, audio: &Path, row: Option<&SplitRow>, has_valid: bool, phones: Vec<Segment>) -> Entry {
    let split = match row.map_or(Split::Train, |r| r.split) {
        Split::Train if !has_valid => carve_valid(id),
        split => split,
    };
    let named = row.and_then(|r| r.speaker.clone());
    Entry {
        id: id.into(),
        speaker: named.unwrap_or_else(|| folder_speaker(dir, audio)),
        split,
        audio: audio.into(),
        phones,
    }
}

/// The name of the folder that the sound lies in.
fn folder_speaker(dir: &Path, audio: &Path) -> String {
    let parent = audio.parent().unwrap_or(dir);
    parent.file_name().map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned())
}

/// Reads one clip: a sound file and a TextGrid wherever they lie.
///
/// # Errors
/// When either cannot be read, or the sound is shorter than its labels.
pub fn read_clip(audio: &Path, labels: &Path) -> Result<Clip> {
    let id = audio.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let speaker = folder_speaker(audio, audio);
    Entry { id, speaker, split: Split::Eval, audio: audio.into(), phones: read_phones(labels)? }.load()
}

fn read_phones(path: &Path) -> Result<Vec<Segment>> {
    let place = path.display().to_string();
    let grid = TextGrid::parse(&fs::read(path).map_err(Error::io(path))?, &place)?;
    let names: Vec<&str> = grid.tiers.iter().map(|t| t.name.as_str()).collect();
    let tier = grid.tier("phones").ok_or_else(|| Error::unexpected(&place, "a tier `phones`", format!("{names:?}")))?;
    let mut segments = Vec::new();
    for Interval { start_s, end_s, text } in &tier.intervals {
        let phones = phones_of_label(text)
            .ok_or_else(|| Error::unexpected(&place, "ARPAbet phones", format!("{text:?} at {start_s:.3} s")))?;
        segments.extend(spread(*start_s, *end_s, &phones));
    }
    Ok(segments)
}

/// What lies in a folder, by id.
#[derive(Default)]
pub(super) struct Files {
    pub(super) audio: BTreeMap<String, PathBuf>,
    labels: BTreeMap<String, PathBuf>,
}

impl Files {
    pub(super) fn find(dir: &Path) -> Result<Files> {
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
                Some("textgrid") => self.labels.insert(id, path),
                _ => None,
            };
        }
        Ok(())
    }

    /// Labels and lines of `splits.tsv` that have no sound.
    fn without_sound(&self, splits: Option<&BTreeMap<String, SplitRow>>) -> Vec<Dropped> {
        let named: BTreeSet<&String> = self.labels.keys().chain(splits.into_iter().flat_map(BTreeMap::keys)).collect();
        let silent = named.into_iter().filter(|id| !self.audio.contains_key(*id));
        silent.map(|id| Dropped { id: id.clone(), reason: "no wav, flac or ogg".into() }).collect()
    }
}

/// Writes `<id>.wav` and `<id>.TextGrid` into a folder; each appears only when it is complete.
///
/// # Errors
/// When the disk does not take them.
pub fn write_clip(dir: &Path, clip: &Clip, words: &[Word]) -> Result<()> {
    let path = |extension: &str| dir.join(format!("{}.{extension}", clip.id));
    let sound = path("wav");
    let parent = sound.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(Error::io(parent))?;
    write_whole(&sound, |part| audio::write(part, &clip.samples))?;
    let text = text_grid(clip, words).to_text();
    write_whole(&path("TextGrid"), |part| fs::write(part, text).map_err(Error::io(part)))
}

/// Lets `write` make a `.part` beside `path` and renames it.
fn write_whole(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    write(Path::new(&part))?;
    fs::rename(&part, path).map_err(Error::io(path))
}

fn text_grid(clip: &Clip, words: &[Word]) -> TextGrid {
    let phones =
        clip.phones.iter().map(|s| Interval { start_s: s.start_s, end_s: s.end_s, text: s.phone.name().into() });
    let tiers = vec![
        Tier { name: "words".into(), intervals: word_intervals(words, clip.seconds()) },
        Tier { name: "phones".into(), intervals: phones.collect() },
    ];
    TextGrid { end_s: clip.seconds(), tiers }
}

/// The words, with empty intervals between them.
fn word_intervals(words: &[Word], length_s: f64) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut now_s = 0.0;
    let silence = |start_s, end_s| Interval { start_s, end_s, text: String::new() };
    for word in words {
        let (start_s, end_s) = (word.start_s.max(now_s), word.end_s.min(length_s));
        if end_s <= start_s {
            continue;
        }
        intervals.extend((start_s > now_s).then(|| silence(now_s, start_s)));
        intervals.push(Interval { start_s, end_s, text: word.text.clone() });
        now_s = end_s;
    }
    intervals.extend((now_s < length_s).then(|| silence(now_s, length_s)));
    intervals
}

#[cfg(test)]
mod tests;
