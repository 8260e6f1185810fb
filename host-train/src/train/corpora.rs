//! Prepared corpora: people to draw from while training, and the clips that choose a checkpoint and a decoder.
//!
//! Training clips stay on disk; in memory is who speaks in which file, about 100 bytes a clip.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use keyface_core::DataUse;
use keyface_core::heads::HEADS;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::experiment::{CorpusChoice, Experiment};
use crate::clip::Split;
use crate::corpus::{Kind, read_recordings, stable_hash};
use crate::data::{Augmenter, NoisePool, Source, Talker, Utterance};
use crate::prepare::{self, AudioFeatures, Prepared};
use crate::trained_on::TrainedOn;

/// Every clip of an experiment.
pub struct Corpora {
    train: Vec<Crowd>,
    /// Clips that choose the checkpoint and the decoder: nobody in them is trained on where a corpus holds speakers out.
    pub valid: Vec<Utterance>,
    /// The same clips with noise 10 dB below the speech.
    pub noisy: Vec<Utterance>,
    /// Clips that are only ever reported.
    pub eval: Vec<Utterance>,
}

/// The people of one corpus.
struct Crowd {
    name: String,
    licence: Option<String>,
    share: f64,
    talkers: Vec<Talker>,
    /// Sum of their weights up to each of them.
    reach: Vec<f64>,
    hops: usize,
    /// Names of the people, or ids of a crowd's clips.
    names: BTreeSet<String>,
}

/// Choosing clips of a corpus: enough for a steady figure, few enough for a minute.
const VALID_PER_CORPUS: usize = 40;
/// The same where whole speakers are held out.
const HELD_OUT_CLIPS: usize = 240;
/// How far the noise lies below the speech in noisy choosing clips.
const NOISY_DB: f32 = 10.0;
/// Reported clips per corpus, spread evenly over it.
const EVAL_PER_CORPUS: usize = 60;

impl Corpora {
    /// Finds all prepared clips of the experiment; reads those that choose and those that are reported.
    ///
    /// # Errors
    /// A missing folder, a damaged file, a clip that another recipe made, a corpus without training clips, answers of
    /// something else than a listener, or no clip to choose by in any of them.
    pub fn read(experiment: &Experiment) -> Result<Self> {
        let choosing = match &experiment.noise_choosing[..] {
            [] => augmenter(experiment)?,
            _ => choosing(experiment)?,
        };
        Self::of(&experiment.corpora, &choosing, |_| true)
    }

    /// Finds the prepared clips of some corpora; of their train split only those of speakers who are wanted.
    ///
    /// # Errors
    /// As [`Corpora::read`].
    pub fn of(choices: &[CorpusChoice], augmenter: &Augmenter, is_wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut corpora = Self::found(choices, false, is_wanted)?;
        let noisy = |(n, clip): (usize, &Utterance)| augmenter.noisy(clip, NOISY_DB, n as u64);
        corpora.noisy = corpora.valid.iter().enumerate().map(noisy).collect();
        Ok(corpora)
    }

    /// The same of corpora for a listener: clips come with what is heard in them, none in noise.
    ///
    /// # Errors
    /// As [`Corpora::read`].
    pub fn heard(choices: &[CorpusChoice]) -> Result<Self> {
        Self::found(choices, true, |_| true)
    }

    /// No clips: what is learnt from comes from elsewhere.
    pub fn none() -> Self {
        Corpora { train: Vec::new(), valid: Vec::new(), noisy: Vec::new(), eval: Vec::new() }
    }

