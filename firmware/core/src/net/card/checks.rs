//! What must hold before a model can run, as a list.

use super::ModelCard;
use crate::CoreError;
use crate::check::{Check, is_plain, verify};
use crate::time::{HOP_SAMPLES, SAMPLE_RATE_HZ};

impl ModelCard {
    /// Everything that must hold before a model can run.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] with the first check that fails; it names `place`, the file as the caller knows it.
    pub fn validate(&self, place: &str) -> Result<(), CoreError> {
        let own = self.identity().into_iter().chain(self.numbers());
        let files = self.files.key_motion.checks().into_iter().chain(self.files.completion.checks());
        let closures = self.closures.iter().flat_map(|closures| closures.checks(&self.decode));
        verify(place, own.chain(files).chain(self.decode.checks()).chain(closures))
    }

    fn identity(&self) -> Vec<Check> {
        vec![
            Check::new("a name of letters, digits and dashes", is_plain(&self.name), "name", &self.name),
            Check::new("a version", !self.version.is_empty(), "version", "\"\""),
            Check::new("the program that made it", !self.created_by.is_empty(), "created_by", "\"\""),
            Check::new("the command that makes it again", !self.command.is_empty(), "command", "\"\""),
            Check::new(
                "hours of data that are not negative",
                self.data.iter().all(|data| data.hours >= 0.0 && data.hours.is_finite()),
                "data",
                format!("{:?}", self.data),
            ),
            Check::new(
                "figures that are numbers",
                self.figures.values().all(|value| value.is_finite()),
                "figures",
                format!("{:?}", self.figures),
            ),
        ]
    }

    fn numbers(&self) -> Vec<Check> {
        let hop_ms = HOP_SAMPLES as u32 * 1000 / SAMPLE_RATE_HZ;
        let (ahead, trunk) = (self.look_ahead_ms, self.trunk_width);
        vec![
            Check::new(
                "a look-ahead of whole hops up to 1000",
                ahead <= 1000 && ahead.is_multiple_of(hop_ms),
                "look_ahead_ms",
                ahead,
            ),
            Check::new("a width of 1..=4096", (1..=4096).contains(&trunk), "trunk_width", trunk),
            Check::new(
                "tolerances above 0 and below 1",
                [self.tolerance.float, self.tolerance.int8].iter().all(|t| *t > 0.0 && *t < 1.0),
                "tolerance",
                format!("{:?}", self.tolerance),
            ),
        ]
    }
}
