//! An ONNX file through tract, one step at a time: frames in, frames out, state kept inside. Only here and below is tract
//! known.
//!
//! A step graph has inputs `[1, steps, width]` and then states `c_NAME`; outputs `[1, steps, width]` and then, in the
//! same order, the states after the run, `o_NAME`. Every state starts as zeros. The line runs one step at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;

use super::contract::{Net, check_finite};
use super::ports::{NetSpec, Port, Signature, check_widths};
use crate::CoreError;

mod cost;
mod product;

pub use cost::NetCost;
pub use product::{Arithmetic, Product};

/// No model of ours comes near; a larger file is a mistake or an attack.
pub const MAX_BYTES: usize = 64 << 20;
/// Ours have three. Of hundreds of them a file of 2 kB can tell, and they keep the optimizer busy for many seconds.
const MOST_DIMENSIONS: i64 = 8;

/// A network that runs one step at a time. A clone shares the weights and goes on by itself from the same state.
#[derive(Clone)]
pub struct StepNet {
    spec: NetSpec,
    steps: usize,
    cost: NetCost,
    /// Every state at the start: zeros.
    fresh: Vec<TValue>,
    session: TypedSimpleState,
    /// State of each layer, between steps; moved into the graph and out of it, never copied.
    states: Vec<TValue>,
}

impl StepNet {
    /// Parses, optimizes, checks and tries a network whose hash the caller has verified.
    ///
    /// A parser that panics becomes an error. It may also never end, some axes being loop bounds: a file that somebody
    /// else made is first loaded in a process that can be killed.
    ///
    /// # Errors
    /// [`CoreError::Refused`] when it cannot be parsed, [`CoreError::Unexpected`] when its ports are not `spec`'s.
    pub fn load(bytes: &[u8], spec: &NetSpec) -> Result<StepNet, CoreError> {
        if bytes.len() > MAX_BYTES {
            return Err(refused(spec.name, format!("expected at most {MAX_BYTES} bytes, came {}", bytes.len())));
        }
        caught(spec.name, || load(bytes, spec.clone()))
    }

    /// Steps that a run takes.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// What a run costs.
    pub fn cost(&self) -> NetCost {
        self.cost
    }

    fn step(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<(), CoreError> {
        let failed = |e: TractError| CoreError::Step { net: self.spec.name.to_owned(), reason: format!("{e:#}") };
        let mut feed: TVec<TValue> = TVec::with_capacity(inputs.len() + self.states.len());
        for frame in inputs {
            let shape = [1, self.steps, frame.len() / self.steps];
            feed.push(Tensor::from_shape(&shape, frame).map_err(failed)?.into_tvalue());
        }
        feed.extend(self.states.drain(..));
        let mut results = self.session.run(feed).map_err(failed)?;
        self.states.extend(results.drain(outputs.len()..));
        for ((port, from), to) in self.spec.outputs.iter().zip(&results).zip(outputs) {
            let frame = values(from).map_err(failed)?;
            check_finite(self.spec.name, port.name, frame)?;
            to.copy_from_slice(frame);
        }
        Ok(())
    }
}

impl Net for StepNet {
    /// One run. `inputs` and `outputs` stand in the order of the [`NetSpec`]; each is the frames of all steps, in order.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] for a wrong number of frames or values, [`CoreError::NotFinite`] for what is not a
    /// number; a bad input leaves the network as it was, any later failure resets it.
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<(), CoreError> {
        let NetSpec { name, inputs: takes, outputs: gives } = &self.spec;
        check_widths(name, self.steps, takes, inputs.iter().map(|frame| frame.len()))?;
        check_widths(name, self.steps, gives, outputs.iter().map(|frame| frame.len()))?;
        takes.iter().zip(inputs).try_for_each(|(port, frame)| check_finite(name, port.name, frame))?;
        let outcome = self.step(inputs, outputs);
        if outcome.is_err() {
            self.reset();
        }
        outcome
    }

