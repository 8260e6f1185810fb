//! A board's name or file in, what the machine has out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use keyface_core::{Board, Layer};

use crate::AppError;

/// Names a folder of boards.
pub const BOARDS_VARIABLE: &str = "KEYFACE_BOARDS";
/// Where a package puts them.
const INSTALLED: &str = "/usr/share/keyface/boards";

/// Reads a board by its name or its file, and the boards that it inherits from. A parent is searched beside its child
/// first.
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
        let text = fs::read_to_string(&path).map_err(AppError::file(&path, "read it"))?;
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

fn find(name: &str) -> Result<PathBuf, AppError> {
    if name.ends_with(".toml") {
        return Ok(name.into());
    }
    let tried = candidates(Path::new(&format!("{name}.toml")));
    tried.iter().find(|path| path.is_file()).cloned().ok_or_else(|| {
        let places: Vec<String> = tried.iter().map(|p| p.display().to_string()).collect();
        AppError::unexpected(format!("board `{name}`"), format!("one of {}", places.join(", ")), "none")
    })
}

fn candidates(file: &Path) -> Vec<PathBuf> {
    let from_variable = env::var_os(BOARDS_VARIABLE).map(PathBuf::from);
    let beside_program = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.parent()?.join("boards")));
    let roots = [from_variable, beside_program, Some("boards".into()), Some(INSTALLED.into())];
    roots.into_iter().flatten().map(|root| root.join(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_board_is_refused_with_the_places_that_were_searched() {
        let error = load("no-such-board").unwrap_err().to_string();
        assert!(error.starts_with("board `no-such-board`: expected one of "), "{error}");
    }

    #[test]
    fn boards_that_inherit_in_a_circle_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), "inherits = \"b\"").unwrap();
        fs::write(folder.path().join("b.toml"), "inherits = \"a\"").unwrap();
        let error = load(folder.path().join("a.toml").to_str().unwrap()).unwrap_err().to_string();
        assert!(error.ends_with("a.toml: expected a board that does not inherit from itself, came a circle"), "{error}");
    }

    #[test]
    fn a_board_is_read_by_its_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards/linux-pc.toml");
        assert_eq!(load(file).unwrap().name, "linux-pc");
    }
}
