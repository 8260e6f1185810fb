//! What a line asks of a network.

use crate::CoreError;

/// A network that a line runs, one step of 20 ms at a time. It remembers what it heard from step to step.
///
/// | network | `inputs` | `outputs` |
/// |---|---|---|
/// | the first, KeyMotionNet | features of both hops: [`STEP_HOPS`](crate::STEP_HOPS) times [`FEATURES`](crate::FEATURES) | raw heads: [`HEADS`](crate::heads::HEADS), laid out as [`heads`](crate::heads) says; trunk: as wide as its model says |
/// | the second, CompletionNet | flow of keys: [`FLOW`](crate::flow::FLOW); the first one's trunk | motion: [`MOTION_CHANNELS`](crate::MOTION_CHANNELS); how far it trusts the keys: 1 |
///
/// Each is a slice of finite numbers. The line looks at what comes out; a number that is none ends in an error and resets
/// both networks.
pub trait Net {
    /// One run.
    ///
    /// # Errors
    /// Any: the line lets the face go to rest and resets the network.
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<(), CoreError>;

    /// Forgets everything that was run: afterwards it equals a new one.
    fn reset(&mut self);
}

/// Every value of a frame must be a finite number.
pub(crate) fn check_finite(net: &str, port: &str, frame: &[f32]) -> Result<(), CoreError> {
    match frame.iter().find(|value| !value.is_finite()) {
        Some(came) => Err(CoreError::NotFinite { net: net.into(), port: port.into(), came: *came }),
        None => Ok(()),
    }
}
