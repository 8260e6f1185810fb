//! What vouches for a file: how many bytes it has, and their SHA-256. For cards here, and manifests in the app.

use sha2::{Digest, Sha256};

use crate::CoreError;

/// SHA-256 as cards write it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text is a SHA-256 as cards and manifests write it: 64 hexadecimal digits in lower case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

/// Whether what came is the file that was vouched for: as many `bytes` with this `sha256`. `place` is its name.
pub fn verify_file(place: &str, came: &[u8], bytes: u64, sha256: &str) -> Result<(), CoreError> {
    if came.len() as u64 != bytes {
        return Err(CoreError::unexpected(place, format!("{bytes} bytes"), format!("{} bytes", came.len())));
    }
    let came = sha256_hex(came);
    if came != sha256 {
        return Err(CoreError::unexpected(place, format!("sha256 {sha256}"), format!("sha256 {came}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // FIPS 180-4, the message "abc".
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
