//! A file that appears whole or not at all, or grows in sight; what is no file is written into.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyface_core::sha256_hex;

use super::place::followed;
use crate::AppError;

/// The longest name that still has room for an ending or two; disks allow 255 bytes.
const LONGEST_NAME: usize = 240;
/// How much of a growing file a cut of power may take.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How long a named pipe may be without a reader.
#[cfg(target_os = "linux")]
const READER_PATIENCE: Duration = Duration::from_secs(10);

/// Writes `NAME.part` beside the wanted file and renames it at the end; dropped earlier, it leaves nothing.
///
/// A link is followed; the file that was there gives its mode and its owner. A pipe or a device is written into.
/// What a run that was killed has left is kept under a name of its own.
///
/// The part's name is no random one, as `tempfile`'s are: by it a second run is noticed, and what a killed one has left is
/// found. And a file that grows in sight has two names, of which `tempfile` would leave the part's.
pub struct AtomicFile {
    /// The name that was asked for.
    path: PathBuf,
    /// Where it leads.
    target: PathBuf,
    /// The same as the target for what is no file.
    temporary: PathBuf,
    file: Option<BufWriter<File>>,
    flushed: Instant,
    /// To be seen under its name from its first bytes on.
    is_growing: bool,
}

impl AtomicFile {
    /// Makes missing folders too.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or another run writes the same file.
    pub fn create(path: &Path) -> Result<AtomicFile, AppError> {
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(Metadata::is_dir) {
            return Err(AppError::unexpected(path.display().to_string(), "a file to write", "a folder"));
        }
        let failed = || AppError::file(path, "write it");
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = open_special(path).map_err(failed())?;
            return Ok(AtomicFile::new(path, path.to_path_buf(), path.to_path_buf(), file));
        }
        let target = followed(path).map_err(failed())?;
        let name = target.file_name();
        let name = name.ok_or_else(|| AppError::unexpected(path.display().to_string(), "a file", "a folder"))?;
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(AppError::file(folder, "make this folder"))?;
        let temporary = folder.join(part_name(name));
        let file = part(&temporary, &target)?.map_err(failed())?;
        if let Some(there) = there {
            // A file that may not be written may not be replaced either.
            OpenOptions::new().write(true).open(&target).map_err(failed())?;
            take_over(&temporary, &there);
        }
        Ok(AtomicFile::new(path, target, temporary, file))
    }

    /// Standard output.
    ///
    /// # Errors
    /// When it is closed.
    #[cfg(unix)]
    pub fn stdout() -> Result<AtomicFile, AppError> {
        let path = Path::new("/dev/stdout");
        let copy = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
        let file = copy.map_err(AppError::file(Path::new("standard output"), "write it"))?.into();
        Ok(AtomicFile::new(Path::new("standard output"), path.to_path_buf(), path.to_path_buf(), file))
    }

    fn new(path: &Path, target: PathBuf, temporary: PathBuf, file: File) -> AtomicFile {
        let (path, file) = (path.to_path_buf(), Some(BufWriter::new(file)));
        AtomicFile { path, target, temporary, file, flushed: Instant::now(), is_growing: false }
    }

    /// The same, seen under its name from its first bytes on: for a run that may last for months.
    pub fn growing(mut self) -> AtomicFile {
        self.is_growing = self.is_beside();
        self
    }

    /// Appends.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        let written = self.write_all(bytes).and_then(|()| self.show());
        written.map_err(AppError::file(&self.path, "write it"))
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

    /// Whether it is a file that appears at the end, and no pipe or device.
    pub fn is_beside(&self) -> bool {
        self.temporary != self.target
    }

    /// Once a second, what was written leaves this process; a growing file takes its name the first time.
    fn show(&mut self) -> io::Result<()> {
        if self.is_growing {
            self.is_growing = false;
            self.publish();
        } else if self.flushed.elapsed() < FLUSH_EVERY {
            return Ok(());
        }
        self.flushed = Instant::now();
        self.flush()
    }

    /// A second name for the part: at the end the first one goes. On a disk without such names only the part grows.
    fn publish(&self) {
        let link = self.temporary.with_extension("link");
        if let Err(error) = fs::hard_link(&self.temporary, &link).and_then(|()| fs::rename(&link, &self.target)) {
            log::info!("{}: grows as {}: {error}", self.path.display(), self.temporary.display());
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        if !self.is_beside() {
            return Ok(());
        }
        file.sync_all()?;
        // Two names of one file stay two names: `drop` takes the part's.
        fs::rename(&self.temporary, &self.target)
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
        if self.is_beside() {
            // After a commit there is nothing to remove, except a growing file's first name.
            _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Opens a pipe or a device. A named pipe takes a writer only while somebody reads it: that is awaited, but not for ever.
#[cfg(target_os = "linux")]
fn open_special(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::{OFlags, fcntl_setfl};

    let started = Instant::now();
    let open = || OpenOptions::new().write(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    loop {
        match open() {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
                if started.elapsed() > READER_PATIENCE {
                    return Err(io::Error::other("nobody reads it"));
                }
                std::thread::sleep(FLUSH_EVERY / 20);
            }
            opened => {
                return opened.and_then(|file| fcntl_setfl(&file, OFlags::empty()).map_err(Into::into).map(|()| file));
            }
        }
    }
}

/// Elsewhere a pipe without a reader is awaited.
#[cfg(not(target_os = "linux"))]
fn open_special(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// `NAME.part`; of a name that is as long as a disk allows, only what tells it from others.
fn part_name(name: &OsStr) -> OsString {
    let mut part = name.to_os_string();
    if name.len() > LONGEST_NAME {
        part = sha256_hex(name.as_encoded_bytes()).into();
    }
    part.push(".part");
    part
}

/// Opens the part, for this run alone. The outer error is a reason of ours, the inner one the system's.
fn part(temporary: &Path, target: &Path) -> Result<io::Result<File>, AppError> {
    if fs::symlink_metadata(temporary).is_ok_and(|there| !there.is_file()) {
        let expected = "a place for a file that is being written";
        return Err(AppError::unexpected(temporary.display().to_string(), expected, "a link, a folder or a device"));
    }
    let open = || OpenOptions::new().write(true).create(true).truncate(false).open(temporary);
    let file = match open() {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        let expected = "a file that no other run writes";
        return Err(AppError::unexpected(target.display().to_string(), expected, "one that is being written"));
    }
    if file.metadata().is_ok_and(|there| there.len() == 0) {
        return Ok(Ok(file));
    }
    keep_for(temporary, target)?;
    Ok(open().inspect(|file| _ = file.try_lock()))
}

/// Gives what a killed run had written a name of its own: `talk.killed-1.csv`.
fn keep_for(temporary: &Path, target: &Path) -> Result<(), AppError> {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = name.split_once('.').unwrap_or((&name, "part"));
    let kept = (1..).map(|n| target.with_file_name(format!("{stem}.killed-{n}.{ending}")));
    let Some(kept) = kept.into_iter().find(|kept| fs::symlink_metadata(kept).is_err()) else { return Ok(()) };
    fs::rename(temporary, &kept).map_err(AppError::file(temporary, "keep it"))?;
    log::warn!("{}: what a run that was killed had written is kept as {}", target.display(), kept.display());
    Ok(())
}

/// Gives the new file the owner, where one may, and the mode of the old one.
#[cfg(unix)]
fn take_over(path: &Path, old: &Metadata) {
    use std::os::unix::fs::MetadataExt;
    _ = std::os::unix::fs::chown(path, Some(old.uid()), Some(old.gid()));
    _ = fs::set_permissions(path, old.permissions());
}

/// Elsewhere a file has no mode.
#[cfg(not(unix))]
fn take_over(_path: &Path, _old: &Metadata) {}

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
    fn a_name_may_be_as_long_as_the_disk_allows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{}.csv", "a".repeat(251)));
        let mut file = AtomicFile::create(&path).unwrap();
        file.write(b"hello").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"hello");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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

    #[test]
    fn a_growing_file_is_seen_at_once_and_has_one_name_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap().growing();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.write(b"one ").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one ");
        file.flushed -= FLUSH_EVERY;
        file.write(b"two ").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two ");
        file.write(b"three").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_run_had_written_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.poses.jsonl");
        for (run, text) in [(1, "first"), (2, "second")] {
            let mut file = AtomicFile::create(&path).unwrap().growing();
            file.write(text.as_bytes()).unwrap();
            file.flush().unwrap();
            // A killed process runs no destructor; its lock goes with its handle.
            drop(file.file.take());
            std::mem::forget(file);
            AtomicFile::create(&path).unwrap().commit().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"");
            let kept = folder.path().join(format!("a.killed-{run}.poses.jsonl"));
            assert_eq!(fs::read(kept).unwrap(), text.as_bytes());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_file_that_another_run_writes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut first = AtomicFile::create(&path).unwrap();
        let error = AtomicFile::create(&path).err().unwrap().to_string();
        assert!(error.ends_with("expected a file that no other run writes, came one that is being written"), "{error}");
        first.write(b"whole").unwrap();
        first.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_modes_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("deep")).unwrap();
        fs::write(path("deep/old.csv"), "old").unwrap();
        fs::set_permissions(path("deep/old.csv"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("deep/old.csv", path("a.csv")).unwrap();
        symlink("deep/new.csv", path("b.csv")).unwrap();
        for name in ["a.csv", "b.csv"] {
            let mut file = AtomicFile::create(&path(name)).unwrap();
            file.write(b"new").unwrap();
            file.commit().unwrap();
            assert!(path(name).is_symlink(), "{name} is no link any more");
        }
        assert_eq!(fs::read(path("deep/old.csv")).unwrap(), b"new");
        assert_eq!(fs::read(path("deep/new.csv")).unwrap(), b"new");
        assert_eq!(fs::metadata(path("deep/old.csv")).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(path("deep")).unwrap().count(), 2);
    }
}
