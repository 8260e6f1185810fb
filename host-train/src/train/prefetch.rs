//! Batches made one ahead, on another thread. A batch depends on the seed and its number alone, so that a resumed run
//! sees what an uninterrupted one would have seen.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::corpora::Corpora;
use crate::corpus::Result;
use crate::data::{Augmenter, Utterance};

/// What a batch is made of.
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
pub fn crops(corpora: &Corpora, augmenter: &Augmenter, plan: BatchPlan, number: usize) -> Result<Vec<Utterance>> {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    rng.set_stream(number as u64);
    (0..plan.batch).map(|_| augmenter.crop(plan.crop_hops, &mut rng, |rng| corpora.draw(rng))).collect()
}

/// Makes the crops of batches `from..to` in the background, two ahead.
pub fn prefetch<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    corpora: &'env Corpora,
    augmenter: &'env Augmenter,
    plan: BatchPlan,
    steps: std::ops::Range<usize>,
) -> Receiver<(usize, Result<Vec<Utterance>>)> {
    let (sender, receiver) = sync_channel(2);
    scope.spawn(move || {
        // A closed channel means that training has stopped: nothing is lost.
        for number in steps {
            if sender.send((number, crops(corpora, augmenter, plan, number))).is_err() {
                break;
            }
        }
    });
    receiver
}
