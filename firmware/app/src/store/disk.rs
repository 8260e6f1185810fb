//! Files and folders that are there after a power loss.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::AppError;

/// Everybody may read a model: the service is not the one who installs it.
const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;

/// Makes a folder and those above it, where they are not there.
pub(super) fn make_folder(path: &Path) -> Result<(), AppError> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), make_folder)?;
    make_one_folder(path)?;
    sync_folder(above.unwrap_or(Path::new(".")))
}

/// Makes a folder that everybody may read.
pub(super) fn make_one_folder(path: &Path) -> Result<(), AppError> {
    fs::create_dir(path).and_then(|()| allow(path, FOLDER_MODE)).map_err(AppError::file(path, "make this folder"))
}

/// Writes a new file to the disk.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        allow(path, FILE_MODE)?;
        file.sync_all()
    };
    write().map_err(AppError::file(path, "write it"))
}

/// Brings the names in a folder to the disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), AppError> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    match synced {
        // Some network file systems know no such thing.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other.map_err(AppError::file(path, "write it")),
    }
}

/// Removes a file, a link or a folder with all that is in it.
pub(super) fn remove(path: &Path) -> Result<(), AppError> {
    let remove = || if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    remove().map_err(AppError::file(path, "remove it"))
}

/// Whatever the user's mask says.
#[cfg(unix)]
fn allow(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn allow(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
