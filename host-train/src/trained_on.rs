//! Who was trained on: a small file beside a model's card, so that nobody is judged on voices that the model knows
//! without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use keyface_core::ModelCard;

use crate::clip::{Clip, Split};
use crate::corpus::stable_hash;

/// The file in a model's folder: a line for each corpus, its name, a tab, and a hash of each speaker's name.
pub const TRAINED_ON: &str = "trained_on.tsv";
/// Speakers who are named in a warning.
const NAMED: usize = 5;

/// Hashes of people by corpus: the names stay where the recordings are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainedOn(BTreeMap<String, BTreeSet<u32>>);

impl TrainedOn {
    /// Adds people of a corpus by their names; in a crowd without names each clip, by its id, is one.
    pub fn add<'a>(&mut self, corpus: &str, people: impl Iterator<Item = &'a str>) {
        self.0.entry(corpus.to_owned()).or_default().extend(people.map(hash));
    }

    /// Adds everyone of another.
    pub fn join(&mut self, other: TrainedOn) {
        for (corpus, people) in other.0 {
            self.0.entry(corpus).or_default().extend(people);
        }
    }

    /// Writes the file into a model's folder.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, model: &Path) -> Result<()> {
        let line = |(corpus, people): (&String, &BTreeSet<u32>)| {
            let people: Vec<String> = people.iter().map(|person| format!("{person:08x}")).collect();
            format!("{corpus}\t{}\n", people.join(" "))
        };
        let path = model.join(TRAINED_ON);
        fs::write(&path, self.0.iter().map(line).collect::<String>()).with_context(|| path.display().to_string())
    }

    /// Reads it; `None` where a model has none.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn read(model: &Path) -> Result<Option<TrainedOn>> {
        let path = model.join(TRAINED_ON);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut trained = TrainedOn::default();
        for (line, n) in text.lines().zip(1..) {
            let expected = || {
                format!("{}, line {n}: expected a corpus, a tab and numbers of 8 digits, came {line:?}", path.display())
            };
            let (corpus, people) = line.split_once('\t').with_context(expected)?;
            let people = people.split_whitespace().map(|person| u32::from_str_radix(person, 16));
            let people = people.collect::<Result<BTreeSet<u32>, _>>().with_context(expected)?;
            trained.0.insert(corpus.to_owned(), people);
        }
        Ok(Some(trained))
    }

    /// Whether this person was trained on, in any corpus; in a crowd, this clip.
    pub fn knows(&self, speaker: &str, clip: &str) -> bool {
        [speaker, clip].into_iter().any(|who| self.corpora_of(who).count() > 0)
    }

    /// The corpora in which this person was trained on.
    fn corpora_of(&self, person: &str) -> impl Iterator<Item = &str> {
        let person = hash(person);
        self.0.iter().filter(move |(_, people)| people.contains(&person)).map(|(corpus, _)| corpus.as_str())
    }
}

/// What must be said when a model is judged on these clips of a corpus; `None` when it has heard none of their speakers.
/// A card alone tells no speakers, only corpora.
pub fn warning(card: &ModelCard, trained: Option<&TrainedOn>, corpus: &str, clips: &[&Clip]) -> Option<String> {
    let (name, of) = (&card.name, clips.len());
    let Some(trained) = trained else {
        let is_named = card.data.iter().any(|data| data.corpus == corpus);
        return is_named.then(|| {
            format!(
                "{name} was trained on a corpus of this name, and has no {TRAINED_ON} that tells on whom: \
                 these figures may flatter it"
            )
        });
    };
    let heard: Vec<&Clip> = clips.iter().filter(|clip| trained.knows(&clip.speaker, &clip.id)).copied().collect();
    let first = heard.first()?;
    let people: BTreeSet<&str> = heard.iter().map(|clip| clip.speaker.as_str()).collect();
    let named = people.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = if people.len() > NAMED { ", ..." } else { "" };
    let corpora: BTreeSet<&str> = [&first.speaker, &first.id].into_iter().flat_map(|w| trained.corpora_of(w)).collect();
    let corpora = corpora.into_iter().collect::<Vec<_>>().join(", ");
    let itself = heard.iter().filter(|clip| clip.split == Split::Train).count();
    let itself = if itself > 0 { format!(", {itself} of them in the split that is trained on") } else { String::new() };
    Some(format!(
        "{name} was trained on speakers of these names: {} of {of} clips are theirs{itself} ({named}{more}; trained on \
         in {corpora}). These figures flatter it",
        heard.len()
    ))
}

fn hash(name: &str) -> u32 {
    stable_hash(name) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> ModelCard {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live/card.toml");
        ModelCard::from_toml("card.toml", &fs::read_to_string(path).unwrap()).unwrap()
    }

    fn clip(id: &str, speaker: &str, split: Split) -> Clip {
        Clip {
            id: id.into(),
            speaker: speaker.into(),
            split,
            samples: Vec::new(),
            phones: Vec::new(),
            words: Vec::new(),
        }
    }

    fn trained() -> TrainedOn {
        let mut trained = TrainedOn::default();
        trained.add("people", ["anna", "bert"].into_iter());
        trained.add("words", ["yes/17"].into_iter());
        trained
    }

    #[test]
    fn what_is_written_is_read_and_holds_no_name() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(TrainedOn::read(dir.path()).unwrap(), None);
        trained().write(dir.path()).unwrap();
        assert_eq!(TrainedOn::read(dir.path()).unwrap(), Some(trained()));
        let text = fs::read_to_string(dir.path().join(TRAINED_ON)).unwrap();
        assert!(!text.contains("anna") && text.lines().count() == 2, "{text}");
        fs::write(dir.path().join(TRAINED_ON), "people\tanna\n").unwrap();
        assert!(TrainedOn::read(dir.path()).unwrap_err().to_string().contains("line 1: expected a corpus, a tab"));
    }

    #[test]
    fn clips_of_speakers_who_were_trained_on_are_told() {
        let clips = [
            clip("a", "anna", Split::Eval),
            clip("b", "anna", Split::Train),
            clip("c", "carl", Split::Eval),
            clip("yes/17", "words", Split::Eval),
        ];
        let all: Vec<&Clip> = clips.iter().collect();
        let said = warning(&card(), Some(&trained()), "own", &all).unwrap();
        assert!(
            said.contains("3 of 4 clips are theirs, 1 of them in the split that is trained on (anna, words;"),
            "{said}"
        );
        assert_eq!(warning(&card(), Some(&trained()), "own", &all[2..3]), None);
    }

    #[test]
    fn a_model_that_tells_only_corpora_is_warned_of_by_their_names() {
        let stranger = clip("a", "stranger", Split::Eval);
        assert!(warning(&card(), None, "kathleen", &[&stranger]).unwrap().contains("a corpus of this name"));
        assert_eq!(warning(&card(), None, "own", &[&stranger]), None);
    }
}