    fn found(choices: &[CorpusChoice], heard: bool, is_wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut corpora = Corpora::none();
        // Beside people whom training never hears, the clips of those whom it does would only flatter.
        let holds_out = choices.iter().any(|choice| choice.held_out > 0.0);
        let most = if holds_out { HELD_OUT_CLIPS } else { VALID_PER_CORPUS };
        let all = choices.iter().map(found_of).collect::<Result<Vec<_>>>()?;
        check_unheard(choices, &all)?;
        let held_out = held_out_of(choices, &all);
        for (choice, mut found) in choices.iter().zip(all) {
            found.retain(|clip| clip.split != Split::Train || is_wanted(&clip.speaker));
            let ear = choice.heard.as_deref().filter(|_| heard);
            let choosing = found.iter().filter(|clip| chooses(choice, clip, holds_out));
            corpora.valid.extend(read(spread(choosing, most), ear)?);
            corpora.eval.extend(read(spread(found.iter().filter(|c| c.split == Split::Eval), EVAL_PER_CORPUS), ear)?);
            let is_heard = |clip: &Found| is_trained_on(choice, clip) && !held_out.contains(&clip.speaker);
            let train: Vec<_> = found.into_iter().filter(is_heard).collect();
            ensure!(!train.is_empty(), "{}: no training clips", choice.folder.display());
            if !heard {
                check_answers(choice, &train[0])?;
            }
            corpora.train.push(Crowd::new(choice, train));
        }
        ensure!(
            !corpora.valid.is_empty(),
            "expected validation clips to choose a checkpoint by, found none in any corpus"
        );
        Ok(corpora)
    }

    /// Corpus and id of every clip of a prepared folder that training may hear.
    ///
    /// # Errors
    /// A missing folder or a damaged file.
    pub fn training_clips(choice: &CorpusChoice) -> Result<Vec<(String, String)>> {
        let clips = found_of(choice)?.into_iter().filter(|clip| is_trained_on(choice, clip));
        Ok(clips.map(|clip| (clip.corpus, clip.id)).collect())
    }

    /// Every clip of a prepared folder, read one by one, with what is heard in it.
    ///
    /// # Errors
    /// A missing folder or a damaged file; each clip's own where its features are missing.
    pub fn all(choice: &CorpusChoice) -> Result<impl Iterator<Item = Result<Utterance>>> {
        let ear = choice.heard.clone();
        Ok(find(&choice.folder)?.into_iter().map(move |clip| Ok(Source::File(clip.path).read(ear.as_deref(), |_| 0)?)))
    }

    /// Every clip of a prepared folder that neither training nor search hears, with what is heard in it.
    ///
    /// # Errors
    /// A missing folder, a damaged file, or features that are missing.
    pub fn unheard(choice: &CorpusChoice) -> Result<Vec<Utterance>> {
        let found = find(&choice.folder)?;
        read(found.iter().filter(|clip| clip.split != Split::Train), choice.heard.as_deref())
    }

    /// The clips of prepared folders that are only ever reported.
    ///
    /// # Errors
    /// A missing folder or a damaged file.
    pub fn read_eval(folders: &[PathBuf]) -> Result<Vec<Utterance>> {
        let eval = |folder: &PathBuf| {
            let found = find(folder)?;
            read(spread(found.iter().filter(|clip| clip.split == Split::Eval), EVAL_PER_CORPUS), None)
        };
        Ok(folders.iter().map(eval).collect::<Result<Vec<_>>>()?.concat())
    }

    /// Hours of training sound.
    pub fn train_hours(&self) -> f64 {
        self.uses().map(|corpus| corpus.hours).sum()
    }

    /// What is trained on, and how much of it.
    pub fn uses(&self) -> impl Iterator<Item = DataUse> + '_ {
        self.train.iter().map(|crowd| DataUse {
            corpus: crowd.name.clone(),
            hours: (crowd.hops as f64 / 3600.0).round() / 100.0,
            licence: crowd.licence.clone(),
        })
    }

    /// Who is trained on.
    pub fn trained_on(&self) -> TrainedOn {
        let mut trained = TrainedOn::default();
        self.train.iter().for_each(|crowd| trained.add(&crowd.name, crowd.names.iter().map(String::as_str)));
        trained
    }

    /// How many people are heard in training.
    pub fn talkers(&self) -> usize {
        self.train.iter().map(|crowd| crowd.talkers.len()).sum()
    }

    /// A person at random: corpora by their share, in them people by [`Talker::weight`].
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> &Talker {
        let all: f64 = self.train.iter().map(|crowd| crowd.share).sum();
        let mut rest = rng.random_range(0.0..all);
        let mut last = &self.train[0];
        for crowd in &self.train {
            last = crowd;
            if rest < crowd.share {
                break;
            }
            rest -= crowd.share;
        }
        last.draw(rng)
    }
}

