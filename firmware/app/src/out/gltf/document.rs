//! A binary glTF 2.0 in the making: what stands in it in JSON, and the numbers behind.

use keyface_core::{Angles, AudioTime, FacePose};
use serde_json::{Value, json};

const FLOAT: u32 = 5126;
/// The file's first word and version, and its kinds of chunk.
const MAGIC: &[u8] = b"glTF";
const VERSION: u32 = 2;
const JSON: u32 = 0x4E4F_534A;
const BIN: u32 = 0x004E_4942;
/// What stands before the first chunk, and before what is in each.
const HEAD_BYTES: usize = 12;
const CHUNK_BYTES: usize = 8;

/// A document with one buffer and one animation.
pub(super) struct Document {
    root: Value,
    bytes: Vec<u8>,
    samplers: Vec<Value>,
    channels: Vec<Value>,
    times: usize,
}

impl Document {
    /// An animation of these frames in a document that holds nothing else.
    pub fn new(frames: &[(AudioTime, FacePose)]) -> Document {
        Document::of(json!({}), Vec::new(), frames)
    }

    /// The same laid on a `.glb` that another part of this program has made.
    pub fn on(file: &[u8], frames: &[(AudioTime, FacePose)]) -> Option<Document> {
        let number = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?) as usize);
        let json = HEAD_BYTES + CHUNK_BYTES;
        let bin = json + number(HEAD_BYTES)? + CHUNK_BYTES;
        let root = serde_json::from_slice(file.get(json..bin - CHUNK_BYTES)?).ok()?;
        Some(Document::of(root, file.get(bin..)?.to_vec(), frames))
    }

    fn of(root: Value, bytes: Vec<u8>, frames: &[(AudioTime, FacePose)]) -> Document {
        let mut document = Document { root, bytes, samplers: Vec::new(), channels: Vec::new(), times: 0 };
        let times: Vec<f32> = frames.iter().map(|(at, _)| at.as_s() as f32).collect();
        let ends = json!({ "min": [times.first()], "max": [times.last()] });
        document.times = document.numbers("SCALAR", 1, &times, ends);
        document
    }

    /// Adds an object to one of the root's lists, and tells its place there.
    pub fn add(&mut self, list: &str, object: Value) -> usize {
        if self.root[list].is_null() {
            self.root[list] = json!([]);
        }
        let Some(objects) = self.root[list].as_array_mut() else { return 0 };
        objects.push(object);
        objects.len() - 1
    }

    /// Sets a key of the root.
    pub fn set(&mut self, key: &str, value: Value) {
        self.root[key] = value;
    }

    /// Values at the animation's times, for as many channels as like; tells its sampler.
    pub fn curve(&mut self, kind: &str, width: usize, values: &[f32]) -> usize {
        let output = self.numbers(kind, width, values, json!({}));
        self.samplers.push(json!({ "input": self.times, "output": output, "interpolation": "LINEAR" }));
        self.samplers.len() - 1
    }

    /// Lets a curve move a node.
    pub fn moves(&mut self, sampler: usize, node: usize, path: &str) {
        self.channels.push(json!({ "sampler": sampler, "target": { "node": node, "path": path } }));
    }

    /// An accessor of `width` numbers an element, with more that it says.
    fn numbers(&mut self, kind: &str, width: usize, values: &[f32], more: Value) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let (start, length) = (self.bytes.len(), 4 * values.len());
        self.bytes.extend(values.iter().flat_map(|x| x.to_le_bytes()));
        let view = self.add("bufferViews", json!({ "buffer": 0, "byteOffset": start, "byteLength": length }));
        let mut accessor = more;
        accessor["bufferView"] = view.into();
        accessor["componentType"] = FLOAT.into();
        accessor["count"] = (values.len() / width).into();
        accessor["type"] = kind.into();
        self.add("accessors", accessor)
    }

    /// The whole file.
    pub fn write(mut self) -> Vec<u8> {
        let animation = json!({ "name": "Speech", "samplers": self.samplers, "channels": self.channels });
        self.set("animations", json!([animation]));
        self.set("asset", json!({ "version": "2.0", "generator": "Keyface" }));
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.set("buffers", json!([{ "byteLength": self.bytes.len() }]));
        let mut text = self.root.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(4), b' ');
        let number = |x: usize| (x as u32).to_le_bytes();
        let whole = HEAD_BYTES + 2 * CHUNK_BYTES + text.len() + self.bytes.len();
        let head = [MAGIC, &VERSION.to_le_bytes(), &number(whole)].concat();
        let json = [number(text.len()), JSON.to_le_bytes()].concat();
        let bin = [number(self.bytes.len()), BIN.to_le_bytes()].concat();
        [head, json, text, bin, self.bytes].concat()
    }
}

