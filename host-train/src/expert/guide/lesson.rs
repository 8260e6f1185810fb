//! What a guided animator learns in a step.

use anyhow::{Context, Result};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::super::loss::Part;
use super::super::net::Expert;
use super::super::points::{Eye, Points};
use super::animator::Animator;
use super::choice::{Guidance, Targets};
use super::guiding::Guide;
use super::pool::{Batch, Pool};
use super::terms::of_motion;
use crate::judge::rms;
use crate::loss::Breakdown;
use crate::train::{Again, Descent, Lesson, Phase, RunDir, Scores};

/// How long a term's slope was at the motion, at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Slope {
    /// The step.
    pub step: usize,
    /// The term.
    pub term: &'static str,
    /// Its weighted value.
    pub value: f32,
    /// The length of its slope over all of the batch's motion.
    pub length: f32,
}

/// All that a guided training needs, except what it weighs and where it is kept.
pub struct Teaching<'a, A: Animator> {
    /// Who learns.
    pub animator: &'a A,
    /// What from.
    pub pool: &'a Pool<A::Heard>,
    /// Batches of one whole clip, that tell how far the motion is from the truth.
    pub choosing: &'a [Batch<A::Heard>],
    /// Optimizer steps.
    pub steps: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Where it is computed.
    pub device: &'a Device,
}

/// What came of it.
pub struct Trained<N> {
    /// The average of the network's weights at the end, for inference.
    pub net: N,
    /// Slopes of every term, at the beginning, in the middle and at the end.
    pub slopes: Vec<Slope>,
}

impl<A: Animator> Teaching<'_, A> {
    /// Trains to the end.
    ///
    /// # Errors
    /// Unreadable checkpoints, a full disk, or a loss that is not a number.
    pub fn train(&self, guidance: &Guidance, guide: Option<&Guide>, run: &RunDir) -> Result<Trained<A::Net>> {
        let training = self.device.clone().autodiff();
        let phase = Phase { net: NET, steps: self.steps, validate_every: self.steps };
        let learns = guide.filter(|_| guidance.joint).map(|guide| guide.expert.clone());
        let fresh = (self.animator.begin(&training), learns);
        let gaps = Points::Gaps.eye();
        let mut lesson = Guided { teaching: self, guidance, guide, gaps, slopes: vec![] };
        let (batches, descent) = (Again(self.pool.batches()), Descent::averaged(self.learning_rate));
        phase.train(&mut lesson, &batches, fresh.clone(), descent, run, self.device)?;
        let (net, slopes) = (best(fresh, run)?, lesson.slopes);
        // A run that was finished before has nothing new to tell.
        if !slopes.is_empty() {
            let lines = slopes.iter().map(|s| format!("{}\t{}\t{}\t{}\n", s.step, s.term, s.value, s.length));
            let path = run.file("slopes.tsv");
            let table: String = std::iter::once("step\tterm\tvalue\tslope\n".to_string()).chain(lines).collect();
            std::fs::write(&path, table).with_context(|| path.display().to_string())?;
        }
        Ok(Trained { net, slopes })
    }
}

/// The trained network in a run's folder, where that of `fresh` began; beside it stands a reader that learned on.
///
/// # Errors
/// A run that is not finished.
pub(super) fn best<N: Module>(fresh: (N, Option<Expert>), run: &RunDir) -> Result<N> {
    Ok(run.best(NET, fresh.valid())?.0)
}

/// Name of the network in the run's folder.
const NET: &str = "animator";

struct Guided<'a, A: Animator> {
    teaching: &'a Teaching<'a, A>,
    guidance: &'a Guidance,
    guide: Option<&'a Guide>,
    gaps: Eye,
    slopes: Vec<Slope>,
}

impl<'a, A: Animator> Lesson for Guided<'a, A> {
    /// The animator, and the guide where it learns on.
    type Net = (A::Net, Option<Expert>);
    type Batch = &'a Batch<A::Heard>;

    fn losses(&mut self, net: &Self::Net, step: usize, batch: &Self::Batch, training: &Device) -> Result<Breakdown> {
        let (animator, steps) = (self.teaching.animator, self.teaching.steps);
        let shown = batch.animate(animator, &net.0, training);
        if [0, steps / 2, steps - 1].contains(&step) {
            self.note_slopes(step, &shown, batch, net.1.as_ref(), training);
        }
        Ok(Breakdown { parts: self.parts(step, shown, batch, net.1.as_ref(), training) })
    }

    /// How near the motion is to the truth; every film counts alike.
    fn scores(&mut self, net: &Self::Net) -> Scores {
        let device = self.teaching.device;
        let miss = |batch: &Batch<A::Heard>| {
            let shown = batch.animate(self.teaching.animator, &net.0, device);
            [f64::from((shown - batch.truth(device)).square().mean().into_scalar::<f32>()), 1.0]
        };
        vec![("RMS", -rms(self.teaching.choosing.iter().map(miss)))]
    }
}

impl<A: Animator> Guided<'_, A> {
    fn parts(
        &self,
        step: usize,
        shown: Tensor<3>,
        batch: &Batch<A::Heard>,
        joint: Option<&Expert>,
        training: &Device,
    ) -> Vec<Part> {
        let mut parts = of_motion(&shown, &batch.truth(training), self.guidance, &self.gaps);
        if let Some(guide) = self.guide.filter(|_| self.guidance.av > 0.0) {
            let learning = joint.map(|expert| Guide { expert: expert.clone(), ..guide.clone() });
            let guide = learning.as_ref().unwrap_or(guide);
            let (weights, view) = (&self.guidance.reading, step as u64);
            let read = match self.guidance.targets {
                Targets::Read => guide.read_as(shown, batch.truth(training), weights, view),
                targets => {
                    let sound = self.guidance.hear.then(|| batch.sound(training));
                    let shuffled = targets == Targets::Shuffled;
                    let said = batch.said(&guide.units, guide.expert.answers(), shuffled, training);
                    guide.read(shown, sound, &said, weights, view)
                }
            };
            parts.extend(read.into_iter().map(|(name, loss)| (name, loss * self.guidance.av)));
        }
        parts
    }

    /// Each term by itself, on a motion that hangs on nothing. The others go along with weight 0: a graph that is never
    /// walked back is kept for ever.
    fn note_slopes(
        &mut self,
        step: usize,
        shown: &Tensor<3>,
        batch: &Batch<A::Heard>,
        joint: Option<&Expert>,
        training: &Device,
    ) {
        let motion = shown.clone().into_data();
        let (mut at, mut count) = (0, 1);
        while at < count {
            let leaf = Tensor::<3>::from_data(motion.clone(), training).require_grad();
            let mut terms = self.parts(step, leaf.clone(), batch, joint, training);
            count = terms.len();
            let (term, alone) = terms.remove(at);
            let value = alone.clone().into_scalar::<f32>();
            let loss = terms.into_iter().fold(alone, |sum, (_, other)| sum + other * 0.0);
            let slope = leaf.grad(&loss.backward());
            let length = slope.map_or(0.0, |slope| slope.square().sum().sqrt().into_scalar::<f32>());
            log::info!("step {step}: {term} {value:.4}, slope {length:.3e}");
            self.slopes.push(Slope { step, term, value, length });
            at += 1;
        }
    }
}
