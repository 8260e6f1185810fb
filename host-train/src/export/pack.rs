//! Two trained networks in; a model folder out: both files, checked in the device's own code, and the card.

use std::fs;
use std::path::Path;

use keyface_core::{DecoderConfig, FileEntry, Files, Model, ModelCard, NetSpec, Precision, Tolerance};
use prost::Message;

use super::check::{Vectors, compare, step_through};
use super::reference::{Frames, completion_forward, flow, heads, key_motion_forward};
use super::samples;
use super::weights::{CompletionWeights, KeyMotionWeights};
use super::{ExportError, Form, completion_graph, key_motion_graph, read_completion, read_key_motion};

/// Float files that lie farther from the trainer's network than this compute something else.
const FLOAT_LIMIT: f32 = 1e-3;
/// 8-bit files that lie farther from it than this have lost what was learned.
const INT8_LIMIT: f32 = 0.1;
/// The card's tolerance over what the check saw: other machines round otherwise.
const MARGIN: f32 = 2.0;
/// Below this a tolerance would ask for one order of summation.
const SMALLEST_TOLERANCE: f32 = 1e-4;

/// Name of the card in a model folder.
pub const CARD: &str = "card.toml";
const KEY_MOTION: &str = "key_motion.onnx";
const COMPLETION: &str = "completion.onnx";

/// Both networks as the trainer left them.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// KeyMotionNet.
    pub key_motion: KeyMotionWeights,
    /// CompletionNet.
    pub completion: CompletionWeights,
}

/// A sequence and the trainer's own answers to it: what the files must reproduce. One frame per step.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Features that go into KeyMotionNet.
    pub x: Frames,
    /// Motion flow that goes into CompletionNet.
    pub flow: Frames,
    /// KeyMotionNet's raw heads.
    pub heads: Frames,
    /// KeyMotionNet's trunk, which also goes into CompletionNet.
    pub trunk: Frames,
    /// CompletionNet's motion.
    pub motion: Frames,
    /// CompletionNet's fusion weight.
    pub g: Frames,
}

impl Probe {
    /// Features and what these networks answer, the keys told as a device tells them.
    pub fn of(trained: &Trained, decode: &DecoderConfig, x: Frames) -> Probe {
        let first = key_motion_forward(&trained.key_motion, &x);
        let flow = flow(decode, &heads(&first.heads));
        let second = completion_forward(&trained.completion, &flow, &first.trunk);
        Probe { x, flow, heads: first.heads, trunk: first.trunk, motion: second.motion, g: second.g }
    }
}

/// A model folder in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    /// The card, complete.
    pub card: ModelCard,
    /// KeyMotionNet's file.
    pub key_motion: Vec<u8>,
    /// CompletionNet's file.
    pub completion: Vec<u8>,
}

impl Packed {
    /// Lowers both networks, runs float and 8-bit files through the device's code beside `probe`, and completes `card`:
    /// its `files`, `tolerance` and `trunk_width` are replaced (take defaults), everything else is the caller's.
    ///
    /// # Errors
    /// [`ExportError`] when layers do not fit, a file differs from the probe, or the card does not hold.
    pub fn new(
        mut card: ModelCard,
        trained: &Trained,
        probe: &Probe,
        precision: Precision,
    ) -> Result<Packed, ExportError> {
        card.trunk_width = trained.key_motion.width();
        let float = Lowered::new(trained, Precision::Float)?;
        let int8 = Lowered::new(trained, Precision::Int8)?;
        card.tolerance = Tolerance {
            float: widened(float.differs(&card, probe, FLOAT_LIMIT)?),
            int8: widened(int8.differs(&card, probe, INT8_LIMIT)?),
        };
        let Lowered { key_motion, completion } = if precision == Precision::Float { float } else { int8 };
        card.files = Files {
            key_motion: FileEntry::describe(KEY_MOTION, &key_motion, precision),
            completion: FileEntry::describe(COMPLETION, &completion, precision),
        };
        let packed = Packed { card, key_motion, completion };
        packed.model()?;
        Ok(packed)
    }

    /// The weights of both networks, as a device computes with them.
    ///
    /// # Errors
    /// [`ExportError::ReadBack`] for files that we did not write, or whose products are 8 bits.
    pub fn trained(&self) -> Result<Trained, ExportError> {
        Ok(Trained { key_motion: read_key_motion(&self.key_motion)?, completion: read_completion(&self.completion)? })
    }

