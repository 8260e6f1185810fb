//! Clips of speakers whom nobody has trained on.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::clip::Split;
use crate::data::Utterance;
use crate::prepare::Prepared;

/// A clip of the eval split.
#[derive(Clone, Debug)]
pub struct Film {
    /// Who speaks.
    pub speaker: String,
    /// Sound, labels and true motion.
    pub clip: Utterance,
}

impl Film {
    /// The clip's, in its corpus.
    pub fn id(&self) -> &str {
        self.clip.source.as_ref().map_or("", |(_, id)| id)
    }
}

/// Clips shorter than this, in hops, are single words: too few units to tell readers apart.
const SHORTEST_HOPS: usize = 150;

/// The films of a prepared folder's eval split, at most so many, spread evenly; single words are left out.
///
/// # Errors
/// A folder without such clips, or a damaged file.
pub fn films(folder: &Path, most: usize) -> Result<Vec<Film>> {
    let films = sentences(folder, |clip| clip.split == Split::Eval)?;
    ensure!(!films.is_empty(), "{}: expected sentences of the eval split, found none", folder.display());
    let every = films.len().div_ceil(most.max(1)).max(1);
    Ok(films.into_iter().step_by(every).collect())
}

/// The clips of a prepared folder that are wanted; single words are left out.
///
/// # Errors
/// No folder, or a damaged file.
pub fn sentences(folder: &Path, is_wanted: impl Fn(&Prepared) -> bool) -> Result<Vec<Film>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("no prepared corpus at {}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
    paths.sort();
    let mut films = Vec::new();
    for path in paths {
        let prepared = Prepared::read(&path)?;
        if prepared.phones.len() >= SHORTEST_HOPS && is_wanted(&prepared) {
            films.push(Film { speaker: prepared.speaker.clone(), clip: Utterance::from(prepared) });
        }
    }
    Ok(films)
}
