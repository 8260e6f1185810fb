//! A model's name or folder in, the loaded model out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use keyface_core::{Model, ModelCard};

use crate::AppError;

/// The model that is used unless told otherwise.
pub const DEFAULT_MODEL: &str = "live";
/// Names a folder of models.
pub const MODELS_VARIABLE: &str = "KEYFACE_MODELS";
/// Where a package puts them.
const INSTALLED: &str = "/usr/share/keyface/models";
const CARD: &str = "card.toml";

/// Loads a model by its name or its folder. Its files are checked against its card.
///
/// # Errors
/// When there is no such model, a file is damaged or the card does not describe its files; the text names the file.
pub fn load(name: &str) -> Result<Model, AppError> {
    let folder = find(name)?;
    let read = |file: &str| {
        let path = folder.join(file);
        fs::read(&path).map_err(AppError::file(&path, "read it"))
    };
    let card_path = folder.join(CARD);
    let card_text = fs::read_to_string(&card_path).map_err(AppError::file(&card_path, "read it"))?;
    let within = |e: keyface_core::CoreError| AppError::Model { folder: folder.clone(), reason: e };
    let files = ModelCard::from_toml(CARD, &card_text).map_err(within)?.files;
    let (key_motion, completion) = (read(&files.key_motion.file)?, read(&files.completion.file)?);
    Model::from_parts(&card_text, &key_motion, &completion).map_err(within)
}

/// The folder of a model: `name` itself when it is a folder with a card, else below the first of
/// `$KEYFACE_MODELS`, the checkout that the program was built in, `./models` and the installed ones.
///
/// # Errors
/// When no folder has a card; the text lists them.
pub fn find(name: &str) -> Result<PathBuf, AppError> {
    let given = Path::new(name);
    let is_path = given.components().count() > 1 || given.is_absolute();
    let tried: Vec<PathBuf> = if is_path { vec![given.to_path_buf()] } else { candidates(given) };
    tried.iter().find(|folder| folder.join(CARD).is_file()).cloned().ok_or_else(|| {
        let places: Vec<String> = tried.iter().map(|p| p.display().to_string()).collect();
        let came = if given.is_file() { "a file" } else { "none" };
        AppError::unexpected(format!("model `{name}`"), format!("{CARD} in {}", places.join(" or ")), came)
    })
}

fn candidates(name: &Path) -> Vec<PathBuf> {
    let from_variable = env::var_os(MODELS_VARIABLE).map(PathBuf::from);
    let beside_program = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.parent()?.join("models")));
    let roots = [from_variable, beside_program, Some("models".into()), Some(INSTALLED.into())];
    std::iter::once(name.to_path_buf()).chain(roots.into_iter().flatten().map(|root| root.join(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_is_refused_with_the_places_that_were_searched() {
        let error = find("no-such-model").unwrap_err().to_string();
        assert!(error.starts_with("model `no-such-model`: expected card.toml in "), "{error}");
        assert!(error.contains(INSTALLED) && error.ends_with("came none"), "{error}");
    }

    #[test]
    fn a_folder_with_a_card_is_a_model() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CARD), "").unwrap();
        assert_eq!(find(folder.path().to_str().unwrap()).unwrap(), folder.path());
    }

    #[test]
    fn a_card_that_is_no_card_is_refused_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CARD), "name = 3").unwrap();
        let error = load(folder.path().to_str().unwrap()).err().unwrap().to_string();
        assert!(error.contains(folder.path().to_str().unwrap()) && error.contains(CARD), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}
