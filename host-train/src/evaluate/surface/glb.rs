//! A glTF 2.0 binary head with ARKit shapes in, a surface out. Reads what heads need: the first primitive of the first
//! mesh, float positions, sparse or not.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use keyface_core::MotionChannel;
use serde_json::Value;

use super::{LipPair, Moves, Surface};

/// A vertex belongs to the lips when what these shapes move it by, summed, is this share of the largest sum.
const LIP_SHARE: f64 = 0.6;
/// What tells the lips from cheeks and chin.
const LIP_CHANNELS: [MotionChannel; 7] = [
    MotionChannel::MouthFunnel,
    MotionChannel::MouthPucker,
    MotionChannel::MouthLowerDown,
    MotionChannel::MouthUpperUp,
    MotionChannel::MouthRollLower,
    MotionChannel::MouthRollUpper,
    MotionChannel::MouthPress,
];
/// A vertex belongs to the upper face when a brow shape moves it by this much.
const UPPER_FACE_M: f64 = 0.001;
const BROWS: [&str; 5] = ["browInnerUp", "browDownLeft", "browDownRight", "browOuterUpLeft", "browOuterUpRight"];
/// Pairs are sought in this many columns over this share of the lips' width.
const COLUMNS: usize = 7;
const COLUMNS_SHARE: f64 = 0.6;

/// A head has some thousands; a damaged file may claim any number.
const MOST_VERTICES: usize = 1 << 22;

const JSON_CHUNK: u32 = u32::from_le_bytes(*b"JSON");
const BIN_CHUNK: u32 = u32::from_le_bytes(*b"BIN\0");
const UNSIGNED_BYTE: u64 = 5121;
const UNSIGNED_SHORT: u64 = 5123;
const UNSIGNED_INT: u64 = 5125;
const FLOAT: u64 = 5126;

/// Reads a head in metres, y up. Lips, upper face and pairs are found from the shapes themselves; shapes that are
/// missing (the tongue, mostly) do not move.
///
/// # Errors
/// What is not such a file, or holds no jaw and no mouth.
pub fn read_head(path: &Path) -> Result<Surface> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    Head::parse(&bytes).and_then(|head| head.surface(name)).with_context(|| path.display().to_string())
}

struct Head {
    positions: Vec<[f64; 3]>,
    shapes: Vec<(String, Vec<[f64; 3]>)>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Head> {
        ensure!(bytes.starts_with(b"glTF"), "expected a binary glTF, came another file");
        let json: Value = serde_json::from_slice(chunk(bytes, JSON_CHUNK)?)?;
        let file = Gltf { json: &json, bin: chunk(bytes, BIN_CHUNK)? };
        let mesh = &json["meshes"][0];
        let primitive = &mesh["primitives"][0];
        let names = mesh["extras"]["targetNames"].as_array().context("expected names of the shapes, found none")?;
        let targets = primitive["targets"].as_array().context("expected shapes, found none")?;
        let shapes = names.iter().zip(targets).map(|(name, target)| {
            Ok((name.as_str().unwrap_or_default().to_owned(), file.vectors(&target["POSITION"])?))
        });
        let shapes: Vec<_> = shapes.collect::<Result<_>>()?;
        let positions = file.vectors(&primitive["attributes"]["POSITION"])?;
        ensure!(shapes.iter().all(|(_, moves)| moves.len() == positions.len()), "expected shapes as long as the mesh");
        Ok(Head { positions, shapes })
    }

    fn surface(&self, file: String) -> Result<Surface> {
        let vertices: Vec<Moves> = (0..self.positions.len()).map(|v| self.moves(v)).collect();
        let lips = self.lips(&vertices);
        let upper_face = (0..vertices.len()).filter(|v| self.brow_moves(*v) > UPPER_FACE_M).collect();
        let pairs = self.pairs(&vertices, &lips);
        ensure!(!pairs.is_empty(), "expected jawOpen to part two lips, found none");
        let off_middle = |pair: &LipPair| self.positions[pair.upper][0].abs();
        let middle = (0..pairs.len()).min_by(|a, b| off_middle(&pairs[*a]).total_cmp(&off_middle(&pairs[*b])));
        let name = format!("{file}, lips: moved most by mouth shapes; upper face: moved by brow shapes");
        Ok(Surface::new(name, vertices, lips, upper_face, pairs, middle.unwrap_or(0)))
    }

    fn moves(&self, vertex: usize) -> Moves {
        MotionChannel::ALL.map(|channel| {
            let mut sum = [0.0; 3];
            for (_, moves) in self.shapes.iter().filter(|(name, _)| is_shape_of(name, channel)) {
                (0..3).for_each(|axis| sum[axis] += moves[vertex][axis]);
            }
            sum
        })
    }

