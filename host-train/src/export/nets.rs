//! The two networks as ONNX step graphs: a run's steps in, their answers out, the past as states.

use keyface_core::{FEATURES, MEL_BANDS, STEP_HOPS};

use super::ExportError;
use super::conv::{States, Taps, band_conv, causal_conv, rows};
use super::form::Form;
use super::graph::{GraphBuilder, Span, Value};
use super::proto::ModelProto;
use super::weights::{CompletionWeights, Dense, ENCODER_TAPS, FUSION_TAPS, KeyMotionWeights, LAYER_TAPS};
use crate::model::{Answer, BAND_STEPS};

/// The file's property that says of each layer of the trunk whether it is centred: a 1 or a 0 each.
pub const CENTRED: &str = "keyface.centred_layers";

/// The file's property that lists what the layers of the trunk make of their convolutions, in JSON; none: all are relu.
pub const ANSWERS: &str = "keyface.answers";

/// KeyMotionNet.
///
/// # Shapes
/// Input `x` `[1, steps, features]`; outputs `heads` `[1, steps, heads]`, raw, and `trunk` `[1, steps, W]`, after the
/// last block.
///
/// # Errors
/// [`ExportError`] when the layers do not fit together.
pub fn key_motion_graph(weights: &KeyMotionWeights, form: impl Into<Form>) -> Result<ModelProto, ExportError> {
    weights.check()?;
    let form = form.into();
    let (mut graph, mut states) = (GraphBuilder::new("key_motion", &form), States::default());
    let input = graph.input("x", &[1, form.steps, STEP_HOPS * FEATURES]);
    let mut bands = beside(&mut graph, &input, 0..MEL_BANDS);
    bands = graph.reshape(&bands, &[1, form.steps, MEL_BANDS, STEP_HOPS]);
    for (at, conv) in weights.front.iter().enumerate() {
        bands = band_conv(&mut graph, &mut states, &format!("front{at}"), &bands, conv);
    }
    let flat = bands.shape()[2] * bands.width();
    let bands = graph.reshape(&bands, &[1, form.steps, flat]);
    let levels = beside(&mut graph, &input, MEL_BANDS..FEATURES);
    let all = graph.concat(&[&bands, &levels], 2);
    let mut x = linear(&mut graph, &all, &weights.lift);
    for (at, layer) in weights.layers.iter().enumerate() {
        let name = format!("layer{at}");
        let seen = rows(&mut graph, &mut states, (&name, taps(LAYER_TAPS, layer.dilation)), &x);
        let heard = graph.linear(&seen, &layer.conv);
        let heard = match layer.answer {
            Answer::Relu => graph.relu(&heard),
            Answer::Gated => {
                let (a, share) = halves(&mut graph, &heard);
                graph.mul(&a, &share)
            }
            Answer::Recurrent => {
                let (a, share) = halves(&mut graph, &heard);
                remembered(&mut graph, &mut states, at, (&a, &share))
            }
        };
        let gain = graph.constant(&[layer.gain.len()], &layer.gain);
        let heard = graph.mul(&heard, &gain);
        if layer.is_centred {
            let middle = LAYER_TAPS / 2 * weights.width();
            x = graph.slice(&seen, 2, Span { start: middle, end: middle + weights.width(), step: 1 });
        }
        x = graph.add(&x, &heard);
    }
    let heads = linear(&mut graph, &x, &weights.heads);
    graph.output("heads", &heads);
    graph.output("trunk", &x);
    states.finish(&mut graph);
    if let Some(steps) = receptive_field_steps(weights) {
        graph.describe("keyface.receptive_field_steps", steps);
    }
    let centred: Vec<String> = weights.layers.iter().map(|layer| u8::from(layer.is_centred).to_string()).collect();
    graph.describe(CENTRED, centred.concat());
    let answers: Vec<Answer> = weights.layers.iter().map(|layer| layer.answer).collect();
    if answers.iter().any(|answer| *answer != Answer::Relu) {
        graph.describe(ANSWERS, serde_json::json!(answers));
    }
    Ok(graph.finish())
}

