//! A model folder in, a bundle with a signed manifest out.

use std::path::Path;

use keyface_core::{Line, Model, ModelCard, Span};

use super::selftest::{answer, clip};
use super::{Bundle, CARD, CLIP, GOLDEN, Golden, MAX_BYTES, Manifest, ManifestFile, SecretKey, file_names, within};
use crate::{AppError, bounded};

/// Packs the model in `folder`, with what it says to its clip `demo.wav` on this machine as the golden answer, and signs
/// its manifest. `progress` is told the sound that has been heard, and all of it.
///
/// # Errors
/// When a file is missing or damaged, or the model does not run.
pub fn pack(folder: &Path, key: &SecretKey, progress: impl FnMut(Span, Span)) -> Result<Bundle, AppError> {
    let card_bytes = bounded::read(&folder.join(CARD), MAX_BYTES)?;
    let card_text = std::str::from_utf8(&card_bytes)
        .map_err(|_| AppError::unexpected(within(folder, CARD), "a text", "bytes that are none"))?;
    let card = ModelCard::from_toml(&within(folder, CARD), card_text)?;
    let read = |name: &str| bounded::read(&folder.join(name), MAX_BYTES);
    let (key_motion, completion) = (read(&card.files.key_motion.file)?, read(&card.files.completion.file)?);
    let clip_bytes = read(CLIP)?;
    let refusal = |reason| AppError::Model { folder: folder.to_path_buf(), reason };
    let mut line = Line::new(Model::from_parts(card_text, &key_motion, &completion).map_err(refusal)?);
    let sound = clip(&within(folder, CLIP), &clip_bytes)?;
    let (golden, _) = answer(&mut line, &sound, progress).map_err(refusal)?;
    let golden = golden.to_bytes();
    Golden::from_bytes(&within(folder, GOLDEN), &golden)?;
    let files = vec![card_bytes.clone(), key_motion, completion, clip_bytes, golden];
    sign(folder, &card, files, key)
}

/// `files` stand in the order of [`file_names`].
fn sign(folder: &Path, card: &ModelCard, files: Vec<Vec<u8>>, key: &SecretKey) -> Result<Bundle, AppError> {
    let entries =
        file_names(card).iter().zip(&files).map(|(name, bytes)| ManifestFile::describe(name, bytes)).collect();
    let manifest = Manifest::new(&card.name, &card.version, card.look_ahead_ms, entries);
    let place = within(folder, super::MANIFEST);
    manifest.validate(&place)?;
    let text = toml::to_string(&manifest)
        .map_err(|error| AppError::unexpected(place, "a manifest that TOML can hold", error.to_string()))?;
    let (manifest_text, signature) = (text.as_bytes().to_vec(), key.sign(text.as_bytes()));
    Ok(Bundle { place: folder.to_path_buf(), manifest, manifest_text, signature, files })
}
