//! A builder: operators in, an ONNX graph out. Every value knows its shape, and every shape is fixed.

use std::collections::VecDeque;

use keyface_core::Precision;

use super::form::Form;
use super::proto::{
    Attribute, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetId, StringPair, TensorProto, TensorShape,
    TensorType, TypeProto, ValueInfo, data_type,
};
use super::quantize::{LARGEST, QuantizedMatrix};
use super::weights::Dense;

/// Version of the operators: the newest that every reader of ours is tested with.
const OPSET: i64 = 17;
/// Version of the file format that belongs to it.
const IR_VERSION: i64 = 8;

/// A value in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    name: String,
    shape: Vec<usize>,
    /// What a value of 1 means, where the values are 8-bit integers.
    scale: Option<f32>,
}

impl Value {
    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Length of the last axis.
    pub fn width(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }
}

/// Which part of an axis a slice keeps: every `step`-th of `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First index.
    pub start: usize,
    /// One past the last index.
    pub end: usize,
    /// Distance of indices, at least 1.
    pub step: usize,
}

/// A graph under construction.
///
/// Shapes are the caller's promise; a wrong one panics here, on the host, rather than on a device.
pub struct GraphBuilder {
    graph: GraphProto,
    precision: Precision,
    /// Largest magnitudes of what goes into the layers that are still to come; only where products are 8 bits.
    ranges: VecDeque<f32>,
    metadata: Vec<StringPair>,
}

impl GraphBuilder {
    /// An empty graph, whose layers will be lowered as `form` says.
    pub fn new(name: &str, form: &Form) -> GraphBuilder {
        let graph = GraphProto { name: name.to_owned(), ..GraphProto::default() };
        let Form { precision, ranges, .. } = form;
        GraphBuilder { graph, precision: *precision, ranges: ranges.iter().copied().collect(), metadata: vec![] }
    }

    /// Adds a key and value to the file's own properties.
    pub fn describe(&mut self, key: &str, value: impl ToString) {
        self.metadata.push(StringPair { key: key.to_owned(), value: value.to_string() });
    }

    /// A float input.
    pub fn input(&mut self, name: &str, shape: &[usize]) -> Value {
        self.input_like(name, shape, None)
    }

    /// An input whose values mean the same as those of `like`.
    pub fn state(&mut self, name: &str, shape: &[usize], like: &Value) -> Value {
        self.input_like(name, shape, like.scale)
    }

    /// Makes `value` an output of the graph under `name`.
    pub fn output(&mut self, name: &str, value: &Value) {
        self.node("Identity", &[&value.name], name, vec![]);
        self.graph.output.push(value_info(name, value));
    }

