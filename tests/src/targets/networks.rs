//! Networks in ONNX: two small ones made here, of every operator that the exporter writes, and the shipped ones.

use std::panic;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyface_core::{Net, NetSpec, Port, StepNet};

use super::project;
use crate::fuzz::{Answer, Length, Node, Target, plain, protobuf};

/// A slow machine loads the largest in a second. A damaged file may keep the parser busy for ever.
const LOAD_LIMIT: Duration = Duration::from_secs(20);
const LOADING: &str = "keyface-load";
const FLOAT: u64 = 1;
const UINT8: u64 = 2;
const INT8: u64 = 3;
const INT64: u64 = 7;

pub fn target() -> Target {
    quiet_loading();
    // The small ones more often: they load in less than a millisecond.
    let small = (0..8).flat_map(|_| [floats(), integers()]);
    let seeds = small.chain([protobuf(&project("models/instant/completion.onnx"))]).collect();
    Target { name: "onnx", seeds, split: protobuf, seal: Box::new(plain), feed: Box::new(feed) }
}

/// A panic on the loading thread is an answer; its words are of no use here.
fn quiet_loading() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(LOADING) {
            told(info);
        }
    }));
}

fn spec() -> NetSpec {
    let port = |name, width| Port { name, width, key: "files" };
    NetSpec { name: "net", inputs: vec![port("x", 2)], outputs: vec![port("y", 3)] }
}

fn feed(bytes: &[u8]) -> Answer {
    let mut net = load(bytes.to_vec())?;
    let (frame, mut out) = (vec![0.25; 2 * net.steps()], vec![0.0; 3 * net.steps()]);
    for _ in 0..3 {
        net.run(&[&frame], &mut [&mut out]).map_err(|error| error.to_string())?;
        assert!(out.iter().all(|value| value.is_finite()));
    }
    Ok("it runs".into())
}

/// Loads on a thread of its own, which is left behind when it does not end.
fn load(bytes: Vec<u8>) -> Result<StepNet, String> {
    let (answer, answered) = mpsc::channel();
    let load = move || _ = answer.send(StepNet::load(&bytes, &spec()));
    thread::Builder::new().name(LOADING.to_owned()).spawn(load).expect("a thread to load on");
    let outcome = answered.recv_timeout(LOAD_LIMIT).map_err(|_| format!("expected it within {LOAD_LIMIT:?}"))?;
    outcome.map_err(|error| error.to_string())
}

/// Weights of 8 bits that are restored to float, a state, a gate.
fn floats() -> Vec<Node> {
    let nodes = vec![
        node("Concat", &["c_a", "x"], &["cat"], &[("axis", 1)]),
        node("Slice", &["cat", "from", "to", "axes"], &["late"], &[]),
        node("Identity", &["late"], &["o_a"], &[]),
        node("Reshape", &["cat", "flat"], &["row"], &[]),
        node("DequantizeLinear", &["w", "w_scale"], &["w_float"], &[]),
        node("MatMul", &["row", "w_float"], &["product"], &[]),
        node("Add", &["product", "bias"], &["sum"], &[]),
        node("Relu", &["sum"], &["up"], &[]),
        node("Sigmoid", &["sum"], &["gate"], &[]),
        node("Mul", &["up", "gate"], &["gated"], &[]),
        node("Identity", &["gated"], &["y"], &[]),
    ];
    let constants = vec![
        tensor("from", &[1], INT64, &longs(&[1])),
        tensor("to", &[1], INT64, &longs(&[3])),
        tensor("axes", &[1], INT64, &longs(&[1])),
        tensor("flat", &[3], INT64, &longs(&[1, 1, 6])),
        tensor("w", &[6, 3], INT8, &(0..18).map(|n| n * 7).collect::<Vec<u8>>()),
        tensor("w_scale", &[], FLOAT, &float(0.01)),
        tensor("bias", &[3], FLOAT, &[float(0.1), float(-0.2), float(0.3)].concat()),
    ];
    let (x, a) = (value("x", FLOAT, &[1, 1, 2]), value("c_a", FLOAT, &[1, 2, 2]));
    let (y, o) = (value("y", FLOAT, &[1, 1, 3]), value("o_a", FLOAT, &[1, 2, 2]));
    model(nodes, constants, vec![x, a], vec![y, o])
}

