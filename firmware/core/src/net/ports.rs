//! What a network looks like from outside, and whether that is what was expected. No inference here.
#![cfg_attr(not(feature = "tract"), allow(dead_code, reason = "without inference nothing is compared"))]

use crate::CoreError;

/// States of all layers together; ours hold about 40 thousand values.
const MAX_STATE_VALUES: usize = 4 << 20;

/// Steps that a network may take at a run; ours take 1.
const MAX_STEPS: usize = 64;

/// One input or output that a network must have, of shape `[1, steps, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the graph.
    pub name: &'static str,
    /// Values per step.
    pub width: usize,
    /// The key of the card that says so, for errors.
    pub key: &'static str,
}

/// What a network must look like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetSpec {
    /// How errors call it.
    pub name: &'static str,
    /// Inputs, in the order in which they are given at every step.
    pub inputs: Vec<Port>,
    /// Outputs, in the order in which they come out of every step.
    pub outputs: Vec<Port>,
}

/// Shape of a tensor.
pub(crate) type Shape = Vec<usize>;

/// What a graph in fact looks like: name and shape of every input and output, in order.
pub(crate) struct Signature {
    pub(crate) inputs: Vec<(String, Shape)>,
    pub(crate) outputs: Vec<(String, Shape)>,
}

impl NetSpec {
    /// Compares a graph with what is expected; the answer is the steps of a run and the shape of every state.
    ///
    /// After the frames of `self` a graph may only have states: inputs `c_NAME`, outputs `o_NAME` in the same order.
    pub(crate) fn states_of(&self, graph: &Signature) -> Result<(usize, Vec<Shape>), CoreError> {
        let steps = graph.steps();
        self.check_frames("input", steps, &self.inputs, &graph.inputs)?;
        self.check_frames("output", steps, &self.outputs, &graph.outputs)?;
        let (before, after) = (&graph.inputs[self.inputs.len()..], &graph.outputs[self.outputs.len()..]);
        for at in 0..before.len().max(after.len()) {
            self.check_state(before.get(at), after.get(at))?;
        }
        let shapes: Vec<Shape> = before.iter().map(|(_, shape)| shape.clone()).collect();
        self.check_size(&shapes)?;
        Ok((steps, shapes))
    }

    fn check_frames(
        &self,
        side: &str,
        steps: usize,
        ports: &[Port],
        found: &[(String, Shape)],
    ) -> Result<(), CoreError> {
        for (at, port) in ports.iter().enumerate() {
            let place = format!("{}: {side} {at} (card key `{}`)", self.name, port.key);
            let expected = (port.name.to_owned(), vec![1, steps, port.width]);
            check_tensor(place, &expected, found.get(at))?;
        }
        Ok(())
    }

    fn check_state(&self, before: Option<&(String, Shape)>, after: Option<&(String, Shape)>) -> Result<(), CoreError> {
        let place = || format!("{}: states", self.name);
        let Some((input, shape)) = before else {
            return Err(CoreError::unexpected(place(), "no further output", described(after)));
        };
        let Some(name) = input.strip_prefix("c_") else {
            return Err(CoreError::unexpected(place(), "an input named `c_...`", format!("`{input}`")));
        };
        check_tensor(place(), &(format!("o_{name}"), shape.clone()), after)
    }

    fn check_size(&self, shapes: &[Shape]) -> Result<(), CoreError> {
        let values = |shape: &Shape| shape.iter().fold(1_usize, |product, side| product.saturating_mul(*side));
        let total = shapes.iter().map(values).fold(0_usize, usize::saturating_add);
        if total <= MAX_STATE_VALUES {
            return Ok(());
        }
        let expected = format!("states of at most {MAX_STATE_VALUES} values together");
        Err(CoreError::unexpected(self.name, expected, total.to_string()))
    }
}

impl Signature {
    /// Steps of a run, as the first input says; 1 where it says nothing that makes sense.
    fn steps(&self) -> usize {
        let side = self.inputs.first().and_then(|(_, shape)| shape.get(1).copied());
        side.filter(|steps| (1..=MAX_STEPS).contains(steps)).unwrap_or(1)
    }
}

