//! `manifest.toml`: what a bundle is and which files it has.

use std::collections::BTreeSet;
use std::path::Path;

use keyface_core::check::{self, Check};
use keyface_core::digest::{is_sha256, verify_file};
use keyface_core::{CoreError, sha256_hex};
use serde::{Deserialize, Serialize};

use super::{MAX_BYTES, within};
use crate::AppError;

/// The layout of the bundles that this program writes: a tar and its seal.
pub(super) const SEALED: u32 = 2;
/// That of 0.1, which it reads: the tar alone.
const UNSEALED: u32 = 1;
/// Name and version become the name of a folder.
const LONGEST_NAME: usize = 64;
const PLAIN: &str = "up to 64 letters, digits, dots, dashes, none of them a dot at the start";

/// What a bundle says about itself and which files it has; signed, it vouches for them wherever they lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of the bundle: 2; 1 in a bundle of 0.1, which had no seal.
    pub format: u32,
    /// The model's name, as its card says.
    pub name: String,
    /// The model's version, as its card says.
    pub version: String,
    /// How far the model looks ahead, as its card says.
    pub look_ahead_ms: u32,
    /// The program that packed it, and its version.
    pub created_by: String,
    /// The files, in the order in which they follow.
    pub files: Vec<ManifestFile>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Name, without a folder.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, 64 hexadecimal digits in lower case.
    pub sha256: String,
}

impl Manifest {
    /// For a model of this name, version and look-ahead.
    pub(super) fn new(name: &str, version: &str, look_ahead_ms: u32, files: Vec<ManifestFile>) -> Manifest {
        let created_by = concat!("keyface ", env!("CARGO_PKG_VERSION")).to_owned();
        Manifest {
            format: SEALED,
            name: name.to_owned(),
            version: version.to_owned(),
            look_ahead_ms,
            created_by,
            files,
        }
    }

    /// Reads and checks a manifest. `place` is the file as the caller knows it.
    ///
    /// # Errors
    /// When it is not TOML of this schema or a value is not what it must be; the text names the key.
    pub fn from_toml(place: &str, bytes: &[u8]) -> Result<Manifest, AppError> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| AppError::unexpected(place, "a text", "bytes that are none"))?;
        let schema = |e: toml::de::Error| CoreError::schema(place, text, e.span().map(|span| span.start), e.message());
        let manifest: Manifest = toml::from_str(text).map_err(schema)?;
        manifest.validate(place)?;
        Ok(manifest)
    }

    pub(super) fn validate(&self, place: &str) -> Result<(), CoreError> {
        check::verify(place, self.checks().into_iter().chain(self.files.iter().flat_map(ManifestFile::checks)))
    }

    /// Whether its bundle has a seal.
    pub(super) fn is_sealed(&self) -> bool {
        self.format == SEALED
    }

    /// The names of its files, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    fn checks(&self) -> Vec<Check> {
        let is_known = [UNSEALED, SEALED].contains(&self.format);
        let is_once = self.names().collect::<BTreeSet<_>>().len() == self.files.len();
        let listed = self.names().collect::<Vec<_>>().join(", ");
        vec![
            Check::new("a format of this program (1, 2)", is_known, "format", self.format),
            Check::new(PLAIN, is_plain(&self.name), "name", format!("{:?}", self.name)),
            Check::new(PLAIN, is_plain(&self.version), "version", format!("{:?}", self.version)),
            Check::new("each file once", is_once, "files.name", listed),
        ]
    }
}

impl ManifestFile {
    /// The entry of a file with these bytes.
    pub fn describe(name: &str, bytes: &[u8]) -> ManifestFile {
        ManifestFile { name: name.to_owned(), bytes: bytes.len() as u64, sha256: sha256_hex(bytes) }
    }

    /// Whether `bytes` are this file of the bundle or folder `place`.
    pub(super) fn verify(&self, place: &Path, bytes: &[u8]) -> Result<(), AppError> {
        Ok(verify_file(&within(place, &self.name), bytes, self.bytes, &self.sha256)?)
    }

    fn checks(&self) -> Vec<Check> {
        vec![
            Check::new(PLAIN, is_plain(&self.name), "files.name", format!("{:?}", self.name)),
            Check::new("at most 67108864", self.bytes <= MAX_BYTES, "files.bytes", self.bytes),
            Check::new("64 hexadecimal digits in lower case", is_sha256(&self.sha256), "files.sha256", &self.sha256),
        ]
    }
}

/// Whether a text can be a file's name on every system and stays in its folder.
fn is_plain(name: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    !name.is_empty() && name.len() <= LONGEST_NAME && !name.starts_with('.') && name.chars().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        Manifest::new("live", "0.1.0", 60, vec![ManifestFile::describe("card.toml", b"a")])
    }

    fn refusal(change: impl FnOnce(&mut Manifest)) -> String {
        let mut manifest = sample();
        change(&mut manifest);
        let text = toml::to_string(&manifest).unwrap();
        Manifest::from_toml("m", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_survives_its_own_file() {
        let text = toml::to_string(&sample()).unwrap();
        assert_eq!(Manifest::from_toml("m", text.as_bytes()).unwrap(), sample());
    }

    #[test]
    fn a_name_that_leaves_its_folder_is_refused() {
        for name in ["../card.toml", "/etc/passwd", "a/b", ".hidden", "", "a\\b", "a\nb"] {
            let error = refusal(|m| m.files[0].name = name.into());
            assert!(error.starts_with("m: expected up to 64 letters") && !error.contains('\n'), "{error}");
            assert!(refusal(|m| m.name = name.into()).contains("name = "), "{name:?}");
            assert!(refusal(|m| m.version = name.into()).contains("version = "), "{name:?}");
        }
    }

    #[test]
    fn another_format_is_refused() {
        assert_eq!(refusal(|m| m.format = 3), "m: expected a format of this program (1, 2), came format = 3");
    }

    #[test]
    fn a_file_that_is_listed_twice_is_refused() {
        let error = refusal(|m| m.files.push(m.files[0].clone()));
        assert_eq!(error, "m: expected each file once, came files.name = card.toml, card.toml");
    }

    #[test]
    fn a_huge_file_and_a_hash_that_is_none_are_refused() {
        assert!(refusal(|m| m.files[0].bytes = MAX_BYTES + 1).contains("files.bytes = 67108865"));
        assert!(refusal(|m| m.files[0].sha256 = "x".repeat(64)).contains("64 hexadecimal digits"));
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line() {
        let text = toml::to_string(&sample()).unwrap().replacen("version", "verison", 1);
        let error = Manifest::from_toml("m", text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("m: line 3: unknown field `verison`"), "{error}");
    }
}
