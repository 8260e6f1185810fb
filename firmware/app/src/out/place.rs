//! Where an output's name leads: no run writes over what it hears, nor two outputs over each other.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::AppError;
use crate::ears::Input;

/// Links in a row that are followed, as the kernel does.
const LINKS: usize = 40;
/// What an input is called that is heard.
pub const SOUND: &str = "the sound that is heard";
/// Where standard input's own file can be asked for.
const STDIN: &str = "/dev/stdin";

/// The file that `path` leads to, whatever links lie on the way; it need not be there yet.
///
/// # Errors
/// When links go round in a circle.
pub(super) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its links go round in a circle"))
}

/// The outputs of a run must be different from each other.
///
/// # Errors
/// When two names lead to one file.
pub fn check_distinct<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), AppError> {
    let mut places = HashSet::new();
    for path in paths {
        if !places.insert(Place::of(path)?) {
            return Err(AppError::unexpected(path.display().to_string(), "different files", "the same file twice"));
        }
    }
    Ok(())
}

/// No output may be what is read, by whatever name; each input is told with what it is.
///
/// # Errors
/// When an output leads to the same file as an input.
pub fn check_apart<'a>(
    outputs: impl IntoIterator<Item = PathBuf>,
    inputs: impl IntoIterator<Item = (&'static str, &'a Input)>,
) -> Result<(), AppError> {
    let mut places = HashMap::new();
    for (what, input) in inputs {
        let input = match input {
            Input::File(path) => path,
            // A pipe may be a file too: `keyface animate - <talk.wav`.
            Input::Pipe => Path::new(STDIN),
            Input::Mic | Input::Socket(_) => continue,
        };
        if fs::metadata(input).is_ok_and(|there| there.is_file()) {
            places.insert(Place::of(input)?, (what, input));
        }
    }
    for output in outputs {
        if let Some((what, input)) = places.get(&Place::of(&output)?) {
            let came = format!("{what} ({})", input.display());
            return Err(AppError::unexpected(output.display().to_string(), "a file other than the input", came));
        }
    }
    Ok(())
}

/// What makes two names the same.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    /// Device and inode of what is there.
    There(u64, u64),
    /// What is not there yet: its folder and its name.
    Free(PathBuf, OsString),
}

impl Place {
    fn of(path: &Path) -> Result<Place, AppError> {
        if let Some((device, inode)) = identity(path) {
            return Ok(Place::There(device, inode));
        }
        let path = followed(path).map_err(AppError::file(path, "follow it"))?;
        let path = std::path::absolute(&path).unwrap_or(path);
        let folder = path.parent().unwrap_or(Path::new("/"));
        Ok(Place::Free(real(folder), path.file_name().unwrap_or_default().to_owned()))
    }
}

/// A folder without links, as far as it is there.
fn real(folder: &Path) -> PathBuf {
    if let Ok(real) = folder.canonicalize() {
        return real;
    }
    match (folder.parent(), folder.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => folder.to_path_buf(),
    }
}

/// Device and inode of what is there.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((std::os::unix::fs::MetadataExt::dev(&metadata), std::os::unix::fs::MetadataExt::ino(&metadata)))
}

/// Elsewhere a file is known by its whole name alone.
#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_named_twice_is_refused_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("real")).unwrap();
        symlink("real", path("linked")).unwrap();
        symlink("real/new.csv", path("dangling.csv")).unwrap();
        fs::write(path("a.csv"), "").unwrap();
        fs::hard_link(path("a.csv"), path("b.csv")).unwrap();
        let twice = |a: &str, b: &str| check_distinct(&[path(a), path("other.csv"), path(b)]).is_err();
        assert!(twice("x.csv", "./x.csv") && twice("a.csv", "b.csv"));
        assert!(twice("real/new.csv", "linked/new.csv") && twice("linked/new.csv", "dangling.csv"));
        assert!(twice("missing/deep/a.csv", "missing/./deep/a.csv"));
        assert!(!twice("real/a.csv", "a.csv") && !twice("x.csv", "y.csv"));
    }

    #[test]
    fn the_input_is_known_by_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.wav"), "sound").unwrap();
        fs::hard_link(path("a.wav"), path("hard.csv")).unwrap();
        symlink("a.wav", path("soft.csv")).unwrap();
        symlink("loop.csv", path("loop.csv")).unwrap();
        let heard = Input::File(path("a.wav"));
        let check = |name: &str| check_apart([path("b.csv"), path(name)], [("the sound", &heard)]);
        for name in ["a.wav", "hard.csv", "soft.csv", "./a.wav"] {
            assert!(check(name).unwrap_err().to_string().contains("came the sound ("), "{name}");
        }
        assert!(check("a.csv").is_ok());
        let error = check("loop.csv").unwrap_err().to_string();
        assert!(error.ends_with("cannot follow it: its links go round in a circle"), "{error}");
    }
}
