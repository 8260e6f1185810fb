//! The two networks as ONNX step graphs: one step in, one step out, the past as states.

use keyface_core::Precision;

use super::ExportError;
use super::conv::{States, Taps, causal_conv};
use super::graph::{GraphBuilder, Value};
use super::proto::ModelProto;
use super::weights::{
    BLOCK_TAPS, CompletionWeights, Dense, ENCODER_TAPS, FUSION_TAPS, KeyMotionWeights, STEM_TAPS,
};

/// KeyMotionNet.
///
/// # Shapes
/// Input `x` `[1, 1, features]`; outputs `heads` `[1, 1, heads]`, raw, and `trunk` `[1, 1, W]`, after the last block.
///
/// # Errors
/// [`ExportError`] when the layers do not fit together.
pub fn key_motion_graph(weights: &KeyMotionWeights, precision: Precision) -> Result<ModelProto, ExportError> {
    weights.check()?;
    let (mut graph, mut states) = (GraphBuilder::new("key_motion", precision), States::default());
    let input = graph.input("x", &[1, 1, weights.features()]);
    let stem = causal_conv(&mut graph, &mut states, ("stem", taps(STEM_TAPS, 1)), &input, &weights.stem);
    let mut x = graph.relu(&stem);
    for (at, block) in weights.blocks.iter().enumerate() {
        let name = format!("block{at}");
        let conv = (name.as_str(), taps(BLOCK_TAPS, block.dilation));
        let heard = causal_conv(&mut graph, &mut states, conv, &x, &block.conv);
        let heard = graph.relu(&heard);
        let mixed = graph.linear(&heard, &block.mix);
        x = graph.add(&x, &mixed);
    }
    let heads = graph.linear(&x, &weights.heads);
    graph.output("heads", &heads);
    graph.output("trunk", &x);
    states.finish(&mut graph);
    graph.describe("keyface.receptive_field_steps", receptive_field_steps(weights));
    Ok(graph.finish())
}

/// CompletionNet: `motion = out(relu(conv(G * flow + (1 - G) * audio)))`, both encoded.
///
/// # Shapes
/// Inputs `flow` `[1, 1, F]` and `audio` `[1, 1, A]`; outputs `motion` `[1, 1, channels]` and `g` `[1, 1, 1]`.
///
/// # Errors
/// [`ExportError`] when the layers do not fit together.
pub fn completion_graph(weights: &CompletionWeights, precision: Precision) -> Result<ModelProto, ExportError> {
    weights.check()?;
    let (mut graph, mut states) = (GraphBuilder::new("completion", precision), States::default());
    let flow = graph.input("flow", &[1, 1, weights.flow_in.inputs()]);
    let audio = graph.input("audio", &[1, 1, weights.audio_in.inputs()]);
    let flow = encoder(&mut graph, &mut states, "flow", &flow, [&weights.flow_in, &weights.flow_conv]);
    let audio = encoder(&mut graph, &mut states, "audio", &audio, [&weights.audio_in, &weights.audio_conv]);
    let both = graph.concat(&[&flow, &audio], 2);
    let gate = graph.linear(&both, &weights.gate);
    let g = graph.sigmoid(&gate);
    let fused = between(&mut graph, &audio, &flow, &g);
    let conv = ("fusion", taps(FUSION_TAPS, 1));
    let shaped = causal_conv(&mut graph, &mut states, conv, &fused, &weights.fusion_conv);
    let shaped = graph.relu(&shaped);
    let motion = graph.linear(&shaped, &weights.motion);
    graph.output("motion", &motion);
    graph.output("g", &g);
    states.finish(&mut graph);
    Ok(graph.finish())
}

fn encoder(graph: &mut GraphBuilder, states: &mut States, name: &str, x: &Value, layers: [&Dense; 2]) -> Value {
    let [first, conv] = layers;
    let lifted = graph.linear(x, first);
    let lifted = graph.relu(&lifted);
    let heard = causal_conv(graph, states, (name, taps(ENCODER_TAPS, 1)), &lifted, conv);
    graph.relu(&heard)
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

/// Steps that can change an answer of KeyMotionNet, the step of now included.
fn receptive_field_steps(weights: &KeyMotionWeights) -> usize {
    let past = |block: &super::weights::Block| taps(BLOCK_TAPS, block.dilation).past();
    1 + taps(STEM_TAPS, 1).past() + weights.blocks.iter().map(past).sum::<usize>()
}
