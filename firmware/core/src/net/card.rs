//! What a model says about itself: `card.toml` in, a checked [`ModelCard`] out, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ports::{NetSpec, Port};
use crate::flow::FLOW;
use crate::heads::HEADS;
use crate::{CoreError, DecoderConfig, FEATURES, MOTION_CHANNELS, STEP_HOPS};

mod checks;
mod closures;
mod decode;
mod files;
mod interface;

pub use closures::{ClosureChoice, Closures};
pub use files::{FileEntry, Files, Precision};
pub use interface::Interface;

/// A model's card. Written by the exporter only; everything that the line must know of a model stands here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// The same as the folder's name.
    pub name: String,
    /// `major.minor.patch` of the model.
    pub version: String,
    /// Program and version that wrote the card.
    pub created_by: String,
    /// The command that makes this model again.
    pub command: String,
    /// Seed of the training.
    pub seed: u64,
    /// What its networks take and give.
    pub interface: Interface,
    /// How far the answer lies behind the audio, 0..=1000, whole steps.
    pub look_ahead_ms: u32,
    /// Width of KeyMotionNet's output `trunk`, which is CompletionNet's input `audio`.
    pub trunk_width: usize,
    /// The two networks.
    pub files: Files,
    /// How far the networks may lie from the trainer's own answer.
    pub tolerance: Tolerance,
    /// Numbers of the decoder, found on validation clips.
    pub decode: DecoderConfig,
    /// Other thresholds for the lips, to choose from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closures: Option<Closures>,
    /// What it was trained on.
    #[serde(default)]
    pub data: Vec<DataUse>,
    /// What it reaches: name of a figure, value.
    #[serde(default)]
    pub figures: BTreeMap<String, f64>,
}

/// Largest difference from the trainer's own network that the exporter's check saw, with a margin;
/// for outputs that grow beyond 1, as a share of their largest value.
/// The default passes no check: the exporter fills it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// With float weights.
    pub float: f32,
    /// With int8 weights.
    pub int8: f32,
}

/// One corpus of the training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataUse {
    /// What it is and where it comes from.
    pub corpus: String,
    /// How much of it was trained on.
    pub hours: f64,
    /// Its licence and whom it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

impl ModelCard {
    /// Reads and checks a card.
    ///
    /// # Errors
    /// [`CoreError::Schema`] for an unknown, missing or ill-typed key, [`CoreError::Unexpected`] for a value that this
    /// build cannot run; both name `place`, the file as the caller knows it.
    pub fn from_toml(place: &str, text: &str) -> Result<ModelCard, CoreError> {
        let schema = |e: toml::de::Error| CoreError::schema(place, text, e.span().map(|span| span.start), e.message());
        let card: ModelCard = match interface::named(place, toml::from_str(text).map_err(schema)?)? {
            Some(table) => {
                ModelCard::deserialize(table).map_err(|error| CoreError::schema(place, text, None, error.message()))?
            }
            None => toml::from_str(text).map_err(schema)?,
        };
        card.validate(place)?;
        Ok(card)
    }

    /// The card as a file.
    ///
    /// # Errors
    /// [`CoreError::Schema`] for a seed that TOML cannot hold (above `i64::MAX`).
    pub fn to_toml(&self) -> Result<String, CoreError> {
        toml::to_string(self).map_err(|e| CoreError::Schema { place: self.name.clone(), reason: e.to_string() })
    }

    /// What KeyMotionNet must look like.
    pub fn key_motion_spec(&self) -> NetSpec {
        NetSpec {
            name: "key_motion",
            inputs: vec![Port { name: "x", width: FEATURES * STEP_HOPS, key: "interface" }],
            outputs: vec![
                Port { name: "heads", width: HEADS, key: "interface" },
                Port { name: "trunk", width: self.trunk_width, key: "trunk_width" },
            ],
        }
    }

    /// What CompletionNet must look like.
    pub fn completion_spec(&self) -> NetSpec {
        NetSpec {
            name: "completion",
            inputs: vec![
                Port { name: "flow", width: FLOW, key: "interface" },
                Port { name: "audio", width: self.trunk_width, key: "trunk_width" },
            ],
            outputs: vec![
                Port { name: "motion", width: MOTION_CHANNELS, key: "interface" },
                Port { name: "g", width: 1, key: "files.completion" },
            ],
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> ModelCard {
        let entry = |file: &str| FileEntry::describe(file, file.as_bytes(), Precision::Int8);
        ModelCard {
            name: "sample".into(),
            version: "0.1.0".into(),
            created_by: "a test".into(),
            command: "cargo test".into(),
            seed: 7,
            interface: Interface::Kf1,
            look_ahead_ms: 60,
            trunk_width: 128,
            files: Files { key_motion: entry("key_motion.onnx"), completion: entry("completion.onnx") },
            tolerance: Tolerance { float: 1e-4, int8: 0.05 },
            decode: DecoderConfig::default(),
            closures: Some(Closures { careful: 0.5, eager: 0.2 }),
            data: vec![DataUse { corpus: "in-house".into(), hours: 1.5, licence: Some("CC0".into()) }],
            figures: BTreeMap::from([("balanced".into(), 0.75)]),
        }
    }

    fn refusal(from: &str, to: &str) -> String {
        let text = sample().to_toml().unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        ModelCard::from_toml("card.toml", &text.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_card_survives_its_own_file() {
        let card = sample();
        assert_eq!(ModelCard::from_toml("card.toml", &card.to_toml().unwrap()).unwrap(), card);
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        assert!(refusal("look_ahead_ms", "lookahead_ms").contains("lookahead_ms"));
    }

    #[test]
    fn a_missing_key_is_refused_by_name() {
        assert!(refusal("seed = 7", "").contains("seed"));
    }

    #[test]
    fn another_interface_is_refused_with_its_line() {
        let error = refusal("interface = \"kf1\"", "interface = \"kf2\"");
        assert_eq!(error, "card.toml: line 6: unknown variant `kf2`, expected `kf1`");
        assert!(refusal("interface = \"kf1\"", "").contains("missing field `interface`"));
    }

    #[test]
    fn a_decoder_that_never_opens_the_lips_again_is_refused() {
        assert!(refusal("closure_off = 0.07", "closure_off = 0.9").contains("decode.closure_off"));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        assert!(refusal("lead = 0.0", "lead = nan").contains("decode.lead = NaN"));
        assert!(refusal("balanced = 0.75", "balanced = inf").contains("figures that are numbers"));
    }

    #[test]
    fn a_file_outside_the_models_folder_is_refused() {
        assert!(refusal("\"key_motion.onnx\"", "\"../key_motion.onnx\"").contains("../key_motion.onnx"));
    }
}
