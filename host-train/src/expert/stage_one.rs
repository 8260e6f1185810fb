//! Stage 1: a reader learns from true motion, spoiled as animators spoil it.

use std::path::Path;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::experiment::{ExpertExperiment, SenseShares};
use super::eyes::Eyes;
use super::loss::{Said, motion_loss};
use super::material::{heard, track};
use super::net::{Expert, ExpertConfig, Senses};
use super::reader::{Read, Reader};
use super::reel::stacked_pictures;
use super::shows::{Drawn, Shows};
use super::units::Units;
use crate::data::{Augmenter, NoisePool, Utterance};
use crate::judge::rate;
use crate::loss::Breakdown;
use crate::space::rig14;
use crate::train::{Ahead, Corpora, Descent, Lesson, Phase, RunDir, Scores};

/// Name of the network in the run's folder.
const NET: &str = "expert";

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
    run.keep(KEPT, experiment)?;
    device.seed(experiment.seed);
    let units = experiment.units.units()?;
    let fresh = experiment.net().init(units.count(), rig14::WIDTH, &device.clone().autodiff());
    log::info!("{}: {} weights", experiment.name, fresh.num_params());
    let phase = Phase { net: NET, steps: experiment.steps, validate_every: experiment.validate_every };
    let (shows, augmenter) = (Shows::of(experiment, corpora)?, augmenter(experiment));
    let batches = Ahead(|number| shows.draw(experiment, corpora, &augmenter, number));
    let mut lesson = Lessons { experiment, eyes: experiment.eyes(), units, shows: &shows, device };
    phase.train(&mut lesson, &batches, fresh, Descent::averaged(experiment.learning_rate), &run, device)?;
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
        let expert = run.best(NET, fresh(&experiment, &units, device))?;
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
    ExpertConfig { dropout: 0.0, ..experiment.net() }.init(units.count(), rig14::WIDTH, device)
}

struct Lessons<'a> {
    experiment: &'a ExpertExperiment,
    eyes: Eyes,
    units: Units,
    shows: &'a Shows<'a>,
    device: &'a Device,
}

impl Lesson for Lessons<'_> {
    type Net = Expert;
    type Batch = Drawn;

    fn losses(&mut self, net: &Expert, _: usize, drawn: &Drawn, training: &Device) -> Result<Breakdown> {
        let (crops, mut rng) = (&drawn.crops, drawn.rng.clone());
        let (seen, motion) = self.show(drawn, &mut rng, training);
        let senses = senses(self.experiment.senses, crops.len(), &mut rng, training);
        let sound = net.hears().then(|| heard(crops, training));
        let reading = net.read(seen, sound, Some(&senses));
        let said = Said::of(crops, &self.units, net.answers(), training);
        let mut parts = said.losses(net, &reading, &self.experiment.weights);
        parts.extend(motion_loss(&reading, motion, &self.experiment.weights));
        Ok(Breakdown { parts })
    }

    /// How little of the truth's visemes, or letters, is misread from the mouth alone; then all rates.
    fn scores(&mut self, net: &Expert) -> Scores {
        let reader = Reader {
            name: self.experiment.name.clone(),
            expert: net.clone(),
            eyes: self.eyes.clone(),
            units: self.units.clone(),
            device: self.device.clone(),
        };
        let reads = self.shows.read_by(&reader);
        let chief = ("misread", -rate(&reads.iter().map(Read::chief).collect::<Vec<_>>()));
        let rates = Read::rates(&reads).into_iter();
        let each = rates.map(|(name, of)| (name, -rate(&reads.iter().map(of).collect::<Vec<_>>())));
        std::iter::once(chief).chain(each).collect()
    }
}

impl Lessons<'_> {
    /// What is seen, `[crop, step, ...]`, and the motion in it.
    fn show(&self, drawn: &Drawn, rng: &mut ChaCha8Rng, training: &Device) -> (Tensor<4>, Tensor<3>) {
        let Drawn { crops, pictures, .. } = drawn;
        let Some(pictures) = pictures else {
            let spoil = |crop: &Utterance| track(&self.experiment.perturb.spoil(crop, rng));
            let motion = rig14::tensor(&crops.iter().map(spoil).collect::<Vec<_>>(), training);
            return (self.eyes.see_by_chance(motion.clone(), rng), motion);
        };
        let motion = rig14::tensor(&crops.iter().map(|crop| track(&crop.motion)).collect::<Vec<_>>(), training);
        (stacked_pictures(pictures, self.experiment.side(), training), motion)
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
    use rand_chacha::rand_core::SeedableRng;

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
