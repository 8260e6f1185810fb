//! How willingly lips close: closures that are missed against closures that nobody spoke.

use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ModelCard;
use crate::check::Check;
use crate::{CoreError, DecoderConfig};

/// Thresholds beside the one that ships, found on the same clips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closures {
    /// `decode.closure_on` of a face that hardly closes for nothing.
    pub careful: f32,
    /// `decode.closure_on` of a face that misses few closures.
    pub eager: f32,
}

/// What a user may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClosureChoice {
    /// Fewer false closures, more missed ones.
    Careful,
    /// As the model ships.
    #[default]
    Shipped,
    /// Fewer missed closures, more false ones.
    Eager,
}

impl FromStr for ClosureChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "careful" => Ok(ClosureChoice::Careful),
            "shipped" => Ok(ClosureChoice::Shipped),
            "eager" => Ok(ClosureChoice::Eager),
            _ => Err("expected careful, shipped or eager"),
        }
    }
}

impl Closures {
    pub(super) fn checks(&self, shipped: &DecoderConfig) -> [Check; 2] {
        let on = shipped.closure_on;
        [
            Check::new(
                "at least decode.closure_on",
                (on..=1.0).contains(&self.careful),
                "closures.careful",
                self.careful,
            ),
            Check::new("at most decode.closure_on", (0.0..=on).contains(&self.eager), "closures.eager", self.eager),
        ]
    }
}

impl DecoderConfig {
    /// The same decoder with lips that close above another score and open below one in proportion.
    pub fn closing_above(self, closure_on: f32) -> DecoderConfig {
        let closure_off = self.closure_off * closure_on / self.closure_on.max(1e-6);
        DecoderConfig { closure_on, closure_off: closure_off.min(closure_on), ..self }
    }
}

impl ModelCard {
    /// The decoder that a user has chosen.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] where the model has no such choice: an older one.
    pub fn decoder_for(&self, choice: ClosureChoice) -> Result<DecoderConfig, CoreError> {
        let missing = || CoreError::unexpected(&self.name, "a card with `closures`, to choose from", "one without");
        match choice {
            ClosureChoice::Shipped => Ok(self.decode),
            ClosureChoice::Careful => self.closures.map(|c| self.decode.closing_above(c.careful)).ok_or_else(missing),
            ClosureChoice::Eager => self.closures.map(|c| self.decode.closing_above(c.eager)).ok_or_else(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::card::tests::sample;

    #[test]
    fn a_careful_face_closes_later_and_opens_sooner() {
        let mut card = sample();
        card.closures = Some(Closures { careful: 2.0 * card.decode.closure_on, eager: 0.1 });
        let careful = card.decoder_for(ClosureChoice::Careful).unwrap();
        assert_eq!(careful.closure_on, 2.0 * card.decode.closure_on);
        assert!((careful.closure_off - 2.0 * card.decode.closure_off).abs() < 1e-6);
        assert_eq!(card.decoder_for(ClosureChoice::Shipped).unwrap(), card.decode);
    }

    #[test]
    fn a_model_without_the_choice_says_so() {
        let card = ModelCard { closures: None, ..sample() };
        let error = card.decoder_for(ClosureChoice::Eager).unwrap_err().to_string();
        assert!(error.contains("expected a card with `closures`"), "{error}");
        assert!(card.decoder_for(ClosureChoice::Shipped).is_ok());
    }

    #[test]
    fn thresholds_on_the_wrong_side_are_refused_by_their_key() {
        let mut card = sample();
        card.closures = Some(Closures { careful: 0.0, eager: 0.0 });
        assert!(card.validate("card.toml").unwrap_err().to_string().contains("closures.careful"));
    }
}