/// The lower half of the last axis, and the sigmoid of the upper.
fn halves(graph: &mut GraphBuilder, x: &Value) -> (Value, Value) {
    let width = x.width() / 2;
    let half = |graph: &mut GraphBuilder, start| graph.slice(x, 2, Span { start, end: start + width, step: 1 });
    let (a, b) = (half(graph, 0), half(graph, width));
    (a, graph.sigmoid(&b))
}

/// `h' + share * (a - h')` for every step: the memory of layer number `at`.
fn remembered(graph: &mut GraphBuilder, states: &mut States, at: usize, (a, share): (&Value, &Value)) -> Value {
    let name = format!("memory{at}");
    let mut memory = graph.state(&format!("c_{name}"), &[1, 1, a.width()], a);
    let step = |n| Span { start: n, end: n + 1, step: 1 };
    let steps: Vec<Value> = (0..a.shape()[1])
        .map(|n| {
            let (to, share) = (graph.slice(a, 1, step(n)), graph.slice(share, 1, step(n)));
            memory = between(graph, &memory, &to, &share);
            memory.clone()
        })
        .collect();
    states.keep(name, memory);
    graph.concat(&steps.iter().collect::<Vec<_>>(), 1)
}

/// Some values of a step's frames, each beside the same value of the step's next frame.
fn beside(graph: &mut GraphBuilder, x: &Value, which: std::ops::Range<usize>) -> Value {
    let indices: Vec<usize> = which.flat_map(|at| (0..STEP_HOPS).map(move |hop| hop * FEATURES + at)).collect();
    graph.gather(x, 2, &indices)
}

/// CompletionNet: `motion = out(relu(conv(G * flow + (1 - G) * audio)))`, both encoded.
///
/// # Shapes
/// Inputs `flow` `[1, steps, F]` and `audio` `[1, steps, A]`; outputs `motion` `[1, steps, channels]` and `g`
/// `[1, steps, 1]`.
///
/// # Errors
/// [`ExportError`] when the layers do not fit together.
pub fn completion_graph(weights: &CompletionWeights, form: impl Into<Form>) -> Result<ModelProto, ExportError> {
    weights.check()?;
    let form = form.into();
    let (mut graph, mut states) = (GraphBuilder::new("completion", &form), States::default());
    let flow = graph.input("flow", &[1, form.steps, weights.flow_in.inputs()]);
    let audio = graph.input("audio", &[1, form.steps, weights.audio_in.inputs()]);
    let flow = encoder(&mut graph, &mut states, "flow", &flow, [&weights.flow_in, &weights.flow_conv]);
    let audio = encoder(&mut graph, &mut states, "audio", &audio, [&weights.audio_in, &weights.audio_conv]);
    let both = graph.concat(&[&flow, &audio], 2);
    let gate = linear(&mut graph, &both, &weights.gate);
    let g = graph.sigmoid(&gate);
    let fused = between(&mut graph, &audio, &flow, &g);
    let conv = ("fusion", taps(FUSION_TAPS, 1));
    let shaped = causal_conv(&mut graph, &mut states, conv, &fused, &weights.fusion_conv);
    let shaped = graph.relu(&shaped);
    let motion = linear(&mut graph, &shaped, &weights.motion);
    graph.output("motion", &motion);
    graph.output("g", &g);
    states.finish(&mut graph);
    Ok(graph.finish())
}

fn encoder(graph: &mut GraphBuilder, states: &mut States, name: &str, x: &Value, layers: [&Dense; 2]) -> Value {
    let [first, conv] = layers;
    let lifted = linear(graph, x, first);
    let lifted = graph.relu(&lifted);
    let heard = causal_conv(graph, states, (name, taps(ENCODER_TAPS, 1)), &lifted, conv);
    graph.relu(&heard)
}

fn linear(graph: &mut GraphBuilder, x: &Value, dense: &Dense) -> Value {
    let x = graph.ready(x);
    graph.linear(&x, dense)
}

