//! A board's name or file in, what the machine has out.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Board, Layer};
use crate::{AppError, bounded, roots};

/// Names a folder of boards.
pub const BOARDS_VARIABLE: &str = "KEYFACE_BOARDS";
/// Where an integrator puts boards of their own.
const OWN: &str = "/etc/keyface/boards";
/// Where a package puts them.
const INSTALLED: &str = "/usr/share/keyface/boards";
const ENDING: &str = "toml";

/// Reads a board by its name or its file, and the boards that it inherits from. Names are searched in
/// `$KEYFACE_BOARDS`, by a program that no package has installed in its checkout and in `./boards`, then in
/// `/etc/keyface/boards` and among the installed ones; a parent beside its child first.
///
/// # Errors
/// When there is no such board, boards inherit from each other in a circle, or a file is not what a board must be; the
/// text names file and key.
pub fn load(name: &str) -> Result<Board, AppError> {
    let mut path = find(name)?;
    let (mut layers, mut seen): (Vec<Layer>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    loop {
        let place = path.display().to_string();
        if seen.contains(&path) {
            return Err(AppError::unexpected(place, "a board that does not inherit from itself", "a circle"));
        }
        let text = bounded::text(&path)?;
        let layer = Layer::new(&place, &text)?;
        let parent = layer.inherits().map(|parent| parent_of(&path, parent)).transpose()?;
        layers.push(layer);
        seen.push(path);
        let Some(parent) = parent else { break };
        path = parent;
    }
    Ok(Board::from_layers(&layers)?)
}

fn parent_of(child: &Path, parent: &str) -> Result<PathBuf, AppError> {
    let beside = child.with_file_name(format!("{parent}.toml"));
    if beside.is_file() { Ok(beside) } else { find(parent) }
}

/// The boards that are here by their names, and their files; the first of a name counts.
pub fn known() -> Vec<(String, PathBuf)> {
    listed(&roots())
}

/// The boards in these folders.
pub(crate) fn listed(roots: &[PathBuf]) -> Vec<(String, PathBuf)> {
    let mut boards: Vec<(String, PathBuf)> = Vec::new();
    for root in roots {
        let mut files: Vec<PathBuf> = fs::read_dir(root).into_iter().flatten().flatten().map(|e| e.path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == ENDING));
        files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
        for file in files {
            let Some(name) = file.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
            if boards.iter().all(|(other, _)| *other != name) {
                boards.push((name, file));
            }
        }
    }
    boards
}

/// Refuses a model at `place` that looks `has_ms` ahead where a board wants another look-ahead: [`Board::look_ahead`].
///
/// # Errors
/// [`AppError::Unexpected`]: choose another `model` for the board, or another `look_ahead_ms`.
pub fn check_look_ahead(place: impl Into<String>, has_ms: u32, wanted: Option<(u32, &str)>) -> Result<(), AppError> {
    let Some((ms, board)) = wanted.filter(|(ms, _)| *ms != has_ms) else { return Ok(()) };
    let expected = format!("a look-ahead of {ms} ms, which board {board} wants");
    Err(AppError::unexpected(place, expected, format!("{has_ms} ms")))
}

fn find(name: &str) -> Result<PathBuf, AppError> {
    if name.ends_with(".toml") {
        return Ok(name.into());
    }
    let known = known();
    if let Some((_, file)) = known.iter().find(|(known, _)| known == name) {
        return Ok(file.clone());
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let places: Vec<String> = roots().iter().map(|root| root.display().to_string()).collect();
    let names = if names.is_empty() { format!("a file {name}.toml") } else { format!("one of {}", names.join(", ")) };
    let expected = format!("{names} (searched in {})", places.join(", "));
    Err(AppError::unexpected(format!("board `{name}`"), expected, "none"))
}

fn roots() -> Vec<PathBuf> {
    roots::roots(BOARDS_VARIABLE, "boards", &[OWN, INSTALLED])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_board_is_refused_with_the_places_that_were_searched() {
        let error = load("no-such-board").unwrap_err().to_string();
        assert!(error.starts_with("board `no-such-board`: expected "), "{error}");
        assert!(error.ends_with(", /etc/keyface/boards, /usr/share/keyface/boards), came none"), "{error}");
    }

    #[test]
    fn boards_that_inherit_in_a_circle_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), "inherits = \"b\"").unwrap();
        fs::write(folder.path().join("b.toml"), "inherits = \"a\"").unwrap();
        let error = load(folder.path().join("a.toml").to_str().unwrap()).unwrap_err().to_string();
        assert!(
            error.ends_with("a.toml: expected a board that does not inherit from itself, came a circle"),
            "{error}"
        );
    }

    #[test]
    fn a_board_is_read_by_its_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards/linux-pc.toml");
        assert_eq!(load(file).unwrap().name, "linux-pc");
    }
}
