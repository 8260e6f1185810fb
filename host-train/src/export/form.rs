//! How a network is lowered: what it computes in, and how many steps it takes at a run.

use keyface_core::Precision;

/// How a network is lowered. From a [`Precision`] alone: one step at a run, as the line needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// How weights are stored and what is computed in.
    pub precision: Precision,
    /// Steps at a run.
    pub steps: usize,
    /// Largest magnitude of what goes into each linear layer, in the order of the layers; what lies beyond is cut.
    /// Read for [`Precision::Int8Compute`] alone.
    pub ranges: Vec<f32>,
}

impl From<Precision> for Form {
    fn from(precision: Precision) -> Form {
        Form { precision, steps: 1, ranges: vec![] }
    }
}
