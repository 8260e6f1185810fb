//! The listener's training: features of whole clips, as they were recorded, and the labels.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::heads::HEADS;
use keyface_core::{PHONES, Phone};
use serde::{Deserialize, Serialize};

use super::batches::{BatchPlan, crops_ahead, speech_s};
use super::checkpoint::{RunDir, Scores};
use super::corpora::Corpora;
use super::descent::Descent;
use super::experiment::CorpusChoice;
use super::phase::{Lesson, Phase};
use super::validate::mouths;
use crate::data::{AugmentConfig, Augmenter, Batch, Labels, NoisePool, Utterance, whole};
use crate::judge::Interval;
use crate::loss::{Breakdown, KeyMotionWeights, key_motion};
use crate::model::Listener;
use crate::prepare::AudioFeatures;

/// Name of the network in the run's folder.
const NET: &str = "listener";

/// The experiment file of a listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerExperiment {
    /// Name of the run.
    pub name: String,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Prepared corpora; `heard` of each is the folder that `keyface-train features` has filled.
    pub corpora: Vec<CorpusChoice>,
    /// Channels of its convolutions.
    pub width: usize,
    /// Optimizer steps.
    pub steps: usize,
    /// Crops in a batch.
    pub batch: usize,
    /// Length of a crop in 10 ms hops, a multiple of 2.
    pub crop_hops: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Steps between two validations (and checkpoints).
    pub validate_every: usize,
    /// Weights of its losses.
    #[serde(default)]
    pub weights: KeyMotionWeights,
}

impl ListenerExperiment {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// What cannot be read, or a number that no training can use.
    pub fn read(path: &Path) -> Result<Self> {
        let place = || path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("no experiment at {}", path.display()))?;
        let choice: ListenerExperiment = toml::from_str(&text).with_context(place)?;
        choice.check().with_context(place)?;
        Ok(choice)
    }

    fn check(&self) -> Result<()> {
        ensure!(!self.corpora.is_empty(), "corpora must name at least one prepared folder");
        for corpus in &self.corpora {
            let folder = corpus.folder.display();
            ensure!(corpus.heard.is_some(), "corpus {folder}: expected `heard`, the folder of its features, came none");
        }
        for (key, value) in [("width", self.width), ("steps", self.steps), ("batch", self.batch)] {
            ensure!(value > 0, "{key}: expected 1 or more, came 0");
        }
        ensure!(self.validate_every > 0, "validate_every: expected 1 or more, came 0");
        let even = self.crop_hops >= 100 && self.crop_hops.is_multiple_of(2);
        ensure!(even, "crop_hops: expected an even number from 100 on, came {}", self.crop_hops);
        let rate = self.learning_rate;
        ensure!((1e-9..=1.0).contains(&rate), "learning_rate: expected 1e-9 to 1, came {rate}");
        Ok(())
    }

    /// Channels of the features that it hears.
    fn heard_width(&self, corpora: &Corpora) -> Result<usize> {
        let clip = corpora.valid.first().context("expected clips to choose a checkpoint by, found none")?;
        Ok(clip.heard.width())
    }

    /// As recorded, at another speed now and then.
    fn augmenter() -> Augmenter {
        let nothing = AugmentConfig { noise_only: 0.0, pause: 0.0, babble: 0.0, mask: 0.0, ..AugmentConfig::default() };
        Augmenter::new(AugmentConfig { reverb: 0.0, speed: (0.9, 1.1), ..nothing }, NoisePool::new(&[]))
    }
}

/// Trains until the experiment's number of steps is reached; returns the best checkpoint.
///
/// # Errors
/// Unreadable corpora, features or checkpoints, a full disk, or a loss that is not a number.
pub fn train_listener(
    experiment: &ListenerExperiment,
    corpora: &Corpora,
    run: &RunDir,
    device: &Device,
) -> Result<Listener> {
    let plan = BatchPlan { seed: experiment.seed, batch: experiment.batch, crop_hops: experiment.crop_hops };
    let augmenter = ListenerExperiment::augmenter();
    let batches = crops_ahead(corpora, &augmenter, plan);
    let heard = experiment.heard_width(corpora)?;
    device.seed(experiment.seed);
    let phase = Phase { net: NET, steps: experiment.steps, validate_every: experiment.validate_every };
    let (mut lesson, training) = (Ears { experiment, corpora, device }, device.clone().autodiff());
    let fresh = Listener::new(heard, experiment.width, &training);
    phase.train(&mut lesson, &batches, fresh, Descent::averaged(experiment.learning_rate), run, device)?;
    best(experiment, run, heard, device)
}