/// Products of integers.
fn integers() -> Vec<Node> {
    let nodes = vec![
        node("Clip", &["x", "low", "high"], &["near"], &[]),
        node("QuantizeLinear", &["near", "scale", "zero"], &["small"], &[]),
        node("MatMulInteger", &["small", "w"], &["product"], &[]),
        node("Cast", &["product"], &["wide"], &[("to", 1)]),
        node("Mul", &["wide", "scale"], &["scaled"], &[]),
        node("Gather", &["scaled", "order"], &["turned"], &[("axis", 2)]),
        node("Sub", &["turned", "scale"], &["less"], &[]),
        node("Softmax", &["less"], &["y"], &[("axis", 2)]),
    ];
    let constants = vec![
        tensor("low", &[], FLOAT, &float(-1.0)),
        tensor("high", &[], FLOAT, &float(1.0)),
        tensor("scale", &[], FLOAT, &float(0.01)),
        tensor("zero", &[], INT8, &[0]),
        tensor("w", &[2, 3], INT8, &[1, 2, 3, 250, 251, 252]),
        tensor("order", &[3], INT64, &longs(&[2, 0, 1])),
        tensor("unused", &[2], UINT8, &[1, 2]),
    ];
    let (x, y) = (value("x", FLOAT, &[1, 1, 2]), value("y", FLOAT, &[1, 1, 3]));
    model(nodes, constants, vec![x], vec![y])
}

fn model(
    nodes: Vec<Vec<Node>>,
    constants: Vec<Vec<Node>>,
    inputs: Vec<Vec<Node>>,
    outputs: Vec<Vec<Node>>,
) -> Vec<Node> {
    let all = |number, parts: Vec<Vec<Node>>| parts.into_iter().map(move |part| message(number, part));
    let graph = all(1, nodes).chain([text(2, "g")]).chain(all(5, constants));
    let graph = graph.chain(all(11, inputs)).chain(all(12, outputs)).collect();
    vec![integer(1, 8), message(7, graph), message(8, vec![text(1, ""), integer(2, 13)])]
}

fn node(op: &str, inputs: &[&str], outputs: &[&str], attributes: &[(&str, u64)]) -> Vec<Node> {
    let attribute = |(name, value): &(&str, u64)| message(5, vec![text(1, name), integer(3, *value), integer(20, 2)]);
    let names = inputs.iter().map(|name| text(1, name)).chain(outputs.iter().map(|name| text(2, name)));
    names.chain([text(3, outputs[0]), text(4, op)]).chain(attributes.iter().map(attribute)).collect()
}

fn tensor(name: &str, dims: &[u64], kind: u64, data: &[u8]) -> Vec<Node> {
    let dims = dims.iter().map(|dim| integer(1, *dim));
    dims.chain([integer(2, kind), text(8, name), message(9, vec![Node::leaf(data)])]).collect()
}

fn value(name: &str, kind: u64, dims: &[u64]) -> Vec<Node> {
    let shape = dims.iter().map(|dim| message(1, vec![integer(1, *dim)])).collect();
    vec![text(1, name), message(2, vec![message(1, vec![integer(1, kind), message(2, shape)])])]
}

fn longs(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn float(value: f32) -> [u8; 4] {
    value.to_le_bytes()
}

fn message(number: u64, inner: Vec<Node>) -> Node {
    Node::part(&varint(number << 3 | 2), Length::Varint, inner)
}

fn text(number: u64, text: &str) -> Node {
    message(number, vec![Node::leaf(text)])
}

fn integer(number: u64, value: u64) -> Node {
    Node::leaf([varint(number << 3), varint(value)].concat())
}

fn varint(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::fuzz::varint(value, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::to_bytes;

    #[test]
    fn a_tensor_of_hundreds_of_dimensions_is_refused_at_once() {
        let node = node("Identity", &["x"], &["y"], &[]);
        let (x, y) = (value("x", FLOAT, &[1; 291]), value("y", FLOAT, &[1, 1, 3]));
        let error = feed(&to_bytes(&model(vec![node], vec![], vec![x], vec![y]))).unwrap_err();
        assert!(error.contains("expected tensors of at most 8 dimensions"), "{error}");
    }

    #[test]
    fn the_networks_that_are_made_here_run() {
        for seed in [floats(), integers()] {
            assert_eq!(feed(&to_bytes(&seed)), Ok("it runs".into()));
        }
    }
}
