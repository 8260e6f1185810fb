//! Programs beside each other: their mouth cues, and what our models show, on the same clips and by one scorer.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::Serialize;

use super::baseline;
use super::cues::CueFolder;
use super::hear::{Sound, hear_all};
use super::report::{readable, warn_of};
use super::score::{Events, MouthScore, mouth_score};
use super::table::Table;
use super::tables::mouths_by_class;
use crate::clip::{Clip, Split};
use crate::corpus::{Entry, Folder, Reading, read_folder_with};
use crate::export::Packed;

/// What to compare.
#[derive(Clone, Debug)]
pub struct Contest {
    /// Folder of sound and TextGrids: its eval split, or every clip where it has none.
    pub corpus: PathBuf,
    /// How it is read.
    pub reading: Reading,
    /// At most so many clips, spread evenly.
    pub clips: usize,
    /// What other programs wrote.
    pub cues: Vec<CueFolder>,
    /// Folders of our models.
    pub models: Vec<PathBuf>,
}

/// Who showed what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the corpus' folder.
    pub corpus: String,
    /// Clips that were scored: those that can be read and that every program has cues for.
    pub clips: usize,
    /// Minutes of them.
    pub minutes: f64,
    /// Name and score of each program, of each model and of the baselines.
    pub programs: Vec<(String, MouthScore)>,
    /// Name of each program that lacks cues, and the clips that it lacks.
    pub missing: Vec<Missing>,
}

/// A program, and the clips that it lacks cues for.
pub type Missing = (String, Vec<String>);

/// The name of a program, and its cues for each clip.
type Shown = (String, Vec<Events>);

/// Scores every program on the same clips.
///
/// # Errors
/// A damaged file (with its line), a model that cannot be loaded, or no clip that every program has cues for.
pub fn compare(contest: &Contest) -> Result<Comparison> {
    let entries = chosen(contest)?;
    ensure!(!entries.is_empty(), "{}: expected clips with TextGrids, came none", contest.corpus.display());
    let (written, missing) = written_cues(&contest.cues, &entries)?;
    let common = |n: &usize| written.iter().all(|(_, cues)| cues[*n].is_some());
    let common: Vec<usize> = (0..entries.len()).filter(common).collect();
    ensure!(!common.is_empty(), no_common_clip(&missing, entries.len()));
    let read = readable(&contest.corpus, &common.iter().map(|n| &entries[*n]).collect::<Vec<_>>())?;
    let read = common.into_iter().zip(read).filter_map(|(n, clip)| Some((n, clip?)));
    let (common, clips): (Vec<usize>, Vec<Clip>) = read.unzip();
    let mut shown: Vec<Shown> = contest.models.iter().map(|m| model_cues(m, &clips)).collect::<Result<_>>()?;
    let of_common = |cues: Vec<Option<Events>>| common.iter().filter_map(|n| cues[*n].clone()).collect();
    shown.extend(written.into_iter().map(|(name, cues)| (name, of_common(cues))));
    shown.extend(baseline::mouths(clips.iter()));
    Ok(Comparison {
        corpus: contest.corpus.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        clips: clips.len(),
        minutes: clips.iter().map(Clip::seconds).sum::<f64>() / 60.0,
        programs: shown.into_iter().filter_map(|shown| score(shown, &clips)).collect(),
        missing,
    })
}

fn chosen(contest: &Contest) -> Result<Vec<Entry>> {
    let Folder { mut entries, dropped, .. } = read_folder_with(&contest.corpus, &contest.reading)?;
    warn_of(&dropped);
    if entries.iter().any(|e| e.split == Split::Eval) {
        entries.retain(|e| e.split == Split::Eval);
    }
    let every = entries.len().div_ceil(contest.clips.max(1)).max(1);
    Ok(entries.into_iter().step_by(every).collect())
}

/// A program, and its cues for every clip that it has.
type Written = (String, Vec<Option<Events>>);

/// What is there, and who lacks what.
fn written_cues(folders: &[CueFolder], entries: &[Entry]) -> Result<(Vec<Written>, Vec<Missing>)> {
    let (mut written, mut missing) = (Vec::new(), Vec::new());
    for folder in folders {
        ensure!(folder.folder.is_dir(), "{}: expected a folder of mouth cues, found none", folder.folder.display());
        let cues = entries.iter().map(|e| folder.read(&e.id)).collect::<Result<Vec<_>>>()?;
        let lacks = entries.iter().zip(&cues).filter(|(_, cues)| cues.is_none());
        let lacks: Vec<String> = lacks.map(|(e, _)| e.id.clone()).collect();
        missing.extend((!lacks.is_empty()).then(|| (folder.program.clone(), lacks)));
        written.push((folder.program.clone(), cues));
    }
    Ok((written, missing))
}

fn no_common_clip(missing: &[Missing], of: usize) -> String {
    let lacks = |(name, ids): &Missing| format!("{name} lacks {} of {of}, first {}", ids.len(), ids[0]);
    let lacks: Vec<String> = missing.iter().map(lacks).collect();
    format!("expected a clip for which every program has cues, came none: {}", lacks.join("; "))
}

/// What a model's line shows, at the times at which a live face could show it.
fn model_cues(folder: &Path, clips: &[Clip]) -> Result<Shown> {
    let packed = Packed::read(folder)?;
    let heard = hear_all(&packed, clips, |_, clip: &Clip| Sound::of(clip))?;
    Ok((packed.card.name.clone(), heard.into_iter().map(|heard| heard.events).collect()))
}

fn score((name, cues): Shown, clips: &[Clip]) -> Option<(String, MouthScore)> {
    let score = mouth_score(clips.iter().zip(&cues))?;
    Some((name, score))
}

impl Comparison {
    /// A row for each program.
    pub fn table(&self) -> Table {
        let title = format!("{} ({} clips, {:.1} min)", self.corpus, self.clips, self.minutes);
        mouths_by_class(&title, &self.programs)
    }
}

#[cfg(test)]
mod tests;