    /// The same weights under another name and in other forms, KeyMotionNet's first.
    ///
    /// # Errors
    /// As [`Packed::trained`].
    pub fn lowered_as(&self, name: &str, [first, second]: [Form; 2]) -> Result<Packed, ExportError> {
        let (trained, precision) = (self.trained()?, first.precision);
        let key_motion = key_motion_graph(&trained.key_motion, first)?.encode_to_vec();
        let completion = completion_graph(&trained.completion, second)?.encode_to_vec();
        let files = Files {
            key_motion: FileEntry::describe(KEY_MOTION, &key_motion, precision),
            completion: FileEntry::describe(COMPLETION, &completion, precision),
        };
        let card = ModelCard { name: name.to_owned(), files, ..self.card.clone() };
        Ok(Packed { card, key_motion, completion })
    }

    /// The model as a device loads it.
    ///
    /// # Errors
    /// [`ExportError::Core`] with what the device refuses.
    pub fn model(&self) -> Result<Model, ExportError> {
        Ok(Model::from_parts(&self.card.to_toml()?, &self.key_motion, &self.completion)?)
    }

    /// Writes the folder; the card comes last, so that a folder with a card is whole.
    ///
    /// # Errors
    /// [`ExportError::File`] with the path.
    pub fn write(&self, folder: &Path) -> Result<(), ExportError> {
        let card = self.card.to_toml()?;
        fs::create_dir_all(folder).map_err(|reason| ExportError::File { path: folder.to_owned(), reason })?;
        for (name, bytes) in
            [(KEY_MOTION, &self.key_motion[..]), (COMPLETION, &self.completion[..]), (CARD, card.as_bytes())]
        {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(|reason| ExportError::File { path, reason })?;
        }
        Ok(())
    }

    /// Whether a model is in a folder.
    pub fn is_at(folder: &Path) -> bool {
        folder.join(CARD).exists()
    }

    /// Reads a folder and checks it as a device does.
    ///
    /// # Errors
    /// [`ExportError::File`] with the path, [`ExportError::Core`] with what the device refuses.
    pub fn read(folder: &Path) -> Result<Packed, ExportError> {
        let bytes = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|reason| ExportError::File { path, reason })
        };
        let path = folder.join(CARD);
        let text = fs::read_to_string(&path).map_err(|reason| ExportError::File { path: path.clone(), reason })?;
        let card = ModelCard::from_toml(&path.display().to_string(), &text)?;
        let (key_motion, completion) = (bytes(&card.files.key_motion.file)?, bytes(&card.files.completion.file)?);
        let packed = Packed { card, key_motion, completion };
        packed.model()?;
        Ok(packed)
    }

    /// What the device's code answers to `steps` random steps: for comparing other readers of the files with it.
    ///
    /// # Errors
    /// [`ExportError::Core`] when a step fails.
    pub fn vectors(&self, steps: usize, seed: u64) -> Result<Vec<Vectors>, ExportError> {
        let (first, second) = (self.card.key_motion_spec(), self.card.completion_spec());
        let x = samples::frames(steps, first.inputs[0].width, seed);
        let flow = samples::frames(steps, second.inputs[0].width, seed + 1);
        let heard = step_through(&self.key_motion, &first, &[x])?;
        let trunk = heard.outputs[1].frames.clone();
        let completed = step_through(&self.completion, &second, &[flow, trunk])?;
        Ok(vec![heard, completed])
    }
}

/// Both files at one precision.
struct Lowered {
    key_motion: Vec<u8>,
    completion: Vec<u8>,
}

impl Lowered {
    fn new(trained: &Trained, precision: Precision) -> Result<Lowered, ExportError> {
        Ok(Lowered {
            key_motion: key_motion_graph(&trained.key_motion, precision)?.encode_to_vec(),
            completion: completion_graph(&trained.completion, precision)?.encode_to_vec(),
        })
    }