impl Crowd {
    fn new(choice: &CorpusChoice, clips: Vec<Found>) -> Crowd {
        let hops = clips.iter().map(|clip| clip.hops).sum();
        let mut people: BTreeMap<String, Talker> = BTreeMap::new();
        let named = |clip: &Found| if choice.crowd { clip.id.clone() } else { clip.speaker.clone() };
        let names = clips.iter().map(named).collect();
        for clip in clips {
            // Of a crowd without names each clip may be somebody else's.
            let who = if choice.crowd { clip.path.display().to_string() } else { clip.speaker };
            let talker = people.entry(who).or_default();
            talker.clips.push(Source::File(clip.path));
            talker.speech_hops += clip.speech_hops;
        }
        let hearing = |talker| Talker { heard: choice.heard.clone(), ..talker };
        let talkers: Vec<Talker> = people.into_values().map(hearing).collect();
        let add = |sum: &mut f64, talker: &Talker| {
            *sum += talker.weight();
            Some(*sum)
        };
        let reach = talkers.iter().scan(0.0, add).collect();
        let name = choice.folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Crowd { name, licence: choice.licence.clone(), share: choice.share, talkers, reach, hops, names }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> &Talker {
        let all = self.reach.last().copied().unwrap_or(0.0);
        let at = rng.random_range(0.0..=all);
        let which = self.reach.partition_point(|reach| *reach < at);
        &self.talkers[which.min(self.talkers.len() - 1)]
    }
}

/// A prepared clip on disk.
struct Found {
    path: PathBuf,
    corpus: String,
    id: String,
    speaker: String,
    split: Split,
    hops: usize,
    speech_hops: usize,
}

/// Whether this speaker is taken out of training for the search: the name alone decides.
fn is_held_out(choice: &CorpusChoice, speaker: &str) -> bool {
    (stable_hash(speaker) % 1000) < (choice.held_out * 1000.0) as u64
}

/// Speakers whom any of the corpora takes out: no other trains on them.
fn held_out_of(choices: &[CorpusChoice], all: &[Vec<Found>]) -> BTreeSet<String> {
    let of = |(choice, found): (&CorpusChoice, &Vec<Found>)| {
        let speakers = found.iter().filter(|clip| clip.split == Split::Train).map(|clip| clip.speaker.clone());
        speakers.filter(|speaker| is_held_out(choice, speaker)).collect::<Vec<_>>()
    };
    choices.iter().zip(all).flat_map(of).collect()
}

fn is_trained_on(choice: &CorpusChoice, clip: &Found) -> bool {
    clip.split == Split::Train && !is_held_out(choice, &clip.speaker)
}

/// Whether a clip helps to choose checkpoint and decoder: where speakers are held out, theirs alone, and then all
/// validation clips stay unheard like those for reports.
fn chooses(choice: &CorpusChoice, clip: &Found, holds_out: bool) -> bool {
    match holds_out {
        true => clip.split == Split::Train && is_held_out(choice, &clip.speaker),
        false => clip.split == Split::Valid,
    }
}

/// Refuses corpora of which one trains on somebody whom another keeps unheard: somebody without a clip in its train split.
fn check_unheard(choices: &[CorpusChoice], all: &[Vec<Found>]) -> Result<()> {
    for (n, found) in all.iter().enumerate() {
        let names = |is_train: bool| {
            let of = found.iter().filter(move |clip| (clip.split == Split::Train) == is_train);
            of.map(|clip| clip.speaker.as_str()).collect::<BTreeSet<&str>>()
        };
        let unheard = &names(false) - &names(true);
        for (choice, others) in choices.iter().zip(all).enumerate().filter(|(m, _)| *m != n).map(|(_, both)| both) {
            let heard =
                others.iter().find(|clip| is_trained_on(choice, clip) && unheard.contains(clip.speaker.as_str()));
            if let Some(clip) = heard {
                bail!(
                    "{}: expected nobody whom {} keeps unheard, came {} in {}",
                    choice.folder.display(),
                    choices[n].folder.display(),
                    clip.speaker,
                    clip.id
                );
            }
        }
    }
    Ok(())
}

/// The augmentation of an experiment, with its noise recordings where the folder exists.
///
/// # Errors
/// A recording that cannot be read.
pub fn augmenter(experiment: &Experiment) -> Result<Augmenter> {
    let kept = [&experiment.noise_except[..], &experiment.noise_choosing].concat();
    let recordings = recordings(experiment, |name| !kept.iter().any(|kept| kept == name))?;
    if let (Some(folder), true) = (&experiment.noise, recordings.is_empty()) {
        log::warn!("no noise recordings in {}: generated noise only", folder.display());
    }
    Ok(Augmenter::new(experiment.augment.clone(), NoisePool::new(&recordings)))
}

/// The same with the noise that chooses, and no other.
fn choosing(experiment: &Experiment) -> Result<Augmenter> {
    let names = &experiment.noise_choosing;
    let recordings = recordings(experiment, |name| names.iter().any(|wanted| wanted == name))?;
    ensure!(
        recordings.len() == names.len(),
        "noise_choosing: expected recordings named {}, found {} of them",
        names.join(", "),
        recordings.len()
    );
    Ok(Augmenter::new(experiment.augment.clone(), NoisePool::of_recordings(&recordings)))
}

/// The experiment's recordings of noise whose names are wanted; none without a folder.
fn recordings(experiment: &Experiment, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Vec<f32>>> {
    let folder = experiment.noise.as_deref().filter(|folder| folder.is_dir());
    Ok(folder.map(|folder| read_recordings(folder, Kind::Noise, is_wanted)).transpose()?.unwrap_or_default())
}

/// The prepared clips of a folder, in order of their names.
fn find(folder: &Path) -> Result<Vec<Found>> {
    let entries = std::fs::read_dir(folder).with_context(|| {
        format!("no prepared corpus at {} (make it with `keyface-train prepare`)", folder.display())
    })?;
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "safetensors"));
    paths.sort();
    paths.into_par_iter().map(look_at).collect()
}

