//! The exporter's last act: the file runs, step by step, through the device's own code beside the trainer's network.

use keyface_core::{Net, NetSpec, StepNet};
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

/// Steps a fresh network through whole sequences, one per input of `spec`; steps that fill no run are left out.
///
/// # Errors
/// [`ExportError::Core`] when the file cannot be loaded or a step fails.
pub fn step_through(file: &[u8], spec: &NetSpec, inputs: &[Frames]) -> Result<Vectors, ExportError> {
    let mut net = StepNet::load(file, spec)?;
    let runs = inputs.first().map_or(0, Vec::len) / net.steps();
    let mut outputs: Vec<Frames> = spec.outputs.iter().map(|_| vec![]).collect();
    let mut answers: Vec<Vec<f32>> = spec.outputs.iter().map(|port| vec![0.0; net.steps() * port.width]).collect();
    for run in 0..runs {
        let steps = run * net.steps()..(run + 1) * net.steps();
        let rows: Vec<Vec<f32>> = inputs.iter().map(|input| input[steps.clone()].concat()).collect();
        let frames: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let mut slots: Vec<&mut [f32]> = answers.iter_mut().map(Vec::as_mut_slice).collect();
        net.run(&frames, &mut slots)?;
        for ((output, answer), port) in outputs.iter_mut().zip(&answers).zip(&spec.outputs) {
            output.extend(answer.chunks_exact(port.width).map(<[f32]>::to_vec));
        }
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
/// Where an output grows beyond 1, the difference is a share of its largest value: raw logits have no natural size.
///
/// # Errors
/// [`ExportError::Differs`] when it exceeds `tolerance`, or is not a number.
pub fn compare(found: &Vectors, expected: &[&Frames], tolerance: f32) -> Result<f32, ExportError> {
    let mut worst = 0.0_f32;
    for (track, wanted) in found.outputs.iter().zip(expected) {
        let size = wanted.iter().flatten().fold(1.0_f32, |top, value| top.max(value.abs()));
        for (step, (came, wanted)) in track.frames.iter().zip(wanted.iter()).enumerate() {
            let far = farthest(came, wanted) / size;
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

#[cfg(test)]
mod tests {
    use keyface_core::{CoreError, FEATURES, Port, Precision, STEP_HOPS};
    use prost::Message;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::key_motion_graph;
    use super::super::samples::{frames, key_motion};
    use super::*;

    const INPUTS: usize = STEP_HOPS * FEATURES;

    fn file() -> Vec<u8> {
        key_motion_graph(&key_motion(&[24], 4, &[1, 2], 3, 1), Precision::Int8).unwrap().encode_to_vec()
    }

    fn spec() -> NetSpec {
        let port = |name, width| Port { name, width, key: "test" };
        NetSpec { name: "net", inputs: vec![port("x", INPUTS)], outputs: vec![port("heads", 3), port("trunk", 4)] }
    }

    fn step(net: &mut StepNet, x: &[f32]) -> Result<[f32; 4], CoreError> {
        let (mut heads, mut trunk) = ([0.0; 3], [0.0; 4]);
        net.run(&[x], &mut [&mut heads, &mut trunk])?;
        Ok(trunk)
    }

    #[test]
    fn a_reset_network_equals_a_fresh_one() {
        let (mut net, x) = (StepNet::load(&file(), &spec()).unwrap(), frames(30, INPUTS, 5));
        let run = |net: &mut StepNet| x.iter().map(|frame| step(net, frame).unwrap()).collect::<Vec<_>>();
        let first = run(&mut net);
        let second = run(&mut net);
        net.reset();
        assert_ne!(first, second);
        assert_eq!(first, run(&mut net));
    }

    #[test]
    fn what_is_not_a_number_is_refused_and_forgotten() {
        let (mut net, x) = (StepNet::load(&file(), &spec()).unwrap(), frames(3, INPUTS, 5));
        let mut other = StepNet::load(&file(), &spec()).unwrap();
        step(&mut net, &x[0]).unwrap();
        step(&mut other, &x[0]).unwrap();
        let error = step(&mut net, &[f32::NAN; INPUTS]).unwrap_err().to_string();
        assert_eq!(error, "net: expected finite numbers in `x`, came NaN");
        assert_eq!(step(&mut net, &x[1]).unwrap(), step(&mut other, &x[1]).unwrap());
    }

    #[test]
    fn an_overflow_is_an_error_and_leaves_a_fresh_network() {
        let (mut net, x) = (StepNet::load(&file(), &spec()).unwrap(), frames(1, INPUTS, 5));
        let first = step(&mut net, &x[0]).unwrap();
        let error = step(&mut net, &[f32::MAX; INPUTS]).unwrap_err();
        assert!(matches!(error, CoreError::NotFinite { .. }), "{error}");
        assert_eq!(step(&mut net, &x[0]).unwrap(), first);
    }

    #[test]
    fn a_frame_of_another_width_is_refused_with_both_widths() {
        let mut net = StepNet::load(&file(), &spec()).unwrap();
        assert_eq!(step(&mut net, &[0.0; 5]).unwrap_err().to_string(), "net: `x`: expected 162 values, came 5");
    }

    #[test]
    fn damaged_files_are_refused_or_run_but_never_panic() {
        let (whole, mut random) = (file(), ChaCha8Rng::seed_from_u64(6));
        for _ in 0..100 {
            let mut damaged = whole.clone();
            let at = random.random_range(0..damaged.len());
            damaged[at] ^= 1 << random.random_range(0..8);
            let _ = StepNet::load(&damaged, &spec()).and_then(|mut net| step(&mut net, &[0.1; INPUTS]));
        }
        for length in (0..whole.len()).step_by(whole.len() / 50) {
            assert!(StepNet::load(&whole[..length], &spec()).is_err(), "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn a_difference_that_is_not_a_number_is_the_worst() {
        assert!(farthest(&[f32::NAN, 0.0], &[0.0, 5.0]).is_nan());
        assert!(farthest(&[0.0], &[0.0, 5.0]).is_nan());
        assert_eq!(farthest(&[1.0, 2.0], &[1.5, 2.0]), 0.5);
    }
}