/// The widths of the frames of `steps` steps that a caller gives or wants, against the ports.
pub(crate) fn check_widths(
    net: &str,
    steps: usize,
    ports: &[Port],
    widths: impl ExactSizeIterator<Item = usize>,
) -> Result<(), CoreError> {
    if widths.len() != ports.len() {
        return Err(CoreError::unexpected(net, format!("{} frames", ports.len()), widths.len().to_string()));
    }
    match ports.iter().zip(widths).find(|(port, width)| steps * port.width != *width) {
        Some((port, width)) => {
            let place = format!("{net}: `{}`", port.name);
            Err(CoreError::unexpected(place, format!("{} values", steps * port.width), width.to_string()))
        }
        None => Ok(()),
    }
}

fn check_tensor(place: String, expected: &(String, Shape), found: Option<&(String, Shape)>) -> Result<(), CoreError> {
    if found == Some(expected) {
        return Ok(());
    }
    Err(CoreError::unexpected(place, described(Some(expected)), described(found)))
}

fn described(tensor: Option<&(String, Shape)>) -> String {
    match tensor {
        Some((name, shape)) => format!("`{name}` {shape:?}"),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> NetSpec {
        let port = |name, width, key| Port { name, width, key };
        NetSpec { name: "net", inputs: vec![port("x", 3, "mel.bands")], outputs: vec![port("y", 2, "trunk_width")] }
    }

    fn graph(inputs: &[(&str, &[usize])], outputs: &[(&str, &[usize])]) -> Signature {
        let owned = |list: &[(&str, &[usize])]| list.iter().map(|(n, s)| ((*n).to_owned(), s.to_vec())).collect();
        Signature { inputs: owned(inputs), outputs: owned(outputs) }
    }

    fn refusal(inputs: &[(&str, &[usize])], outputs: &[(&str, &[usize])]) -> String {
        spec().states_of(&graph(inputs, outputs)).unwrap_err().to_string()
    }

    #[test]
    fn states_follow_the_frames() {
        let found = graph(&[("x", &[1, 1, 3]), ("c_a", &[1, 4, 2])], &[("y", &[1, 1, 2]), ("o_a", &[1, 4, 2])]);
        assert_eq!(spec().states_of(&found).unwrap(), (1, vec![vec![1, 4, 2]]));
    }

    #[test]
    fn every_port_takes_as_many_steps_as_the_first() {
        assert_eq!(spec().states_of(&graph(&[("x", &[1, 4, 3])], &[("y", &[1, 4, 2])])).unwrap(), (4, vec![]));
        let error = refusal(&[("x", &[1, 4, 3])], &[("y", &[1, 2, 2])]);
        assert!(error.ends_with("expected `y` [1, 4, 2], came `y` [1, 2, 2]"), "{error}");
    }

    #[test]
    fn a_wrong_width_names_the_cards_key() {
        let error = refusal(&[("x", &[1, 1, 3])], &[("y", &[1, 1, 5])]);
        assert_eq!(error, "net: output 0 (card key `trunk_width`): expected `y` [1, 1, 2], came `y` [1, 1, 5]");
    }

    #[test]
    fn a_missing_port_is_told() {
        assert!(refusal(&[("x", &[1, 1, 3])], &[]).ends_with("expected `y` [1, 1, 2], came nothing"));
    }

    #[test]
    fn a_state_that_does_not_come_back_is_told() {
        let error = refusal(&[("x", &[1, 1, 3]), ("c_a", &[1, 4, 2])], &[("y", &[1, 1, 2])]);
        assert_eq!(error, "net: states: expected `o_a` [1, 4, 2], came nothing");
    }

    #[test]
    fn an_input_that_is_no_state_is_told() {
        let error = refusal(&[("x", &[1, 1, 3]), ("z", &[1, 1, 2])], &[("y", &[1, 1, 2])]);
        assert!(error.contains("expected an input named `c_...`, came `z`"));
    }

    #[test]
    fn an_enormous_state_is_refused_before_it_is_allocated() {
        let side: &[usize] = &[1, usize::MAX, 2];
        let error = refusal(&[("x", &[1, 1, 3]), ("c_a", side)], &[("y", &[1, 1, 2]), ("o_a", side)]);
        assert!(error.contains("states of at most"));
    }
}