/// The same of a corpus, less what its referee would not train on.
fn found_of(choice: &CorpusChoice) -> Result<Vec<Found>> {
    let mut found = find(&choice.folder)?;
    let Some(referee) = &choice.referee else { return Ok(found) };
    let told = referee.read()?;
    let agreement = |clip: &Found| told.get(&(clip.corpus.clone(), clip.id.clone()));
    let place = (referee.file.display(), choice.folder.display());
    ensure!(
        found.iter().any(|clip| agreement(clip).is_some()),
        "{}: expected clips of {}, came none",
        place.0,
        place.1
    );
    found.retain(|clip| !is_trained_on(choice, clip) || agreement(clip).is_none_or(|share| *share >= referee.least));
    Ok(found)
}

fn look_at(path: PathBuf) -> Result<Found> {
    let (clip, recipe) = Prepared::read_with_recipe(&path)?;
    ensure!(
        prepare::is_current(&recipe),
        "{}: expected a clip of this version's recipe, came one of `{recipe}` (run `keyface-train prepare` again)",
        path.display()
    );
    let speech_hops = clip.phones.iter().filter(|phone| **phone != keyface_core::Phone::SIL).count();
    let hops = clip.phones.len();
    Ok(Found { path, corpus: clip.corpus, id: clip.id, speaker: clip.speaker, split: clip.split, hops, speech_hops })
}

