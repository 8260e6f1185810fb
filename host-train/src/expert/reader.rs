//! A trained expert that reads motion: a guide, or a judge.

use burn::tensor::{Device, Tensor};
use keyface_core::{Motion, Phone, STEP_HOPS};

use super::eyes::Eyes;
use super::material::{heard, said, stacked_tracks, track, whole_steps};
use super::net::{Expert, POSES};
use super::rate::{errors, viseme_errors};
use super::reel::{Reel, stacked_pictures};
use super::search::Search;
use super::units::Units;
use crate::data::Utterance;
use crate::evaluate::Errors;

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

/// What a reader got wrong in a clip.
#[derive(Clone, Copy, Debug, Default)]
pub struct Read {
    /// PER: of phones, the characters of this reader.
    pub phones: Errors,
    /// VER: of visemes.
    pub visemes: Errors,
}

impl Read {
    /// What is wrong in what was read where these labels stand.
    fn of(phones: &[Phone], read: &[Phone]) -> Read {
        let said = said(phones);
        Read { phones: errors(&said, read), visemes: viseme_errors(&said, read) }
    }
}

impl Reader {
    /// The phones that a motion of 50 frames a second seems to say; what is left over of a step is cut off. Hears the
    /// sound of `beside` where there is one.
    pub fn phones(&self, shown: &[Motion], beside: Option<&Utterance>, search: Search) -> Vec<Phone> {
        let seen = shown[..shown.len() / POSES * POSES].to_vec();
        if seen.is_empty() {
            return vec![];
        }
        let heard_hops = seen.len() * STEP_HOPS;
        let sound = beside.filter(|_| self.expert.hears());
        let sound = sound.map(|clip| heard(&[clip.crop(0, heard_hops)], &self.device));
        self.read(self.eyes.see(stacked_tracks(&[seen], &self.device)), sound, search)
    }

    fn read(&self, seen: Tensor<4>, sound: Option<Tensor<3>>, search: Search) -> Vec<Phone> {
        let reading = self.expert.read(seen, sound, None);
        let units = search.units(&self.expert, &reading, self.units.edge());
        units.into_iter().filter_map(Units::phone).collect()
    }

    /// What it gets wrong in a reel, by eye alone.
    pub fn score_reel(&self, reel: &Reel, search: Search) -> Read {
        let seen = stacked_pictures(std::slice::from_ref(&reel.pictures), reel.side, &self.device);
        Read::of(&reel.clip.phones, &self.read(seen, None, search))
    }

    /// What it gets wrong by eye alone, where a motion is shown for what is said in a clip.
    pub fn score(&self, shown: &[Motion], phones: &[Phone], search: Search) -> Read {
        Read::of(phones, &self.phones(shown, None, search))
    }

    /// The same of the truth.
    pub fn score_truth(&self, clip: &Utterance) -> Read {
        self.score(&true_track(clip), &clip.phones, Search::Greedy)
    }
}

/// A clip's true motion at 50 frames a second, in whole steps of a reader.
pub fn true_track(clip: &Utterance) -> Vec<Motion> {
    track(&whole_steps(clip).motion)
}
