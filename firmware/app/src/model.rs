//! A model's name or folder in, the loaded model out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use keyface_core::{CoreError, Model, ModelCard, StepNet};

use crate::AppError;
use crate::bounded::{self, NETWORK_BYTES};
use crate::roots::{self, is_packaged};

/// For a microphone, where the board names none.
pub const LIVE: &str = "live";
/// For a voice that can wait for the lips: `--play` and `--serve`; and beside the model for files.
pub const PLAYBACK: &str = "playback";
/// For files.
pub const STUDIO: &str = "studio";
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
    let files = Files::read(name)?;
    Model::from_parts(&files.card_text, &files.key_motion, &files.completion).map_err(files.refusal())
}

/// The files of a model folder.
pub(crate) struct Files {
    folder: PathBuf,
    card_text: String,
    key_motion: Vec<u8>,
    completion: Vec<u8>,
}

impl Files {
    /// Reads them.
    pub(crate) fn read(name: &str) -> Result<Files, AppError> {
        let folder = find(name)?;
        let read = |file: &str| bounded::read(&folder.join(file), NETWORK_BYTES);
        let card_text = bounded::text(&folder.join(CARD))?;
        let within = |e: CoreError| AppError::Model { folder: folder.clone(), reason: e };
        let files = ModelCard::from_toml(CARD, &card_text).map_err(within)?.files;
        let (key_motion, completion) = (read(&files.key_motion.file)?, read(&files.completion.file)?);
        Ok(Files { folder, card_text, key_motion, completion })
    }

    /// Card and networks, checked, whatever steps they take at a run: for measuring, where [`load`] is for the line.
    pub(crate) fn nets(&self) -> Result<(ModelCard, StepNet, StepNet), AppError> {
        let nets = || {
            let card = ModelCard::from_toml(CARD, &self.card_text)?;
            card.files.key_motion.verify(&self.key_motion)?;
            card.files.completion.verify(&self.completion)?;
            let key_motion = StepNet::load(&self.key_motion, &card.key_motion_spec())?;
            let completion = StepNet::load(&self.completion, &card.completion_spec())?;
            Ok((card, key_motion, completion))
        };
        nets().map_err(self.refusal())
    }

    fn refusal(&self) -> impl Fn(CoreError) -> AppError {
        |reason| AppError::Model { folder: self.folder.clone(), reason }
    }
}

/// The folder of a model: `name` itself when it is a folder with a card, else below the first of
/// `$KEYFACE_MODELS`, the checkout that the program was built in, `./models` and the installed ones. A packaged program
/// takes a bare name for nothing that lies in the folder at hand.
///
/// # Errors
/// When no folder has a card; the text lists them.
pub fn find(name: &str) -> Result<PathBuf, AppError> {
    let given = Path::new(name);
    let is_name = matches!(given.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    let tried: Vec<PathBuf> = if is_name { candidates(given) } else { vec![given.to_path_buf()] };
    tried.iter().find(|folder| folder.join(CARD).is_file()).cloned().ok_or_else(|| {
        let places: Vec<String> = tried.iter().map(|p| p.display().to_string()).collect();
        let came = if given.is_file() { "a file" } else { "none" };
        AppError::unexpected(format!("model `{name}`"), format!("{CARD} in {}", places.join(" or ")), came)
    })
}

/// The folder of every model that [`find`] finds by its name, sorted.
pub fn shipped() -> Vec<PathBuf> {
    let entries = roots().into_iter().filter_map(|root| fs::read_dir(root).ok()).flatten().flatten();
    let mut found = BTreeMap::new();
    for entry in entries.filter(|entry| entry.path().join(CARD).is_file()) {
        found.entry(entry.file_name()).or_insert_with(|| entry.path());
    }
    found.into_values().collect()
}

/// A model's card.
///
/// # Errors
/// When there is none in the folder, or it is not what a card must be.
pub fn card(folder: &Path) -> Result<ModelCard, AppError> {
    let path = folder.join(CARD);
    let text = bounded::text(&path)?;
    Ok(ModelCard::from_toml(&path.display().to_string(), &text)?)
}

fn candidates(name: &Path) -> Vec<PathBuf> {
    let here = (!is_packaged()).then(|| name.to_path_buf());
    here.into_iter().chain(roots().into_iter().map(|root| root.join(name))).collect()
}

/// Where models lie, the first choice first.
fn roots() -> Vec<PathBuf> {
    roots::roots(MODELS_VARIABLE, "models", &[INSTALLED])
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
    fn the_folder_at_hand_is_a_path_and_no_name() {
        let error = find("..").unwrap_err().to_string();
        assert_eq!(error, "model `..`: expected card.toml in .., came none");
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
