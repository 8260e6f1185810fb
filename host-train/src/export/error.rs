//! What can go wrong between a trained network and its files.

use std::path::PathBuf;

use keyface_core::CoreError;

/// Every error of the exporter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A layer does not fit its neighbours: the trainer's network is not the one that the exporter knows.
    #[error(
        "layer `{layer}`: expected {} x {} weights and {} biases, came {weights} weights and {biases} biases",
        expected.0, expected.1, expected.1
    )]
    Shape {
        /// Which layer.
        layer: String,
        /// Inputs and outputs.
        expected: (usize, usize),
        /// Number of weights.
        weights: usize,
        /// Number of biases.
        biases: usize,
    },
    /// A weight is not a finite number: training has diverged, take an earlier checkpoint.
    #[error("layer `{layer}`: expected finite weights, came {came}")]
    NotFinite {
        /// Which layer.
        layer: String,
        /// The first such weight.
        came: f32,
    },
    /// A convolution has no distance between its taps.
    #[error("layer `{layer}`: expected a dilation of at least 1, came 0")]
    Dilation {
        /// Which layer.
        layer: String,
    },
    /// The device's own code does not reach the trainer's answer: do not ship the file.
    #[error(
        "{net}: expected answers within {tolerance} of the trainer's, came {came} at step {step}, output `{output}`"
    )]
    Differs {
        /// Which network.
        net: &'static str,
        /// Which output.
        output: &'static str,
        /// Which step.
        step: usize,
        /// Allowed difference.
        tolerance: f32,
        /// Largest difference.
        came: f32,
    },
    /// A file is not one that the exporter wrote: take the model folder as it was exported.
    #[error("a network's file: expected {expected}, came something else")]
    ReadBack {
        /// What it must be.
        expected: &'static str,
    },
    /// The device's own code refuses the file or the card.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
}
