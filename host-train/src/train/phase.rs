//! The training loop, one for all networks: batches in, optimizer steps, validations and checkpoints out.

use std::time::Instant;

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;

use super::average;
use super::batches::Batches;
use super::checkpoint::{Progress, Resumed, RunDir, Scores};
use super::descent::Descent;
use super::progress::Display;
use crate::loss::Breakdown;

/// Losses, and the slopes of their sum.
pub type Slopes = (Breakdown, GradientsParams);

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

    /// Losses of a batch, and the slopes of their sum.
    ///
    /// # Errors
    /// As [`Lesson::losses`].
    fn slopes(&mut self, net: &Self::Net, step: usize, batch: &Self::Batch, training: &Device) -> Result<Slopes> {
        let parts = self.losses(net, step, batch, training)?;
        let gradients = GradientsParams::from_grads(parts.total().backward(), net);
        Ok((parts, gradients))
    }

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
            let (parts, gradients) = lesson.slopes(&net, step, &batch, &training)?;
            let loss = parts.total().into_scalar::<f32>();
            ensure!(loss.is_finite(), "the loss at step {step} is not a number");
            losses.add(f64::from(loss));
            display.step(&parts, lesson.speech_s(&batch));
            let net = descent.step(net, gradients, step, self.steps);
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

#[cfg(test)]
mod tests {
    use super::super::batches::Ahead;
    use super::*;
    use anyhow::bail;
    use burn::module::Param;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Tensor;

    /// Two networks that learn a number each.
    #[derive(Default)]
    struct Pair {
        /// What it is scored by, validation after validation.
        told: Vec<f64>,
        /// Step after which it is cut.
        cut: Option<usize>,
    }

    impl Lesson for Pair {
        type Net = (Linear, Linear);
        type Batch = f32;

        fn losses(&mut self, net: &Self::Net, _: usize, batch: &f32, training: &Device) -> Result<Breakdown> {
            let x = || Tensor::<2>::full([1, 1], *batch, training);
            let near = |net: &Linear, number: f32| (net.forward(x()) - x() * number).square().mean();
            Ok(Breakdown { parts: vec![("two", near(&net.0, 2.0)), ("five", near(&net.1, 5.0))] })
        }

        fn scores(&mut self, _: &Self::Net) -> Scores {
            let told = if self.told.is_empty() { 0.0 } else { self.told.remove(0) };
            vec![("told", told), ("the other way round", -told)]
        }

        fn kept(&mut self, progress: &Progress) -> Result<()> {
            if self.cut == Some(progress.step) { bail!("cut") } else { Ok(()) }
        }
    }

    fn train(lesson: &mut Pair, run: &RunDir) -> Result<Vec<f32>> {
        let device = Device::flex();
        let fresh = || {
            let training = device.clone().autodiff();
            let mut net = LinearConfig::new(1, 1).with_bias(false).init(&training);
            net.weight = Param::from_tensor(Tensor::zeros([1, 1], &training));
            net
        };
        let phase = Phase { net: "pair", steps: 30, validate_every: 10 };
        let batches = Ahead(|step| Ok(1.0 + (step % 3) as f32));
        let last = phase.train(lesson, &batches, (fresh(), fresh()), Descent::averaged(0.1), run, &device)?;
        let best: (Linear, Linear) = run.best("pair", (fresh(), fresh()))?;
        Ok([last.0, last.1, best.0, best.1].map(|net| net.weight.val().into_scalar::<f32>()).into())
    }

    #[test]
    fn a_training_that_was_cut_goes_on_to_the_same_end() {
        let folder = tempfile::tempdir().unwrap();
        let run = |name: &str| RunDir::create(&folder.path().join(name)).unwrap();
        let told = || vec![0.1, 0.2, 0.3];
        let whole = train(&mut Pair { told: told(), cut: None }, &run("whole")).unwrap();
        let error = train(&mut Pair { told: told(), cut: Some(20) }, &run("cut")).unwrap_err();
        assert_eq!(error.to_string(), "cut");
        assert_eq!(train(&mut Pair { told: told().split_off(2), cut: None }, &run("cut")).unwrap(), whole);
        assert!(whole.iter().all(|weight| *weight > 0.5), "{whole:?}");
    }

    #[test]
    fn the_first_of_several_scores_chooses_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap();
        train(&mut Pair { told: vec![0.1, 0.9, 0.5], cut: None }, &run).unwrap();
        let progress: Progress =
            serde_json::from_str(&std::fs::read_to_string(run.file("pair.json")).unwrap()).unwrap();
        assert_eq!((progress.best, progress.best_step), (Some(0.9), 20));
        assert_eq!(progress.scores, [("told".to_owned(), 0.5), ("the other way round".to_owned(), -0.5)]);
    }
}
