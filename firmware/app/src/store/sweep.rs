//! What an interrupted install left, and what no link names any more, goes.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::disk::remove;
use super::{Slot, Store, is_bundle};
use crate::AppError;

/// Names that begin so are nobody's: half a bundle, a link on its way, a folder on its way out.
const STALE: [&str; 3] = [NEW, ".link-", OLD];
pub(super) const NEW: &str = ".new-";
const OLD: &str = ".old-";

impl Store {
    /// Removes what is stale. Only bundles and our own temporary names are touched.
    pub(super) fn sweep(&self) -> Result<(), AppError> {
        let entries = || {
            let read = fs::read_dir(&self.root).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            read.map_err(AppError::file(&self.root, "list it"))
        };
        for entry in entries()?.iter().filter(|entry| is_stale(&entry.file_name())) {
            remove(&entry.path())?;
        }
        let kept = [self.target(Slot::Current)?, self.target(Slot::Previous)?];
        let is_kept = |path: &Path| kept.iter().flatten().any(|kept| kept == path);
        for entry in entries()?.iter().filter(|entry| is_bundle(entry) && !is_kept(&entry.path())) {
            // Half a removed folder must not look like a bundle.
            let mut name = OsString::from(OLD);
            name.push(entry.file_name());
            let old = self.root.join(name);
            fs::rename(entry.path(), &old).map_err(AppError::file(&entry.path(), "remove it"))?;
            remove(&old)?;
        }
        Ok(())
    }
}

fn is_stale(name: &std::ffi::OsStr) -> bool {
    STALE.iter().any(|start| name.to_string_lossy().starts_with(start))
}
