//! The whole way at a toy's size: clips on disk, an expert and a judge, an animator that they guide.

use std::path::Path;

use burn::tensor::Device;
use keyface_core::{MEL_BANDS, Motion, MotionChannel, Phone};

use super::guide::{ABLATION, AS_TOLD, AnimatorChoice, Guidance, GuideExperiment, Outcome, Plan};
use super::*;
use crate::clip::Split;
use crate::prepare::{Prepared, recipe};
use crate::train::CorpusChoice;
use crate::truth::Touch;

/// Two seconds of "b aa b aa ..." between pauses: a jaw that opens where it is loud.
fn clip(speaker: usize, split: Split) -> Prepared {
    let phones: Vec<Phone> = (0..200)
        .map(|hop| match (hop / 20 + speaker) % 3 {
            0 => Phone::SIL,
            1 => Phone::B,
            _ => Phone::AA,
        })
        .collect();
    let pose = |phone: &Phone| {
        let mut pose = Motion::REST;
        pose[MotionChannel::JawOpen] = f32::from(u8::from(*phone == Phone::AA)) * 0.4;
        pose[MotionChannel::MouthClose] = f32::from(u8::from(*phone == Phone::B)) * 0.2;
        pose
    };
    let power = |phone: &Phone| [if *phone == Phone::AA { 1.0 } else { 0.01 }; MEL_BANDS];
    Prepared {
        id: format!("{speaker}"),
        speaker: format!("p{speaker}"),
        split,
        corpus: "toy".into(),
        mel_power: phones.iter().map(power).collect(),
        copies: Vec::new(),
        motion: phones.iter().map(pose).collect(),
        touches: vec![Touch::default(); phones.len()],
        keys_s: Vec::new(),
        words: Vec::new(),
        phones,
    }
}

fn corpus(folder: &Path) -> Vec<CorpusChoice> {
    let splits = [Split::Train, Split::Train, Split::Valid, Split::Eval];
    for speaker in 0..16 {
        let path = folder.join(format!("toy__{speaker}.safetensors"));
        clip(speaker, splits[speaker % 4]).write(&path, &recipe(false, 0)).unwrap();
    }
    let text = format!("folder = {folder:?}\nshare = 1.0");
    vec![toml::from_str(&text).unwrap()]
}

fn experiment(corpora: &[CorpusChoice], points: Points, seed: u64) -> ExpertExperiment {
    ExpertExperiment {
        name: "toy".into(),
        seed,
        points: Some(points),
        reels: None,
        units: UnitChoice::Phones,
        net: NetChoice::Named(Size::Tiny),
        half: Half::All,
        corpora: corpora.to_vec(),
        steps: 30,
        batch: 4,
        crop_hops: 160,
        learning_rate: 3e-3,
        validate_every: 15,
        senses: SenseShares::default(),
        perturb: PerturbConfig::default(),
        augment: Default::default(),
        weights: ReadingWeights::default(),
    }
}

/// One that sees pictures, and has hardly begun to learn.
fn of_pictures(corpora: &[CorpusChoice], seed: u64) -> ExpertExperiment {
    let weights = ReadingWeights { ce: 0.0, motion: 0.3, ..ReadingWeights::default() };
    let toy = experiment(corpora, Points::Lips, seed);
    ExpertExperiment { points: None, weights, steps: 2, batch: 2, crop_hops: 40, validate_every: 2, ..toy }
}

/// Trains a toy expert.
fn expert(folder: &Path, experiment: &ExpertExperiment) -> anyhow::Result<Reader> {
    train_expert(experiment, &corpora(experiment)?, folder, &Device::flex())
}

