//! Files that we wrote in; the weights of their networks out, as a device computes with them.

use prost::Message;

use super::ExportError;
use super::nets::{ANSWERS, CENTRED};
use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto, data_type};
use super::weights::{CompletionWeights, Dense, KeyMotionWeights, LAYER_TAPS, Layer};
use crate::model::Answer;

/// The weights in a file of [`super::key_motion_graph`], float or with 8-bit weights.
///
/// # Errors
/// [`ExportError::ReadBack`] for a file that is not one.
pub fn read_key_motion(file: &[u8]) -> Result<KeyMotionWeights, ExportError> {
    let graph = graph(file)?;
    let mut products = layers(&graph)?.into_iter();
    let fronts = graph.input.iter().filter(|input| input.name.starts_with("c_front")).count();
    let front: Vec<Dense> = products.by_ref().take(fronts).collect();
    let (Some(lift), Some(heads)) = (products.next(), products.next_back()) else { return Err(refused("a trunk")) };
    let factors = graph.node.iter().filter(|node| node.op_type == "Mul").filter_map(|node| node.input.get(1));
    let gains: Option<Vec<Vec<f32>>> = factors.filter_map(|name| constant(&graph, name)).map(floats).collect();
    let gains = gains.ok_or_else(|| refused("a gain for each channel of a layer"))?;
    if gains.len() != products.len() {
        return Err(refused("as many gains as layers"));
    }
    let centred = property(file, CENTRED)?.unwrap_or_default();
    let answers = property(file, ANSWERS)?.map_or(Ok(vec![]), |list| serde_json::from_str::<Vec<Answer>>(&list));
    let answers = answers.map_err(|_| refused("answers of layers that are known"))?;
    let layer = |(at, (conv, gain))| Layer {
        conv,
        dilation: dilation(&graph, &format!("c_layer{at}")),
        gain,
        is_centred: centred.as_bytes().get(at) == Some(&b'1'),
        answer: answers.get(at).copied().unwrap_or_default(),
    };
    let layers = products.zip(gains).enumerate().map(layer).collect();
    let weights = KeyMotionWeights { front, lift, layers, heads };
    weights.check()?;
    Ok(weights)
}

/// The weights in a file of [`super::completion_graph`], float or with 8-bit weights.
///
/// # Errors
/// [`ExportError::ReadBack`] for a file that is not one.
pub fn read_completion(file: &[u8]) -> Result<CompletionWeights, ExportError> {
    let layers: [Dense; 7] =
        layers(&graph(file)?)?.try_into().map_err(|_| refused("the seven layers of a completion network"))?;
    let [flow_in, flow_conv, audio_in, audio_conv, gate, fusion_conv, motion] = layers;
    let weights = CompletionWeights { flow_in, flow_conv, audio_in, audio_conv, gate, fusion_conv, motion };
    weights.check()?;
    Ok(weights)
}

fn graph(file: &[u8]) -> Result<GraphProto, ExportError> {
    model(file)?.graph.ok_or_else(|| refused("an ONNX file"))
}

fn property(file: &[u8], key: &str) -> Result<Option<String>, ExportError> {
    Ok(model(file)?.metadata_props.into_iter().find(|pair| pair.key == key).map(|pair| pair.value))
}

fn model(file: &[u8]) -> Result<ModelProto, ExportError> {
    ModelProto::decode(file).map_err(|_| refused("an ONNX file"))
}

/// Every product with the bias behind it, in order.
fn layers(graph: &GraphProto) -> Result<Vec<Dense>, ExportError> {
    let products = graph.node.iter().filter(|node| node.op_type == "MatMul");
    products.map(|node| layer(graph, node).ok_or_else(|| refused("products of constants, each with a bias"))).collect()
}

