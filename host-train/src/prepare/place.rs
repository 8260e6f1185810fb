//! Where the files of one corpus lie: ids in, paths out; and those whose clips are gone, removed.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::corpus::{Error, Folder, Result};

/// Files `<corpus>__<id>.safetensors` in a folder that several corpora may share.
pub struct Place<'a> {
    /// The folder.
    pub out: &'a Path,
    /// The corpus' name.
    pub corpus: &'a str,
}

impl Place<'_> {
    /// The file of a clip; ids may hold folders.
    pub fn path(&self, id: &str) -> PathBuf {
        let id = id.replace(['/', '\\'], "__");
        self.out.join(format!("{}__{id}.safetensors", self.corpus))
    }

    /// Removes the files of clips that have left the corpus: they must not be trained on because of an earlier run.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn remove_orphans(&self, folder: &Folder) -> Result<usize> {
        let wanted: HashSet<PathBuf> = folder.entries.iter().map(|e| self.path(&e.id)).collect();
        let ours = |path: &PathBuf| {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            name.starts_with(&format!("{}__", self.corpus)) && name.ends_with(".safetensors")
        };
        let files = fs::read_dir(self.out).map_err(Error::io(self.out))?.filter_map(|file| file.ok().map(|f| f.path()));
        let orphans: Vec<PathBuf> = files.filter(ours).filter(|path| !wanted.contains(path)).collect();
        orphans.iter().try_for_each(|path| fs::remove_file(path).map_err(Error::io(path)))?;
        Ok(orphans.len())
    }
}

/// When a file last changed; `None` where it is not there.
pub fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|m| m.modified()).ok()
}
