//! The project's head as a binary glTF 2.0: one mesh with colours, and sparse morph targets under ARKit's names.

use keyface_core::Channel;
use keyface_core::head::{Head, METRES};
use serde_json::{Value, json};

use crate::stream::shapes::names;

/// Types of numbers, and what a buffer is for.
const FLOAT: u32 = 5126;
const U16: u32 = 5123;
const U8: u32 = 5121;
const VERTICES: u32 = 34962;
const INDICES: u32 = 34963;
/// Kinds of chunk, and the file's first word and version.
const MAGIC: &[u8] = b"glTF";
const VERSION: u32 = 2;
const JSON: u32 = 0x4E4F_534A;
const BIN: u32 = 0x004E_4942;

/// A head as a `.glb`.
pub fn glb(head: &Head) -> Vec<u8> {
    let mut file = Glb::default();
    let mesh = mesh(head, &mut file);
    file.write(json!({
        "scene": 0,
        "scenes": [{ "nodes": [0] }],
        "nodes": [{ "name": "Head", "mesh": 0 }],
        "meshes": [mesh],
        "materials": [{
            "name": "Head",
            "doubleSided": true,
            "pbrMetallicRoughness": { "metallicFactor": 0.0, "roughnessFactor": 0.55 },
        }],
    }))
}

fn mesh(head: &Head, file: &mut Glb) -> Value {
    let places: Vec<_> = head.vertices().iter().map(|vertex| vertex.at.map(|x| METRES * x)).collect();
    let inks: Vec<u8> = head.vertices().iter().flat_map(|vertex| linear(vertex.ink)).collect();
    let count = places.len();
    let bounds = bounds(&places);
    let position = file.floats(&places, Some(VERTICES), bounds);
    let normal = file.floats(head.normals(), Some(VERTICES), json!({}));
    let view = file.view(&inks, Some(VERTICES));
    let color = file.accessor(json!({
        "bufferView": view, "componentType": U8, "normalized": true, "count": count, "type": "VEC4",
    }));
    let view = file.view(&little_endian(head.indices()), Some(INDICES));
    let indices = file.accessor(json!({
        "bufferView": view, "componentType": U16, "count": head.indices().len(), "type": "SCALAR",
    }));
    let target = |channel| json!({ "POSITION": file.sparse(head.target(channel), count) });
    let targets: Vec<Value> = Channel::ALL.into_iter().map(target).collect();
    json!({
        "name": "Head",
        "primitives": [{
            "attributes": { "POSITION": position, "NORMAL": normal, "COLOR_0": color },
            "indices": indices, "material": 0, "targets": targets,
        }],
        "weights": vec![0.0; targets.len()],
        "extras": { "targetNames": names().to_vec() },
    })
}

/// A file in the making.
#[derive(Default)]
struct Glb {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Glb {
    fn view(&mut self, bytes: &[u8], target: Option<u32>) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let mut view = json!({ "buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len() });
        if let Some(target) = target {
            view["target"] = target.into();
        }
        self.bytes.extend(bytes);
        self.views.push(view);
        self.views.len() - 1
    }

    fn accessor(&mut self, accessor: Value) -> usize {
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    /// Points, with more that their accessor says.
    fn floats(&mut self, points: &[[f32; 3]], target: Option<u32>, more: Value) -> usize {
        let bytes: Vec<u8> = points.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let view = self.view(&bytes, target);
        let mut accessor = more;
        accessor["bufferView"] = view.into();
        accessor["componentType"] = FLOAT.into();
        accessor["count"] = points.len().into();
        accessor["type"] = "VEC3".into();
        self.accessor(accessor)
    }

    /// A target of `count` points, nearly all of which stay.
    fn sparse(&mut self, target: &[(u16, [f32; 3])], count: usize) -> usize {
        let ways: Vec<_> = target.iter().map(|(_, by)| by.map(|x| METRES * x)).collect();
        let at: Vec<u16> = target.iter().map(|(at, _)| *at).collect();
        let indices = self.view(&little_endian(&at), None);
        let bytes: Vec<u8> = ways.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let values = self.view(&bytes, None);
        // Those that stay count for the bounds too.
        let mut accessor = bounds(&[ways.as_slice(), &[[0.0; 3]]].concat());
        accessor["componentType"] = FLOAT.into();
        accessor["count"] = count.into();
        accessor["type"] = "VEC3".into();
        accessor["sparse"] = json!({
            "count": at.len(),
            "indices": { "bufferView": indices, "componentType": U16 },
            "values": { "bufferView": values },
        });
        self.accessor(accessor)
    }

    /// The whole file.
    fn write(mut self, mut root: Value) -> Vec<u8> {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        root["asset"] = json!({ "version": "2.0", "generator": "Keyface" });
        root["buffers"] = json!([{ "byteLength": self.bytes.len() }]);
        root["bufferViews"] = self.views.into();
        root["accessors"] = self.accessors.into();
        let mut text = root.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(4), b' ');
        let whole = 12 + 8 + text.len() + 8 + self.bytes.len();
        let number = |x: usize| (x as u32).to_le_bytes();
        let head = [MAGIC, &VERSION.to_le_bytes(), &number(whole)].concat();
        let json = [number(text.len()), JSON.to_le_bytes()].concat();
        let bin = [number(self.bytes.len()), BIN.to_le_bytes()].concat();
        [head, json, text, bin, self.bytes].concat()
    }
}

fn little_endian(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The least and the largest coordinates, which glTF wants with every position.
fn bounds(points: &[[f32; 3]]) -> Value {
    let over = |start: f32, pick: fn(f32, f32) -> f32| {
        points.iter().fold([start; 3], |all, point| [0, 1, 2].map(|axis| pick(all[axis], point[axis])))
    };
    json!({ "min": over(f32::INFINITY, f32::min), "max": over(f32::NEG_INFINITY, f32::max) })
}

/// A colour of a screen as the share of light that glTF counts in.
fn linear(ink: u32) -> [u8; 4] {
    let light = |shift: u32| {
        let share = (ink >> shift & 0xFF) as f32 / 255.0;
        let light = if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) };
        (255.0 * light).round() as u8
    };
    [light(16), light(8), light(0), 255]
}

#[cfg(test)]
mod tests {
    use keyface_core::CHANNELS;

