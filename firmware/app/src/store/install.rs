//! A bundle in, the machine's model out: unpacked, tried, and only then used.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use keyface_core::Span;
use serde::Serialize;

use super::sweep::NEW;
use super::{ModelSummary, Slot, Store, disk};
use crate::AppError;
use crate::bundle::{Bundle, Requirements, SelfTest, Tested};

/// What has just been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nobody else can change the store.
    Locked,
    /// What an interrupted install left is gone.
    Swept,
    /// There is a folder for the new bundle.
    FolderMade,
    /// So many of its files are on the disk.
    FileWritten(usize),
    /// All of it is on the disk.
    Unpacked,
    /// It was read back and gave its golden answer.
    Tested,
    /// It has its name.
    Named,
    /// `previous` names what is still used.
    PreviousSet,
    /// `current` names the new bundle.
    CurrentSet,
    /// What no link names any more is gone.
    Cleaned,
}

/// What an install or a rollback tells while it works.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// Something was done.
    Did(Action),
    /// The self-test has heard so much of the clip.
    Heard {
        /// So much.
        done: Span,
        /// All of it.
        all: Span,
    },
}

/// What an install has done.
#[derive(Clone, Debug, Serialize)]
pub struct Installed {
    /// The model that is used now.
    pub model: ModelSummary,
    /// Where it lies.
    pub folder: PathBuf,
    /// What its self-test found; `None` when it had been installed before.
    pub tested: Option<Tested>,
}

impl Store {
    /// Installs a bundle whose signature was checked, and makes it the model that is used. When anything fails, what was
    /// used is used on, and the new bundle is removed.
    ///
    /// # Errors
    /// When the bundle does not pass its self-test for `requirements`, somebody else changes the store, or the disk is
    /// full or cannot be written.
    pub fn install(
        &self,
        bundle: &Bundle,
        requirements: &Requirements,
        mut tell: impl FnMut(Event),
    ) -> Result<Installed, AppError> {
        SelfTest::new(bundle, requirements).check_look_ahead()?;
        let _lock = self.lock()?;
        tell(Event::Did(Action::Locked));
        self.sweep()?;
        tell(Event::Did(Action::Swept));
        let outcome = self.place_and_switch(bundle, requirements, &mut tell);
        // The face is as it must be: what is left over is no reason to call it a failure.
        self.sweep().unwrap_or_else(|error| log::warn!("{error}"));
        tell(Event::Did(Action::Cleaned));
        outcome
    }

    fn place_and_switch(
        &self,
        new: &Bundle,
        requirements: &Requirements,
        tell: &mut impl FnMut(Event),
    ) -> Result<Installed, AppError> {
        let current = self.whole(Slot::Current)?;
        let model = ModelSummary::from(new);
        if let Some(current) = current.as_ref().filter(|current| current.id() == new.id()) {
            return Ok(Installed { model, folder: current.place().to_path_buf(), tested: None });
        }
        let unpacked = self.unpack(new, tell)?;
        // What lies on the disk is tried, not what came from the file.
        let written = Bundle::read_folder(&unpacked)?.called(new.place());
        let tested = SelfTest::new(&written, requirements).run(|done, all| tell(Event::Heard { done, all }))?;
        tell(Event::Did(Action::Tested));
        let folder = self.free_name(&new.id());
        fs::rename(&unpacked, &folder).map_err(AppError::file(&folder, "make it"))?;
        disk::sync_folder(&self.root)?;
        tell(Event::Did(Action::Named));
        self.prepare(Slot::Current, name_of(&folder))?;
        self.keep(current.as_ref())?;
        tell(Event::Did(Action::PreviousSet));
        self.commit(Slot::Current)?;
        tell(Event::Did(Action::CurrentSet));
        Ok(Installed { model, folder, tested: Some(tested) })
    }

    /// Writes every file of a bundle into a folder that is not seen yet.
    fn unpack(&self, bundle: &Bundle, tell: &mut impl FnMut(Event)) -> Result<PathBuf, AppError> {
        let folder = self.root.join(format!("{NEW}{}", bundle.id()));
        disk::make_one_folder(&folder)?;
        tell(Event::Did(Action::FolderMade));
        for (count, (name, bytes)) in bundle.entries().enumerate() {
            disk::write_file(&folder.join(name), bytes)?;
            tell(Event::Did(Action::FileWritten(count + 1)));
        }
        disk::sync_folder(&folder)?;
        tell(Event::Did(Action::Unpacked));
        Ok(folder)
    }

    /// Makes `previous` name what is used now: a whole bundle, or nothing for the shipped model. A damaged one does not
    /// take the place of one that may be whole.
    fn keep(&self, current: Option<&Bundle>) -> Result<(), AppError> {
        match (current, self.target(Slot::Current)?, self.target(Slot::Previous)?) {
            (Some(current), _, _) => self.set(Slot::Previous, name_of(current.place())),
            (None, None, Some(_)) => self.unset(Slot::Previous),
            _ => Ok(()),
        }
    }

    /// A folder of this name that is not there: a damaged bundle of the same name may be.
    fn free_name(&self, id: &str) -> PathBuf {
        let names = std::iter::once(id.to_owned()).chain((2..).map(|count| format!("{id}-{count}")));
        let mut paths = names.map(|name| self.root.join(name));
        paths.find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| self.root.join(id))
    }
}

fn name_of(folder: &Path) -> &OsStr {
    folder.file_name().unwrap_or_default()
}
