//! Stage 1: a reader learns from true motion, spoiled as animators spoil it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::avsr::{AvsrClip, find_avsr};
use super::experiment::{ExpertExperiment, SenseShares};
use super::eyes::Eyes;
use super::films::sentences;
use super::kept::keep;
use super::loss::{Said, motion_loss};
use super::material::{EXPERT_HOPS, heard, stacked_tracks, track};
use super::net::{Expert, ExpertConfig, Senses};
use super::rate::rate;
use super::reader::{Read, Reader};
use super::reel::{Reel, reels, stacked_pictures};
use super::search::Search;
use super::units::Units;
use crate::clip::Split;
use crate::data::{Augmenter, NoisePool, Utterance};
use crate::loss::Breakdown;
use crate::prepare::Prepared;
use crate::train::{BatchPlan, Corpora, Lesson, Phase, RunDir, optimizer};

/// Name of the network in the run's folder.
const NET: &str = "expert";
/// Clips that choose the checkpoint, at most, spread evenly.
const CHOOSING: usize = 48;

/// The prepared clips of an experiment: of the train split those of its half's speakers. Films need none.
///
/// # Errors
/// As [`Corpora::read`].
pub fn corpora(experiment: &ExpertExperiment) -> Result<Corpora> {
    if experiment.corpora.is_empty() {
        ensure!(experiment.reels.is_some(), "corpora: expected prepared corpora, or reels, came none");
        return Ok(Corpora::none());
    }
    Corpora::of(&experiment.corpora, &augmenter(experiment), |speaker| experiment.half.has(speaker))
}

fn augmenter(experiment: &ExpertExperiment) -> Augmenter {
    Augmenter::new(experiment.augment.clone(), NoisePool::new(&[]))
}

/// Trains until the experiment's number of steps is reached, from where the run stands; returns the best checkpoint.
///
/// # Errors
/// Unreadable clips or checkpoints, a folder of another experiment, a full disk, or a loss that is not a number.
pub fn train_expert(
    experiment: &ExpertExperiment,
    corpora: &Corpora,
    folder: &Path,
    device: &Device,
) -> Result<Reader> {
    let run = RunDir::create(folder)?;
    keep(experiment, folder, KEPT)?;
    device.seed(experiment.seed);
    let units = experiment.units.units()?;
    let fresh = experiment.net().init(units.count(), &device.clone().autodiff());
    log::info!("{}: {} weights", experiment.name, fresh.num_params());
    let phase = Phase {
        net: NET,
        steps: experiment.steps,
        learning_rate: experiment.learning_rate,
        validate_every: experiment.validate_every,
        // Reels have their own crops.
        plan: BatchPlan {
            seed: experiment.seed,
            batch: if experiment.reels.is_some() { 0 } else { experiment.batch },
            crop_hops: experiment.crop_hops,
        },
        corpora,
        augmenter: &augmenter(experiment),
    };
    let lesson = Lessons { experiment, eyes: experiment.eyes(), units, shows: Shows::of(experiment, corpora)?, device };
    phase.train(&lesson, fresh, optimizer(), &run, device)?;
    Reader::load(folder, device)
}

/// Name of the experiment in the run's folder.
const KEPT: &str = "expert.toml";

impl Reader {
    /// The best checkpoint of a run.
    ///
    /// # Errors
    /// A folder without one.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let run = RunDir::open(folder)?;
        let experiment = ExpertExperiment::read(&run.file(KEPT))?;
        let units = experiment.units.units()?;
        let path = run.best(NET);
        let expert = fresh(&experiment, &units, device)
            .try_load_file(&path)
            .map_err(|e| anyhow::anyhow!("no trained expert at {}: {e}", path.display()))?;
        let eyes = experiment.eyes();
        Ok(Reader { name: experiment.name, expert, eyes, units, device: device.clone() })
    }
}

/// A reader as large as that of a run, which has learned nothing.
///
/// # Errors
/// A folder without an experiment.
pub fn untrained(folder: &Path, device: &Device) -> Result<Reader> {
    let experiment = ExpertExperiment::read(&folder.join(KEPT))?;
    let units = experiment.units.units()?;
    let (expert, eyes) = (fresh(&experiment, &units, device), experiment.eyes());
    Ok(Reader { name: experiment.name, expert, eyes, units, device: device.clone() })
}

/// Nothing is left out while an animator learns.
fn fresh(experiment: &ExpertExperiment, units: &Units, device: &Device) -> Expert {
    ExpertConfig { dropout: 0.0, ..experiment.net() }.init(units.count(), device)
}

struct Lessons<'a> {
    experiment: &'a ExpertExperiment,
    eyes: Eyes,
    units: Units,
    shows: Shows<'a>,
    device: &'a Device,
}