    /// A float constant, row-major.
    pub fn constant(&mut self, shape: &[usize], values: &[f32]) -> Value {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "a constant of shape {shape:?}");
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Value { name: self.initializer(data_type::FLOAT, shape, bytes), shape: shape.to_vec(), scale: None }
    }

    /// What the next linear layer is to be given for `x`: the same values, rounded where products are 8 bits.
    pub fn ready(&mut self, x: &Value) -> Value {
        if self.precision != Precision::Int8Compute {
            return x.clone();
        }
        let range = self.ranges.pop_front().expect("a range for every layer");
        let scale = range.max(f32::MIN_POSITIVE * LARGEST) / LARGEST;
        let step = self.constant(&[], &[scale]);
        let zero = self.initializer(data_type::INT8, &[], vec![0]);
        let rounded = self.operator("QuantizeLinear", &[&x.name, &step.name, &zero], x.shape.clone(), vec![]);
        Value { scale: Some(scale), ..rounded }
    }

    /// `x W + b` over the last axis of what [`GraphBuilder::ready`] gave.
    pub fn linear(&mut self, x: &Value, dense: &Dense) -> Value {
        assert_eq!(x.width(), dense.inputs(), "a linear layer of {} inputs", dense.inputs());
        let shape: Vec<usize> = [&x.shape[..x.shape.len() - 1], &[dense.outputs()]].concat();
        let product = match x.scale {
            Some(scale) => self.integer_product(x, scale, dense, shape),
            None => {
                let weights = self.weights(dense);
                self.operator("MatMul", &[&x.name, &weights], shape, vec![])
            }
        };
        let bias = self.constant(&[dense.outputs()], &dense.bias);
        self.add(&product, &bias)
    }

    /// `max(x, 0)`.
    pub fn relu(&mut self, x: &Value) -> Value {
        self.operator("Relu", &[&x.name], x.shape.clone(), vec![])
    }

    /// `1 / (1 + e^-x)`.
    pub fn sigmoid(&mut self, x: &Value) -> Value {
        self.operator("Sigmoid", &[&x.name], x.shape.clone(), vec![])
    }

    /// Softmax over the last axis.
    pub fn softmax(&mut self, x: &Value) -> Value {
        self.operator("Softmax", &[&x.name], x.shape.clone(), vec![Attribute::int("axis", -1)])
    }

    /// `min(max(x, low), high)`.
    pub fn clip(&mut self, x: &Value, low: f32, high: f32) -> Value {
        let (low, high) = (self.constant(&[], &[low]), self.constant(&[], &[high]));
        self.operator("Clip", &[&x.name, &low.name, &high.name], x.shape.clone(), vec![])
    }

    /// `a + b`, broadcast.
    pub fn add(&mut self, a: &Value, b: &Value) -> Value {
        self.operator("Add", &[&a.name, &b.name], broadcast(&a.shape, &b.shape), vec![])
    }

    /// `a - b`, broadcast.
    pub fn sub(&mut self, a: &Value, b: &Value) -> Value {
        self.operator("Sub", &[&a.name, &b.name], broadcast(&a.shape, &b.shape), vec![])
    }

    /// `a * b` per element, broadcast.
    pub fn mul(&mut self, a: &Value, b: &Value) -> Value {
        self.operator("Mul", &[&a.name, &b.name], broadcast(&a.shape, &b.shape), vec![])
    }

    /// Joins values along `axis`.
    pub fn concat(&mut self, parts: &[&Value], axis: usize) -> Value {
        let mut shape = parts[0].shape.clone();
        shape[axis] = parts.iter().map(|part| part.shape[axis]).sum();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        let joined = self.operator("Concat", &names, shape, vec![Attribute::int("axis", axis as i64)]);
        Value { scale: parts[0].scale, ..joined }
    }

    /// Keeps a span of `axis`.
    pub fn slice(&mut self, x: &Value, axis: usize, span: Span) -> Value {
        assert!(span.end <= x.shape[axis] && span.start < span.end && span.step > 0, "{span:?} of {:?}", x.shape);
        let mut shape = x.shape.clone();
        shape[axis] = (span.end - span.start).div_ceil(span.step);
        let [start, end, axis, step] = [span.start, span.end, axis, span.step].map(|v| self.integers(&[v as i64]));
        let kept = self.operator("Slice", &[&x.name, &start, &end, &axis, &step], shape, vec![]);
        Value { scale: x.scale, ..kept }
    }

    /// Picks indices of `axis`, in order and as often as they are listed.
    pub fn gather(&mut self, x: &Value, axis: usize, indices: &[usize]) -> Value {
        assert!(indices.iter().all(|at| *at < x.shape[axis]), "{indices:?} of {:?}", x.shape);
        let mut shape = x.shape.clone();
        shape[axis] = indices.len();
        let wanted: Vec<i64> = indices.iter().map(|at| *at as i64).collect();
        let wanted = self.integers(&wanted);
        let picked = self.operator("Gather", &[&x.name, &wanted], shape, vec![Attribute::int("axis", axis as i64)]);
        Value { scale: x.scale, ..picked }
    }

    /// The same values in another shape.
    pub fn reshape(&mut self, x: &Value, shape: &[usize]) -> Value {
        assert_eq!(x.shape.iter().product::<usize>(), shape.iter().product::<usize>(), "{:?} to {shape:?}", x.shape);
        let sides: Vec<i64> = shape.iter().map(|side| *side as i64).collect();
        let wanted = self.integers(&sides);
        let shaped = self.operator("Reshape", &[&x.name, &wanted], shape.to_vec(), vec![]);
        Value { scale: x.scale, ..shaped }
    }

    /// The file.
    pub fn finish(self) -> ModelProto {
        ModelProto {
            ir_version: IR_VERSION,
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetId { domain: String::new(), version: OPSET }],
            metadata_props: self.metadata,
        }
    }

    /// Weights as float. Where they are stored in 8 bits, the reader restores them when it loads the file.
    fn weights(&mut self, dense: &Dense) -> String {
        let shape = [dense.inputs(), dense.outputs()];
        if self.precision == Precision::Float {
            return self.constant(&shape, &dense.weights).name;
        }
        let (values, scales) = self.rounded_weights(dense);
        let scales = self.constant(&[shape[1]], &scales);
        let axis = vec![Attribute::int("axis", 1)];
        self.operator("DequantizeLinear", &[&values, &scales.name], shape.to_vec(), axis).name
    }

    /// `x W` in integers, and the scale of each output. The one form of quantization that tract multiplies in 8 bits.
    fn integer_product(&mut self, x: &Value, scale: f32, dense: &Dense, shape: Vec<usize>) -> Value {
        let (values, scales) = self.rounded_weights(dense);
        let sums = self.operator("MatMulInteger", &[&x.name, &values], shape.clone(), vec![]);
        let to_float = vec![Attribute::int("to", i64::from(data_type::FLOAT))];
        let sums = self.operator("Cast", &[&sums.name], shape, to_float);
        let scales: Vec<f32> = scales.iter().map(|of_weights| of_weights * scale).collect();
        let scales = self.constant(&[dense.outputs()], &scales);
        self.mul(&sums, &scales)
    }

    /// Name of the 8-bit weights, and their scales.
    fn rounded_weights(&mut self, dense: &Dense) -> (String, Vec<f32>) {
        let shape = [dense.inputs(), dense.outputs()];
        let QuantizedMatrix { values, scales } = QuantizedMatrix::from_f32(&dense.weights, shape[0], shape[1]);
        let bytes = values.iter().map(|value| value.to_le_bytes()[0]).collect();
        (self.initializer(data_type::INT8, &shape, bytes), scales)
    }

    fn input_like(&mut self, name: &str, shape: &[usize], scale: Option<f32>) -> Value {
        let value = Value { name: name.to_owned(), shape: shape.to_vec(), scale };
        self.graph.input.push(value_info(name, &value));
        value
    }

    fn integers(&mut self, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(data_type::INT64, &[values.len()], bytes)
    }

    fn initializer(&mut self, data_type: i32, shape: &[usize], bytes: Vec<u8>) -> String {
        let name = format!("const_{}", self.graph.initializer.len());
        let dims = shape.iter().map(|side| *side as i64).collect();
        self.graph.initializer.push(TensorProto { dims, data_type, name: name.clone(), raw_data: Some(bytes) });
        name
    }

    fn operator(&mut self, op: &str, inputs: &[&str], shape: Vec<usize>, attribute: Vec<Attribute>) -> Value {
        let name = format!("{}_{}", op.to_lowercase(), self.graph.node.len());
        self.node(op, inputs, &name, attribute);
        Value { name, shape, scale: None }
    }

    fn node(&mut self, op: &str, inputs: &[&str], output: &str, attribute: Vec<Attribute>) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: format!("node_{output}"),
            op_type: op.to_owned(),
            attribute,
        });
    }
}

