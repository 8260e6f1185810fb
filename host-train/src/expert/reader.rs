//! A trained expert that reads motion: a guide, or a judge.

use burn::tensor::{Device, Tensor};
use keyface_core::{Motion, Phone, STEP_HOPS};

use super::eyes::Eyes;
use super::material::{heard, track, whole_steps};
use super::net::{Expert, POSES};
use super::rate::{character_errors, errors, viseme_errors, word_errors};
use super::reel::{Reel, stacked_pictures};
use super::search::Search;
use super::units::{Units, spoken, text};
use crate::data::Utterance;
use crate::judge::Errors;
use crate::space::rig14;

/// An expert and what it needs.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The run's name.
    pub name: String,
    /// The network, without slopes.
    pub expert: Expert,
    /// What it sees of a motion.
    pub eyes: Eyes,
    /// What it reads.
    pub units: Units,
    /// Where it is computed.
    pub device: Device,
}

/// What a reader got wrong in a clip: a reader of phones has no letters, one that spells has no phones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Read {
    /// PER: of phones.
    pub phones: Errors,
    /// VER: of visemes.
    pub visemes: Errors,
    /// CER: of letters and the spaces between words.
    pub letters: Errors,
    /// WER: of words.
    pub words: Errors,
}

/// A rate, by its name.
pub type Rate = (&'static str, fn(&Read) -> Errors);

impl Read {
    /// Every rate.
    pub const RATES: [Rate; 4] = [
        ("PER", |read| read.phones),
        ("VER", |read| read.visemes),
        ("CER", |read| read.letters),
        ("WER", |read| read.words),
    ];

    /// What readers are compared by: VER, or CER of one that spells.
    pub fn chief(&self) -> Errors {
        if self.visemes.of > 0.0 { self.visemes } else { self.letters }
    }

    /// The rates of what was read.
    pub fn rates(reads: &[Read]) -> Vec<Rate> {
        Read::RATES.into_iter().filter(|(_, of)| reads.iter().any(|read| of(read).of > 0.0)).collect()
    }

    /// Name of [`Read::chief`]'s rate.
    pub fn chief_name(reads: &[Read]) -> &'static str {
        if reads.iter().any(|read| read.visemes.of > 0.0) { "VER" } else { "CER" }
    }

    fn of(said: &Utterance, units: &Units, read: &[usize]) -> Read {
        if units.spell() {
            let (said, read) = (text(said), units.decode(read));
            let (letters, words) = (character_errors(&said, &read), word_errors(&said, &read));
            return Read { letters, words, ..Read::default() };
        }
        let said = spoken(&said.phones);
        let read: Vec<Phone> = read.iter().copied().filter_map(Units::phone).collect();
        Read { phones: errors(&said, &read), visemes: viseme_errors(&said, &read), ..Read::default() }
    }

    /// Takes in another's.
    pub fn add(&mut self, other: &Read) {
        let both = [
            (&mut self.phones, other.phones),
            (&mut self.visemes, other.visemes),
            (&mut self.letters, other.letters),
            (&mut self.words, other.words),
        ];
        for (ours, theirs) in both {
            ours.wrong += theirs.wrong;
            ours.of += theirs.of;
        }
    }
}

impl Reader {
    /// The units that a motion of 50 frames a second seems to say; what is left over of a step is cut off. Hears the
    /// sound of `beside` where there is one.
    pub fn units(&self, shown: &[Motion], beside: Option<&Utterance>, search: Search) -> Vec<usize> {
        let seen = shown[..shown.len() / POSES * POSES].to_vec();
        if seen.is_empty() {
            return vec![];
        }
        let heard_hops = seen.len() * STEP_HOPS;
        let sound = beside.filter(|_| self.expert.hears());
        let sound = sound.map(|clip| heard(&[clip.crop(0, heard_hops)], &self.device));
        self.read(self.eyes.see(rig14::tensor(&[seen], &self.device)), sound, search)
    }

    fn read(&self, seen: Tensor<4>, sound: Option<Tensor<3>>, search: Search) -> Vec<usize> {
        let reading = self.expert.read(seen, sound, None);
        search.units(&self.expert, &reading, self.units.edge())
    }

    /// What it gets wrong in a reel, by eye alone.
    pub fn score_reel(&self, reel: &Reel, search: Search) -> Read {
        let seen = stacked_pictures(std::slice::from_ref(&reel.pictures), reel.side, &self.device);
        Read::of(&reel.clip, &self.units, &self.read(seen, None, search))
    }

    /// What it gets wrong by eye alone, where a motion is shown for what is said in a clip.
    pub fn score(&self, shown: &[Motion], said: &Utterance, search: Search) -> Read {
        Read::of(said, &self.units, &self.units(shown, None, search))
    }

    /// The same of the truth.
    pub fn score_truth(&self, clip: &Utterance) -> Read {
        self.score(&true_track(clip), clip, Search::Greedy)
    }
}

/// A clip's true motion at 50 frames a second, in whole steps of a reader.
pub fn true_track(clip: &Utterance) -> Vec<Motion> {
    track(&whole_steps(clip).motion)
}