fn read<'a>(found: impl Iterator<Item = &'a Found>, ear: Option<&Path>) -> Result<Vec<Utterance>> {
    found.map(|clip| Ok(Source::File(clip.path.clone()).read(ear, |_| 0)?)).collect()
}

/// Whether a student can learn from what a corpus' folder of answers holds.
fn check_answers(choice: &CorpusChoice, clip: &Found) -> Result<()> {
    let Some(folder) = &choice.heard else { return Ok(()) };
    let width = AudioFeatures::of_clip(folder, &clip.corpus, &clip.id)?.width;
    let what = "expected a listener's answers";
    ensure!(width == HEADS, "{}: {what}, {HEADS} values a step, came {width} (features?)", folder.display());
    Ok(())
}

/// At most `most` of them, spread evenly.
fn spread<'a>(clips: impl Iterator<Item = &'a Found> + Clone, most: usize) -> impl Iterator<Item = &'a Found> {
    let every = clips.clone().count().div_ceil(most).max(1);
    clips.step_by(every)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::{MEL_BANDS, Motion, Phone};
    use rand_chacha::rand_core::SeedableRng;

    fn clip(id: &str, speaker: &str, split: Split, spoken: usize) -> Prepared {
        Prepared {
            id: id.into(),
            speaker: speaker.into(),
            split,
            corpus: "a".into(),
            mel_power: vec![[0.0; MEL_BANDS]; spoken],
            copies: Vec::new(),
            phones: vec![Phone::AA; spoken],
            motion: vec![Motion::REST; spoken],
            touches: vec![Default::default(); spoken],
            keys_s: Vec::new(),
            words: Vec::new(),
        }
    }

    /// An experiment on these clips.
    fn experiment(folder: &Path, clips: &[Prepared], recipe: &str) -> Experiment {
        for clip in clips {
            clip.write(&folder.join(format!("a__{}.safetensors", clip.id)), recipe).unwrap();
        }
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let mut experiment = Experiment::read(&tiny).unwrap();
        experiment.corpora[0].folder = folder.to_path_buf();
        experiment
    }

    fn refusal(clips: &[Prepared], recipe: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        Corpora::read(&experiment(folder.path(), clips, recipe)).err().unwrap().to_string()
    }

    #[test]
    fn without_validation_clips_no_checkpoint_can_be_chosen() {
        let error = refusal(&[clip("a", "a", Split::Train, 10)], &prepare::recipe(false, 0));
        assert!(error.contains("validation clips"), "{error}");
    }

    #[test]
    fn a_clip_of_another_recipe_is_refused() {
        let error = refusal(&[clip("a", "a", Split::Train, 10)], "0123456789abcdef, neutral, 0 copies");
        assert!(error.contains("a__a.safetensors: expected a clip of this version's recipe"), "{error}");
    }

    /// 60 people of every split, two clips each.
    fn people() -> Vec<Prepared> {
        let splits = [Split::Train, Split::Train, Split::Valid, Split::Eval];
        let person = |n: usize| (0..2).map(move |k| clip(&format!("{n}-{k}"), &format!("p{n}"), splits[n % 4], 10));
        (0..240).flat_map(person).collect()
    }

    fn speakers_of(clips: &[Utterance]) -> Vec<usize> {
        let person = |clip: &Utterance| clip.source.as_ref().unwrap().1.split('-').next().unwrap().parse().unwrap();
        clips.iter().map(person).collect()
    }

    #[test]
    fn nobody_of_valid_or_eval_is_heard_by_training_or_search() {
        let folder = tempfile::tempdir().unwrap();
        let mut experiment = experiment(folder.path(), &people(), &prepare::recipe(false, 0));
        experiment.corpora[0].held_out = 0.2;
        let corpora = Corpora::read(&experiment).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let trained: Vec<_> = (0..2000).map(|_| corpora.draw(&mut rng).clip(&mut rng).unwrap()).collect();
        let (trained, search) = (speakers_of(&trained), speakers_of(&corpora.valid));
        assert!(trained.iter().chain(&search).all(|person| person % 4 < 2), "only people of the train split");
        assert!((10..40).contains(&(search.len() / 2)), "about a fifth of 120: {}", search.len() / 2);
        assert!(search.iter().all(|person| !trained.contains(person)), "whole speakers");
        assert!(speakers_of(&corpora.eval).iter().all(|person| person % 4 == 3));
    }

    #[test]
    fn clips_that_a_referee_would_leave_out_are_not_trained_on_and_still_choose() {
        let folder = tempfile::tempdir().unwrap();
        let mut experiment = experiment(folder.path(), &people(), &prepare::recipe(false, 0));
        experiment.corpora[0].held_out = 0.2;
        let all = Corpora::read(&experiment).unwrap();
        let told = |corpus: &str| {
            let agreement = |n: usize, k: usize| if k == 0 { 0.4 } else { 0.5 + 0.001 * n as f64 };
            let rows = (0..240).flat_map(|n| (0..2).map(move |k| (n, k)));
            rows.map(|(n, k)| ((corpus.to_owned(), format!("{n}-{k}")), agreement(n, k))).collect()
        };
        let file = folder.path().join("agreement.tsv");
        std::fs::write(&file, crate::train::agreement_table(&told("a"))).unwrap();
        experiment.corpora[0].referee = Some(crate::train::Referee { file: file.clone(), least: 0.5 });
        let refereed = Corpora::read(&experiment).unwrap();
        let trained = Corpora::training_clips(&experiment.corpora[0]).unwrap();
        assert!(trained.len() > 40 && trained.iter().all(|(_, id)| id.ends_with("-1")), "the second clip of each");
        assert_eq!(refereed.valid.len(), all.valid.len());
        std::fs::write(&file, crate::train::agreement_table(&told("another"))).unwrap();
        let error = Corpora::read(&experiment).err().unwrap().to_string();
        assert!(error.contains("agreement.tsv: expected clips of"), "{error}");
    }

    #[test]
    fn whoever_one_corpus_keeps_unheard_is_trained_on_by_no_other() {
        let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let recipe = prepare::recipe(false, 0);
        let mut both = experiment(folder.path(), &people(), &recipe);
        let more = [clip("x", "p1", Split::Train, 10), clip("y", "p2", Split::Train, 10)];
        both.corpora.push(experiment(other.path(), &more[..1], &recipe).corpora.remove(0));
        assert!(Corpora::read(&both).is_ok(), "p1 is of the train split in both");
        experiment(other.path(), &more, &recipe);
        let error = Corpora::read(&both).err().unwrap().to_string();
        assert!(error.contains("keeps unheard, came p2 in y"), "{error}");
    }

    #[test]
    fn whoever_one_corpus_holds_out_to_choose_by_is_trained_on_by_no_other() {
        let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let recipe = prepare::recipe(false, 0);
        let mut both = experiment(folder.path(), &people(), &recipe);
        both.corpora[0].held_out = 0.2;
        let is_of_train = |clip: &Prepared| clip.split == Split::Train;
        let words =
            people().into_iter().filter(is_of_train).map(|clip| Prepared { id: format!("{}-w", clip.id), ..clip });
        both.corpora.push(experiment(other.path(), &words.collect::<Vec<_>>(), &recipe).corpora.remove(0));
        let corpora = Corpora::read(&both).unwrap();
        let [of_people, of_words] = &corpora.train[..] else { panic!("two corpora") };
        assert_eq!(of_people.names, of_words.names);
        assert!(speakers_of(&corpora.valid).iter().all(|person| !of_words.names.contains(&format!("p{person}"))));
    }

    #[test]
    fn the_noise_that_chooses_is_not_trained_with() {
        let [folder, noises] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut experiment = experiment(folder.path(), &people(), &prepare::recipe(false, 0));
        experiment.corpora[0].held_out = 0.2;
        let tone =
            |hertz: f32| (0..32_000).map(move |n| 0.5 * (n as f32 * hertz * std::f32::consts::TAU / 16_000.0).sin());
        for (name, hertz) in [("low", 200.0), ("high", 6000.0)] {
            let samples: Vec<f32> = tone(hertz).collect();
            crate::corpus::audio::write(&noises.path().join(format!("{name}.wav")), &samples).unwrap();
        }
        experiment.noise = Some(noises.path().to_path_buf());
        experiment.noise_choosing = vec!["high".into()];
        let high_share = |clip: &Utterance| {
            let sum = |rows: &[[f32; MEL_BANDS]], from: usize| rows.iter().flat_map(|row| &row[from..]).sum::<f32>();
            sum(&clip.powers, 60) / sum(&clip.powers, 0)
        };
        let corpora = Corpora::read(&experiment).unwrap();
        assert!(corpora.noisy.iter().all(|clip| high_share(clip) > 0.9));
        let trained_with = augmenter(&experiment).unwrap();
        let draws: Vec<f32> = (0..60).map(|n| high_share(&trained_with.noisy(&corpora.valid[0], 10.0, n))).collect();
        assert!(draws.iter().filter(|share| **share < 0.1).count() > 10, "the low tone is: {draws:?}");
        assert!(draws.iter().all(|share| *share < 0.999), "the high tone is not: {draws:?}");
        experiment.noise_choosing.push("another".into());
        let error = Corpora::read(&experiment).err().unwrap().to_string();
        assert!(error.contains("expected recordings named high, another, found 1"), "{error}");
    }

    #[test]
    fn people_are_drawn_by_the_square_root_of_their_speech_and_crowds_by_clip() {
        let folder = tempfile::tempdir().unwrap();
        let clips = [
            clip("0-0", "p0", Split::Train, 900),
            clip("1-0", "p1", Split::Train, 100),
            clip("2-0", "p2", Split::Valid, 10),
            clip("0-1", "p0", Split::Train, 700),
        ];
        let mut experiment = experiment(folder.path(), &clips, &prepare::recipe(false, 0));
        let share = |experiment: &Experiment| {
            let corpora = Corpora::read(experiment).unwrap();
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let first = (0..4000).filter(|_| corpora.draw(&mut rng).speech_hops >= 700).count();
            first as f64 / 4000.0
        };
        assert!((share(&experiment) - 0.8).abs() < 0.03, "40 against 10: {}", share(&experiment));
        experiment.corpora[0].crowd = true;
        assert!((share(&experiment) - 0.849).abs() < 0.03, "30 and 26.5 against 10: {}", share(&experiment));
    }

    #[test]
    fn features_are_no_answers_for_a_student() {
        let folder = tempfile::tempdir().unwrap();
        let mut experiment = experiment(folder.path(), &people(), &prepare::recipe(false, 0));
        let answers = folder.path().join("answers");
        experiment.corpora[0].heard = Some(answers.clone());
        assert!(Corpora::read(&experiment).is_err(), "none are there");
        let write = |width: usize| {
            let features = AudioFeatures { encoder: "e".into(), width, values: vec![0.0; 5 * width] };
            people().iter().for_each(|clip| features.write_clip(&answers, "a", &clip.id).unwrap());
        };
        write(3);
        let error = Corpora::read(&experiment).err().unwrap().to_string();
        assert!(error.contains("expected a listener's answers") && error.contains("came 3"), "{error}");
        write(HEADS);
        assert!(Corpora::read(&experiment).is_ok());
    }
}
