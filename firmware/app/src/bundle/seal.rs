//! The seal of a bundle: a signature over all that stands before it, which is looked at before any of that is read.
//!
//! It stands behind the tar, where programs that unpack one do not look: a mark of 8 bytes, then 64 of Ed25519 over the
//! tar and the mark. A bundle of 0.1 has none.

use std::path::Path;

use super::{Keys, SecretKey};
use crate::AppError;

/// No tar ends so: its last bytes are zeros.
const MARK: &[u8] = b"KFSEALED";
const SIGNATURE_BYTES: usize = 64;

/// The tar with its seal.
pub(super) fn seal(mut tar: Vec<u8>, key: &SecretKey) -> Vec<u8> {
    tar.extend(MARK);
    let signature = key.sign(&tar);
    tar.extend(signature);
    tar
}

/// The tar in `bytes`, which came from `place`, and whether one of `keys` has sealed it; a bundle of 0.1 has no seal.
///
/// # Errors
/// When it has one that is of none of `keys`.
pub(super) fn open<'a>(place: &Path, bytes: &'a [u8], keys: &Keys) -> Result<(&'a [u8], bool), AppError> {
    let sealed = bytes.split_last_chunk::<SIGNATURE_BYTES>();
    let Some((marked, signature, tar)) = sealed.and_then(|(marked, s)| Some((marked, s, marked.strip_suffix(MARK)?)))
    else {
        return Ok((bytes, false));
    };
    keys.signer(place, marked, signature)?;
    Ok((tar, true))
}
