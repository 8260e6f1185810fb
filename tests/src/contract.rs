//! What every [`Stage`] promises, as checks that take any stage: inputs in, a panic with the broken promise out.

use std::fmt::Debug;

use keyface_core::{MelFrame, Prosody, Samples, Stage};

use crate::counting::allocations;

/// One stage and the inputs that put it to the test.
pub struct Contract<S: Stage, M: Fn() -> S>
where
    S::Input: Sized,
{
    /// Makes the stage anew.
    pub make: M,
    /// Ordinary inputs, at least 20.
    pub inputs: Vec<S::Input>,
    /// An input in which nothing happens.
    pub quiet: S::Input,
    /// An input that differs from `quiet` and must show in the output.
    pub impulse: S::Input,
    /// The worst inputs: not a number, infinite, absurdly large.
    pub poison: [S::Input; 3],
    /// How much audio time one input stands for.
    pub step: Samples,
}

/// An output as a row of numbers.
pub trait Values {
    /// All numbers of the output.
    fn values(&self) -> Vec<f32>;
}

impl<const N: usize> Values for [f32; N] {
    fn values(&self) -> Vec<f32> {
        self.to_vec()
    }
}

impl Values for MelFrame {
    fn values(&self) -> Vec<f32> {
        self.0.to_vec()
    }
}

impl Values for Prosody {
    fn values(&self) -> Vec<f32> {
        vec![self.loudness, self.accent, self.phrase, self.ending, self.way_s as f32]
    }
}

impl<S: Stage, M: Fn() -> S> Contract<S, M>
where
    S::Input: Copy,
    S::Output: Debug + PartialEq + Values,
{
    /// After `reset` a stage answers as a new one does.
    pub fn reset_equals_fresh(&self) {
        let mut used = (self.make)();
        push_all(&mut used, &self.inputs);
        push_all(&mut used, &self.poison);
        used.reset();
        assert_eq!(push_all(&mut used, &self.inputs), self.fresh(&self.inputs));
    }

    /// Broken inputs change nothing that was said before them, and no output is ever anything but finite.
    pub fn poison_stays_in_the_future(&self) {
        let clean = self.fresh(&self.inputs);
        let half = self.inputs.len() / 2;
        let mut inputs = self.inputs.clone();
        inputs[half..half + 3].copy_from_slice(&self.poison);
        let poisoned = self.fresh(&inputs);
        assert_eq!(poisoned[..half], clean[..half]);
        let finite = |output: &S::Output| output.values().iter().all(|value| value.is_finite());
        assert!(poisoned.iter().flatten().all(finite), "an output is not finite after a broken input");
    }

    /// An impulse shows in the output `latency()` after it went in.
    pub fn latency_is_what_an_impulse_shows(&self) {
        const QUIET_BEFORE: usize = 50;
        let mut inputs = vec![self.quiet; 2 * QUIET_BEFORE];
        let still = self.fresh(&inputs);
        inputs[QUIET_BEFORE] = self.impulse;
        let moved = self.fresh(&inputs);
        let first = still.iter().zip(&moved).position(|(a, b)| a != b).expect("the impulse shows nowhere");
        let measured = Samples((first - QUIET_BEFORE) as u64 * self.step.0);
        assert_eq!(measured, (self.make)().latency());
    }

    /// `push` takes no memory.
    pub fn push_allocates_nothing(&self) {
        assert_ne!(allocations(|| drop(vec![0u8; 8])), 0, "the counting allocator is not installed");
        let mut stage = (self.make)();
        let count = allocations(|| self.inputs.iter().for_each(|input| drop(stage.push(input))));
        assert_eq!(count, 0, "allocations in {} pushes", self.inputs.len());
    }

    fn fresh(&self, inputs: &[S::Input]) -> Vec<Option<S::Output>> {
        push_all(&mut (self.make)(), inputs)
    }
}

fn push_all<S: Stage>(stage: &mut S, inputs: &[S::Input]) -> Vec<Option<S::Output>>
where
    S::Input: Sized,
{
    inputs.iter().map(|input| stage.push(input)).collect()
}

/// Writes the contract's facts as tests, in a module named for the stage.
#[macro_export]
macro_rules! stage_contract {
    ($stage:ident, $contract:expr) => {
        mod $stage {
            use super::*;

            #[test]
            fn reset_equals_fresh() {
                $contract.reset_equals_fresh();
            }

            #[test]
            fn poison_stays_in_the_future() {
                $contract.poison_stays_in_the_future();
            }

            #[test]
            fn latency_is_what_an_impulse_shows() {
                $contract.latency_is_what_an_impulse_shows();
            }

            #[test]
            fn push_allocates_nothing() {
                $contract.push_allocates_nothing();
            }
        }
    };
}
