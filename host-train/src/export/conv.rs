//! A causal dilated convolution, one run at a time: its past comes in as `c_NAME...` and goes out as `o_NAME...`.

use super::graph::{GraphBuilder, Span, Value};
use super::weights::Dense;
use crate::model::{BAND_REACH, BAND_STEPS};

/// Shape of a causal convolution over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taps {
    /// Number of taps.
    pub count: usize,
    /// Steps between taps.
    pub dilation: usize,
}

impl Taps {
    /// Steps of the past that the convolution looks at.
    pub fn past(self) -> usize {
        (self.count - 1) * self.dilation
    }
}

/// What the convolutions of a graph remember, in order.
#[derive(Default)]
pub struct States {
    after: Vec<(String, Value)>,
}

impl States {
    /// Declares what is remembered as outputs; they come after every other output.
    pub fn finish(self, graph: &mut GraphBuilder) {
        self.after.iter().for_each(|(name, value)| graph.output(&format!("o_{name}"), value));
    }

    /// Remembers `value` under a name for the next run.
    pub fn keep(&mut self, name: String, value: Value) {
        self.after.push((name, value));
    }
}

/// Lowers the convolution `name` to one linear layer over its taps.
///
/// # Shapes
/// `x`: `[1, steps, c]`; answer: `[1, steps, outputs]`.
pub fn causal_conv(
    graph: &mut GraphBuilder,
    states: &mut States,
    (name, taps): (&str, Taps),
    x: &Value,
    dense: &Dense,
) -> Value {
    let rows = rows(graph, states, (name, taps), x);
    graph.linear(&rows, dense)
}

/// For each step the frames of its taps as one row, the oldest first: `[1, steps, c]` -> `[1, steps, taps * c]`.
pub fn rows(graph: &mut GraphBuilder, states: &mut States, (name, taps): (&str, Taps), x: &Value) -> Value {
    let x = graph.ready(x);
    match x.shape()[1] {
        1 => one_row(graph, states, (name, taps), &x),
        _ => many_rows(graph, states, (name, taps), &x),
    }
}

/// Lowers the convolution `name` over time and bands: `x` `[1, steps, bands, c]` -> `[1, steps, bands / 2, outputs]`.
///
/// Each kept band's row is its neighbours in the oldest step, then in the next, then in the step of now.
pub fn band_conv(graph: &mut GraphBuilder, states: &mut States, name: &str, x: &Value, dense: &Dense) -> Value {
    let &[_, steps, bands, channels] = x.shape() else { panic!("{name}: bands of channels, not {:?}", x.shape()) };
    let width = BAND_REACH * channels;
    let pairs = graph.reshape(x, &[1, steps, bands / 2, 2 * channels]);
    let upper = graph.slice(&pairs, 3, Span { start: channels, end: 2 * channels, step: 1 });
    let upper = graph.slice(&upper, 2, Span { start: 0, end: bands / 2 - 1, step: 1 });
    let nothing = graph.constant(&[1, steps, 1, channels], &vec![0.0; steps * channels]);
    let below = graph.concat(&[&nothing, &upper], 2);
    let now = graph.concat(&[&below, &pairs], 3);
    let now = graph.ready(&now);
    let rows = if steps == 1 {
        // As in `one_row`: the row is the state.
        let before = graph.state(&format!("c_{name}"), &[1, 1, bands / 2, BAND_STEPS * width], &now);
        let kept = graph.slice(&before, 3, Span { start: width, end: BAND_STEPS * width, step: 1 });
        let row = graph.concat(&[&kept, &now], 3);
        states.keep(name.to_owned(), row.clone());
        row
    } else {
        let before = graph.state(&format!("c_{name}"), &[1, BAND_STEPS - 1, bands / 2, width], &now);
        let seen = graph.concat(&[&before, &now], 1);
        let after = graph.slice(&seen, 1, Span { start: steps, end: steps + BAND_STEPS - 1, step: 1 });
        states.keep(name.to_owned(), after);
        let tap = |graph: &mut GraphBuilder, at| graph.slice(&seen, 1, Span { start: at, end: at + steps, step: 1 });
        let taps: Vec<Value> = (0..BAND_STEPS).map(|at| tap(graph, at)).collect();
        graph.concat(&taps.iter().collect::<Vec<_>>(), 3)
    };
    let heard = graph.linear(&rows, dense);
    graph.relu(&heard)
}

/// The row of one step. The rows of the past wait in as many queues as there are steps between taps: each step takes
/// the first, drops its oldest frame, adds the newest and puts it last; the others move on uncopied.
///
/// Measured in tract on the live model's size: joining a state of frames and picking every so manyth takes 12 % longer
/// in KeyMotionNet, 40 % in CompletionNet. A row that is also an output is the point: tract splits a product over any
/// other concatenation into a product per part.
fn one_row(graph: &mut GraphBuilder, states: &mut States, (name, taps): (&str, Taps), x: &Value) -> Value {
    let (channels, width) = (x.width(), taps.count * x.width());
    let queue = |at: usize| if taps.dilation == 1 { name.to_owned() } else { format!("{name}_{at}") };
    let before: Vec<Value> =
        (0..taps.dilation).map(|at| graph.state(&format!("c_{}", queue(at)), &[1, 1, width], x)).collect();
    let kept = graph.slice(&before[0], 2, Span { start: channels, end: width, step: 1 });
    let row = graph.concat(&[&kept, x], 2);
    before.into_iter().skip(1).enumerate().for_each(|(at, waiting)| states.keep(queue(at), waiting));
    states.keep(queue(taps.dilation - 1), row.clone());
    row
}

/// The rows of several steps. The state is the frames of the past, oldest first.
fn many_rows(graph: &mut GraphBuilder, states: &mut States, (name, taps): (&str, Taps), x: &Value) -> Value {
    let (channels, steps) = (x.width(), x.shape()[1]);
    let before = graph.state(&format!("c_{name}"), &[1, taps.past(), channels], x);
    let seen = graph.concat(&[&before, x], 1);
    let after = graph.slice(&seen, 1, Span { start: steps, end: steps + taps.past(), step: 1 });
    states.keep(name.to_owned(), after);
    let frames: Vec<usize> =
        (0..steps).flat_map(|step| (0..taps.count).map(move |tap| step + tap * taps.dilation)).collect();
    let chosen = graph.gather(&seen, 1, &frames);
    graph.reshape(&chosen, &[1, steps, taps.count * channels])
}
