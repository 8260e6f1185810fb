//! A board's name or file in, what the machine has out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use keyface_core::Board;

use crate::AppError;

/// Names a folder of boards.
pub const BOARDS_VARIABLE: &str = "KEYFACE_BOARDS";
/// Where a package puts them.
const INSTALLED: &str = "/usr/share/keyface/boards";

/// Reads a board by its name or its file.
///
/// # Errors
/// When there is no such board, or its file is not what a board must be; the text names file and key.
pub fn load(name: &str) -> Result<Board, AppError> {
    let path = find(name)?;
    let text = fs::read_to_string(&path).map_err(AppError::file(&path, "read it"))?;
    Ok(Board::from_toml(&path.display().to_string(), &text)?)
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
    fn a_board_is_read_by_its_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards/linux-pc.toml");
        assert_eq!(load(file).unwrap().name, "linux-pc");
    }
}