    /// Largest difference from the probe (see [`compare`]) over both networks; each is fed the trainer's own input.
    fn differs(&self, card: &ModelCard, probe: &Probe, limit: f32) -> Result<f32, ExportError> {
        let one = |file: &[u8], spec: &NetSpec, inputs: &[Frames], expected: &[&Frames]| {
            compare(&step_through(file, spec, inputs)?, expected, limit)
        };
        let (first, second) = (card.key_motion_spec(), card.completion_spec());
        let inputs = [probe.flow.clone(), probe.trunk.clone()];
        let heard = one(&self.key_motion, &first, std::slice::from_ref(&probe.x), &[&probe.heads, &probe.trunk])?;
        let completed = one(&self.completion, &second, &inputs, &[&probe.motion, &probe.g])?;
        Ok(heard.max(completed))
    }
}

fn widened(difference: f32) -> f32 {
    (difference * MARGIN).max(SMALLEST_TOLERANCE)
}

#[cfg(test)]
mod tests {
    use keyface_core::flow::FLOW;
    use keyface_core::heads::HEADS;
    use keyface_core::{FEATURES, MOTION_CHANNELS, STEP_HOPS};

    use super::super::reference::{CompletionAnswer, KeyMotionAnswer, completion_forward, key_motion_forward};
    use super::*;

    const WIDTH: usize = 16;
    const STEPS: usize = 20;

    fn trained() -> Trained {
        Trained {
            key_motion: samples::key_motion(&[4, 6], WIDTH, &[1, 2, 4], HEADS, 1),
            completion: samples::completion(FLOW, WIDTH, 12, MOTION_CHANNELS, 2),
        }
    }

    fn probe(trained: &Trained) -> Probe {
        let (x, flow) = (samples::frames(STEPS, STEP_HOPS * FEATURES, 3), samples::frames(STEPS, FLOW, 4));
        let KeyMotionAnswer { heads, trunk, .. } = key_motion_forward(&trained.key_motion, &x);
        let CompletionAnswer { motion, g, .. } = completion_forward(&trained.completion, &flow, &trunk);
        Probe { x, flow, heads, trunk, motion, g }
    }

    fn packed() -> Packed {
        let trained = trained();
        Packed::new(samples::card("random"), &trained, &probe(&trained), Precision::Int8).unwrap()
    }

    #[test]
    fn a_folder_is_read_back_as_it_was_written() {
        let (folder, packed) = (tempfile::tempdir().unwrap(), packed());
        packed.write(folder.path()).unwrap();
        assert_eq!(Packed::read(folder.path()).unwrap(), packed);
    }

    #[test]
    fn the_card_tells_float_and_8_bits_apart() {
        let tolerance = packed().card.tolerance;
        assert!(tolerance.float <= 2e-4, "{tolerance:?}");
        assert!(tolerance.int8 > 10.0 * tolerance.float, "{tolerance:?}");
    }

    #[test]
    fn a_network_that_says_something_else_than_the_trainer_is_not_exported() {
        let trained = trained();
        let mut probe = probe(&trained);
        probe.motion[7][3] += 0.01;
        let error = Packed::new(samples::card("random"), &trained, &probe, Precision::Int8).unwrap_err().to_string();
        assert!(error.starts_with("completion: expected answers within 0.001"), "{error}");
        assert!(error.ends_with("at step 7, output `motion`"), "{error}");
    }

    #[test]
    fn a_flipped_bit_in_a_folder_is_told_with_the_file() {
        let (folder, mut packed) = (tempfile::tempdir().unwrap(), packed());
        packed.completion[100] ^= 1;
        packed.write(folder.path()).unwrap();
        let error = Packed::read(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("completion.onnx: expected sha256 "), "{error}");
    }

    #[test]
    fn a_card_that_lies_about_the_trunk_is_told_with_its_key() {
        let mut packed = packed();
        packed.card.trunk_width = 99;
        let error = packed.model().err().unwrap().to_string();
        assert_eq!(
            error,
            "key_motion: output 1 (card key `trunk_width`): expected `trunk` [1, 1, 99], came `trunk` [1, 1, 16]"
        );
    }

    #[test]
    fn swapped_files_are_told_by_their_ports() {
        let mut packed = packed();
        std::mem::swap(&mut packed.key_motion, &mut packed.completion);
        let files = &mut packed.card.files;
        std::mem::swap(&mut files.key_motion, &mut files.completion);
        let error = packed.model().err().unwrap().to_string();
        assert!(error.contains("expected `x` [1, 1, 162], came `flow` [1, 1, 63]"), "{error}");
    }
}