    fn lips(&self, vertices: &[Moves]) -> Vec<usize> {
        let moved = |moves: &Moves| LIP_CHANNELS.iter().map(|c| length(&moves[*c as usize])).sum::<f64>();
        let most = vertices.iter().map(moved).fold(0.0, f64::max);
        (0..vertices.len()).filter(|v| moved(&vertices[*v]) > LIP_SHARE * most).collect()
    }

    fn brow_moves(&self, vertex: usize) -> f64 {
        let brows = self.shapes.iter().filter(|(name, _)| BROWS.contains(&name.as_str()));
        brows.map(|(_, moves)| length(&moves[vertex])).fold(0.0, f64::max)
    }

    /// In each column, the lowest vertex of the upper lip over the highest of the lower lip, which the jaw takes along.
    fn pairs(&self, vertices: &[Moves], lips: &[usize]) -> Vec<LipPair> {
        let drop = |v: usize| -vertices[v][MotionChannel::JawOpen as usize][1];
        let [x, y] = [0, 1].map(|axis| move |v: usize| self.positions[v][axis]);
        let most = lips.iter().map(|v| drop(*v)).fold(0.0, f64::max);
        let reach = COLUMNS_SHARE * lips.iter().map(|v| x(*v).abs()).fold(1e-6, f64::max);
        let width = 2.0 * reach / COLUMNS as f64;
        let column = |n: usize| {
            let from = -reach + n as f64 * width;
            let inside = || lips.iter().copied().filter(move |v| (from..from + width).contains(&x(*v)));
            let upper = inside().filter(|v| drop(*v) < 0.5 * most).min_by(|a, b| y(*a).total_cmp(&y(*b)))?;
            let lower = inside().filter(|v| drop(*v) > 0.5 * most).max_by(|a, b| y(*a).total_cmp(&y(*b)))?;
            Some(LipPair { upper, lower, rest_m: y(upper) - y(lower) })
        };
        (0..COLUMNS).filter_map(column).collect()
    }
}

/// ARKit's names are ours in lower camel case, with both sides apart.
fn is_shape_of(name: &str, channel: MotionChannel) -> bool {
    let side = name.strip_suffix("Left").or_else(|| name.strip_suffix("Right"));
    side.unwrap_or(name).eq_ignore_ascii_case(channel.name())
}

fn length(v: &[f64; 3]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// A chunk of a binary glTF: after 12 bytes of header, each is length, kind, data.
fn chunk(bytes: &[u8], kind: u32) -> Result<&[u8]> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while rest.len() >= 8 {
        let (head, data) = rest.split_at(8);
        let data = data.get(..word(head, 0)? as usize).context("expected a whole file, came one that is cut")?;
        if word(head, 4)? == kind {
            return Ok(data);
        }
        rest = &rest[8 + data.len()..];
    }
    anyhow::bail!("expected chunks JSON and BIN, one is missing")
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..at + 4).context("expected four more bytes")?;
    Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

struct Gltf<'a> {
    json: &'a Value,
    bin: &'a [u8],
}

impl Gltf<'_> {
    /// An accessor of three floats each; zeros where it has no view of its own, then what it says sparsely.
    fn vectors(&self, index: &Value) -> Result<Vec<[f64; 3]>> {
        let accessor = &self.json["accessors"][number(index)?];
        ensure!(accessor["componentType"] == FLOAT && accessor["type"] == "VEC3", "expected float vectors of three");
        let count = number(&accessor["count"])?;
        ensure!(count <= MOST_VERTICES, "expected at most {MOST_VERTICES} vertices, came {count}");
        let mut vectors = match accessor.get("bufferView") {
            Some(_) => self.floats(accessor, count)?,
            None => vec![[0.0; 3]; count],
        };
        if let Some(sparse) = accessor.get("sparse") {
            let changed = number(&sparse["count"])?.min(count);
            let indices = self.indices(&sparse["indices"], changed)?;
            for (at, value) in indices.into_iter().zip(self.floats(&sparse["values"], changed)?) {
                *vectors.get_mut(at).context("expected a sparse index within the accessor")? = value;
            }
        }
        let is_number = vectors.iter().flatten().all(|x| x.is_finite());
        ensure!(is_number, "expected finite positions, came one that is not a number");
        Ok(vectors)
    }

    fn floats(&self, view: &Value, count: usize) -> Result<Vec<[f64; 3]>> {
        let bytes = self.view(view, 12 * count)?;
        let float = |bytes: &[u8], at| word(bytes, at).map(|bits| f64::from(f32::from_bits(bits)));
        bytes.chunks_exact(12).map(|v| Ok([float(v, 0)?, float(v, 4)?, float(v, 8)?])).collect()
    }

    fn indices(&self, view: &Value, count: usize) -> Result<Vec<usize>> {
        let size = match view["componentType"].as_u64() {
            Some(UNSIGNED_BYTE) => 1,
            Some(UNSIGNED_SHORT) => 2,
            Some(UNSIGNED_INT) => 4,
            other => anyhow::bail!("expected unsigned sparse indices, came component type {other:?}"),
        };
        let bytes = self.view(view, size * count)?;
        let index = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        Ok(bytes.chunks_exact(size).map(index).collect())
    }

    /// The first `length` bytes of what an accessor or its sparse part points to; tightly packed.
    fn view(&self, of: &Value, length: usize) -> Result<&[u8]> {
        let view = &self.json["bufferViews"][number(&of["bufferView"])?];
        ensure!(view.get("byteStride").is_none_or(|s| *s == 12), "expected packed positions, came a stride");
        let offset = |value: &Value| value["byteOffset"].as_u64().unwrap_or(0) as usize;
        let start = offset(view) + offset(of);
        self.bin.get(start..start + length).context("expected the data within the file")
    }
}

