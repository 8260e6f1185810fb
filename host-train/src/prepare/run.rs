//! A corpus folder in, a folder of prepared clips out: in parallel, and only what is not there yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use rayon::prelude::*;

use super::place::{Place, changed};
use super::recipe::recipe_of;
use super::{Prepared, Renderer, Statistics};
use crate::clip::Split;
use crate::corpus::{Dropped, Entry, Error, Folder, Result, stable_hash};
use crate::truth::{Law, Style};

/// Choices of a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the prepared clips go.
    pub out: PathBuf,
    /// Move every speaker in an own style; the model that ships learns the neutral one.
    pub styles: bool,
    /// The rules' constants.
    pub law: Law,
    /// Rendered copies of every training clip.
    pub copies: usize,
    /// What renders them.
    pub renderer: Renderer,
    /// The part of the clips that this run prepares; none: all.
    pub shard: Option<Shard>,
}

/// Part `number` (from 0) of `of` parts, so that several machines can prepare a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// Whether a clip belongs to it; the id alone decides.
    fn has(self, id: &str) -> bool {
        stable_hash(id) % self.of == self.number
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if number < of => Ok(Shard { number, of }),
            _ => Err("expected K/N, K from 0 to N - 1"),
        }
    }
}

/// What a run did with one corpus.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Figures of everything that is prepared now.
    pub statistics: Statistics,
    /// Clips that were there already.
    pub kept: usize,
    /// Prepared clips that were removed, since their corpus has them no more.
    pub removed: usize,
    /// Clips that were left out, with reasons.
    pub dropped: Vec<Dropped>,
}

/// Prepares a corpus under a name; `on_clip` is called after every clip.
///
/// # Errors
/// When the output folder cannot be written. A clip that cannot be read is dropped and told.
pub fn prepare(folder: &Folder, corpus: &str, options: &Options, on_clip: &(dyn Fn() + Sync)) -> Result<Outcome> {
    fs::create_dir_all(&options.out).map_err(Error::io(&options.out))?;
    let job = Job {
        corpus,
        options,
        recipe: recipe_of(options.styles, options.copies, &options.law, options.renderer.codecs),
    };
    let add = |outcome: Outcome, entry: &Entry| -> Result<Outcome> {
        let made = job.clip(entry);
        on_clip();
        Ok(outcome.with(made?))
    };
    let is_ours = |entry: &&Entry| options.shard.is_none_or(|shard| shard.has(&entry.id));
    let parts = folder.entries.par_iter().filter(is_ours).try_fold(Outcome::default, add);
    let mut outcome = parts.try_reduce(Outcome::default, |a, b| Ok(a.and(b)))?;
    outcome.dropped.extend_from_slice(&folder.dropped);
    outcome.removed = job.place().remove_orphans(folder)?;
    Ok(outcome)
}

/// What became of a clip.
enum Made {
    New(Statistics),
    Kept(Statistics),
    Dropped(Dropped),
}

