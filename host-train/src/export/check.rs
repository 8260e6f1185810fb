//! The exporter's last act: the file runs, step by step, through the device's own code beside the trainer's network.

use keyface_core::{NetSpec, StepNet};
use serde::Serialize;

use super::ExportError;
use super::reference::Frames;

/// A sequence that went through a network: per port, one frame per step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Vectors {
    /// Which network.
    pub net: &'static str,
    /// What went in.
    pub inputs: Vec<Track>,
    /// What came out.
    pub outputs: Vec<Track>,
}

/// One port over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Track {
    /// Name of the port.
    pub name: &'static str,
    /// One frame per step.
    pub frames: Frames,
}

/// Steps a fresh network through whole sequences, one per input of `spec`.
///
/// # Errors
/// [`ExportError::Core`] when the file cannot be loaded or a step fails.
pub fn step_through(file: &[u8], spec: &NetSpec, inputs: &[Frames]) -> Result<Vectors, ExportError> {
    let mut net = StepNet::load(file, spec)?;
    let steps = inputs.first().map_or(0, Vec::len);
    let mut outputs: Vec<Frames> = spec.outputs.iter().map(|port| vec![vec![0.0; port.width]; steps]).collect();
    for step in 0..steps {
        let frames: Vec<&[f32]> = inputs.iter().map(|input| input[step].as_slice()).collect();
        let mut answers: Vec<&mut [f32]> = outputs.iter_mut().map(|output| output[step].as_mut_slice()).collect();
        net.run(&frames, &mut answers)?;
    }
    let track = |(name, frames): (&'static str, Frames)| Track { name, frames };
    Ok(Vectors {
        net: spec.name,
        inputs: spec.inputs.iter().map(|port| port.name).zip(inputs.iter().cloned()).map(track).collect(),
        outputs: spec.outputs.iter().map(|port| port.name).zip(outputs).map(track).collect(),
    })
}

/// The largest difference between what came out and what the trainer's network says, in the order of the outputs.
///
/// # Errors
/// [`ExportError::Differs`] when it exceeds `tolerance`, or is not a number.
pub fn compare(found: &Vectors, expected: &[&Frames], tolerance: f32) -> Result<f32, ExportError> {
    let mut worst = 0.0_f32;
    for (track, wanted) in found.outputs.iter().zip(expected) {
        for (step, (came, wanted)) in track.frames.iter().zip(wanted.iter()).enumerate() {
            let far = farthest(came, wanted);
            if far.is_nan() || far > tolerance {
                return Err(ExportError::Differs { net: found.net, output: track.name, step, tolerance, came: far });
            }
            worst = worst.max(far);
        }
    }
    Ok(worst)
}

/// The largest difference of two frames; NaN when a value is NaN or the lengths differ.
fn farthest(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() {
        return f32::NAN;
    }
    let worse = |top: f32, far: f32| if top.is_nan() || far.is_nan() { f32::NAN } else { top.max(far) };
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, worse)
}
