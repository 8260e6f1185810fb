//! A corpus folder in, a folder of prepared clips out: in parallel, and only what is not there yet.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Prepared, Statistics};
use crate::corpus::{Dropped, Entry, Error, Folder, Result};
use crate::truth::{self, Style};

/// Choices of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the prepared clips go.
    pub out: PathBuf,
    /// Move every speaker in an own style; the model that ships learns the neutral one.
    pub styles: bool,
}

/// What a run did with one corpus.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Figures of everything that is prepared now.
    pub statistics: Statistics,
    /// Clips that were there already.
    pub kept: usize,
    /// Clips that were left out, with reasons.
    pub dropped: Vec<Dropped>,
}

/// Prepares a corpus under a name; `on_clip` is called after every clip.
///
/// # Errors
/// When the output folder cannot be written. A clip that cannot be read is dropped and told.
pub fn prepare(folder: &Folder, corpus: &str, options: &Options, on_clip: &(dyn Fn() + Sync)) -> Result<Outcome> {
    fs::create_dir_all(&options.out).map_err(Error::io(&options.out))?;
    let job = Job { corpus, options, recipe: recipe(options.styles) };
    let add = |outcome: Outcome, entry: &Entry| -> Result<Outcome> {
        let made = job.clip(entry);
        on_clip();
        Ok(outcome.with(made?))
    };
    let parts = folder.entries.par_iter().try_fold(Outcome::default, add);
    let mut outcome = parts.try_reduce(Outcome::default, |a, b| Ok(a.and(b)))?;
    outcome.dropped.extend_from_slice(&folder.dropped);
    Ok(outcome)
}

/// What became of a clip.
enum Made {
    New(Statistics),
    Kept(Statistics),
    Dropped(Dropped),
}

impl Outcome {
    fn with(mut self, made: Made) -> Outcome {
        match made {
            Made::New(statistics) => self.statistics.merge(&statistics),
            Made::Kept(statistics) => {
                self.kept += 1;
                self.statistics.merge(&statistics);
            }
            Made::Dropped(dropped) => self.dropped.push(dropped),
        }
        self
    }

    fn and(mut self, other: Outcome) -> Outcome {
        self.statistics.merge(&other.statistics);
        self.kept += other.kept;
        self.dropped.extend(other.dropped);
        self
    }
}

struct Job<'a> {
    corpus: &'a str,
    options: &'a Options,
    recipe: String,
}

impl Job<'_> {
    fn clip(&self, entry: &Entry) -> Result<Made> {
        let path = self.path(&entry.id);
        if let Some(statistics) = self.kept(&path, entry) {
            return Ok(Made::Kept(statistics));
        }
        let clip = match entry.load() {
            Ok(clip) => clip,
            Err(error) => return Ok(Made::Dropped(Dropped { id: entry.id.clone(), reason: error.to_string() })),
        };
        let style = if self.options.styles { Style::of_speaker(&clip.speaker) } else { Style::NEUTRAL };
        let prepared = Prepared::of(&clip, self.corpus, &style);
        if prepared.phones.is_empty() {
            return Ok(Made::Dropped(Dropped { id: clip.id, reason: "shorter than one hop of 10 ms".into() }));
        }
        prepared.write(&path, &self.recipe)?;
        Ok(Made::New(Statistics::of(&prepared)))
    }

    /// Figures of a clip that an earlier run has left, if it is whole, of this recipe, and not older than its sound.
    fn kept(&self, path: &Path, entry: &Entry) -> Option<Statistics> {
        let changed = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
        if changed(path)? < changed(&entry.audio)? {
            return None;
        }
        let (prepared, recipe) = Prepared::read_with_recipe(path).ok()?;
        (recipe == self.recipe && prepared.split == entry.split).then(|| Statistics::of(&prepared))
    }

    /// Ids may hold folders; prepared clips of all corpora may lie in one folder.
    fn path(&self, id: &str) -> PathBuf {
        let id = id.replace(['/', '\\'], "__");
        self.options.out.join(format!("{}__{id}.safetensors", self.corpus))
    }
}

/// Names the truth that clips are made by.
fn recipe(styles: bool) -> String {
    let style = if styles { "styles" } else { "neutral" };
    format!("truth {:016x}, {style}", truth::fingerprint())
}