#[test]
fn an_expert_is_trained_kept_and_not_mixed_up() {
    let (clips, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let choices = corpus(clips.path());
    let toy = experiment(&choices, Points::Lips, 1);
    let trained = expert(run.path(), &toy).unwrap();
    let film = &films(clips.path(), 10).unwrap()[0];
    let read = trained.units(&true_track(&film.clip), Some(&film.clip), Search::Beam { width: 3, ctc: 0.5 });
    let again = Reader::load(run.path(), &Device::flex()).unwrap();
    assert_eq!(read, again.units(&true_track(&film.clip), Some(&film.clip), Search::Beam { width: 3, ctc: 0.5 }));
    let refused = expert(run.path(), &ExpertExperiment { seed: 2, ..toy }).unwrap_err().to_string();
    assert!(refused.contains("holds another experiment"), "{refused}");
}

#[test]
fn films_are_sentences_of_people_who_are_only_reported() {
    let clips = tempfile::tempdir().unwrap();
    corpus(clips.path());
    let speakers: Vec<String> = films(clips.path(), 10).unwrap().into_iter().map(|film| film.speaker).collect();
    assert_eq!(speakers, ["p11", "p15", "p3", "p7"]);
    assert_eq!(films(clips.path(), 2).unwrap().len(), 2);
}

#[test]
fn an_animator_is_guided_and_every_term_has_a_slope() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    };
    let choices = corpus(&folder("clips"));
    expert(&folder("expert"), &experiment(&choices, Points::Lips, 1)).unwrap();
    expert(&folder("judge"), &experiment(&choices, Points::Gaps, 2)).unwrap();
    let reading = ReadingWeights { ce: 0.2, ..Guidance::default().reading };
    let guide = GuideExperiment {
        name: "toy".into(),
        seed: 1,
        animator: AnimatorChoice::Direct(4000),
        expert: folder("expert"),
        judge: folder("judge"),
        corpora: choices,
        batches: 3,
        steps: 6,
        batch: 3,
        crop_hops: 160,
        learning_rate: 1e-3,
        guidance: Guidance { reading, ..Guidance::default() },
        augment: Default::default(),
    };
    let mut plan = Plan { experiment: guide, eval: folder("clips"), clips: 3, folder: folder("guided") };
    let variants = [&ABLATION[0], &AS_TOLD];
    let outcome = plan.run(&variants, &Device::flex()).unwrap();
    let names: Vec<&str> = outcome.rows.iter().map(|row| &row.name[..]).collect();
    assert_eq!(names, ["truth", "no motion", "before", "no guidance", "guided"]);
    assert_eq!(outcome.rows[0].figures[0], 0.0, "the truth is on the truth's clock");
    let terms = |n: usize| outcome.slopes[n].1.iter().map(|slope| slope.term).collect::<Vec<_>>();
    assert_eq!(terms(0), ["mse", "velocity"].repeat(3));
    assert_eq!(terms(1), ["mse", "velocity", "rlv", "ctc", "ce", "frames"].repeat(3));
    assert!(outcome.slopes[1].1.iter().all(|slope| slope.length > 0.0), "{:?}", outcome.slopes[1].1);
    let again = plan.run(&variants, &Device::flex()).unwrap();
    assert_eq!(again.rows[4].figures, outcome.rows[4].figures, "what is trained is not trained again");
    let as_truth = ABLATION.iter().find(|variant| variant.name == "read as the truth").unwrap();
    let read = plan.run(&[as_truth], &Device::flex()).unwrap().slopes.swap_remove(0).1;
    assert!(read.iter().filter(|slope| slope.step == 0).any(|slope| slope.term == "ctc" && slope.length > 0.0));
    plan.experiment.guidance.av = 1.0;
    let refused = plan.run(&variants, &Device::flex()).err().unwrap().to_string();
    assert!(refused.contains("holds another experiment"), "{refused}");
}

