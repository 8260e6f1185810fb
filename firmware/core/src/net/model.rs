//! A model in memory: a card and two networks that agree with it.

use super::card::ModelCard;
use super::contract::Net;
use super::tract::StepNet;
use crate::CoreError;

/// A checked card and its networks, ready to step. A clone shares the weights: several lines cost little more than one.
#[derive(Clone)]
pub struct Model {
    /// What the model says about itself.
    pub card: ModelCard,
    /// Features in, heads and trunk out.
    pub key_motion: StepNet,
    /// Motion flow and audio in, motion and fusion weight out.
    pub completion: StepNet,
}

impl Model {
    /// Checks the card, the size and the hash of both files, then loads them and compares their shapes with the card's.
    ///
    /// # Errors
    /// [`CoreError`] with the file and key where something else was expected. Keep running the previous model.
    pub fn from_parts(card_toml: &str, key_motion: &[u8], completion: &[u8]) -> Result<Model, CoreError> {
        let card = ModelCard::from_toml("card.toml", card_toml)?;
        card.files.key_motion.verify(key_motion)?;
        card.files.completion.verify(completion)?;
        let key_motion = StepNet::load(key_motion, &card.key_motion_spec())?;
        let completion = StepNet::load(completion, &card.completion_spec())?;
        for (file, net) in [(&card.files.key_motion, &key_motion), (&card.files.completion, &completion)] {
            if net.steps() != 1 {
                let expected = "a network that takes 1 step at a run, as the line does";
                return Err(CoreError::unexpected(&file.file, expected, net.steps().to_string()));
            }
        }
        Ok(Model { card, key_motion, completion })
    }

    /// Forgets everything that was run.
    pub fn reset(&mut self) {
        self.key_motion.reset();
        self.completion.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::card::tests::sample;

    #[test]
    fn a_damaged_file_is_refused_by_its_hash_before_it_is_parsed() {
        let card = sample().to_toml().unwrap();
        let error = Model::from_parts(&card, b"key_motion.onnX", b"completion.onnx").err().unwrap().to_string();
        assert!(error.starts_with("key_motion.onnx: expected sha256 "), "{error}");
    }

    #[test]
    fn an_empty_file_is_refused_by_its_size() {
        let card = sample().to_toml().unwrap();
        let error = Model::from_parts(&card, b"key_motion.onnx", b"").err().unwrap().to_string();
        assert_eq!(error, "completion.onnx: expected 15 bytes, came 0 bytes");
    }

    #[test]
    fn a_file_that_is_what_the_card_says_but_no_network_is_refused() {
        let card = sample().to_toml().unwrap();
        let error = Model::from_parts(&card, b"key_motion.onnx", b"completion.onnx").err().unwrap().to_string();
        assert!(error.starts_with("key_motion: the network cannot be loaded: "), "{error}");
    }
}
