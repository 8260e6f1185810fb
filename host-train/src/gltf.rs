//! A glTF 2.0 file in, what it says and the numbers behind it out: binary (`.glb`), or text (`.gltf`) whose buffers are
//! in it or beside it.

use std::borrow::Cow;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Zeros that no data stand behind: a damaged file may claim any number.
const MOST_ZEROS: usize = 1 << 22;

const JSON_CHUNK: u32 = u32::from_le_bytes(*b"JSON");
const BIN_CHUNK: u32 = u32::from_le_bytes(*b"BIN\0");
const BYTE: u64 = 5120;
const UNSIGNED_BYTE: u64 = 5121;
const SHORT: u64 = 5122;
const UNSIGNED_SHORT: u64 = 5123;
const UNSIGNED_INT: u64 = 5125;
/// Component type of floats.
pub const FLOAT: u64 = 5126;
/// How a buffer begins that is written into the text.
const WITHIN: &str = "data:";

/// A file that has been read but not looked through.
pub struct Gltf<'a> {
    /// What it says.
    pub json: Value,
    buffers: Vec<Cow<'a, [u8]>>,
}

impl Gltf<'_> {
    /// Takes a file apart; buffers in files of their own are sought in `folder`.
    ///
    /// # Errors
    /// What is not a whole glTF, or a buffer that cannot be read.
    pub fn parse<'a>(bytes: &'a [u8], folder: Option<&Path>) -> Result<Gltf<'a>> {
        let is_binary = bytes.starts_with(b"glTF");
        let text = if is_binary { chunk(bytes, JSON_CHUNK)? } else { bytes };
        let json: Value = serde_json::from_slice(text).context("expected glTF, came another file")?;
        let bin = if is_binary { chunk(bytes, BIN_CHUNK)? } else { &[] };
        let listed = json["buffers"].as_array().map_or(&[][..], Vec::as_slice);
        let buffer = |value: &Value| match value["uri"].as_str() {
            None => Ok(Cow::Borrowed(bin)),
            Some(uri) => read_buffer(uri, folder).map(Cow::Owned),
        };
        let mut buffers: Vec<Cow<[u8]>> = listed.iter().map(buffer).collect::<Result<_>>()?;
        if buffers.is_empty() {
            buffers.push(Cow::Borrowed(bin));
        }
        Ok(Gltf { json, buffers })
    }

    /// The accessor of an index.
    ///
    /// # Errors
    /// What is no index.
    pub fn accessor(&self, index: &Value) -> Result<&Value> {
        Ok(&self.json["accessors"][number(index)?])
    }

    /// All numbers of an accessor whose elements hold `width` each; zeros where it has no view of its own, then what it
    /// says sparsely.
    ///
    /// # Errors
    /// Data that are not in the file, or are laid out with gaps.
    pub fn numbers(&self, accessor: &Value, width: usize) -> Result<Vec<f64>> {
        let (kind, count) = (&accessor["componentType"], number(&accessor["count"])?);
        let mut numbers = match accessor.get("bufferView") {
            Some(_) => self.read(accessor, kind, count, width)?,
            None => {
                ensure!(count <= MOST_ZEROS, "expected at most {MOST_ZEROS} elements without data, came {count}");
                vec![0.0; width * count]
            }
        };
        if let Some(sparse) = accessor.get("sparse") {
            let changed = number(&sparse["count"])?.min(count);
            let (indices, values) = (&sparse["indices"], &sparse["values"]);
            let indices = self.read(indices, &indices["componentType"], changed, 1)?;
            let values = self.read(values, kind, changed, width)?;
            for (at, value) in indices.into_iter().zip(values.chunks_exact(width)) {
                let place = numbers.chunks_exact_mut(width).nth(at as usize);
                place.context("expected a sparse index within the accessor")?.copy_from_slice(value);
            }
        }
        Ok(numbers)
    }

    /// The same, whole numbers as shares of the largest of their kind.
    ///
    /// # Errors
    /// As [`Gltf::numbers`].
    pub fn shares(&self, accessor: &Value, width: usize) -> Result<Vec<f64>> {
        let most = match accessor["componentType"].as_u64() {
            Some(BYTE) => 127.0,
            Some(UNSIGNED_BYTE) => 255.0,
            Some(SHORT) => 32_767.0,
            Some(UNSIGNED_SHORT) => 65_535.0,
            _ => 1.0,
        };
        Ok(self.numbers(accessor, width)?.into_iter().map(|x| x / most).collect())
    }

    /// The first `count` elements of what an accessor or its sparse part points to; tightly packed.
    fn read(&self, of: &Value, kind: &Value, count: usize, width: usize) -> Result<Vec<f64>> {
        let kind = kind.as_u64().unwrap_or_default();
        let size = match kind {
            BYTE | UNSIGNED_BYTE => 1,
            SHORT | UNSIGNED_SHORT => 2,
            UNSIGNED_INT | FLOAT => 4,
            other => anyhow::bail!("expected floats or whole numbers, came component type {other}"),
        };
        let view = &self.json["bufferViews"][number(&of["bufferView"])?];
        let is_packed = view.get("byteStride").is_none_or(|stride| *stride == size * width);
        ensure!(is_packed, "expected packed data, came a stride");
        let offset = |value: &Value| value["byteOffset"].as_u64().unwrap_or(0) as usize;
        let start = offset(view).saturating_add(offset(of));
        let end = start.saturating_add(count.saturating_mul(size * width));
        let buffer = self.buffers.get(view["buffer"].as_u64().unwrap_or(0) as usize);
        let bytes = buffer.and_then(|buffer| buffer.get(start..end)).context("expected the data within the file")?;
        Ok(bytes.chunks_exact(size).map(|bytes| decode(kind, bytes)).collect())
    }
}

