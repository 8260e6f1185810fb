//! The files of a model: name, size, hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::CoreError;
use crate::check::{Check, is_plain};

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
        if bytes.len() as u64 != self.bytes {
            let came = format!("{} bytes", bytes.len());
            return Err(CoreError::unexpected(&self.file, format!("{} bytes", self.bytes), came));
        }
        let came = sha256_hex(bytes);
        if came != self.sha256 {
            let expected = format!("sha256 {}", self.sha256);
            return Err(CoreError::unexpected(&self.file, expected, format!("sha256 {came}")));
        }
        Ok(())
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let stem = self.file.strip_suffix(".onnx").unwrap_or_default();
        vec![
            Check::new("a file `NAME.onnx` beside the card", is_plain(stem), "file", &self.file),
            Check::new(
                "64 hexadecimal digits in lower case",
                self.sha256.len() == 64 && self.sha256.chars().all(is_digit),
                "sha256",
                &self.sha256,
            ),
        ]
    }
}

/// SHA-256 as cards write it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // FIPS 180-4, the message "abc".
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

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
