//! Back to what was used before, which may be the shipped model; and forth again.

use keyface_core::Model;
use serde::Serialize;

use super::install::{Action, Event};
use super::{ModelSummary, Slot, Store};
use crate::AppError;
use crate::bundle::{Bundle, Requirements, SelfTest, Tested};

/// What a rollback has done.
#[derive(Clone, Debug, Serialize)]
pub struct RolledBack {
    /// The installed model that is used now; `None` for the shipped one.
    pub model: Option<ModelSummary>,
    /// What its self-test found.
    pub tested: Option<Tested>,
}

impl Store {
    /// Uses again what was used before the last install or rollback, once it has passed its self-test for `requirements`;
    /// for the shipped model, once `shipped` has found it. Doing it twice changes nothing.
    ///
    /// # Errors
    /// When nothing was used before, it is damaged, or the store cannot be written; then nothing is changed.
    pub fn rollback(
        &self,
        requirements: &Requirements,
        shipped: impl FnOnce() -> Result<Model, AppError>,
        mut tell: impl FnMut(Event),
    ) -> Result<RolledBack, AppError> {
        if !self.root.is_dir() {
            return Err(self.nothing());
        }
        let _lock = self.lock()?;
        tell(Event::Did(Action::Locked));
        let (current, previous) = (self.target(Slot::Current)?, self.target(Slot::Previous)?);
        let Some(folder) = previous.filter(|previous| Some(previous) != current.as_ref()) else {
            current.ok_or_else(|| self.nothing())?;
            shipped()?;
            self.pass(Slot::Current, Slot::Previous)?;
            tell(Event::Did(Action::CurrentSet));
            return Ok(RolledBack { model: None, tested: None });
        };
        let bundle = Bundle::read_folder(&folder)?;
        let tested = SelfTest::new(&bundle, requirements).run(|done, all| tell(Event::Heard { done, all }))?;
        tell(Event::Did(Action::Tested));
        if current.is_some() { self.exchange() } else { self.pass(Slot::Previous, Slot::Current) }?;
        tell(Event::Did(Action::CurrentSet));
        Ok(RolledBack { model: Some(ModelSummary::from(&bundle)), tested: Some(tested) })
    }

    fn nothing(&self) -> AppError {
        let expected = "a model that was used before";
        AppError::unexpected(self.root.display().to_string(), expected, "none: nothing was installed here")
    }
}
