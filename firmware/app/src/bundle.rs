//! A model as one signed file: card, networks, clip, the golden answer to that clip, and a manifest that vouches for all.
//!
//! A bundle `NAME-VERSION.kfm` is a plain tar and a seal: the signature over the whole tar is looked at before anything in
//! it is read. Its first files are `manifest.toml`, which lists size and hash of the others, and `manifest.sig`, the
//! manifest's own signature: both stay beside the installed files, which [`crate::store`] keeps in a folder, so that these
//! can be checked for as long as they lie there. A bundle of 0.1 is the tar alone, and is still taken.

use std::path::{Path, PathBuf};

use keyface_core::{CoreError, Model, ModelCard, sha256_hex};

use crate::{AppError, bounded};

mod archive;
mod golden;
mod keys;
mod manifest;
mod pack;
mod seal;
mod selftest;
mod trial;

pub use golden::Golden;
pub use keys::{KEYS_VARIABLE, Keys, SecretKey, generate};
pub use manifest::{Manifest, ManifestFile};
pub use pack::pack;
pub use selftest::{Requirements, SelfTest, Tested};

/// No bundle of ours comes near; a larger file is a mistake or an attack.
pub const MAX_BYTES: u64 = 64 << 20;
pub(crate) const MANIFEST: &str = "manifest.toml";
pub(crate) const SIGNATURE: &str = "manifest.sig";
const CARD: &str = "card.toml";
const CLIP: &str = "demo.wav";
const GOLDEN: &str = "golden.poses";

/// A whole bundle in memory: every file has the size and the hash that the manifest says, and the card agrees with it.
pub struct Bundle {
    place: PathBuf,
    manifest: Manifest,
    manifest_text: Vec<u8>,
    signature: Vec<u8>,
    files: Vec<Vec<u8>>,
}

impl Bundle {
    /// Reads a bundle that one of `keys` has signed. Also tells which.
    ///
    /// # Errors
    /// When it cannot be read, is not what [`pack()`] writes, or somebody else signed it.
    pub fn open(path: &Path, keys: &Keys) -> Result<(Bundle, PathBuf), AppError> {
        Bundle::from_bytes(path, &bounded::read(path, MAX_BYTES)?, keys)
    }

