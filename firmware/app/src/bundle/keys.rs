//! Who may sign: Ed25519 keys in the files that `openssl genpkey -algorithm ed25519` writes.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::AppError;

/// Names a folder of trusted keys.
pub const KEYS_VARIABLE: &str = "KEYFACE_KEYS";
/// Where the administrator puts them.
const INSTALLED: &str = "/etc/keyface/keys";
const ENDING: &str = "pub";

/// The keys whose signature is trusted, and their files.
pub struct Keys {
    keys: Vec<(PathBuf, VerifyingKey)>,
}

impl Keys {
    /// Every `*.pub` in `$KEYFACE_KEYS`, else in `/etc/keyface/keys`. A file that holds no key is warned of.
    ///
    /// # Errors
    /// When there is none; the text says how to add one.
    pub fn of_machine() -> Result<Keys, AppError> {
        let folder = env::var_os(KEYS_VARIABLE).map_or_else(|| INSTALLED.into(), PathBuf::from);
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == ENDING)).collect();
        files.sort();
        let read = |path: PathBuf| public(&path).inspect_err(|error| log::warn!("{error}")).ok().map(|key| (path, key));
        let keys: Vec<_> = files.into_iter().filter_map(read).collect();
        if keys.is_empty() {
            let came = "none: copy the signer's public key there, or name it with --key FILE";
            return Err(AppError::unexpected(folder.display().to_string(), "a trusted key NAME.pub", came));
        }
        Ok(Keys { keys })
    }

    /// The one key in this file.
    ///
    /// # Errors
    /// When it holds no public key.
    pub fn read(path: &Path) -> Result<Keys, AppError> {
        Ok(Keys { keys: vec![(path.to_path_buf(), public(path)?)] })
    }

    /// The file of the key that signed `message`, which came from `place`.
    ///
    /// # Errors
    /// When none of them did.
    pub fn signer(&self, place: &Path, message: &[u8], signature: &[u8]) -> Result<&Path, AppError> {
        let signed = |key: &VerifyingKey| {
            Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
        };
        let found = self.keys.iter().find(|(_, key)| signed(key)).map(|(path, _)| path.as_path());
        found.ok_or_else(|| {
            let files: Vec<String> = self.keys.iter().map(|(path, _)| path.display().to_string()).collect();
            let came = "another's, or one for other contents";
            AppError::unexpected(place.display().to_string(), format!("a signature by {}", files.join(" or ")), came)
        })
    }
}

/// A key that signs.
pub struct SecretKey {
    path: PathBuf,
    key: SigningKey,
}

impl SecretKey {
    /// Reads a private key: PKCS #8 in PEM.
    ///
    /// # Errors
    /// When the file holds none, or everybody can read it.
    pub fn read(path: &Path) -> Result<SecretKey, AppError> {
        let text = fs::read_to_string(path).map_err(AppError::file(path, "read it"))?;
        let key = SigningKey::from_pkcs8_pem(&text).map_err(|_| not_a_key(path, "private", &text))?;
        check_secret(path)?;
        Ok(SecretKey { path: path.to_path_buf(), key })
    }

    /// 64 bytes over `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).to_bytes().to_vec()
    }

    /// The public half.
    pub fn trusted(&self) -> Keys {
        Keys { keys: vec![(self.path.clone(), self.key.verifying_key())] }
    }
}

/// Makes a pair of keys: `NAME.key`, which only its owner can read, and `NAME.pub`.
///
/// # Errors
/// When either file is there already or cannot be written; then neither is made.
pub fn generate(name: &Path) -> Result<(PathBuf, PathBuf), AppError> {
    let with = |ending: &str| PathBuf::from(format!("{}.{ending}", name.display()));
    let (secret_path, public_path) = (with("key"), with(ENDING));
    if let Some(path) = [&secret_path, &public_path].into_iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(AppError::unexpected(path.display().to_string(), "no such file yet", "a file, which is kept"));
    }
    let key = SigningKey::from_bytes(&random()?);
    // Without the public half in it, which OpenSSL 3.0 does not read.
    let secret = KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_pem(LineEnding::LF);
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF);
    let cannot = |path: &Path| AppError::unexpected(path.display().to_string(), "a key in PEM", "an encoder's error");
    let (secret, public) = (secret.map_err(|_| cannot(&secret_path))?, public.map_err(|_| cannot(&public_path))?);
    write_new(&secret_path, secret.as_bytes(), 0o600)?;
    write_new(&public_path, public.as_bytes(), 0o644).inspect_err(|_| _ = fs::remove_file(&secret_path))?;
    Ok((secret_path, public_path))
}

/// What everybody can read is no secret: whoever has copied it signs as its owner.
#[cfg(unix)]
fn check_secret(path: &Path) -> Result<(), AppError> {
    let about = fs::metadata(path).map_err(AppError::file(path, "look at it"))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
    if mode & 0o007 == 0 {
        return Ok(());
    }
    let expected = format!("a key that only its owner can read (chmod 600 {})", path.display());
    Err(AppError::unexpected(path.display().to_string(), expected, format!("one with mode {:o}", mode & 0o777)))
}

#[cfg(not(unix))]
fn check_secret(_: &Path) -> Result<(), AppError> {
    Ok(())
}

