//! The two links: read, set, removed and exchanged, each in one step that cannot be seen half done.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::disk::sync_folder;
use super::{Slot, Store};
use crate::AppError;

/// A link that is about to take another's place.
const TEMPORARY: &str = ".link-";

impl Store {
    /// The folder that a link names; it need not be there.
    pub(super) fn target(&self, slot: Slot) -> Result<Option<PathBuf>, AppError> {
        let link = self.link(slot);
        let target = match fs::read_link(&link) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AppError::file(&link, "read this link")(error)),
        };
        let mut parts = target.components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(name)), None) => Ok(Some(self.root.join(name))),
            _ => {
                let expected = "a link to a folder beside it";
                Err(AppError::unexpected(link.display().to_string(), expected, target.display().to_string()))
            }
        }
    }

    /// Makes a link name the folder `name`: before, it names what it did; afterwards, this.
    pub(super) fn set(&self, slot: Slot, name: &OsStr) -> Result<(), AppError> {
        self.prepare(slot, name)?;
        self.commit(slot)
    }

    /// All of [`Store::set`] that needs room on the disk; nothing is seen of it.
    pub(super) fn prepare(&self, slot: Slot, name: &OsStr) -> Result<(), AppError> {
        symlink(Path::new(name), &self.prepared(slot)).map_err(AppError::file(&self.link(slot), "set this link"))
    }

    /// Brings what was prepared under its name.
    pub(super) fn commit(&self, slot: Slot) -> Result<(), AppError> {
        let link = self.link(slot);
        fs::rename(self.prepared(slot), &link).map_err(AppError::file(&link, "set this link"))?;
        sync_folder(&self.root)
    }

    /// Removes a link that is there.
    pub(super) fn unset(&self, slot: Slot) -> Result<(), AppError> {
        let link = self.link(slot);
        fs::remove_file(&link).map_err(AppError::file(&link, "remove it"))?;
        sync_folder(&self.root)
    }

    /// Gives one link's folder to the other, which had none or the same.
    pub(super) fn pass(&self, from: Slot, to: Slot) -> Result<(), AppError> {
        let link = self.link(to);
        fs::rename(self.link(from), &link).map_err(AppError::file(&link, "set this link"))?;
        sync_folder(&self.root)
    }

    /// Exchanges both links in one step; where the file system cannot, `current` first.
    pub(super) fn exchange(&self) -> Result<(), AppError> {
        let (current, previous) = (self.target(Slot::Current)?, self.target(Slot::Previous)?);
        match exchange(&self.link(Slot::Current), &self.link(Slot::Previous)) {
            Ok(()) => sync_folder(&self.root),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
                for (slot, target) in [(Slot::Current, previous), (Slot::Previous, current)] {
                    target.as_deref().and_then(Path::file_name).map_or(Ok(()), |name| self.set(slot, name))?;
                }
                Ok(())
            }
            Err(error) => Err(AppError::file(&self.link(Slot::Current), "exchange it with `previous`")(error)),
        }
    }

    fn prepared(&self, slot: Slot) -> PathBuf {
        self.root.join(format!("{TEMPORARY}{}", slot.name()))
    }

    fn link(&self, slot: Slot) -> PathBuf {
        self.root.join(slot.name())
    }
}

#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