/// The best checkpoint of a finished run, over an encoder of `heard` channels.
///
/// # Errors
/// When there is none, or one of another size.
pub fn best(experiment: &ListenerExperiment, run: &RunDir, heard: usize, device: &Device) -> Result<Listener> {
    run.best(NET, Listener::new(heard, experiment.width, device))
}

struct Ears<'a> {
    experiment: &'a ListenerExperiment,
    corpora: &'a Corpora,
    device: &'a Device,
}

impl Lesson for Ears<'_> {
    type Net = Listener;
    type Batch = Vec<Utterance>;

    fn losses(&mut self, net: &Listener, _: usize, crops: &Vec<Utterance>, training: &Device) -> Result<Breakdown> {
        let batch = Batch::new(crops, 0, training);
        let heard = batch.heard.expect("every corpus of a listener has features: its experiment was checked");
        Ok(key_motion(net.forward(heard.rows), &batch.truth, &self.experiment.weights))
    }

    fn scores(&mut self, net: &Listener) -> Scores {
        vec![("mouths", listener_accuracy(net, &self.corpora.valid, self.device).value)]
    }

    fn speech_s(&self, crops: &Vec<Utterance>) -> f64 {
        speech_s(crops)
    }
}

/// Mean recall over the six mouth classes that can be told apart, without any decoder, with its interval over speakers; 1/6
/// is chance.
pub fn listener_accuracy(net: &Listener, clips: &[Utterance], device: &Device) -> Interval {
    mouths(clips, |clip| heads(net, clip, device))
}

/// How much of the speech in a clip the listener hears as the labels say, 0..=1: the likeliest phone is the label's. A low
/// share is a reason to look at the labels.
pub fn agreement(net: &Listener, clip: &Utterance, device: &Device) -> f64 {
    let heard = heads(net, clip, device);
    let spoken = || heard.iter().filter(|(_, label)| label.phone != Phone::SIL);
    let likeliest = |row: &[f32; HEADS]| (0..PHONES).max_by(|a, b| row[*a].total_cmp(&row[*b]));
    let agreed = spoken().filter(|(row, label)| likeliest(row) == Some(label.phone as usize)).count();
    agreed as f64 / spoken().count().max(1) as f64
}

fn heads(net: &Listener, clip: &Utterance, device: &Device) -> Vec<([f32; HEADS], Labels)> {
    let batch = whole(clip, 0, device);
    let raw = batch.heard.map(|heard| net.forward(heard.rows));
    let raw = raw.and_then(|raw| raw.try_into_vec_as::<f32>().ok()).unwrap_or_default();
    raw.as_chunks::<HEADS>().0.iter().copied().zip(batch.labels.into_iter().flatten()).collect()
}

/// What it answers to the features of one clip: its raw heads, for [`CorpusChoice::heard`].
fn answers(net: &Listener, name: &str, features: &AudioFeatures, device: &Device) -> AudioFeatures {
    let shape = [1, features.steps(), features.width];
    let values = match features.steps() {
        0 => Vec::new(),
        _ => {
            let heard = Tensor::from_data(TensorData::new(features.values.clone(), shape), device);
            net.forward(heard).try_into_vec_as().unwrap_or_default()
        }
    };
    AudioFeatures { encoder: format!("{name} on {}", features.encoder), width: HEADS, values }
}