/// `from + share * (to - from)`.
fn between(graph: &mut GraphBuilder, from: &Value, to: &Value, share: &Value) -> Value {
    let way = graph.sub(to, from);
    let part = graph.mul(share, &way);
    graph.add(from, &part)
}

fn taps(count: usize, dilation: usize) -> Taps {
    Taps { count, dilation }
}

/// Steps that can change an answer of KeyMotionNet, the step of now included; all can where a layer is recurrent.
fn receptive_field_steps(weights: &KeyMotionWeights) -> Option<usize> {
    let past = |layer: &super::weights::Layer| taps(LAYER_TAPS, layer.dilation).past();
    let steps = 1 + weights.front.len() * (BAND_STEPS - 1) + weights.layers.iter().map(past).sum::<usize>();
    weights.layers.iter().all(|layer| layer.answer != Answer::Recurrent).then_some(steps)
}

#[cfg(test)]
mod tests {
    use keyface_core::{NetSpec, Port, Precision};
    use prost::Message;

    use super::super::check::{compare, step_through};
    use super::super::reference::{Frames, completion_forward, key_motion_forward};
    use super::super::samples::{self, completion, frames, key_motion};
    use super::*;

    const STEPS: usize = 40;
    const INPUTS: usize = STEP_HOPS * FEATURES;
    const ROUNDING: f32 = 1e-4;

