//! `model.bin` of CTranslate2, version 6, in; the encoder's tensors as safetensors with HuggingFace's names out.
//!
//! Little-endian: version, name of the specification, its revision, count; then name, rank, dims, type, bytes and data of
//! each variable. Strings have a length of 16 bits and end with a zero.

use std::collections::BTreeMap;

use burn::tensor::f16;
use safetensors::tensor::{Dtype, TensorView, serialize};

const VERSION: u32 = 6;
/// Element types of the format.
const F32: u8 = 0;
const F16: u8 = 4;
/// No encoder has tensors of more axes.
const MOST_AXES: usize = 4;

/// Whether the bytes begin like such a file.
pub fn is_ctranslate2(bytes: &[u8]) -> bool {
    bytes.starts_with(&VERSION.to_le_bytes()) && bytes.get(6..8) == Some(b"Wh")
}

/// The same weights as safetensors.
///
/// # Errors
/// Says what was expected and what came, when the file is cut short or the encoder's weights are of another type.
pub fn to_safetensors(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut reader = Reader { bytes, at: 0 };
    let _version = reader.u32()?;
    let _name = reader.string()?;
    let _revision = reader.u32()?;
    let count = reader.u32()?;
    let mut tensors = BTreeMap::new();
    for _ in 0..count {
        let variable = reader.variable()?;
        // Single values are choices, such as the number of heads.
        let is_weight = variable.shape.iter().product::<usize>() > 1;
        if let Some(name) = variable.name.strip_prefix("encoder/").filter(|_| is_weight) {
            rename(name, variable.tensor()?, &mut tensors);
        }
    }
    let views = tensors.iter().map(|(name, (shape, data))| {
        TensorView::new(Dtype::F32, shape.clone(), data).map(|view| (name.as_str(), view)).map_err(|e| e.to_string())
    });
    serialize(views.collect::<Result<Vec<_>, _>>()?, None).map_err(|e| e.to_string())
}

type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

/// Puts a tensor under HuggingFace's name; query, key and value lie in one there.
fn rename(name: &str, (shape, data): (Vec<usize>, Vec<u8>), tensors: &mut Tensors) {
    let name = name
        .replace("layer_norm/gamma", "layer_norm.weight")
        .replace("layer_norm/beta", "layer_norm.bias")
        .replace("self_attention/layer_norm", "self_attn_layer_norm")
        .replace("ffn/layer_norm", "final_layer_norm")
        .replace("ffn/linear_0", "fc1")
        .replace("ffn/linear_1", "fc2")
        .replace("self_attention/linear_1", "self_attn.out_proj")
        .replace("position_encodings/encodings", "embed_positions.weight")
        .replace("layer_", "layers.")
        .replace("layers.norm", "layer_norm")
        .replace('/', ".");
    match name.split_once("self_attention.linear_0.") {
        Some((layer, part)) if shape[0].is_multiple_of(3) => {
            let third = [&[shape[0] / 3], &shape[1..]].concat();
            for (which, data) in ["q", "k", "v"].into_iter().zip(data.chunks(data.len() / 3)) {
                tensors.insert(format!("{layer}self_attn.{which}_proj.{part}"), (third.clone(), data.to_vec()));
            }
        }
        _ => _ = tensors.insert(name, (shape, data)),
    }
}

struct Variable<'a> {
    name: String,
    shape: Vec<usize>,
    kind: u8,
    data: &'a [u8],
}

impl Variable<'_> {
    /// Widened to F32.
    fn tensor(&self) -> Result<(Vec<usize>, Vec<u8>), String> {
        let values: usize = self.shape.iter().product();
        let (size, data) = match self.kind {
            F32 => (4, self.data.to_vec()),
            F16 => {
                let wide = |half: &[u8; 2]| f16::from_le_bytes(*half).to_f32().to_le_bytes();
                (2, self.data.as_chunks::<2>().0.iter().flat_map(wide).collect())
            }
            other => return Err(format!("`{}` of float32 or float16, came type {other} (8 or 16 bits?)", self.name)),
        };
        if values == 0 || values * size != self.data.len() {
            return Err(format!("`{}` of {:?}, came {} bytes", self.name, self.shape, self.data.len()));
        }
        Ok((self.shape.clone(), data))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..count).ok_or_else(|| format!("{count} bytes at {}, came {}", self.at, rest.len()))?;
        self.at += count;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn string(&mut self) -> Result<String, String> {
        let length = self.take(2)?;
        let bytes = self.take(usize::from(u16::from_le_bytes([length[0], length[1]])))?;
        Ok(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_string())
    }

    fn variable(&mut self) -> Result<Variable<'a>, String> {
        let name = self.string()?;
        let rank = usize::from(self.take(1)?[0]);
        if rank > MOST_AXES {
            return Err(format!("`{name}` of at most {MOST_AXES} axes, came {rank}"));
        }
        let shape = (0..rank).map(|_| Ok(self.u32()? as usize)).collect::<Result<Vec<_>, String>>()?;
        let kind = self.take(1)?[0];
        let size = self.u32()? as usize;
        Ok(Variable { name, shape, kind, data: self.take(size)? })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn string(text: &str) -> Vec<u8> {
        [&(text.len() as u16 + 1).to_le_bytes()[..], text.as_bytes(), b"\0"].concat()
    }

    /// A file with these variables.
    pub fn file(variables: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let head = [VERSION.to_le_bytes().to_vec(), string("WhisperSpec"), 3u32.to_le_bytes().to_vec()].concat();
        let mut out = [head, (variables.len() as u32).to_le_bytes().to_vec()].concat();
        for (name, shape, values) in variables {
            out.extend(string(name));
            out.push(shape.len() as u8);
            shape.iter().for_each(|n| out.extend((*n as u32).to_le_bytes()));
            out.push(F16);
            out.extend((2 * values.len() as u32).to_le_bytes());
            values.iter().for_each(|v| out.extend(f16::from_f32(*v).to_le_bytes()));
        }
        out
    }

    #[test]
    fn a_stacked_projection_comes_apart_and_halves_are_widened() {
        let bytes = file(&[
            ("decoder/scale", &[1], &[9.0]),
            ("encoder/layer_3/self_attention/linear_0/bias", &[6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            ("encoder/layer_0/ffn/layer_norm/gamma", &[2], &[0.5, 2.0]),
            ("encoder/num_heads", &[], &[8.0]),
        ]);
        assert!(is_ctranslate2(&bytes));
        let out = to_safetensors(&bytes).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&out).unwrap();
        let value = |name: &str, n: usize| {
            let data = tensors.tensor(name).unwrap().data().to_vec();
            f32::from_le_bytes(data[4 * n..4 * n + 4].try_into().unwrap())
        };
        assert_eq!(tensors.len(), 4);
        assert_eq!(value("layers.3.self_attn.k_proj.bias", 1), 4.0);
        assert_eq!(value("layers.0.final_layer_norm.weight", 0), 0.5);
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_an_error() {
        let bytes = file(&[("encoder/conv1/bias", &[3], &[1.0, 2.0, 3.0])]);
        assert!((0..bytes.len()).all(|end| to_safetensors(&bytes[..end]).is_err()));
    }
}
