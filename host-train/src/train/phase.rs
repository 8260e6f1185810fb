//! The training loop, one for all networks: batches in, optimizer steps, validations and checkpoints out.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::tensor::Device;

use super::average;
use super::batches::Batches;
use super::checkpoint::{Progress, Resumed, RunDir, Scores};
use super::descent::Descent;
use super::progress::Display;
use crate::loss::Breakdown;

/// What networks learn, and how well.
pub trait Lesson {
    /// The network; several that learn together are a tuple.
    type Net: Module;
    /// What is learnt from in a step.
    type Batch;

    /// Losses of a batch; `training` is the device with autodiff.
    ///
    /// # Errors
    /// What of a batch cannot be read.
    fn losses(&mut self, net: &Self::Net, step: usize, batch: &Self::Batch, training: &Device) -> Result<Breakdown>;

    /// How good a network without autodiff is, by name, higher is better. The first chooses the checkpoint; without any
    /// only the last is kept.
    fn scores(&mut self, net: &Self::Net) -> Scores;

    /// Seconds of speech in a batch, where it has any.
    fn speech_s(&self, _: &Self::Batch) -> f64 {
        0.0
    }

    /// Is told of each checkpoint that is kept.
    ///
    /// # Errors
    /// Whatever shall stop the training there.
    fn kept(&mut self, _: &Progress) -> Result<()> {
        Ok(())
    }
}

/// How long a network learns.
#[derive(Clone, Copy, Debug)]
pub struct Phase<'a> {
    /// Name of the network in the run's folder.
    pub net: &'a str,
    /// Optimizer steps.
    pub steps: usize,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
}

impl Phase<'_> {
    /// Trains until the last step, from where the run stands; returns the last network. The best lies in the run's folder.
    ///
    /// # Errors
    /// Batches that cannot be made, unreadable checkpoints, a full disk, or a loss that is not a number.
    pub fn train<L: Lesson>(
        &self,
        lesson: &mut L,
        batches: &impl Batches<Batch = L::Batch>,
        fresh: L::Net,
        mut descent: Descent,
        run: &RunDir,
        device: &Device,
    ) -> Result<L::Net> {
        let training = device.clone().autodiff();
        let Resumed { net, average, optimizer, mut progress } = run.resume(self.net, fresh, descent.optimizer)?;
        descent.optimizer = optimizer;
        let todo = progress.step..self.steps;
        let mut display = Display::new(self.net, todo.start, self.steps);
        let (began, before, mut losses) = (Instant::now(), progress.seconds, Mean::default());
        let learn = |(net, average): (L::Net, L::Net), step, batch| {
            let parts = lesson.losses(&net, step, &batch, &training)?;
            let total = parts.total();
            let loss = total.clone().into_scalar::<f32>();
            ensure!(loss.is_finite(), "the loss at step {step} is not a number");
            losses.add(f64::from(loss));
            display.step(&parts, lesson.speech_s(&batch));
            let net = descent.step(net, total, step, self.steps);
            let average = if descent.is_averaged { average::follow(average, &net.valid(), step) } else { net.valid() };
            progress.step = step + 1;
            if progress.step.is_multiple_of(self.validate_every) || progress.step == self.steps {
                progress.loss = losses.take();
                let is_best = progress.judge(lesson.scores(&average));
                progress.seconds = before + began.elapsed().as_secs_f64();
                display.validation(run, self.net, &progress)?;
                run.save(self.net, [&net, &average], &descent.optimizer, &progress, is_best)?;
                lesson.kept(&progress)?;
            }
            Ok((net, average))
        };
        Ok(batches.fold(todo, (net, average), learn)?.0)
    }
}

/// The mean of what was added since it was taken.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn take(&mut self) -> f64 {
        let Mean { sum, count } = std::mem::take(self);
        sum / count.max(1) as f64
    }
}