/// Where what is seen comes from, and what chooses the checkpoint.
enum Shows<'a> {
    /// The true motion of clips.
    Motion { choosing: Vec<&'a Utterance> },
    /// Pictures that another program made of them.
    Reels { learned: Vec<Reel>, choosing: Vec<Reel> },
    /// Films of real mouths, decoded when they are drawn.
    Films { learned: Vec<AvsrClip>, choosing: Vec<Reel> },
}

impl<'a> Shows<'a> {
    fn of(experiment: &ExpertExperiment, corpora: &'a Corpora) -> Result<Self> {
        let Some(folder) = &experiment.reels else {
            let every = corpora.valid.len().div_ceil(CHOOSING).max(1);
            return Ok(Shows::Motion { choosing: corpora.valid.iter().step_by(every).collect() });
        };
        if let Some(clips) = find_avsr(folder)? {
            return Shows::of_films(experiment, clips).with_context(|| folder.display().to_string());
        }
        let of = |split: Split| {
            let is_wanted =
                |clip: &Prepared| clip.split == split && (split == Split::Valid || experiment.half.has(&clip.speaker));
            let films = experiment.corpora.iter().map(|corpus| sentences(&corpus.folder, is_wanted));
            reels(folder, films.collect::<Result<Vec<_>>>()?.concat(), experiment.side())
        };
        let (learned, valid) = (of(Split::Train)?, of(Split::Valid)?);
        let hours = learned.iter().map(|reel| reel.clip.len()).sum::<usize>() as f64 / 360_000.0;
        log::info!("{} reels, {hours:.2} h; {} choose the checkpoint", learned.len(), valid.len());
        let every = valid.len().div_ceil(CHOOSING).max(1);
        Ok(Shows::Reels { learned, choosing: valid.into_iter().step_by(every).collect() })
    }

    fn of_films(experiment: &ExpertExperiment, clips: Vec<AvsrClip>) -> Result<Self> {
        let weights = experiment.weights;
        ensure!(experiment.units.units()?.spell(), "units: expected letters or pieces, for films come with texts");
        ensure!(
            weights.frames == 0.0 && weights.motion == 0.0,
            "weights: expected frames and motion of 0, for texts tell no times"
        );
        ensure!(
            experiment.net().listening.is_none(),
            "listening: expected none, for of films only the pictures are read"
        );
        let (valid, learned): (Vec<AvsrClip>, Vec<_>) =
            clips.into_iter().filter(|clip| clip.split != Split::Eval).partition(|clip| clip.split == Split::Valid);
        let learned: Vec<_> = learned.into_iter().filter(|clip| experiment.half.has(&clip.speaker)).collect();
        ensure!(
            !learned.is_empty() && !valid.is_empty(),
            "expected films to learn from and films that choose, came none"
        );
        let fits = |clip: &AvsrClip| Ok(clip.reel(experiment.side())?.steps() <= experiment.crop_hops / EXPERT_HOPS);
        let first = learned.iter().take(DRAWS).map(fits).collect::<Result<Vec<_>>>()?;
        ensure!(
            first.contains(&true),
            "crop_hops: expected films that fit into a crop, came none of the first {DRAWS}"
        );
        log::info!("{} films; {} choose the checkpoint", learned.len(), valid.len().min(CHOOSING));
        let every = valid.len().div_ceil(CHOOSING).max(1);
        let choosing = valid.iter().step_by(every).map(|clip| clip.reel(experiment.side()));
        Ok(Shows::Films { learned, choosing: choosing.collect::<Result<_>>()? })
    }
}

/// What a batch shows, and what is true of it.
struct Shown {
    crops: Vec<Utterance>,
    seen: Tensor<4>,
    motion: Tensor<3>,
}

