//! A small file in, its bytes out. What has no end or waits for somebody, as a device or a named pipe, is refused.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::AppError;

/// A board or a card: ours have a few kB.
pub(crate) const TEXT_BYTES: u64 = 1 << 20;
/// A network: ours have half a MB.
pub(crate) const NETWORK_BYTES: u64 = 256 << 20;

/// A file of at most `most` bytes.
///
/// # Errors
/// When it cannot be read, is no file, or is larger.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, AppError> {
    let unexpected = |came: &str| {
        let expected = format!("a file of at most {} MB", most >> 20);
        AppError::unexpected(path.display().to_string(), expected, came)
    };
    let metadata = fs::metadata(path).map_err(AppError::file(path, "read it"))?;
    // Opening a named pipe waits for whoever writes into it.
    if !metadata.is_file() {
        return Err(unexpected(if metadata.is_dir() { "a folder" } else { "a device or a pipe" }));
    }
    if metadata.len() > most {
        return Err(unexpected("a larger one"));
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(AppError::file(path, "read it"))?;
    if bytes.len() as u64 > most { Err(unexpected("a larger one")) } else { Ok(bytes) }
}

/// The same as text.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub(crate) fn text(path: &Path) -> Result<String, AppError> {
    let no_text =
        |e: std::string::FromUtf8Error| AppError::file(path, "read it")(io::Error::new(io::ErrorKind::InvalidData, e));
    String::from_utf8(read(path, TEXT_BYTES)?).map_err(no_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_without_an_end_is_refused_at_once() {
        let error = read(Path::new("/dev/zero"), TEXT_BYTES).unwrap_err().to_string();
        assert_eq!(error, "/dev/zero: expected a file of at most 1 MB, came a device or a pipe");
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, [0; 11]).unwrap();
        assert_eq!(read(&path, 11).unwrap().len(), 11);
        assert!(read(&path, 10).unwrap_err().to_string().ends_with("came a larger one"));
    }
}
