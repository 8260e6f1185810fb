//! The models that ship: folders in `models/`, as the device loads them.

use std::fs;
use std::path::{Path, PathBuf};

use keyface_core::{Line, Model};

/// Every folder in `models/` that holds a card.
pub fn shipped() -> Vec<PathBuf> {
    let folders = fs::read_dir(folder("")).expect("the folder models/ stands beside tests/");
    folders.flatten().map(|entry| entry.path()).filter(|path| path.join("card.toml").is_file()).collect()
}

/// The folder of a model that ships.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)
}

/// The model of a folder.
pub fn model(folder: &Path) -> Model {
    let name = folder.to_str().expect("models/ has names in UTF-8");
    keyface::model::load(name).unwrap_or_else(|e| panic!("{e}"))
}

/// A line with the model of a folder, which has heard nothing.
pub fn line(folder: &Path) -> Line {
    Line::new(model(folder))
}