    fn reset(&mut self) {
        // After a failed step the session still holds that step's values; `reset_turn` only drops them. Of a clone that
        // has not run there are none, and it would look for them in vain.
        if !self.session.turn_state.values.is_empty() {
            self.session.reset_turn().expect("dropping values cannot fail");
        }
        self.states.clone_from(&self.fresh);
    }
}

/// Everything that may panic.
fn load(bytes: &[u8], spec: NetSpec) -> Result<StepNet, CoreError> {
    let failed = |e: TractError| refused(spec.name, format!("{e:#}"));
    let parsed = tract_onnx::onnx().model_for_read(&mut &*bytes).map_err(failed)?;
    let written = parsed.nodes.iter().flat_map(|node| &node.outputs);
    check_dimensions(spec.name, written.filter_map(|outlet| outlet.fact.shape.rank().concretize()))?;
    let typed = parsed.clone().into_typed().map_err(failed)?;
    let understood = typed.nodes.iter().flat_map(|node| &node.outputs);
    check_dimensions(spec.name, understood.map(|outlet| outlet.fact.shape.rank() as i64))?;
    let mut model = typed.into_decluttered().map_err(failed)?;
    let cost = NetCost::of(&model).map_err(failed)?;
    model.optimize().map_err(failed)?;
    let (steps, shapes) = spec.states_of(&signature(&parsed, &model).map_err(failed)?)?;
    let fresh = fresh_states(&model, spec.inputs.len(), &shapes).map_err(failed)?;
    let session = model.into_runnable().and_then(|plan| plan.spawn()).map_err(failed)?;
    let mut net = StepNet { spec, steps, cost, states: fresh.clone(), fresh, session };
    try_once(&mut net)?;
    Ok(net)
}

fn check_dimensions(net: &str, mut ranks: impl Iterator<Item = i64>) -> Result<(), CoreError> {
    let expected = || format!("expected tensors of at most {MOST_DIMENSIONS} dimensions, came more");
    if ranks.any(|rank| rank > MOST_DIMENSIONS) { Err(refused(net, expected())) } else { Ok(()) }
}

/// A step on silence: what would panic at the first step does it here.
fn try_once(net: &mut StepNet) -> Result<(), CoreError> {
    let frames = |ports: &[Port]| ports.iter().map(|port| vec![0.0; net.steps * port.width]).collect::<Vec<_>>();
    let (inputs, mut outputs) = (frames(&net.spec.inputs), frames(&net.spec.outputs));
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut outputs: Vec<&mut [f32]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    net.run(&inputs, &mut outputs)?;
    net.reset();
    Ok(())
}

/// A panic becomes an error.
fn caught<T>(net: &str, work: impl FnOnce() -> Result<T, CoreError>) -> Result<T, CoreError> {
    // What the parser left half done is dropped with it.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    outcome.unwrap_or_else(|_| Err(refused(net, "the parser panicked".to_owned())))
}

/// Names and shapes from the graph as it was written, types from the graph as it was understood.
fn signature(parsed: &InferenceModel, model: &TypedModel) -> TractResult<Signature> {
    let mut found = Signature { inputs: vec![], outputs: vec![] };
    for (at, outlet) in parsed.input_outlets()?.iter().enumerate() {
        let name = parsed.node(outlet.node).name.clone();
        found.inputs.push((name, shape(model.input_fact(at)?)?));
    }
    for (at, outlet) in parsed.output_outlets()?.iter().enumerate() {
        let name = parsed.outlet_label(*outlet).unwrap_or_default().to_owned();
        found.outputs.push((name, shape(model.output_fact(at)?)?));
    }
    Ok(found)
}

fn shape(fact: &TypedFact) -> TractResult<Vec<usize>> {
    match fact.shape.as_concrete() {
        Some(shape) => Ok(shape.to_vec()),
        None => Err(TractError::msg(format!("expected tensors of fixed shape, came {fact:?}"))),
    }
}

/// States at the start. A network that computes in 8 bits also remembers in 8 bits; frames are float.
fn fresh_states(model: &TypedModel, frames: usize, shapes: &[Vec<usize>]) -> TractResult<Vec<TValue>> {
    let zero = |(at, shape): (usize, &Vec<usize>)| {
        let kind = model.input_fact(frames + at)?.datum_type;
        if kind != f32::datum_type() && kind != i8::datum_type() {
            return Err(TractError::msg(format!("expected states of f32 or i8, came {kind:?}")));
        }
        Ok(Tensor::zero_dt(kind, shape)?.into_tvalue())
    };
    shapes.iter().enumerate().map(zero).collect()
}

fn values(tensor: &TValue) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice::<f32>()
}

fn refused(net: &str, reason: String) -> CoreError {
    CoreError::Refused { net: net.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> NetSpec {
        NetSpec { name: "net", inputs: vec![Port { name: "x", width: 2, key: "k" }], outputs: vec![] }
    }

    fn reason<T>(outcome: Result<T, CoreError>) -> String {
        outcome.err().expect("must be refused").to_string()
    }

    #[test]
    fn garbage_is_refused() {
        for bytes in [&b""[..], b"\0\0\0\0", b"not a network at all", &[0xff; 4096]] {
            assert!(reason(StepNet::load(bytes, &spec())).starts_with("net: "), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_beyond_the_cap_is_refused_unread() {
        let error = reason(StepNet::load(&vec![0; MAX_BYTES + 1], &spec()));
        assert!(error.contains("expected at most 67108864 bytes, came 67108865"), "{error}");
    }

    #[test]
    fn a_parser_that_panics_is_an_error() {
        let error = reason(caught::<()>("net", || panic!("on purpose")));
        assert!(error.ends_with("the parser panicked"), "{error}");
    }
}