fn public(path: &Path) -> Result<VerifyingKey, AppError> {
    let text = fs::read_to_string(path).map_err(AppError::file(path, "read it"))?;
    let key = VerifyingKey::from_public_key_pem(&text).map_err(|_| not_a_key(path, "public", &text))?;
    // Anybody can sign for a weak key.
    if key.is_weak() { Err(not_a_key(path, "public", "a weak one")) } else { Ok(key) }
}

fn not_a_key(path: &Path, kind: &str, text: &str) -> AppError {
    let head = text.lines().next().unwrap_or_default();
    let came = if head.starts_with("-----BEGIN") || head.starts_with("a weak") { head } else { "no PEM" };
    AppError::unexpected(path.display().to_string(), format!("an Ed25519 {kind} key in PEM"), came.trim_matches('-'))
}

/// From the system's own source.
fn random() -> Result<[u8; 32], AppError> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 32];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).map_err(AppError::file(path, "read it"))?;
    Ok(bytes)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AppError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut file = options.open(path).map_err(AppError::file(path, "make it"))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| _ = fs::remove_file(path)).map_err(AppError::file(path, "write it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by `openssl genpkey -algorithm ed25519`, `openssl pkey -pubout` and `openssl pkeyutl -sign -rawin` 3.0.19.
    const SECRET: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEICUq3qydhAaqIJ7Cs0KS8KCXecEDrdSnKTCWbQ6TlWDJ\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAT4bDZ6RdgUT7Y17T/wuRtNxV3ACY4Zghoocmp6dcrqc=\n-----END PUBLIC KEY-----\n";
    const MESSAGE: &[u8] = b"hello from openssl";
    const SIGNED: &str = "c8e3f47e0ff7089f752b65c13bb98df2aa3d6f4f36d120443b800a49cb02108d\
        f0856e697099db75f52b58efb3970e485828a7029519fc60af6ab504d255c404";

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write_new(&folder.path().join("v.key"), SECRET.as_bytes(), 0o600).unwrap();
        fs::write(folder.path().join("v.pub"), PUBLIC).unwrap();
        folder
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_everybody_can_read_does_not_sign() {
        let folder = folder();
        let path = folder.path().join("v.key");
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let error = SecretKey::read(&path).err().unwrap().to_string();
        assert!(
            error.contains("expected a key that only its owner can read (chmod 600 ")
                && error.ends_with("came one with mode 644"),
            "{error}"
        );
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        assert!(SecretKey::read(&path).is_ok());
    }

    #[test]
    fn a_key_of_openssl_signs_as_openssl_does() {
        let folder = folder();
        let signature = SecretKey::read(&folder.path().join("v.key")).unwrap().sign(MESSAGE);
        assert_eq!(signature.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), SIGNED);
        let path = folder.path().join("v.pub");
        let keys = Keys::read(&path).unwrap();
        assert_eq!(keys.signer(Path::new("b"), MESSAGE, &signature).unwrap(), path);
    }

    #[test]
    fn another_message_or_signature_is_refused_with_the_keys_that_were_tried() {
        let folder = folder();
        let key = SecretKey::read(&folder.path().join("v.key")).unwrap();
        let keys = Keys::read(&folder.path().join("v.pub")).unwrap();
        let mut wrong = key.sign(MESSAGE);
        wrong[20] ^= 1;
        for (message, signature) in [(b"hello".as_slice(), key.sign(MESSAGE)), (MESSAGE, wrong), (MESSAGE, vec![])] {
            let error = keys.signer(Path::new("b.kfm"), message, &signature).unwrap_err().to_string();
            assert!(error.starts_with("b.kfm: expected a signature by ") && error.contains("v.pub, came "), "{error}");
        }
    }

    #[test]
    fn a_new_pair_signs_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = generate(&folder.path().join("mine")).unwrap();
        let signature = SecretKey::read(&secret).unwrap().sign(MESSAGE);
        assert!(Keys::read(&public).unwrap().signer(Path::new("b"), MESSAGE, &signature).is_ok());
        let before = fs::read(&secret).unwrap();
        let error = generate(&folder.path().join("mine")).unwrap_err().to_string();
        assert!(error.ends_with("mine.key: expected no such file yet, came a file, which is kept"), "{error}");
        assert_eq!(fs::read(&secret).unwrap(), before);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&secret).unwrap().permissions()) & 0o777,
            0o600
        );
    }

    #[test]
    fn a_pair_of_which_one_file_is_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.pub"), "old").unwrap();
        assert!(generate(&folder.path().join("mine")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_other_half_of_a_pair_and_a_text_are_refused() {
        let folder = folder();
        let error = Keys::read(&folder.path().join("v.key")).err().unwrap().to_string();
        assert!(error.ends_with("expected an Ed25519 public key in PEM, came BEGIN PRIVATE KEY"), "{error}");
        let error = SecretKey::read(&folder.path().join("v.pub")).err().unwrap().to_string();
        assert!(error.ends_with("expected an Ed25519 private key in PEM, came BEGIN PUBLIC KEY"), "{error}");
        fs::write(folder.path().join("t.pub"), "hello").unwrap();
        let error = Keys::read(&folder.path().join("t.pub")).err().unwrap().to_string();
        assert!(error.ends_with("came no PEM"), "{error}");
    }
}