    /// The same for bytes that came from `place`.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn from_bytes(place: &Path, bytes: &[u8], keys: &Keys) -> Result<(Bundle, PathBuf), AppError> {
        let (tar, is_sealed) = seal::open(place, bytes, keys)?;
        let signed = |manifest: &[u8], signature: &[u8]| Ok(keys.signer(place, manifest, signature)?.to_path_buf());
        let (bundle, signer) = Bundle::parse(place, tar, signed)?;
        if bundle.manifest.is_sealed() != is_sealed {
            let came = if is_sealed { "one" } else { "none" };
            let expected = format!("a seal behind each bundle of format {} and no other", manifest::SEALED);
            return Err(AppError::unexpected(place.display().to_string(), expected, came));
        }
        Ok((bundle, signer))
    }

    /// Reads a tar; `signed` is asked about the manifest and its signature before anything else is believed.
    fn parse<S>(
        place: &Path,
        tar: &[u8],
        signed: impl FnOnce(&[u8], &[u8]) -> Result<S, AppError>,
    ) -> Result<(Bundle, S), AppError> {
        let came = archive::read(place, tar)?;
        let refusal = |expected: String| {
            let names: Vec<&str> = came.iter().map(|(name, _)| name.as_str()).collect();
            let came = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            AppError::unexpected(place.display().to_string(), expected, came)
        };
        let (manifest_text, signature, files) = match came.as_slice() {
            [(first, manifest), (second, signature), files @ ..] if first == MANIFEST && second == SIGNATURE => {
                (*manifest, *signature, files)
            }
            _ => return Err(refusal(format!("{MANIFEST}, {SIGNATURE} and a model's files"))),
        };
        let signer = signed(manifest_text, signature)?;
        let manifest = Manifest::from_toml(&within(place, MANIFEST), manifest_text)?;
        if !manifest.names().eq(files.iter().map(|(name, _)| name.as_str())) {
            let names: Vec<&str> = manifest.names().collect();
            return Err(refusal(format!("{MANIFEST}, {SIGNATURE}, {}", names.join(", "))));
        }
        let files = files.iter().map(|(_, bytes)| bytes.to_vec()).collect();
        let (manifest_text, signature) = (manifest_text.to_vec(), signature.to_vec());
        let bundle = Bundle { place: place.to_path_buf(), manifest, manifest_text, signature, files };
        bundle.check()?;
        Ok((bundle, signer))
    }

    /// Reads an installed bundle back from its folder. Its signature was checked when it was installed.
    ///
    /// # Errors
    /// When a file is missing, larger or other than the manifest says.
    pub fn read_folder(folder: &Path) -> Result<Bundle, AppError> {
        let manifest_text = bounded::read(&folder.join(MANIFEST), MAX_BYTES)?;
        let signature = bounded::read(&folder.join(SIGNATURE), MAX_BYTES)?;
        let manifest = Manifest::from_toml(&within(folder, MANIFEST), &manifest_text)?;
        let file = |entry: &ManifestFile| bounded::read(&folder.join(&entry.name), MAX_BYTES);
        let files = manifest.files.iter().map(file).collect::<Result<_, AppError>>()?;
        let bundle = Bundle { place: folder.to_path_buf(), manifest, manifest_text, signature, files };
        bundle.check()?;
        Ok(bundle)
    }

    /// The file of the key that has signed it, looked at again: an installed bundle's signature may have been damaged.
    ///
    /// # Errors
    /// When none of `keys` has.
    pub fn signer<'a>(&self, keys: &'a Keys) -> Result<&'a Path, AppError> {
        keys.signer(&self.place, &self.manifest_text, &self.signature)
    }

    /// The bundle as a file, sealed with `key`, which must have signed its manifest.
    ///
    /// # Errors
    /// When a name is too long for a tar.
    pub fn sealed(&self, key: &SecretKey) -> Result<Vec<u8>, AppError> {
        Ok(seal::seal(self.to_tar()?, key))
    }

    fn to_tar(&self) -> Result<Vec<u8>, AppError> {
        archive::write(self.entries()).map_err(AppError::file(&self.place, "pack it"))
    }

    /// The same bundle, which errors say came from `place`.
    pub(crate) fn called(self, place: &Path) -> Bundle {
        Bundle { place: place.to_path_buf(), ..self }
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where it came from.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// `NAME-VERSION-HASH`, the hash being the first twelve digits of the manifest's SHA-256.
    pub fn id(&self) -> String {
        let hash = sha256_hex(&self.manifest_text);
        format!("{}-{}-{}", self.manifest.name, self.manifest.version, &hash[..12])
    }

    /// Loads its networks.
    ///
    /// # Errors
    /// When the card does not describe them.
    pub fn model(&self) -> Result<Model, AppError> {
        let (card_text, card) = self.card()?;
        let nets = (self.file(&card.files.key_motion.file), self.file(&card.files.completion.file));
        Model::from_parts(card_text, nets.0, nets.1).map_err(self.refusal())
    }

    /// Each file with its name, manifest and signature first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let names = self.manifest.names();
        let head = [(MANIFEST, self.manifest_text.as_slice()), (SIGNATURE, self.signature.as_slice())];
        head.into_iter().chain(names.zip(self.files.iter().map(Vec::as_slice)))
    }

    /// The bytes of a file; none where there is no such file.
    fn file(&self, name: &str) -> &[u8] {
        let at = self.manifest.names().position(|known| known == name);
        at.and_then(|at| self.files.get(at)).map_or(&[], Vec::as_slice)
    }

    fn card(&self) -> Result<(&str, ModelCard), AppError> {
        let place = within(&self.place, CARD);
        let text = std::str::from_utf8(self.file(CARD))
            .map_err(|_| AppError::unexpected(place.clone(), "a text", "bytes that are none"))?;
        Ok((text, ModelCard::from_toml(&place, text)?))
    }

    fn refusal(&self) -> impl Fn(CoreError) -> AppError {
        |reason| AppError::Model { folder: self.place.clone(), reason }
    }

    /// Everything that can be said without running it.
    fn check(&self) -> Result<(), AppError> {
        self.manifest.files.iter().zip(&self.files).try_for_each(|(entry, bytes)| entry.verify(&self.place, bytes))?;
        let (_, card) = self.card()?;
        let wanted = file_names(&card);
        let names: Vec<&str> = self.manifest.names().collect();
        let place = within(&self.place, MANIFEST);
        if names != wanted {
            return Err(AppError::unexpected(place, format!("the files {}", wanted.join(", ")), names.join(", ")));
        }
        let told = |name: &str, version: &str, ahead: u32| format!("{name} {version}, {ahead} ms ahead");
        let of_card = told(&card.name, &card.version, card.look_ahead_ms);
        let own = told(&self.manifest.name, &self.manifest.version, self.manifest.look_ahead_ms);
        if own != of_card {
            return Err(AppError::unexpected(place, format!("{of_card}, as its card says"), own));
        }
        Ok(())
    }
}

/// The files of a bundle, in order.
fn file_names(card: &ModelCard) -> [&str; 5] {
    [CARD, &card.files.key_motion.file, &card.files.completion.file, CLIP, GOLDEN]
}

/// A file inside a bundle or a folder, as errors name it.
fn within(place: &Path, file: &str) -> String {
    format!("{}: {file}", place.display())
}