impl Lesson for Lessons<'_> {
    type Net = Expert;

    fn losses(&self, net: &Expert, step: usize, crops: &[Utterance], training: &Device) -> Breakdown {
        let mut rng = ChaCha8Rng::seed_from_u64(self.experiment.seed + 20);
        rng.set_stream(step as u64);
        let Shown { crops, seen, motion } = self.show(crops, &mut rng, training);
        let senses = senses(self.experiment.senses, crops.len(), &mut rng, training);
        let sound = net.hears().then(|| heard(&crops, training));
        let reading = net.read(seen, sound, Some(&senses));
        let said = Said::of(&crops, &self.units, net.answers(), training);
        let mut parts = said.losses(net, &reading, &self.experiment.weights);
        parts.extend(motion_loss(&reading, motion, &self.experiment.weights));
        Breakdown { parts }
    }

    /// How much of the truth's visemes, or letters, is read from the mouth alone.
    fn score(&self, net: &Expert) -> f64 {
        let reader = Reader {
            name: self.experiment.name.clone(),
            expert: net.clone(),
            eyes: self.eyes.clone(),
            units: self.units.clone(),
            device: self.device.clone(),
        };
        let scores: Vec<Read> = match &self.shows {
            Shows::Motion { choosing } => choosing.iter().map(|clip| reader.score_truth(clip)).collect(),
            Shows::Reels { choosing, .. } | Shows::Films { choosing, .. } => {
                choosing.iter().map(|r| reader.score_reel(r, Search::Greedy)).collect()
            }
        };
        for (name, of) in Read::rates(&scores) {
            log::info!("truth read by eye alone: {name} {:.4}", rate(&scores.iter().map(of).collect::<Vec<_>>()));
        }
        -rate(&scores.iter().map(Read::chief).collect::<Vec<_>>())
    }
}

impl Lessons<'_> {
    fn show(&self, crops: &[Utterance], rng: &mut ChaCha8Rng, training: &Device) -> Shown {
        let steps = self.experiment.crop_hops / EXPERT_HOPS;
        let draw = |_| match &self.shows {
            Shows::Motion { .. } => None,
            Shows::Reels { learned, .. } => Some(learned[rng.random_range(0..learned.len())].crop(steps, rng)),
            Shows::Films { learned, .. } => Some(self.film(learned, steps, rng).crop(steps, rng)),
        };
        let drawn: Vec<_> = (0..self.experiment.batch).filter_map(draw).collect();
        if drawn.is_empty() {
            let spoil = |crop: &Utterance| track(&self.experiment.perturb.spoil(crop, rng));
            let motion = stacked_tracks(&crops.iter().map(spoil).collect::<Vec<_>>(), training);
            let seen = self.eyes.see_by_chance(motion.clone(), rng);
            return Shown { crops: crops.to_vec(), seen, motion };
        }
        let (crops, pictures): (Vec<Utterance>, Vec<_>) = drawn.into_iter().unzip();
        let motion = stacked_tracks(&crops.iter().map(|crop| track(&crop.motion)).collect::<Vec<_>>(), training);
        Shown { seen: stacked_pictures(&pictures, self.experiment.side(), training), crops, motion }
    }
}

/// Films that are drawn anew where one is too long for a crop, or cannot be read, at most.
const DRAWS: usize = 20;

impl Lessons<'_> {
    /// A whole film of at most so many steps: of a part nobody tells what is said.
    fn film(&self, learned: &[AvsrClip], steps: usize, rng: &mut ChaCha8Rng) -> Reel {
        for _ in 0..DRAWS {
            let clip = &learned[rng.random_range(0..learned.len())];
            match clip.reel(self.experiment.side()) {
                Ok(reel) if reel.steps() <= steps => return reel,
                Ok(_) => {}
                Err(error) => log::warn!("{error:#}"),
            }
        }
        // Nothing is said where nothing is seen.
        let (side, id) = (self.experiment.side(), String::new());
        Reel {
            id: id.clone(),
            speaker: id,
            clip: Utterance::silence(EXPERT_HOPS),
            pictures: vec![0; side * side],
            side,
        }
    }
}

/// Which senses each crop has.
fn senses(shares: SenseShares, crops: usize, rng: &mut ChaCha8Rng, device: &Device) -> Senses {
    let drawn: Vec<f64> = (0..crops).map(|_| rng.random_range(0.0..1.0)).collect();
    let has = |is: &dyn Fn(f64) -> bool| {
        let values: Vec<f32> = drawn.iter().map(|at| f32::from(u8::from(is(*at)))).collect();
        Tensor::from_data(TensorData::new(values, [crops, 1, 1]), device)
    };
    let (deaf, blind) = (shares.sight_only, shares.sight_only + shares.sound_only);
    Senses { sight: has(&|at| at < deaf || at >= blind), sound: has(&|at| at >= deaf) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crop_has_a_sense_and_shares_are_as_told() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let shares = SenseShares { sight_only: 0.5, sound_only: 0.2 };
        let Senses { sight, sound } = senses(shares, 4000, &mut rng, &Device::flex());
        let (sight, sound) = (sight.try_into_vec_as::<f32>().unwrap(), sound.try_into_vec_as::<f32>().unwrap());
        assert!(sight.iter().zip(&sound).all(|(sight, sound)| sight + sound > 0.0));
        let share = |values: &[f32]| values.iter().sum::<f32>() / 4000.0;
        assert!((share(&sight) - 0.8).abs() < 0.03 && (share(&sound) - 0.5).abs() < 0.03);
    }
}
