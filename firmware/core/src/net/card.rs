//! What a model says about itself: `card.toml` in, a checked [`ModelCard`] out, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ports::{NetSpec, Port};
use crate::sound::{MEL_EDGES_HZ, WINDOW_SAMPLES};
use crate::{CoreError, Decode, FEATURES, MEL_BANDS, MOTION_CHANNELS, MotionChannel, SAMPLE_RATE_HZ, STEP_HOPS, heads};

mod checks;
mod closures;
mod decode;
mod files;

pub use closures::{ClosureChoice, Closures};
pub use files::{FileEntry, Files, Precision, sha256_hex};

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
    /// Sample rate of the features.
    pub sample_rate_hz: u32,
    /// Span of a frame of features.
    pub hop_ms: u32,
    /// Span of a step of the networks.
    pub step_ms: u32,
    /// How far the answer lies behind the audio, 0..=1000, whole steps.
    pub look_ahead_ms: u32,
    /// Width of KeyMotionNet's output `trunk`, which is CompletionNet's input `audio`.
    pub trunk_width: usize,
    /// Width of CompletionNet's input `flow`.
    pub flow_width: usize,
    /// Names of the motion channels, in order.
    pub motion_channels: Vec<String>,
    /// The log-mel front end.
    pub mel: MelCard,
    /// Layout of KeyMotionNet's output `heads`.
    pub heads: HeadRanges,
    /// The two networks.
    pub files: Files,
    /// How far the networks may lie from the trainer's own answer.
    pub tolerance: Tolerance,
    /// Numbers of the decoder, found on validation clips.
    pub decode: Decode,
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

/// The log-mel front end of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MelCard {
    /// Number of bands.
    pub bands: usize,
    /// Lowest edge.
    pub fmin_hz: f64,
    /// Highest edge.
    pub fmax_hz: f64,
    /// Length of the window.
    pub window_ms: u32,
}

impl MelCard {
    /// The front end of this build, the only one that it can run.
    pub const CURRENT: MelCard = MelCard {
        bands: MEL_BANDS,
        fmin_hz: MEL_EDGES_HZ.0,
        fmax_hz: MEL_EDGES_HZ.1,
        window_ms: (WINDOW_SAMPLES * 1000 / SAMPLE_RATE_HZ as usize) as u32,
    };
}

/// Where each head lies in KeyMotionNet's output: first value, and one past the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are those of `Heads`")]
pub struct HeadRanges {
    pub phones: [usize; 2],
    pub boundary: [usize; 2],
    pub pose: [usize; 2],
    pub next_pose: [usize; 2],
    pub next_time: [usize; 2],
    pub closure: [usize; 2],
    pub lip_teeth: [usize; 2],
    pub voice: [usize; 2],
}

impl HeadRanges {
    /// The layout of this build, the only one that it can read. `boundary` includes its offset.
    pub const CURRENT: HeadRanges = HeadRanges {
        phones: [0, heads::BOUNDARY],
        boundary: [heads::BOUNDARY, heads::POSE],
        pose: [heads::POSE, heads::NEXT_POSE],
        next_pose: [heads::NEXT_POSE, heads::NEXT_TIME],
        next_time: [heads::NEXT_TIME, heads::CLOSURE],
        closure: [heads::CLOSURE, heads::LIP_TEETH],
        lip_teeth: [heads::LIP_TEETH, heads::VOICE],
        voice: [heads::VOICE, heads::HEADS],
    };
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
        let card: ModelCard = toml::from_str(text).map_err(schema)?;
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

    /// The names of this build's motion channels, as `motion_channels` must list them.
    pub fn current_motion_channels() -> Vec<String> {
        MotionChannel::ALL.iter().map(|channel| channel.name().to_owned()).collect()
    }

    /// What KeyMotionNet must look like.
    pub fn key_motion_spec(&self) -> NetSpec {
        NetSpec {
            name: "key_motion",
            inputs: vec![Port { name: "x", width: FEATURES * STEP_HOPS, key: "mel.bands" }],
            outputs: vec![
                Port { name: "heads", width: self.heads.voice[1], key: "heads" },
                Port { name: "trunk", width: self.trunk_width, key: "trunk_width" },
            ],
        }
    }

    /// What CompletionNet must look like.
    pub fn completion_spec(&self) -> NetSpec {
        NetSpec {
            name: "completion",
            inputs: vec![
                Port { name: "flow", width: self.flow_width, key: "flow_width" },
                Port { name: "audio", width: self.trunk_width, key: "trunk_width" },
            ],
            outputs: vec![
                Port { name: "motion", width: MOTION_CHANNELS, key: "motion_channels" },
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
            sample_rate_hz: 16_000,
            hop_ms: 10,
            step_ms: 20,
            look_ahead_ms: 60,
            trunk_width: 128,
            flow_width: crate::flow::FLOW,
            motion_channels: ModelCard::current_motion_channels(),
            mel: MelCard::CURRENT,
            heads: HeadRanges::CURRENT,
            files: Files { key_motion: entry("key_motion.onnx"), completion: entry("completion.onnx") },
            tolerance: Tolerance { float: 1e-4, int8: 0.05 },
            decode: Decode::default(),
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
    fn the_heads_fill_the_specs_output() {
        let spec = sample().key_motion_spec();
        assert_eq!(spec.outputs[0].width, heads::HEADS);
        assert_eq!(spec.inputs[0].width, 162);
    }

    #[test]
    fn another_sample_rate_is_refused() {
        let error = refusal("sample_rate_hz = 16000", "sample_rate_hz = 22050");
        assert_eq!(error, "card.toml: expected the sample rate of this build (16000), came sample_rate_hz = 22050");
    }

    #[test]
    fn another_head_layout_is_refused() {
        assert!(refusal("closure = [71, 72]", "closure = [70, 71]").contains("expected the head layout of this build"));
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