fn value_info(name: &str, value: &Value) -> ValueInfo {
    let dim = value.shape.iter().map(|side| Dimension { dim_value: Some(*side as i64) }).collect();
    let elem_type = if value.scale.is_some() { data_type::INT8 } else { data_type::FLOAT };
    let tensor = TensorType { elem_type, shape: Some(TensorShape { dim }) };
    ValueInfo { name: name.to_owned(), kind: Some(TypeProto { tensor: Some(tensor) }) }
}

/// The shape of an elementwise result: shapes are aligned at their last axes, and 1 stretches.
fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |at| shape[at]);
    let widest = |axis| {
        let (a, b) = (side(a, axis), side(b, axis));
        assert!(a == b || a == 1 || b == 1, "sides {a} and {b} do not broadcast");
        a.max(b)
    };
    (0..rank).map(widest).collect()
}

#[cfg(test)]
mod tests {
    use keyface_core::{NetSpec, Port};
    use prost::Message;

    use super::super::check::step_through;
    use super::*;

    /// The answer in tract to the frame `x` of a graph of one operator.
    fn answer(x: &[f32], build: impl Fn(&mut GraphBuilder, &Value) -> Value) -> Vec<f32> {
        let mut graph = GraphBuilder::new("test", &Precision::Float.into());
        let input = graph.input("x", &[1, 1, x.len()]);
        let output = build(&mut graph, &input);
        graph.output("y", &output);
        let port = |name, width| vec![Port { name, width, key: "test" }];
        let spec = NetSpec { name: "test", inputs: port("x", x.len()), outputs: port("y", output.width()) };
        let file = graph.finish().encode_to_vec();
        step_through(&file, &spec, &[vec![x.to_vec()]]).unwrap().outputs[0].frames[0].clone()
    }