    use super::*;

    /// The two chunks of a file, as the format says where they are.
    fn chunks(file: &[u8]) -> (Value, &[u8]) {
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((&file[..4], number(4), number(8)), (MAGIC, 2, file.len()));
        let json = number(12);
        assert_eq!((number(16), number(20 + json + 4)), (JSON as usize, BIN as usize));
        assert_eq!((json % 4, number(20 + json)), (0, file.len() - 28 - json));
        (serde_json::from_slice(&file[20..20 + json]).unwrap(), &file[28 + json..])
    }

    #[test]
    fn a_file_has_all_shapes_by_name_and_stays_small() {
        let file = glb(&Head::new());
        assert!(file.len() < 300_000, "{}", file.len());
        let (root, _) = chunks(&file);
        let mesh = &root["meshes"][0];
        assert_eq!(mesh["extras"]["targetNames"], json!(names().to_vec()));
        assert_eq!(mesh["primitives"][0]["targets"].as_array().unwrap().len(), CHANNELS);
        assert_eq!(mesh["weights"].as_array().unwrap().len(), CHANNELS);
    }

    #[test]
    fn every_accessor_lies_in_its_view_and_points_to_vertices() {
        let file = glb(&Head::new());
        let (root, bytes) = chunks(&file);
        let size = |of: &Value| of.as_u64().unwrap() as usize;
        let view = |at: &Value| {
            let view = &root["bufferViews"][size(at)];
            let (start, length) = (size(&view["byteOffset"]), size(&view["byteLength"]));
            assert_eq!(start % 4, 0);
            &bytes[start..start + length]
        };
        let vertices = size(&root["accessors"][0]["count"]);
        for accessor in root["accessors"].as_array().unwrap() {
            let width = match (accessor["type"].as_str().unwrap(), size(&accessor["componentType"]) as u32) {
                ("VEC3", FLOAT) => 12,
                ("VEC4", U8) => 4,
                ("SCALAR", U16) => 2,
                other => panic!("{other:?}"),
            };
            let sparse = &accessor["sparse"];
            if sparse.is_null() {
                assert_eq!(view(&accessor["bufferView"]).len(), width * size(&accessor["count"]));
                continue;
            }
            assert_eq!(size(&accessor["count"]), vertices);
            assert_eq!(view(&sparse["values"]["bufferView"]).len(), width * size(&sparse["count"]));
            let indices = view(&sparse["indices"]["bufferView"]);
            let indices: Vec<usize> =
                indices.chunks(2).map(|x| usize::from(u16::from_le_bytes([x[0], x[1]]))).collect();
            assert_eq!(indices.len(), size(&sparse["count"]));
            assert!(indices.is_sorted_by(|a, b| a < b) && indices.iter().all(|at| *at < vertices));
        }
        let triangles = view(&root["accessors"][size(&root["meshes"][0]["primitives"][0]["indices"])]["bufferView"]);
        assert!(triangles.chunks(2).all(|x| usize::from(u16::from_le_bytes([x[0], x[1]])) < vertices));
    }

    #[test]
    fn a_jaw_that_opens_goes_down_in_metres() {
        let file = glb(&Head::new());
        let (root, _) = chunks(&file);
        let target = &root["meshes"][0]["primitives"][0]["targets"][Channel::JawOpen as usize]["POSITION"];
        let least = root["accessors"][target.as_u64().unwrap() as usize]["min"][1].as_f64().unwrap();
        assert!((-0.06..-0.03).contains(&least), "{least}");
    }
}
