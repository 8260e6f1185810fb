//! Where the batches of a training come from. A batch depends on its number alone, so that a resumed run sees what an
//! uninterrupted one would have seen.

use std::ops::Range;
use std::sync::mpsc::sync_channel;

use anyhow::Result;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::corpora::Corpora;
use crate::corpus;
use crate::data::{Augmenter, Utterance};

/// Batches that are made ahead of the step that learns from them.
const AHEAD: usize = 2;

/// Batches by the number of their step.
pub trait Batches {
    /// What is learnt from in a step.
    type Batch;

    /// Folds the batches of these steps into a state, in their order.
    ///
    /// # Errors
    /// A batch that cannot be made, or what `learn` fails by: nothing comes after it.
    fn fold<S>(
        &self,
        steps: Range<usize>,
        state: S,
        learn: impl FnMut(S, usize, Self::Batch) -> Result<S>,
    ) -> Result<S>;
}

/// Batches that a function makes of their number, on another thread.
pub struct Ahead<F>(pub F);

impl<B: Send, F: Fn(usize) -> Result<B> + Sync> Batches for Ahead<F> {
    type Batch = B;

    fn fold<S>(&self, steps: Range<usize>, state: S, mut learn: impl FnMut(S, usize, B) -> Result<S>) -> Result<S> {
        std::thread::scope(|scope| {
            let (sender, made) = sync_channel(AHEAD);
            scope.spawn(move || {
                for step in steps {
                    // A closed channel means that training has stopped: nothing is lost.
                    if sender.send((step, (self.0)(step))).is_err() {
                        break;
                    }
                }
            });
            made.into_iter().try_fold(state, |state, (step, batch)| learn(state, step, batch?))
        })
    }
}

/// Batches that come again and again, in their order.
pub struct Again<'a, B>(pub &'a [B]);

impl<'a, B> Batches for Again<'a, B> {
    type Batch = &'a B;

    fn fold<S>(
        &self,
        mut steps: Range<usize>,
        state: S,
        mut learn: impl FnMut(S, usize, &'a B) -> Result<S>,
    ) -> Result<S> {
        steps.try_fold(state, |state, step| learn(state, step, &self.0[step % self.0.len()]))
    }
}

/// What a batch of crops is made of.
#[derive(Clone, Copy)]
pub struct BatchPlan {
    /// Seed of the experiment; each phase has its own.
    pub seed: u64,
    /// Crops in a batch.
    pub batch: usize,
    /// Length of a crop.
    pub crop_hops: usize,
}

/// The crops of batch `number`.
///
/// # Errors
/// A clip that cannot be read.
pub fn crops(
    corpora: &Corpora,
    augmenter: &Augmenter,
    plan: BatchPlan,
    number: usize,
) -> corpus::Result<Vec<Utterance>> {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    rng.set_stream(number as u64);
    (0..plan.batch).map(|_| augmenter.crop(plan.crop_hops, &mut rng, |rng| corpora.draw(rng))).collect()
}

/// Spoiled crops of the training clips, made ahead.
pub fn crops_ahead(corpora: &Corpora, augmenter: &Augmenter, plan: BatchPlan) -> impl Batches<Batch = Vec<Utterance>> {
    Ahead(move |number| Ok(crops(corpora, augmenter, plan, number)?))
}

/// Seconds of speech in crops.
pub fn speech_s(crops: &[Utterance]) -> f64 {
    0.01 * crops.iter().map(Utterance::speech_hops).sum::<usize>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    #[test]
    fn batches_come_in_order_until_training_stops() {
        let ahead = Ahead(|step| Ok(10 * step));
        let collect = |mut seen: Vec<usize>, _, batch| {
            seen.push(batch);
            Ok(seen)
        };
        assert_eq!(ahead.fold(2..5, vec![], collect).unwrap(), [20, 30, 40]);
        assert_eq!(
            Again(&[7, 8, 9]).fold(2..6, vec![], |seen, n, batch| collect(seen, n, *batch)).unwrap(),
            [9, 7, 8, 9]
        );
        let cut = ahead.fold(0..1_000_000, 0, |_, step, _| if step < 3 { Ok(step) } else { bail!("cut at {step}") });
        assert_eq!(cut.unwrap_err().to_string(), "cut at 3");
    }

    #[test]
    fn a_batch_that_cannot_be_made_ends_the_training() {
        let broken = Ahead(|step| if step < 1 { Ok(step) } else { bail!("no clip") });
        assert_eq!(broken.fold(0..9, (), |(), _, _| Ok(())).unwrap_err().to_string(), "no clip");
    }
}