fn decode(kind: u64, bytes: &[u8]) -> f64 {
    let whole = bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    match kind {
        FLOAT => f64::from(f32::from_bits(whole)),
        BYTE => f64::from(whole as u8 as i8),
        SHORT => f64::from(whole as u16 as i16),
        _ => f64::from(whole),
    }
}

/// A number that is an index, a count or an offset.
///
/// # Errors
/// Anything else.
pub fn number(value: &Value) -> Result<usize> {
    value.as_u64().map(|n| n as usize).with_context(|| format!("expected a number, came {value}"))
}

/// A chunk of a binary glTF: after 12 bytes of header, each is length, kind, data.
fn chunk(bytes: &[u8], kind: u32) -> Result<&[u8]> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while rest.len() >= 8 {
        let (head, data) = rest.split_at(8);
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let data = data.get(..word(0) as usize).context("expected a whole file, came one that is cut")?;
        if word(4) == kind {
            return Ok(data);
        }
        rest = &rest[8 + data.len()..];
    }
    anyhow::bail!("expected chunks JSON and BIN, one is missing")
}

/// A buffer that is in the text, or a file of the same folder; a file elsewhere is none of a head's business.
fn read_buffer(uri: &str, folder: Option<&Path>) -> Result<Vec<u8>> {
    if let Some(data) = uri.strip_prefix(WITHIN) {
        let (_, text) = data.split_once(";base64,").context("expected a buffer in base64")?;
        return base64(text).context("expected a buffer in base64, came another sign");
    }
    let name = uri.replace("%20", " ");
    let is_near = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
    let folder = folder.filter(|_| is_near).with_context(|| format!("expected buffers beside the file, came {uri}"))?;
    let path = folder.join(name);
    fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let value = |sign: u8| match sign {
        b'A'..=b'Z' => Some(u32::from(sign - b'A')),
        b'a'..=b'z' => Some(u32::from(sign - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(sign - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().try_fold(0, |bits, sign| Some(bits << 6 | value(*sign)?))?;
        let whole = (bits << (6 * (4 - four.len()))).to_be_bytes();
        bytes.extend_from_slice(&whole[1..four.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// A binary glTF of this text and these numbers.
    pub fn binary(json: &Value, bin: &[u8]) -> Vec<u8> {
        let mut bytes = [*b"glTF", 2u32.to_le_bytes(), 0u32.to_le_bytes()].concat();
        for (kind, data) in [(JSON_CHUNK, json.to_string().as_bytes()), (BIN_CHUNK, bin)] {
            bytes.extend((data.len() as u32).to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(data);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(uri: &str) -> Vec<u8> {
        let views = json!([{ "buffer": 0, "byteOffset": 1 }]);
        let accessors = json!([{ "bufferView": 0, "componentType": BYTE, "type": "SCALAR", "count": 2 }]);
        json!({ "buffers": [{ "uri": uri }], "bufferViews": views, "accessors": accessors }).to_string().into_bytes()
    }

    fn read(bytes: &[u8], folder: Option<&Path>) -> Result<Vec<f64>> {
        let file = Gltf::parse(bytes, folder)?;
        file.numbers(file.accessor(&json!(0))?, 1)
    }

    #[test]
    fn a_buffer_is_in_the_text_or_beside_it() {
        // 7, -2, 127.
        let within = text("data:application/octet-stream;base64,B/5/");
        assert_eq!(read(&within, None).unwrap(), [-2.0, 127.0]);
        let file = Gltf::parse(&within, None).unwrap();
        assert_eq!(file.shares(file.accessor(&json!(0)).unwrap(), 1).unwrap(), [-2.0 / 127.0, 1.0]);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a b.bin"), [7, 0xfe, 0x7f]).unwrap();
        assert_eq!(read(&text("a%20b.bin"), Some(folder.path())).unwrap(), [-2.0, 127.0]);
    }

    #[test]
    fn a_buffer_elsewhere_or_of_other_signs_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |uri: &str| format!("{:#}", read(&text(uri), Some(folder.path())).unwrap_err());
        assert!(refused("../secret.bin").contains("beside the file"));
        assert!(refused("/secret.bin").contains("beside the file"));
        assert!(refused("none.bin").contains("none.bin"));
        assert!(refused("data:;base64,B/5%").contains("another sign"));
        assert!(refused("data:;base64,B/4=").contains("within the file"));
    }

    #[test]
    fn a_count_that_no_data_stand_behind_is_refused() {
        let json = json!({ "accessors": [{ "componentType": FLOAT, "count": u64::MAX }] });
        let error = read(json.to_string().as_bytes(), None).unwrap_err();
        assert!(error.to_string().starts_with("expected at most"), "{error}");
    }
}
