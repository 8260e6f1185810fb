//! What every stage of the line promises.

use crate::Samples;

/// One stage: a value in, perhaps a value out. It allocates only in its constructor and does not know its neighbours.
pub trait Stage {
    /// What goes in, one piece at a time.
    type Input: ?Sized;
    /// What comes out.
    type Output;

    /// Takes one piece; `None` means "not yet".
    fn push(&mut self, input: &Self::Input) -> Option<Self::Output>;

    /// How far the output lies behind the input.
    fn latency(&self) -> Samples;

    /// Forgets everything that was pushed: afterwards the stage equals a new one.
    fn reset(&mut self);
}
