//! The files of a model: name, size, hash.

use serde::{Deserialize, Serialize};

use crate::CoreError;
use crate::check::{Check, is_plain};
use crate::digest::{is_sha256, sha256_hex, verify_file};

/// The files of a model. The default names none and passes no check: the exporter fills it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// KeyMotionNet.
    pub key_motion: FileEntry,
    /// CompletionNet.
    pub completion: FileEntry,
}

/// One file beside the card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Name, without a folder.
    pub file: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, 64 hexadecimal digits in lower case.
    pub sha256: String,
    /// How the weights are stored.
    pub precision: Precision,
}

/// How weights are stored and what the device computes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32-bit float.
    Float,
    /// Stored as 8-bit integers with one scale per output channel, restored to float at loading.
    #[default]
    Int8,
    /// Stored as `Int8`, and multiplied as 8-bit integers: what goes into a layer is rounded too.
    Int8Compute,
}

impl FileEntry {
    /// The entry of a file with these bytes.
    pub fn describe(file: &str, bytes: &[u8], precision: Precision) -> FileEntry {
        FileEntry { file: file.to_owned(), bytes: bytes.len() as u64, sha256: sha256_hex(bytes), precision }
    }

    /// Whether `bytes` are this file.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] with both sizes or both hashes.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), CoreError> {
        verify_file(&self.file, bytes, self.bytes, &self.sha256)
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let stem = self.file.strip_suffix(".onnx").unwrap_or_default();
        vec![
            Check::new("a file `NAME.onnx` beside the card", is_plain(stem), "file", &self.file),
            Check::new("64 hexadecimal digits in lower case", is_sha256(&self.sha256), "sha256", &self.sha256),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_flipped_bit_is_seen() {
        let entry = FileEntry::describe("net.onnx", &[1, 2, 3], Precision::Float);
        assert!(entry.verify(&[1, 2, 3]).is_ok());
        assert!(entry.verify(&[1, 2, 2]).unwrap_err().to_string().starts_with("net.onnx: expected sha256 "));
    }

    #[test]
    fn an_empty_file_is_told_by_its_size() {
        let entry = FileEntry::describe("net.onnx", &[1, 2, 3], Precision::Float);
        assert_eq!(entry.verify(&[]).unwrap_err().to_string(), "net.onnx: expected 3 bytes, came 0 bytes");
    }
}
