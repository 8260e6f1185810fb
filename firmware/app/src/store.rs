//! The models that are installed on this machine, and which of them is used.
//!
//! A store is a folder with one folder for each bundle and two links, `current` and `previous`. Whatever happens, and
//! whenever, `current` names a whole bundle that passed its self-test here, or is not there: then the shipped model is
//! used. `previous` names what was used before, or is not there when that was the shipped model.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use keyface_core::{Model, ModelCard};
use serde::Serialize;

use crate::board::{Board, check_look_ahead};
use crate::bundle::{Bundle, MANIFEST};
use crate::{AppError, model};

mod disk;
mod install;
mod links;
mod rollback;
mod sweep;

pub use install::{Action, Event, Installed};
pub use rollback::RolledBack;

/// Names a store.
pub const STORE_VARIABLE: &str = "KEYFACE_STORE";
/// The store of a machine.
const INSTALLED: &str = "/var/lib/keyface/models";

/// A store of models.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// One of a store's two links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// What is used.
    Current,
    /// What was used before.
    Previous,
}

/// What a link names.
#[derive(Clone, Debug, Serialize)]
pub struct Holding {
    /// The folder.
    pub folder: PathBuf,
    /// The model; `None` when the bundle is damaged.
    pub model: Option<ModelSummary>,
    /// Why it cannot be used.
    pub damage: Option<String>,
}

/// The model that a live face uses.
pub struct Chosen {
    /// Loaded.
    pub model: Model,
    /// Where it lies.
    pub folder: PathBuf,
    /// The link that names it; `None` for a shipped one.
    pub slot: Option<Slot>,
}

/// A model, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelSummary {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How far it looks ahead.
    pub look_ahead_ms: u32,
}

impl Store {
    /// The store in this folder, which need not be there.
    pub fn new(root: impl Into<PathBuf>) -> Store {
        Store { root: root.into() }
    }

    /// The machine's: `$KEYFACE_STORE`, else `/var/lib/keyface/models`.
    pub fn of_machine() -> Store {
        Store::new(env::var_os(STORE_VARIABLE).map_or_else(|| INSTALLED.into(), PathBuf::from))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What a link names; `None` where there is no link.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn holding(&self, slot: Slot) -> Result<Option<Holding>, AppError> {
        let Some(folder) = self.target(slot)? else { return Ok(None) };
        let (model, damage) = match Bundle::read_folder(&folder) {
            Ok(bundle) => (Some(ModelSummary::from(&bundle)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(Some(Holding { folder, model, damage }))
    }

    /// The model of a live face that was told none: `current`; `previous` when that cannot be used; else the one that
    /// ships for `board`. `warn` is told why the first choice was not taken.
    ///
    /// # Errors
    /// When none of them can be loaded.
    pub fn choose(&self, board: Option<&Board>, mut warn: impl FnMut(String)) -> Result<Chosen, AppError> {
        let look_ahead = board.and_then(Board::look_ahead);
        for (slot, next) in
            [(Slot::Current, "the previous model is tried"), (Slot::Previous, "the shipped model is used")]
        {
            let load = |folder: PathBuf| Ok((usable(&folder, look_ahead)?, folder));
            match self.target(slot).and_then(|folder| folder.map(load).transpose()) {
                Ok(Some((model, folder))) => return Ok(Chosen { model, folder, slot: Some(slot) }),
                // Nothing was installed, or it was rolled back.
                Ok(None) if slot == Slot::Current => break,
                Ok(None) => warn(format!("no previous model is installed; {next}")),
                Err(error) => warn(format!("{error}; {next}")),
            }
        }
        let name = board.map_or(model::LIVE, |board| &board.model);
        Ok(Chosen { model: model::load(name)?, folder: model::find(name)?, slot: None })
    }

    /// Makes the folder when it is not there, and keeps others out until the answer is dropped.
    fn lock(&self) -> Result<File, AppError> {
        disk::make_folder(&self.root)?;
        disk::check_ours(&self.root)?;
        let folder = File::open(&self.root).map_err(AppError::file(&self.root, "open it"))?;
        match folder.try_lock() {
            Ok(()) => Ok(folder),
            Err(TryLockError::WouldBlock) => {
                let expected = "no other install or rollback at work";
                Err(AppError::unexpected(self.root.display().to_string(), expected, "one that is: wait for its end"))
            }
            Err(TryLockError::Error(reason)) => Err(AppError::file(&self.root, "lock it")(reason)),
        }
    }

    /// Refuses a bundle that is older than one of the same name that is used, or was before: an old version may have been
    /// withdrawn for a reason, and its signature is good for ever.
    ///
    /// # Errors
    /// When it is older, or the store cannot be read.
    pub fn check_not_older(&self, bundle: &Bundle) -> Result<(), AppError> {
        let new = ModelSummary::from(bundle);
        for slot in [Slot::Current, Slot::Previous] {
            let held = self.holding(slot)?.and_then(|holding| holding.model);
            let Some(held) = held.filter(|held| held.name == new.name) else { continue };
            if version(&new.version) < version(&held.version) {
                let (place, came) = (bundle.place().display().to_string(), format!("{} {}", new.name, new.version));
                let expected =
                    format!("{} or newer, which this device has used (--downgrade takes an older one)", held.version);
                return Err(AppError::unexpected(place, expected, came));
            }
        }
        Ok(())
    }

    /// The bundle that a link names, when it is whole.
    fn whole(&self, slot: Slot) -> Result<Option<Bundle>, AppError> {
        Ok(self.target(slot)?.and_then(|folder| Bundle::read_folder(&folder).ok()))
    }
}

impl Slot {
    /// The link's name.
    pub const fn name(self) -> &'static str {
        match self {
            Slot::Current => "current",
            Slot::Previous => "previous",
        }
    }
}

impl From<&Bundle> for ModelSummary {
    fn from(bundle: &Bundle) -> ModelSummary {
        let manifest = bundle.manifest();
        let (name, version) = (manifest.name.clone(), manifest.version.clone());
        ModelSummary { name, version, look_ahead_ms: manifest.look_ahead_ms }
    }
}

impl From<&ModelCard> for ModelSummary {
    fn from(card: &ModelCard) -> ModelSummary {
        ModelSummary { name: card.name.clone(), version: card.version.clone(), look_ahead_ms: card.look_ahead_ms }
    }
}

impl std::fmt::Display for ModelSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: looks {} ms ahead", self.name, self.version, self.look_ahead_ms)
    }
}

/// A version's numbers in order; a text behind them, as in `1.0.0-rc1`, makes it older than one without.
fn version(text: &str) -> (Vec<u64>, bool) {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    (numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect(), !rest.starts_with('-'))
}

fn usable(folder: &Path, look_ahead: Option<(u32, &str)>) -> Result<Model, AppError> {
    let bundle = Bundle::read_folder(folder)?;
    check_look_ahead(folder.display().to_string(), bundle.manifest().look_ahead_ms, look_ahead)?;
    bundle.model()
}

/// Whether a folder's entry is an installed bundle: by its name too, so that nobody else's folder is taken for one.
fn is_bundle(entry: &fs::DirEntry) -> bool {
    let is_named = sweep::is_id(&entry.file_name().to_string_lossy());
    is_named && entry.file_type().is_ok_and(|kind| kind.is_dir()) && entry.path().join(MANIFEST).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(version("0.9.0") < version("0.10.0") && version("1.0.0-rc1") < version("1.0.0"));
        assert!(version("1.0.0") < version("1.0.0.1") && version("2") > version("1.9.9"));
        assert_eq!(version("1.0.0"), version("1.0.0+build"));
    }
}