    fn assert_near(came: &[f32], expected: &[f32]) {
        let far = came.iter().zip(expected).any(|(a, b)| (a - b).abs() > 1e-5);
        assert!(came.len() == expected.len() && !far, "expected {expected:?}, came {came:?}");
    }

    #[test]
    fn elementwise_operators_do_their_arithmetic() {
        let x = [-2.0, 0.5, 3.0];
        assert_near(&answer(&x, |g, x| g.relu(x)), &[0.0, 0.5, 3.0]);
        assert_near(&answer(&x, |g, x| g.clip(x, -1.0, 1.0)), &[-1.0, 0.5, 1.0]);
        assert_near(&answer(&x, |g, x| g.sigmoid(x)), &[0.119_202_92, 0.622_459_35, 0.952_574_1]);
        assert_near(&answer(&x, |g, x| g.softmax(x)), &[0.006_188_28, 0.075_388_75, 0.918_423]);
    }

    #[test]
    fn a_single_value_is_stretched_over_a_frame() {
        let two = |g: &mut GraphBuilder| g.constant(&[1], &[2.0]);
        assert_near(
            &answer(&[1.0, 5.0], |g, x| {
                let c = two(g);
                g.mul(x, &c)
            }),
            &[2.0, 10.0],
        );
        assert_near(
            &answer(&[1.0, 5.0], |g, x| {
                let c = two(g);
                g.sub(&c, x)
            }),
            &[1.0, -3.0],
        );
        assert_near(
            &answer(&[1.0, 5.0], |g, x| {
                let c = two(g);
                g.add(x, &c)
            }),
            &[3.0, 7.0],
        );
    }

    #[test]
    fn a_slice_takes_every_so_manyth() {
        let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let span = Span { start: 1, end: 6, step: 2 };
        assert_near(&answer(&x, |g, x| g.slice(x, 2, span)), &[1.0, 3.0, 5.0]);
    }

    #[test]
    fn what_is_picked_comes_in_the_order_of_the_list() {
        assert_near(&answer(&[5.0, 6.0, 7.0], |g, x| g.gather(x, 2, &[2, 0, 2])), &[7.0, 5.0, 7.0]);
    }

    #[test]
    fn joined_frames_become_one_row() {
        let twice = |g: &mut GraphBuilder, x: &Value| {
            let both = g.concat(&[x, x], 1);
            g.reshape(&both, &[1, 1, 4])
        };
        assert_near(&answer(&[1.0, 2.0], twice), &[1.0, 2.0, 1.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "do not broadcast")]
    fn shapes_that_do_not_fit_stop_the_export() {
        let mut graph = GraphBuilder::new("test", &Precision::Float.into());
        let (a, b) = (graph.constant(&[3], &[0.0; 3]), graph.constant(&[2], &[0.0; 2]));
        graph.add(&a, &b);
    }
}
