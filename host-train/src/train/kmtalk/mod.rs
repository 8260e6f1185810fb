//! Training of the offline KMTalk in three stages: keys on aligned key frames, completion on true and predicted keys,
//! then both together. Beside it the baseline without key motions.

mod choice;
mod lesson;
mod material;
mod offline;
mod score;

pub use choice::{AudioChoice, KmTalkChoice, StageSteps};
pub use material::{AudioSource, Material, Pool};
pub use offline::Offline;
pub use score::{KmTalkScore, score, score_direct};

use anyhow::Result;
use burn::module::Module;
use burn::tensor::Device;

use super::batches::{Again, BatchPlan};
use super::checkpoint::RunDir;
use super::corpora::{Corpora, augmenter};
use super::descent::Descent;
use super::experiment::Experiment;
use super::phase::{Lesson, Phase};
use crate::model::kmtalk::{DirectRegression, KmTalk};
use crate::space::rig14;
use lesson::{Direct, Stage, Staged};

/// Trains KMTalk on the audio features of a run, and direct regression beside it.
///
/// # Errors
/// As [`Course::train`].
pub fn train_kmtalk(experiment: &Experiment, corpora: &Corpora, run: &RunDir, device: &Device) -> Result<KmTalk> {
    let audio = AudioSource::of(experiment, run, corpora.valid.first(), device)?;
    let (pool, valid) = (draw_pool(experiment, &audio, corpora, device)?, audio.clips(&corpora.valid, device)?);
    let course = Course { experiment, pool: &pool, valid: &valid, device };
    course.direct(run)?;
    course.train(run)
}

/// The batches of an experiment.
///
/// # Errors
/// No section `[kmtalk]`, or noise recordings that cannot be read.
pub fn draw_pool(experiment: &Experiment, audio: &AudioSource, corpora: &Corpora, device: &Device) -> Result<Pool> {
    let (choice, crops) = (experiment.kmtalk()?, &experiment.key_motion);
    let plan = BatchPlan { seed: experiment.seed + 10, batch: crops.batch, crop_hops: crops.crop_hops };
    let count = choice.batches.min(choice.steps.all());
    Pool::draw(count, audio, corpora, &augmenter(experiment)?, plan, device)
}

/// All that a training of KMTalk needs, except where it begins and where it is kept.
pub struct Course<'a> {
    /// The run's choices; [`Experiment::kmtalk`] is there.
    pub experiment: &'a Experiment,
    /// Batches, made once for all trainings on the same audio features.
    pub pool: &'a Pool,
    /// Clips that choose the checkpoint.
    pub valid: &'a [Material],
    /// Where it is computed.
    pub device: &'a Device,
}

impl<'a> Course<'a> {
    /// All three stages.
    ///
    /// # Errors
    /// Unreadable corpora or checkpoints, a full disk, or a loss that is not a number.
    pub fn train(&self, run: &RunDir) -> Result<KmTalk> {
        let acquired = self.acquire(run)?;
        self.complete(acquired, run)
    }

    /// Stage 1: the audio encoder, the localizer and the key decoder.
    ///
    /// # Errors
    /// As [`Course::train`].
    pub fn acquire(&self, run: &RunDir) -> Result<KmTalk> {
        self.stage(Stage::Keys, self.fresh()?, run)
    }

    /// Stages 2 and 3: a new completion beside what stage 1 has learned.
    ///
    /// # Errors
    /// As [`Course::train`].
    pub fn complete(&self, acquired: KmTalk, run: &RunDir) -> Result<KmTalk> {
        let begun = KmTalk { completion: self.fresh()?.completion, ..acquired };
        let completed = self.stage(Stage::Completion, begun, run)?;
        Ok(self.stage(Stage::Joint, completed, run)?.valid())
    }

    /// The baseline, as large as KMTalk and trained for as many steps.
    ///
    /// # Errors
    /// As [`Course::train`].
    pub fn direct(&self, run: &RunDir) -> Result<DirectRegression> {
        let (choice, training) = (self.experiment.kmtalk()?, self.device.clone().autodiff());
        self.device.seed(self.experiment.seed);
        let (size, audio_width) = (self.fresh()?.num_params(), self.pool.audio_width());
        let fresh = DirectRegression::of_size(size, audio_width, rig14::WIDTH, &training);
        let lesson = Direct { choice, valid: self.valid, device: self.device };
        Ok(self.phase(offline::DIRECT, choice.steps.all(), lesson, fresh, run)?.valid())
    }

    fn stage(&self, stage: Stage, begun: KmTalk, run: &RunDir) -> Result<KmTalk> {
        let choice = self.experiment.kmtalk()?;
        let lesson = Staged { stage, choice, valid: self.valid, seed: self.experiment.seed, device: self.device };
        self.phase(stage.name(), stage.steps(&choice.steps), lesson, begun, run)
    }

    /// The best checkpoint of one training, with autodiff.
    fn phase<L: Lesson<Batch = &'a Material>>(
        &self,
        net: &str,
        steps: usize,
        mut lesson: L,
        fresh: L::Net,
        run: &RunDir,
    ) -> Result<L::Net> {
        let choice = self.experiment.kmtalk()?;
        let phase = Phase { net, steps, validate_every: choice.validate_every };
        let descent = Descent::averaged(choice.learning_rate);
        phase.train(&mut lesson, &Again(self.pool.batches()), fresh.clone(), descent, run, self.device)?;
        run.best(net, fresh)
    }

    fn fresh(&self) -> Result<KmTalk> {
        self.device.seed(self.experiment.seed);
        let net = &self.experiment.kmtalk()?.net;
        Ok(net.init(self.pool.audio_width(), rig14::WIDTH, &self.device.clone().autodiff()))
    }
}

#[cfg(test)]
mod tests;