impl Outcome {
    /// Whether anything of a speaker is left.
    pub fn has(&self, folder: &Folder, speaker: &str) -> bool {
        let is_dropped = |id: &str| self.dropped.iter().any(|dropped| dropped.id == id);
        folder.entries.iter().any(|entry| entry.speaker == speaker && !is_dropped(&entry.id))
    }

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
    fn place(&self) -> Place<'_> {
        Place { out: &self.options.out, corpus: self.corpus }
    }

    fn clip(&self, entry: &Entry) -> Result<Made> {
        let path = self.place().path(&entry.id);
        if let Some(statistics) = self.kept(&path, entry) {
            return Ok(Made::Kept(statistics));
        }
        let clip = match entry.try_load() {
            Ok(clip) => clip,
            Err(dropped) => return Ok(Made::Dropped(dropped)),
        };
        let style = if self.options.styles { Style::of_speaker(&clip.speaker) } else { Style::NEUTRAL };
        let style = Style { law: self.options.law, ..style };
        // Validation and reports want each clip as it was recorded.
        let copies = if clip.split == Split::Train { self.options.copies } else { 0 };
        let prepared = Prepared::of(&clip, self.corpus, &style).with_copies(&clip, &self.options.renderer, copies)?;
        if prepared.phones.is_empty() {
            return Ok(Made::Dropped(Dropped { id: clip.id, reason: "shorter than one hop of 10 ms".into() }));
        }
        prepared.write(&path, &self.recipe)?;
        Ok(Made::New(Statistics::of(&prepared)))
    }

    /// Figures of a clip that an earlier run has left, if it is whole, of this recipe, and not older than its sound.
    fn kept(&self, path: &Path, entry: &Entry) -> Option<Statistics> {
        if changed(path)? < changed(&entry.audio)? {
            return None;
        }
        let (prepared, recipe) = Prepared::read_with_recipe(path).ok()?;
        (recipe == self.recipe && prepared.split == entry.split).then(|| Statistics::of(&prepared))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::clip;
    use super::*;
    use crate::clip::Clip;
    use crate::corpus::{read_folder, write_clip};
    use keyface_core::MotionChannel;

    fn prepared(corpus: &Path, out: &Path, styles: bool) -> Outcome {
        let options = Options { out: out.to_path_buf(), styles, ..Options::default() };
        prepare(&read_folder(corpus).unwrap(), "test", &options, &|| ()).unwrap()
    }

    fn corpus_of_two() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (corpus, out) = (dir.path().join("corpus"), dir.path().join("out"));
        for id in ["a", "b"] {
            write_clip(&corpus, &Clip { id: id.into(), ..clip() }).unwrap();
        }
        (dir, corpus, out)
    }

    #[test]
    fn a_second_run_keeps_what_is_there() {
        let (_dir, corpus, out) = corpus_of_two();
        let (first, second) = (prepared(&corpus, &out, false), prepared(&corpus, &out, false));
        assert_eq!((first.kept, second.kept, second.removed), (0, 2, 0));
        assert_eq!(first.statistics, second.statistics);
    }

    #[test]
    fn two_shards_prepare_what_one_run_does() {
        let (_dir, corpus, out) = corpus_of_two();
        let shard = |text: &str| {
            let options = Options { out: out.clone(), shard: Some(text.parse().unwrap()), ..Options::default() };
            prepare(&read_folder(&corpus).unwrap(), "test", &options, &|| ()).unwrap().statistics.clips()
        };
        assert_eq!(shard("0/2") + shard("1/2"), 2);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 2);
        assert!("2/2".parse::<Shard>().is_err() && "1".parse::<Shard>().is_err());
    }

    #[test]
    fn clips_of_another_recipe_are_made_anew() {
        let (_dir, corpus, out) = corpus_of_two();
        prepared(&corpus, &out, false);
        assert_eq!(prepared(&corpus, &out, true).kept, 0);
    }

    #[test]
    fn clips_of_other_constants_move_otherwise_and_are_made_anew() {
        let (_dir, corpus, out) = corpus_of_two();
        prepared(&corpus, &out, false);
        let jaw = || {
            let clip = Prepared::read(&out.join("test__a.safetensors")).unwrap();
            clip.motion.iter().map(|row| row[MotionChannel::JawOpen]).fold(0.0, f32::max)
        };
        let before = jaw();
        let mut law = Law::RULES;
        law.gains[MotionChannel::JawOpen as usize] = 0.5;
        let options = Options { out: out.clone(), law, ..Options::default() };
        let outcome = prepare(&read_folder(&corpus).unwrap(), "test", &options, &|| ()).unwrap();
        assert_eq!(outcome.kept, 0);
        assert!((jaw() / before - 0.5).abs() < 0.02, "{before} {}", jaw());
    }

    #[test]
    fn a_clip_that_left_its_corpus_leaves_the_prepared_ones_too() {
        let (_dir, corpus, out) = corpus_of_two();
        prepared(&corpus, &out, false);
        fs::remove_file(corpus.join("a.wav")).unwrap();
        fs::remove_file(corpus.join("a.TextGrid")).unwrap();
        let outcome = prepared(&corpus, &out, false);
        assert_eq!((outcome.kept, outcome.removed, fs::read_dir(&out).unwrap().count()), (1, 1, 1));
    }

    #[test]
    fn a_broken_sound_is_dropped_with_its_reason() {
        let (_dir, corpus, out) = corpus_of_two();
        fs::write(corpus.join("b.wav"), b"no sound").unwrap();
        let outcome = prepared(&corpus, &out, false);
        assert_eq!((outcome.statistics.clips(), outcome.dropped.len()), (1, 1));
        assert!(outcome.dropped[0].reason.contains("b.wav"), "{}", outcome.dropped[0].reason);
    }

    #[test]
    fn a_speaker_whose_clips_were_all_dropped_is_missed() {
        let (_dir, corpus, out) = corpus_of_two();
        fs::create_dir(corpus.join("anna")).unwrap();
        for ending in ["wav", "TextGrid"] {
            fs::rename(corpus.join(format!("b.{ending}")), corpus.join(format!("anna/b.{ending}"))).unwrap();
        }
        // Nothing of an earlier run is kept in a folder of its own.
        let has_anna = |run: &str| prepared(&corpus, &out.join(run), false).has(&read_folder(&corpus).unwrap(), "anna");
        assert!(has_anna("whole"));
        fs::write(corpus.join("anna/b.wav"), b"no sound").unwrap();
        assert!(!has_anna("broken"));
    }
}