#[test]
fn an_animator_is_guided_through_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(folder("clips")).unwrap();
    let choices = corpus(&folder("clips"));
    expert(&folder("expert"), &of_pictures(&choices, 1)).unwrap();
    expert(&folder("judge"), &of_pictures(&choices, 2)).unwrap();
    let mut plan = Plan {
        experiment: GuideExperiment {
            name: "toy".into(),
            seed: 1,
            animator: AnimatorChoice::Direct(4000),
            expert: folder("expert"),
            judge: folder("judge"),
            corpora: choices,
            batches: 1,
            steps: 2,
            batch: 2,
            crop_hops: 40,
            learning_rate: 1e-3,
            guidance: Guidance::default(),
            augment: Default::default(),
        },
        eval: folder("clips"),
        clips: 1,
        folder: folder("guided"),
    };
    let Outcome { rows, slopes, .. } = plan.run(&[&AS_TOLD], &Device::flex()).unwrap();
    assert_eq!(rows.len(), 4);
    let pictures: Vec<_> = slopes[0].1.iter().filter(|slope| slope.term == "pictures").collect();
    assert_eq!(pictures.iter().map(|slope| slope.step).collect::<Vec<_>>(), [0, 1]);
    assert!(pictures.iter().all(|slope| slope.value > 0.0 && slope.length > 0.0), "{pictures:?}");
    plan.experiment.guidance.joint = true;
    plan.folder = folder("joint");
    let refused = plan.run(&[&AS_TOLD], &Device::flex()).err().unwrap().to_string();
    assert!(refused.contains("sees pictures, through which only the animator learns"), "{refused}");
}

#[test]
fn a_reader_learns_from_pictures_of_another_program_and_judges_them() {
    let dir = tempfile::tempdir().unwrap();
    let choices = corpus(dir.path());
    let frames = dir.path().join("frames");
    // Bright where the jaw is open.
    for number in 0..16 {
        let clip = clip(number, Split::Train);
        let lights = clip.motion.iter().step_by(4).map(|pose| (400.0 * pose[MotionChannel::JawOpen]) as u8);
        reel::testing::write(&frames.join(number.to_string()), 24, lights);
    }
    let of_reels = ExpertExperiment { reels: Some(frames.clone()), ..of_pictures(&choices, 1) };
    let reader = expert(&dir.path().join("judge"), &of_reels).unwrap();
    let seen = reels(&frames, films(dir.path(), 2).unwrap(), reader.eyes.side().unwrap()).unwrap();
    let table =
        reel_table("toy", &reader, &[("told".into(), vec![seen.clone(); 2]), ("heard".into(), vec![seen])]).markdown();
    let rows: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.split('|').next().unwrap().trim()).collect();
    assert_eq!(names[1..], ["told", "heard", "first picture, held"]);
    assert!(names[0].starts_with("toy: 2 films of 2 people") && rows[2].contains("+0.0 [+0.0 +0.0]"), "{table}");
}

#[test]
fn a_reader_learns_to_spell_from_films_of_real_mouths() {
    let dir = tempfile::tempdir().unwrap();
    for (n, part) in ["trainval", "trainval", "val", "test"].iter().enumerate() {
        let greys: Vec<u8> = (0..20).map(|step| if step / 5 % 2 == 0 { 60 } else { 180 }).collect();
        let Some(()) = avsr::testing::film(dir.path(), &format!("{part}/p{n}/1"), "AB AB", &greys) else { return };
    }
    let weights = ReadingWeights { ctc: 1.0, ce: 0.0, frames: 0.0, motion: 0.0 };
    let films = ExpertExperiment {
        reels: Some(dir.path().to_owned()),
        units: UnitChoice::Characters,
        weights,
        crop_hops: 120,
        net: NetChoice::Own(Box::new(net::ExpertConfig { listening: None, ..net::ExpertConfig::tiny_pictures() })),
        ..of_pictures(&[], 1)
    };
    let reader = expert(&dir.path().join("run"), &films).unwrap();
    let tested: Vec<AvsrClip> = find_avsr(dir.path()).unwrap().unwrap();
    let reel = tested[0].reel(reader.eyes.side().unwrap()).unwrap();
    assert_eq!(reader.score_reel(&reel, Search::Greedy).letters.of, 5.0);
    let short = ExpertExperiment { crop_hops: 40, ..films.clone() };
    let refused = expert(&dir.path().join("short"), &short).unwrap_err();
    assert!(format!("{refused:#}").contains("expected films that fit into a crop"), "{refused:#}");
    let timed = ExpertExperiment { weights: ReadingWeights { frames: 0.7, ..weights }, ..films };
    let refused = expert(&dir.path().join("other"), &timed).unwrap_err();
    assert!(format!("{refused:#}").contains("for texts tell no times"), "{refused:#}");
}
