//! What a run's folder was trained by, beside its weights: a folder of another experiment is not gone on with.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Remembers an experiment in a run's folder.
///
/// # Errors
/// When the folder belongs to another one, or cannot be written.
pub fn keep<E: Serialize + DeserializeOwned + PartialEq>(experiment: &E, folder: &Path, name: &str) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(name);
    if path.exists() {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let before: E = toml::from_str(&text).with_context(|| path.display().to_string())?;
        ensure!(before == *experiment, "{} holds another experiment: remove the folder", path.display());
    }
    std::fs::write(&path, toml::to_string(experiment)?).with_context(|| path.display().to_string())
}
