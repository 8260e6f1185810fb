//! Stage 1: a reader learns from true motion, spoiled as animators spoil it.

use std::path::Path;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::experiment::{ExpertExperiment, SenseShares};
use super::kept::keep;
use super::loss::{Said, motion_loss};
use super::material::{frames, heard, said_units, stacked_tracks, track};
use super::net::{Expert, ExpertConfig, Senses};
use super::points::Eye;
use super::rate::rate;
use super::reader::Reader;
use super::units::{UnitChoice, Units};
use crate::data::{Augmenter, NoisePool, Utterance};
use crate::loss::Breakdown;
use crate::train::{BatchPlan, Corpora, Lesson, Phase, RunDir, optimizer};

/// Name of the network in the run's folder.
const NET: &str = "expert";
/// Clips that choose the checkpoint, at most, spread evenly.
const CHOOSING: usize = 48;

/// The prepared clips of an experiment: of the train split those of its half's speakers.
///
/// # Errors
/// As [`Corpora::read`].
pub fn corpora(experiment: &ExpertExperiment) -> Result<Corpora> {
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
    let units = UnitChoice::Phones.units()?;
    let fresh = experiment.net().init(units.count(), &device.clone().autodiff());
    log::info!("{}: {} weights", experiment.name, fresh.num_params());
    let phase = Phase {
        net: NET,
        steps: experiment.steps,
        learning_rate: experiment.learning_rate,
        validate_every: experiment.validate_every,
        plan: BatchPlan { seed: experiment.seed, batch: experiment.batch, crop_hops: experiment.crop_hops },
        corpora,
        augmenter: &augmenter(experiment),
    };
    let every = corpora.valid.len().div_ceil(CHOOSING).max(1);
    let choosing = corpora.valid.iter().step_by(every).collect();
    let lesson = Lessons { experiment, eye: experiment.points.eye(), units, choosing, device };
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
        let units = UnitChoice::Phones.units()?;
        let path = run.best(NET);
        let expert = fresh(&experiment, &units, device)
            .try_load_file(&path)
            .map_err(|e| anyhow::anyhow!("no trained expert at {}: {e}", path.display()))?;
        Ok(Reader { name: experiment.name, expert, eye: experiment.points.eye(), units, device: device.clone() })
    }
}

/// A reader as large as that of a run, which has learned nothing.
///
/// # Errors
/// A folder without an experiment.
pub fn untrained(folder: &Path, device: &Device) -> Result<Reader> {
    let experiment = ExpertExperiment::read(&folder.join(KEPT))?;
    let units = UnitChoice::Phones.units()?;
    let (expert, eye) = (fresh(&experiment, &units, device), experiment.points.eye());
    Ok(Reader { name: experiment.name, expert, eye, units, device: device.clone() })
}

/// Nothing is left out while an animator learns.
fn fresh(experiment: &ExpertExperiment, units: &Units, device: &Device) -> Expert {
    ExpertConfig { dropout: 0.0, ..experiment.net() }.init(units.count(), device)
}

struct Lessons<'a> {
    experiment: &'a ExpertExperiment,
    eye: Eye,
    units: Units,
    choosing: Vec<&'a Utterance>,
    device: &'a Device,
}

impl Lesson for Lessons<'_> {
    type Net = Expert;

    fn losses(&self, net: &Expert, step: usize, crops: &[Utterance], training: &Device) -> Breakdown {
        let mut rng = ChaCha8Rng::seed_from_u64(self.experiment.seed + 20);
        rng.set_stream(step as u64);
        let spoil = |crop: &Utterance| track(&self.experiment.perturb.spoil(crop, &mut rng));
        let seen = stacked_tracks(&crops.iter().map(spoil).collect::<Vec<_>>(), training);
        let senses = senses(self.experiment.senses, crops.len(), &mut rng, training);
        let sound = net.hears().then(|| heard(crops, training));
        let reading = net.read(self.eye.see(seen.clone()), sound, Some(&senses));
        let said = Said {
            units: crops.iter().map(said_units).collect(),
            frames: frames(crops, net.answers(), training),
            edge: self.units.edge(),
        };
        let mut parts = said.losses(net, &reading, &self.experiment.weights);
        parts.extend(motion_loss(&reading, seen, &self.experiment.weights));
        Breakdown { parts }
    }

    /// How much of the truth's visemes is read from the mouth alone.
    fn score(&self, net: &Expert) -> f64 {
        let reader = Reader {
            name: self.experiment.name.clone(),
            expert: net.clone(),
            eye: self.eye.clone(),
            units: self.units.clone(),
            device: self.device.clone(),
        };
        let scores: Vec<_> = self.choosing.iter().map(|clip| reader.score_truth(clip)).collect();
        let of = |which: fn(&super::reader::Read) -> crate::evaluate::Errors| {
            rate(&scores.iter().map(which).collect::<Vec<_>>())
        };
        log::info!("truth read by eye alone: PER {:.4}, VER {:.4}", of(|s| s.phones), of(|s| s.visemes));
        -of(|s| s.visemes)
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