    fn ports(list: &[(&'static str, usize)]) -> Vec<Port> {
        list.iter().map(|(name, width)| Port { name, width: *width, key: "test" }).collect()
    }

    /// Largest difference between the file in tract, step by step, and `expected` over the whole sequence.
    fn key_motion_differs(weights: &KeyMotionWeights, form: impl Into<Form>, expected: &KeyMotionWeights) -> f32 {
        let file = key_motion_graph(weights, form).unwrap().encode_to_vec();
        let outputs = ports(&[("heads", weights.heads.outputs()), ("trunk", weights.width())]);
        let spec = NetSpec { name: "key_motion", inputs: ports(&[("x", INPUTS)]), outputs };
        let x = frames(STEPS, INPUTS, 9);
        let wanted = key_motion_forward(expected, &x);
        let found = step_through(&file, &spec, &[x]).unwrap();
        compare(&found, &[&wanted.heads, &wanted.trunk], f32::INFINITY).unwrap()
    }

    fn completion_differs(weights: &CompletionWeights, form: impl Into<Form>, expected: &CompletionWeights) -> f32 {
        let file = completion_graph(weights, form).unwrap().encode_to_vec();
        let inputs = ports(&[("flow", weights.flow_in.inputs()), ("audio", weights.audio_in.inputs())]);
        let outputs = ports(&[("motion", weights.motion.outputs()), ("g", 1)]);
        let spec = NetSpec { name: "completion", inputs, outputs };
        let (flow, audio): (Frames, Frames) =
            (frames(STEPS, spec.inputs[0].width, 9), frames(STEPS, spec.inputs[1].width, 10));
        let wanted = completion_forward(expected, &flow, &audio);
        let found = step_through(&file, &spec, &[flow, audio]).unwrap();
        compare(&found, &[&wanted.motion, &wanted.g], f32::INFINITY).unwrap()
    }

    #[test]
    fn the_stepped_key_motion_net_equals_the_whole_sequence() {
        let weights = key_motion(&[6, 8], 32, &[1, 2, 4, 8, 1, 2], 74, 1);
        let far = key_motion_differs(&weights, Precision::Float, &weights);
        assert!(far <= ROUNDING, "differs by {far}");
    }

    #[test]
    fn the_stepped_completion_net_equals_the_whole_sequence() {
        let weights = completion(63, 32, 24, 14, 1);
        let far = completion_differs(&weights, Precision::Float, &weights);
        assert!(far <= ROUNDING, "differs by {far}");
    }

    #[test]
    fn eight_bit_files_compute_with_the_rounded_weights() {
        let weights = key_motion(&[6, 8], 32, &[1, 2, 4, 8, 1, 2], 74, 1);
        let far = key_motion_differs(&weights, Precision::Int8, &weights.rounded());
        assert!(far <= ROUNDING, "key motion differs by {far}");
        let weights = completion(63, 32, 24, 14, 1);
        let far = completion_differs(&weights, Precision::Int8, &weights.rounded());
        assert!(far <= ROUNDING, "completion differs by {far}");
    }

    #[test]
    fn several_steps_at_a_run_say_what_single_steps_say() {
        let (first, second) = (key_motion(&[6, 8], 32, &[1, 2, 4, 8, 1, 2], 74, 1), completion(63, 32, 24, 14, 1));
        for steps in [2, 4] {
            let form = || Form { steps, ..Precision::Float.into() };
            let far = key_motion_differs(&first, form(), &first).max(completion_differs(&second, form(), &second));
            assert!(far <= ROUNDING, "{steps} steps differ by {far}");
        }
    }

    #[test]
    fn centred_layers_say_in_tract_what_they_say_over_the_whole_sequence() {
        let mut weights = key_motion(&[6, 8], 32, &[1, 2, 1, 2, 4], 74, 1);
        weights.layers.iter_mut().skip(2).for_each(|layer| layer.is_centred = true);
        for steps in [1, 4] {
            let far = key_motion_differs(&weights, Form { steps, ..Precision::Float.into() }, &weights);
            assert!(far <= ROUNDING, "{steps} steps differ by {far}");
        }
    }

    #[test]
    fn gated_and_recurrent_layers_say_in_tract_what_they_say_over_the_whole_sequence() {
        let mut weights = key_motion(&[6, 8], 32, &[1, 2, 1, 2, 4], 74, 1);
        for (layer, how) in weights.layers.iter_mut().zip([Answer::Gated, Answer::Recurrent, Answer::Relu]) {
            samples::answer(layer, how);
        }
        weights.layers[1].is_centred = true;
        for steps in [1, 4] {
            for (precision, expected) in [(Precision::Float, &weights), (Precision::Int8, &weights.rounded())] {
                let far = key_motion_differs(&weights, Form { steps, ..precision.into() }, expected);
                assert!(far <= ROUNDING, "{steps} steps differ by {far}");
            }
        }
    }

    #[test]
    fn products_in_8_bits_move_the_answer_by_a_hundredth_where_the_ranges_fit() {
        let weights = key_motion(&[6, 8], 32, &[1, 2, 4, 8, 1, 2], 74, 1);
        let heard = key_motion_forward(&weights, &frames(STEPS, INPUTS, 9));
        for steps in [1, 4] {
            let form = Form { precision: Precision::Int8Compute, steps, ranges: heard.ranges.clone() };
            let far = key_motion_differs(&weights, form, &weights);
            assert!(far > 1e-4 && far < 0.04, "{steps} steps differ by {far}");
        }
    }

    #[test]
    fn eight_bit_weights_move_the_answer_by_a_little() {
        let weights = completion(63, 32, 24, 14, 1);
        let far = completion_differs(&weights, Precision::Int8, &weights);
        assert!(far > 1e-5 && far < 0.02, "differs by {far}");
    }

    #[test]
    fn eight_bit_files_are_a_quarter_of_the_size() {
        let weights = key_motion(&[6, 8], 64, &[1, 2], 74, 1);
        let size = |precision| key_motion_graph(&weights, precision).unwrap().encode_to_vec().len();
        assert!(size(Precision::Int8) * 10 < size(Precision::Float) * 3);
    }

    #[test]
    fn the_receptive_field_reaches_exactly_as_far_as_the_file_says() {
        let weights = key_motion(&[6, 8], 16, &[1, 2], 3, 1);
        let steps = receptive_field_steps(&weights).unwrap();
        let differs = |changed: usize| {
            let (plain, mut other) = (frames(steps + 1, INPUTS, 9), frames(steps + 1, INPUTS, 9));
            other[changed].iter_mut().for_each(|value| *value += 50.0);
            let last = |x: &Frames| key_motion_forward(&weights, x).trunk[steps].clone();
            last(&plain) != last(&other)
        };
        assert_eq!((differs(0), differs(1)), (false, true));
    }
}
