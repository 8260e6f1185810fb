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

/// Refuses to work as root where somebody else could exchange a folder for a link meanwhile; and says what is missing to
/// those who may not write there.
#[cfg(target_os = "linux")]
pub(super) fn check_ours(folder: &Path) -> Result<(), AppError> {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{Access, access};

    let whole = std::path::absolute(folder).map_err(AppError::file(folder, "find it"))?;
    if access(&whole, Access::WRITE_OK).is_err() {
        let came = "none: run it as root (sudo), or name another store with --store";
        return Err(AppError::unexpected(folder.display().to_string(), "the right to change what lies here", came));
    }
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let real = whole.canonicalize().map_err(AppError::file(folder, "find it"))?;
    for above in whole.ancestors().chain(real.ancestors()) {
        let about = fs::symlink_metadata(above).map_err(AppError::file(above, "look at it"))?;
        // A link has no mode of its own.
        let (is_open, is_sticky) = (!about.is_symlink() && about.mode() & 0o022 != 0, about.mode() & 0o1000 != 0);
        // What root owns in a sticky folder, such as /tmp, nobody else can move.
        if about.uid() != 0 || (is_open && !is_sticky) {
            let expected = format!("a folder that only root can change above {}", folder.display());
            let came = format!("one of user {} with mode {:o}", about.uid(), about.mode() & 0o7777);
            return Err(AppError::unexpected(above.display().to_string(), expected, came));
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn check_ours(_: &Path) -> Result<(), AppError> {
    Ok(())
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    #[test]
    fn root_never_works_below_a_folder_that_somebody_else_owns() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let outer = tempfile::tempdir().unwrap();
        let (theirs, store) = (outer.path().join("theirs"), outer.path().join("theirs/models"));
        make_folder(&store).unwrap();
        check_ours(&store).unwrap();
        chown(&theirs, Some(1), Some(1)).unwrap();
        let error = check_ours(&store).unwrap_err().to_string();
        assert!(
            error.contains("theirs: expected a folder that only root can change above ")
                && error.contains("one of user 1 "),
            "{error}"
        );
        chown(&theirs, Some(0), Some(0)).unwrap();
        fs::set_permissions(&theirs, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(check_ours(&store).unwrap_err().to_string().ends_with("one of user 0 with mode 777"));
    }
}