fn number(value: &Value) -> Result<usize> {
    value.as_u64().map(|n| n as usize).with_context(|| format!("expected a number, came {value}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::track;
    use super::*;

    /// Upper lip at 1 mm, lower lip at 0; `jawOpen` drops the lower by 20 mm (sparse), `mouthFunnel` moves both by 5 mm
    /// forward, so that both are lips.
    fn head() -> Vec<u8> {
        let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let mut bin = floats(&[0.0, 0.001, 0.0, 0.0, 0.0, 0.0]);
        bin.extend(floats(&[0.0, 0.0, 0.005, 0.0, 0.0, 0.005]));
        bin.extend(floats(&[0.0, -0.020, 0.0]));
        bin.extend([1, 0, 0, 0]);
        let json = serde_json::json!({
            "meshes": [{
                "extras": { "targetNames": ["mouthFunnel", "jawOpen"] },
                "primitives": [{ "attributes": { "POSITION": 0 }, "targets": [{ "POSITION": 1 }, { "POSITION": 2 }] }]
            }],
            "accessors": [
                { "bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 2 },
                { "bufferView": 0, "byteOffset": 24, "componentType": 5126, "type": "VEC3", "count": 2 },
                { "componentType": 5126, "type": "VEC3", "count": 2, "sparse": {
                    "count": 1,
                    "indices": { "bufferView": 1, "byteOffset": 12, "componentType": 5123 },
                    "values": { "bufferView": 1 }
                } }
            ],
            "bufferViews": [{ "byteLength": 48 }, { "byteOffset": 48, "byteLength": 16 }]
        })
        .to_string();
        let mut bytes = [*b"glTF", 2u32.to_le_bytes(), 0u32.to_le_bytes()].concat();
        for (kind, data) in [(JSON_CHUNK, json.as_bytes()), (BIN_CHUNK, &bin)] {
            bytes.extend((data.len() as u32).to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(data);
        }
        bytes
    }

    #[test]
    fn lips_and_their_opening_are_found_in_a_head() {
        let surface = Head::parse(&head()).unwrap().surface("head".into()).unwrap();
        let facts = surface.facts();
        assert_eq!((facts.vertices, facts.lips, facts.upper_face, facts.lip_pairs), (2, 2, 0, 1));
        // 1 mm at rest and half of 20 mm.
        assert!((surface.opening_m(&track(MotionChannel::JawOpen, &[0.5])[0]) - 0.011).abs() < 1e-8);
    }

    #[test]
    fn a_cut_file_is_refused() {
        let bytes = head();
        let error = Head::parse(&bytes[..bytes.len() - 20]).err().unwrap();
        assert!(error.to_string().contains("cut"), "{error}");
    }

    #[test]
    fn a_position_that_is_no_number_is_refused() {
        let mut bytes = head();
        // The last value of the sparse move of `jawOpen`, before four bytes of index.
        let at = bytes.len() - 8;
        bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        let error = Head::parse(&bytes).err().unwrap();
        assert!(error.to_string().contains("finite"), "{error}");
    }

    #[test]
    fn a_count_beyond_any_head_is_refused() {
        let json = serde_json::json!({ "accessors": [{ "componentType": 5126, "type": "VEC3", "count": u64::MAX }] });
        let error = Gltf { json: &json, bin: &[] }.vectors(&Value::from(0)).unwrap_err();
        assert!(error.to_string().starts_with("expected at most"), "{error}");
    }

    #[test]
    fn both_sides_make_one_channel() {
        assert!(is_shape_of("mouthSmileLeft", MotionChannel::MouthSmile));
        assert!(is_shape_of("jawOpen", MotionChannel::JawOpen));
        assert!(!is_shape_of("browInnerUp_L", MotionChannel::BrowInnerUp));
    }
}
