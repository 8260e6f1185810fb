//! Loads random networks of the live model's size and times their steps: `step_time [WIDTH] [BLOCKS]`.
#![allow(clippy::print_stdout, reason = "a report")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context;
use keyface_core::{NetSpec, Port, Precision, StepNet};
use keyface_train::export::{self, samples};
use prost::Message;

const WARM_STEPS: usize = 200;
const STEPS: usize = 3000;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let width = arguments.next().map_or(Ok(128), |text| text.parse())?;
    let blocks: usize = arguments.next().map_or(Ok(8), |text| text.parse())?;
    let dilations: Vec<usize> = (0..blocks).map(|block| 1 << (block % 4)).collect();
    let weights = samples::key_motion(162, width, &dilations, 74, 1);
    for precision in [Precision::Float, Precision::Int8] {
        let file = export::key_motion_graph(&weights, precision)?.encode_to_vec();
        let port = |name, width| Port { name, width, key: "" };
        let outputs = vec![port("heads", 74), port("trunk", width)];
        report(precision, &file, &NetSpec { name: "key_motion", inputs: vec![port("x", 162)], outputs })?;
        let file = export::completion_graph(&samples::completion(63, width, 96, 14, 2), precision)?.encode_to_vec();
        let inputs = vec![port("flow", 63), port("audio", width)];
        report(
            precision,
            &file,
            &NetSpec { name: "completion", inputs, outputs: vec![port("motion", 14), port("g", 1)] },
        )?;
    }
    Ok(())
}

fn report(precision: Precision, file: &[u8], spec: &NetSpec) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut net = StepNet::load(file, spec)?;
    let load = start.elapsed();
    let mut times = step_times(&mut net, spec)?;
    times.sort();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "{} {precision:?}: {} bytes, load {:.1} ms, step min {:.0} p50 {:.0} p99 {:.0} us",
        spec.name,
        file.len(),
        load.as_secs_f64() * 1e3,
        at(0.0),
        at(0.5),
        at(0.99),
    );
    Ok(())
}

fn step_times(net: &mut StepNet, spec: &NetSpec) -> anyhow::Result<Vec<Duration>> {
    let sequence = |port: &Port| samples::frames(WARM_STEPS + STEPS, port.width, 2);
    let sequences: Vec<_> = spec.inputs.iter().map(sequence).collect();
    let mut answers: Vec<Vec<f32>> = spec.outputs.iter().map(|port| vec![0.0; port.width]).collect();
    let mut times = vec![];
    for step in 0..WARM_STEPS + STEPS {
        let inputs: Vec<&[f32]> = sequences.iter().map(|frames| frames[step].as_slice()).collect();
        let mut outputs: Vec<&mut [f32]> = answers.iter_mut().map(Vec::as_mut_slice).collect();
        let start = Instant::now();
        net.run(&inputs, &mut outputs).with_context(|| format!("step {step}"))?;
        times.push(start.elapsed());
        black_box(&answers);
    }
    Ok(times.split_off(WARM_STEPS))
}
