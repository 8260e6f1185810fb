//! Times every form of random networks of the live model's size, in turns: `step_time [WIDTH] [BLOCKS]`.
#![allow(clippy::print_stdout, reason = "a report")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use keyface_core::flow::FLOW;
use keyface_core::heads::HEADS;
use keyface_core::{FEATURES, MOTION_CHANNELS, Net, NetSpec, Port, Precision, STEP_HOPS, StepNet};
use keyface_train::export::{Form, completion_graph, key_motion_graph, samples};
use prost::Message;

const ROUNDS: usize = 20;
const RUNS: usize = 200;
const FRONT: [usize; 3] = [48, 48, 48];
const COMPLETION_WIDTH: usize = 96;
const FORMS: [(Precision, usize); 6] = [
    (Precision::Float, 1),
    (Precision::Int8Compute, 1),
    (Precision::Float, 2),
    (Precision::Int8Compute, 2),
    (Precision::Float, 4),
    (Precision::Int8Compute, 4),
];

/// One network in one form, and how long each of its runs took.
struct Timed {
    what: String,
    net: StepNet,
    spec: NetSpec,
    times: Vec<Duration>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let width = arguments.next().map_or(Ok(320), |text| text.parse())?;
    let blocks: usize = arguments.next().map_or(Ok(8), |text| text.parse())?;
    let mut all = vec![];
    for (precision, steps) in FORMS {
        all.extend(both(width, blocks, &Form { precision, steps, ranges: vec![4.0; blocks + 12] })?);
    }
    for _ in 0..ROUNDS {
        all.iter_mut().try_for_each(time)?;
    }
    all.iter_mut().for_each(report);
    Ok(())
}

/// KeyMotionNet and CompletionNet.
fn both(width: usize, blocks: usize, form: &Form) -> anyhow::Result<[Timed; 2]> {
    let dilations: Vec<usize> = (0..blocks).map(|block| 1 << (block % 4)).collect();
    let port = |name, width| Port { name, width, key: "" };
    let features = STEP_HOPS * FEATURES;
    let file = key_motion_graph(&samples::key_motion(&FRONT, width, &dilations, HEADS, 1), form.clone())?;
    let outputs = vec![port("heads", HEADS), port("trunk", width)];
    let spec = NetSpec { name: "key motions", inputs: vec![port("x", features)], outputs };
    let first = timed(&file.encode_to_vec(), spec, form)?;
    let weights = samples::completion(FLOW, width, COMPLETION_WIDTH, MOTION_CHANNELS, 2);
    let file = completion_graph(&weights, form.clone())?;
    let outputs = vec![port("motion", MOTION_CHANNELS), port("g", 1)];
    let spec = NetSpec { name: "completion", inputs: vec![port("flow", FLOW), port("audio", width)], outputs };
    Ok([first, timed(&file.encode_to_vec(), spec, form)?])
}

fn timed(file: &[u8], spec: NetSpec, form: &Form) -> anyhow::Result<Timed> {
    let start = Instant::now();
    let net = StepNet::load(file, &spec)?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let (precision, kb) = (form.precision, file.len() / 1024);
    let what = format!("{:<11} {precision:?} x{}: {kb} KB, load {load_ms:.0} ms", spec.name, form.steps);
    Ok(Timed { what, net, spec, times: vec![] })
}

fn time(timed: &mut Timed) -> anyhow::Result<()> {
    let Timed { net, spec, times, .. } = timed;
    let steps = net.steps();
    let inputs: Vec<Vec<f32>> = spec.inputs.iter().map(|port| vec![0.1; steps * port.width]).collect();
    let mut outputs: Vec<Vec<f32>> = spec.outputs.iter().map(|port| vec![0.0; steps * port.width]).collect();
    for _ in 0..RUNS {
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let mut answers: Vec<&mut [f32]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
        let start = Instant::now();
        net.run(&inputs, &mut answers)?;
        times.push(start.elapsed());
        black_box(&outputs);
    }
    Ok(())
}

fn report(timed: &mut Timed) {
    timed.times.sort();
    let steps = timed.net.steps() as f64;
    let at = |share: f64| timed.times[(timed.times.len() as f64 * share) as usize].as_secs_f64() * 1e6 / steps;
    println!("{}, a step min {:.1} p50 {:.1} p99 {:.1} us", timed.what, at(0.0), at(0.5), at(0.99));
}