/// Writes the answers to every training clip of a corpus; returns how many there are.
///
/// # Errors
/// Features that are missing, or a folder that cannot be written.
pub fn write_answers(net: &Listener, name: &str, choice: &CorpusChoice, out: &Path, device: &Device) -> Result<usize> {
    let features = choice.heard.as_deref().context("expected a folder of features")?;
    let clips = Corpora::training_clips(choice)?;
    for (corpus, id) in &clips {
        let heard = AudioFeatures::of_clip(features, corpus, id)?;
        answers(net, name, &heard, device).write_clip(out, corpus, id)?;
    }
    Ok(clips.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Split;
    use crate::data::Heard;
    use crate::prepare::{Prepared, recipe};
    use keyface_core::{MEL_BANDS, Motion, STEP_HOPS};

    const HOPS: usize = 240;

    /// "b aa" and a pause, over and over, a little later in each clip.
    fn phone(clip: usize, hop: usize) -> Phone {
        [Phone::B, Phone::AA, Phone::SIL][(hop + 4 * clip) / 12 % 3]
    }

    /// Five clips of five people, one of them for validation, and features that tell the phone at every step's end.
    fn world(folder: &Path) -> ListenerExperiment {
        let (prepared, features) = (folder.join("prepared"), folder.join("features"));
        std::fs::create_dir_all(&prepared).unwrap();
        for n in 0..5 {
            let id = format!("{n}");
            let clip = Prepared {
                id: id.clone(),
                speaker: id.clone(),
                split: if n == 4 { Split::Valid } else { Split::Train },
                corpus: "a".into(),
                mel_power: vec![[1.0; MEL_BANDS]; HOPS],
                copies: Vec::new(),
                phones: (0..HOPS).map(|hop| phone(n, hop)).collect(),
                motion: vec![Motion::REST; HOPS],
                touches: vec![Default::default(); HOPS],
                keys_s: Vec::new(),
                words: Vec::new(),
            };
            clip.write(&prepared.join(format!("a__{n}.safetensors")), &recipe(false, 0)).unwrap();
            let said = |step: usize| phone(n, (step + 1) * STEP_HOPS);
            let row = |step| [Phone::B, Phone::AA, Phone::SIL].map(|p| f32::from(u8::from(said(step) == p)));
            let values = (0..HOPS / STEP_HOPS).flat_map(row).collect();
            AudioFeatures { encoder: "e".into(), width: 3, values }.write_clip(&features, "a", &id).unwrap();
        }
        let corpus = format!("folder = {prepared:?}\nheard = {features:?}\nshare = 1.0\n");
        let sizes =
            "name = \"ear\"\nseed = 1\nwidth = 24\nsteps = 250\nbatch = 4\ncrop_hops = 100\nlearning_rate = 0.02";
        toml::from_str(&format!("{sizes}\nvalidate_every = 250\n[[corpora]]\n{corpus}")).unwrap()
    }

    #[test]
    fn it_learns_what_its_features_tell_and_answers_for_a_student() {
        let folder = tempfile::tempdir().unwrap();
        let (experiment, device) = (world(folder.path()), Device::flex());
        experiment.check().unwrap();
        let corpora = Corpora::heard(&experiment.corpora).unwrap();
        let run = RunDir::create(&folder.path().join("run")).unwrap();
        let net = train_listener(&experiment, &corpora, &run, &device).unwrap();
        let accuracy = listener_accuracy(&net, &corpora.valid, &device).value;
        assert!(accuracy > 0.95 && agreement(&net, &corpora.valid[0], &device) > 0.9, "{accuracy}");
        let out = folder.path().join("answers");
        assert_eq!(write_answers(&net, "ear", &experiment.corpora[0], &out, &device).unwrap(), 4);
        let heard = Heard::of_clip(&out, "a", "2", HOPS).unwrap();
        let row = heard.row(2 * 30 + 1).unwrap();
        let likeliest = (0..PHONES).max_by(|a, b| row[*a].total_cmp(&row[*b]));
        assert_eq!((heard.width(), likeliest), (HEADS, Some(phone(2, 2 * 31) as usize)));
        assert!(AudioFeatures::of_clip(&out, "a", "4").is_err(), "clips that are not trained on get no answers");
    }

    #[test]
    fn a_corpus_without_features_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut experiment = world(folder.path());
        experiment.corpora[0].heard = None;
        assert!(experiment.check().unwrap_err().to_string().contains("expected `heard`"));
    }

    #[test]
    fn the_shipped_experiment_is_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/listener.toml");
        assert_eq!(ListenerExperiment::read(&path).unwrap().name, "listener");
    }
}