fn layer(graph: &GraphProto, product: &NodeProto) -> Option<Dense> {
    let reader = graph.node.iter().find(|node| node.op_type == "Add" && node.input.contains(&product.output[0]))?;
    let bias = floats(constant(graph, reader.input.get(1)?)?)?;
    let weights = product.input.get(1)?;
    let restored = graph.node.iter().find(|node| node.op_type == "DequantizeLinear" && node.output.contains(weights));
    let weights = match restored {
        Some(node) => {
            let (values, scales) = (constant(graph, &node.input[0])?, constant(graph, node.input.get(1)?)?);
            let (values, scales) = (values.raw_data.as_ref()?, floats(scales)?);
            let value = |(at, byte): (usize, &u8)| f32::from(i8::from_le_bytes([*byte])) * scales[at % scales.len()];
            values.iter().enumerate().map(value).collect()
        }
        None => floats(constant(graph, weights)?)?,
    };
    Some(Dense { weights, bias })
}

fn constant<'a>(graph: &'a GraphProto, name: &str) -> Option<&'a TensorProto> {
    graph.initializer.iter().find(|tensor| tensor.name == name)
}

fn floats(tensor: &TensorProto) -> Option<Vec<f32>> {
    let (chunks, _) = tensor.raw_data.as_ref()?.as_chunks::<4>();
    (tensor.data_type == data_type::FLOAT).then(|| chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// Steps between the taps of a convolution: as many states as that, or, in older files, one state of all frames.
fn dilation(graph: &GraphProto, state: &str) -> usize {
    let queue = format!("{state}_");
    let states = graph.input.iter().filter(|input| input.name == state || input.name.starts_with(&queue));
    let queues = states.filter_map(|input| {
        let shape = input.kind.as_ref()?.tensor.as_ref()?.shape.as_ref()?;
        let frames = usize::try_from(shape.dim.get(1)?.dim_value?).ok()?;
        Some(frames.div_ceil(LAYER_TAPS - 1))
    });
    queues.sum()
}

fn refused(expected: &'static str) -> ExportError {
    ExportError::ReadBack { expected }
}

#[cfg(test)]
mod tests {
    use keyface_core::Precision;

    use super::super::samples::{self, completion, key_motion};
    use super::super::{completion_graph, key_motion_graph};
    use super::*;

    #[test]
    fn a_float_file_holds_the_weights_that_it_was_made_of() {
        let (mut first, second) = (key_motion(&[5, 6], 4, &[1, 2, 8], 3, 1), completion(6, 5, 4, 2, 1));
        first.layers[2].is_centred = true;
        samples::answer(&mut first.layers[0], Answer::Recurrent);
        samples::answer(&mut first.layers[1], Answer::Gated);
        let file = key_motion_graph(&first, Precision::Float).unwrap().encode_to_vec();
        assert_eq!(read_key_motion(&file).unwrap(), first);
        let file = completion_graph(&second, Precision::Float).unwrap().encode_to_vec();
        assert_eq!(read_completion(&file).unwrap(), second);
    }

    #[test]
    fn a_file_of_8_bits_holds_the_rounded_weights() {
        let weights = key_motion(&[5, 6], 4, &[1, 2, 8], 3, 1);
        let file = key_motion_graph(&weights, Precision::Int8).unwrap().encode_to_vec();
        assert_eq!(read_key_motion(&file).unwrap(), weights.rounded());
    }

    #[test]
    fn an_answer_that_is_not_known_is_refused() {
        let mut weights = key_motion(&[5, 6], 4, &[1, 2], 3, 1);
        samples::answer(&mut weights.layers[1], Answer::Gated);
        let mut file = key_motion_graph(&weights, Precision::Float).unwrap();
        let list = file.metadata_props.iter_mut().find(|pair| pair.key == ANSWERS).unwrap();
        list.value = list.value.replace("gated", "other");
        assert!(read_key_motion(&file.encode_to_vec()).unwrap_err().to_string().contains("answers of layers"));
    }

    #[test]
    fn the_other_network_is_refused() {
        let file = completion_graph(&completion(6, 5, 4, 2, 1), Precision::Float).unwrap().encode_to_vec();
        assert!(read_key_motion(&file).is_err());
        assert!(read_completion(b"no file").unwrap_err().to_string().contains("an ONNX file"));
    }
}
