//! A file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::AppError;

/// Writes beside the wanted file and renames at the end; dropped earlier, it leaves nothing.
pub struct AtomicFile {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Makes missing folders too.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn create(path: &Path) -> Result<AtomicFile, AppError> {
        if path.is_dir() {
            return Err(AppError::unexpected(path.display().to_string(), "a file to write", "a folder"));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(AppError::file(folder, "make this folder"))?;
        let name =
            path.file_name().ok_or_else(|| AppError::unexpected(path.display().to_string(), "a file", "a folder"))?;
        let temporary = folder.join(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let file = File::create(&temporary).map_err(AppError::file(path, "write it"))?;
        Ok(AtomicFile { path: path.to_path_buf(), temporary, file: Some(BufWriter::new(file)) })
    }

    /// Appends.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        self.write_all(bytes).map_err(AppError::file(&self.path, "write it"))
    }

    /// Puts the whole file under its name.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn commit(mut self) -> Result<(), AppError> {
        self.finish().map_err(AppError::file(&self.path, "write it"))
    }

    /// The file's name-to-be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it lies until then, for writers that open their file themselves.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        fs::rename(&self.temporary, &self.path)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // After a commit there is nothing to remove.
        _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write(b"hello").unwrap();
        assert!(!path.exists());
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"hello");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_given_up_leaves_nothing_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        AtomicFile::create(&path).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_a_file_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let blocker = folder.path().join("blocker");
        fs::write(&blocker, "").unwrap();
        let error = AtomicFile::create(&blocker.join("a.txt")).err().unwrap().to_string();
        assert!(error.contains("blocker: cannot make this folder: "), "{error}");
    }
}