/// How a head turns in each frame, one behind another: quaternions of a face that looks along z, its own left along x.
pub(super) fn turns(frames: &[(AudioTime, FacePose)]) -> Vec<f32> {
    frames.iter().flat_map(|(_, pose)| quaternion(pose.head)).collect()
}

/// First the tilt, then up or down, then to a side.
fn quaternion(Angles { yaw_rad, pitch_rad, roll_rad }: Angles) -> [f32; 4] {
    let half = |angle_rad: f32| (0.5 * angle_rad).sin_cos();
    let ((sy, cy), (sx, cx), (sz, cz)) = (half(yaw_rad), half(-pitch_rad), half(-roll_rad));
    [cy * sx * cz + sy * cx * sz, sy * cx * cz - cy * sx * sz, cy * cx * sz - sy * sx * cz, cy * cx * cz + sy * sx * sz]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file's JSON, and the numbers of an accessor.
    pub struct Read<'a> {
        pub root: Value,
        bytes: &'a [u8],
    }

    impl<'a> Read<'a> {
        pub fn new(file: &'a [u8]) -> Read<'a> {
            let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            assert_eq!((&file[..4], number(4), number(8)), (MAGIC, 2, file.len()));
            let json = number(12);
            assert_eq!((number(16), number(24 + json)), (JSON as usize, BIN as usize));
            assert_eq!((json % 4, number(20 + json)), (0, file.len() - 28 - json));
            let read = Read { root: serde_json::from_slice(&file[20..20 + json]).unwrap(), bytes: &file[28 + json..] };
            assert_eq!(read.root["buffers"][0]["byteLength"], read.bytes.len());
            read
        }

        pub fn floats(&self, accessor: &Value) -> Vec<f32> {
            let size = |value: &Value| value.as_u64().unwrap() as usize;
            let accessor = &self.root["accessors"][size(accessor)];
            let view = &self.root["bufferViews"][size(&accessor["bufferView"])];
            let start = size(&view["byteOffset"]);
            assert_eq!((start % 4, accessor["componentType"].as_u64()), (0, Some(u64::from(FLOAT))));
            let bytes = &self.bytes[start..start + size(&view["byteLength"])];
            let width = match accessor["type"].as_str().unwrap() {
                "SCALAR" => 1,
                "VEC3" => 3,
                "VEC4" => 4,
                other => panic!("{other}"),
            };
            assert_eq!(bytes.len(), 4 * width * size(&accessor["count"]));
            bytes.chunks(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect()
        }

        /// The times and the values with which the animation moves a node.
        pub fn curve(&self, node: u64, path: &str) -> Option<(Vec<f32>, Vec<f32>)> {
            let animation = &self.root["animations"][0];
            let is_it = |channel: &&Value| channel["target"] == json!({ "node": node, "path": path });
            let channel = animation["channels"].as_array().unwrap().iter().find(is_it)?;
            let sampler = &animation["samplers"][channel["sampler"].as_u64().unwrap() as usize];
            Some((self.floats(&sampler["input"]), self.floats(&sampler["output"])))
        }
    }

    /// Where a face that turns so looks, and where the top of its head is.
    fn turned(angles: Angles) -> ([f32; 3], [f32; 3]) {
        let [x, y, z, w] = quaternion(angles);
        assert!((x * x + y * y + z * z + w * w - 1.0).abs() < 1e-6);
        let ahead = [2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)];
        let top = [2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)];
        (ahead, top)
    }

    #[test]
    fn a_head_turns_to_its_own_left_up_and_over() {
        let near = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        let (sin, cos) = 0.4f32.sin_cos();
        assert!(near(turned(Angles { yaw_rad: 0.4, ..Angles::default() }).0, [sin, 0.0, cos]));
        assert!(near(turned(Angles { pitch_rad: 0.4, ..Angles::default() }).0, [0.0, sin, cos]));
        assert!(near(turned(Angles { roll_rad: 0.4, ..Angles::default() }).1, [sin, cos, 0.0]));
        // Up and to a side: as high as without the side.
        let (ahead, _) = turned(Angles { yaw_rad: 1.1, pitch_rad: 0.4, roll_rad: 0.3 });
        assert!((ahead[1] - sin).abs() < 1e-6 && (ahead[0] / ahead[2] - 1.1f32.tan()).abs() < 1e-5);
    }

    #[test]
    fn what_is_no_binary_gltf_is_told() {
        for file in [&b""[..], b"glTF", &[0; 64]] {
            assert!(Document::on(file, &[(AudioTime(0), FacePose::REST)]).is_none());
        }
    }
}
