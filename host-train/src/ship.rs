//! From a finished run to a model folder: search the decoder, lower and check the networks, write the card.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use burn::tensor::{Device, Tensor};
use keyface_core::{
    Closures, DataUse, DecoderConfig, FileEntry, Files, Heads, Interface, ModelCard, Precision, Tolerance,
};

use crate::clip::segments;
use crate::data::{Utterance, whole};
use crate::evaluate::{
    HeardClip, LIVE_FALSE_PER_MIN, MouthScore, Searched, calmed, decoded_score, search_closures, search_decode,
};
use crate::export::{Packed, Probe, Trained, completion_weights, key_motion_weights};
use crate::model::{CompletionNet, KeyMotionNet};
use crate::train::{Corpora, Experiment, FlowMaker, Hearing, LookAhead, PREDICTED, RunDir};
use crate::train::{KEY_REFRACTORY, KEY_THRESHOLD, STEP_MS, best_completion, best_key_motion};
use crate::trained_on::TrainedOn;

/// Name of the figure in a card that tells by how many milliseconds the motion hurries (`hurry` in the experiment).
const HURRY: &str = "motion_hurry_ms";

/// A model that was written.
pub struct Shipped {
    folder: PathBuf,
    packed: Packed,
    score: Option<MouthScore>,
}

/// What to ship of a run.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The look-ahead; default: the experiment's main one.
    pub look_ahead_ms: Option<u32>,
    /// Name of the model; default: the experiment's.
    pub name: Option<String>,
    /// Version of the model; default: the trainer's.
    pub version: Option<String>,
    /// Folder of the model; default: `models/<name>`.
    pub out: Option<PathBuf>,
    /// Folder of a model whose decoder's numbers are taken; default: they are searched.
    pub decoder: Option<PathBuf>,
}

/// Writes a model of the run in `run`.
///
/// # Errors
/// A run that is not finished, corpora that are gone, or files that do not say in tract what Burn says.
pub fn ship(run: &Path, order: &Order, precision: Precision) -> Result<Shipped> {
    let run = RunDir::open(run).map_err(|error| anyhow!("{error} (make one with `keyface-train train`)"))?;
    let experiment = run.experiment()?;
    let look_ahead = chosen(&experiment, order.look_ahead_ms)?;
    let name = order.name.clone().unwrap_or_else(|| experiment.name.clone());
    let corpora = Corpora::read(&experiment)?;
    let device = Device::flex();
    let nets = Nets {
        key_motion: best_key_motion(&experiment, &run, &device)?,
        completion: best_completion(&experiment, &run, &device)?.each.swap_remove(look_ahead.which),
        look_ahead,
        flow: FlowMaker { device, told: experiment.completion.flow },
    };
    let hear = |clips: &[Utterance]| clips.iter().map(|clip| nets.hear(clip)).collect::<Vec<HeardClip>>();
    let heard =
        Searched { clean: hear(&corpora.valid), noisy: hear(&corpora.noisy), false_per_min: LIVE_FALSE_PER_MIN };
    let (decode, closures) = numbers(&heard, order.decoder.as_deref())?;
    let score = decoded_score(&heard, &decode);
    let past = Past::of(&experiment, &corpora)?;
    let mut card = card(&name, look_ahead, &experiment, past.data, decode);
    if let Some(version) = &order.version {
        card.version.clone_from(version);
    }
    card.closures = closures;
    if let Some(score) = &score {
        card.figures.extend(figures(score));
    }
    if experiment.completion.hurry > 0 {
        card.figures.insert(HURRY.to_owned(), f64::from(STEP_MS) * experiment.completion.hurry as f64);
    }
    card.figures.insert("training_wall_minutes".to_owned(), (run.seconds()? / 6.0).round() / 10.0);
    let trained = Trained {
        key_motion: key_motion_weights(&nets.key_motion, look_ahead.which),
        completion: completion_weights(&nets.completion),
    };
    let clip = corpora.valid.first().context("no validation clip to check the export with")?;
    let packed = Packed::new(card, &trained, &nets.probe(clip), precision)?;
    let folder = order.out.clone().unwrap_or_else(|| Path::new("models").join(&name));
    packed.write(&folder)?;
    past.trained_on.write(&folder)?;
    Ok(Shipped { folder, packed, score })
}

/// Numbers of the decoder, and other thresholds for the lips: a model's, or the best for these people.
fn numbers(heard: &Searched, model: Option<&Path>) -> Result<(DecoderConfig, Option<Closures>)> {
    if let Some(model) = model {
        let card = Packed::read(model)?.card;
        return Ok((card.decode, card.closures));
    }
    let start = DecoderConfig {
        key_threshold: KEY_THRESHOLD,
        key_refractory_ms: KEY_REFRACTORY.as_ms(),
        ..DecoderConfig::default()
    };
    let decode = calmed(search_decode(heard, start).0);
    Ok((decode, search_closures(heard, decode)))
}

impl Shipped {
    /// What a person wants to know.
    pub fn summary(&self) -> String {
        let card = &self.packed.card;
        let mut text = format!(
            "{}: {} + {} bytes, look-ahead {} ms, tract differs from Burn by at most {:.1e} (float) and {:.1e} (int8), \
             margin included",
            self.folder.display(),
            self.packed.key_motion.len(),
            self.packed.completion.len(),
            card.look_ahead_ms,
            card.tolerance.float,
            card.tolerance.int8,
        );
        if let Some(score) = &self.score {
            text += &format!(
                "\nvalidation: balanced {:.3} at {} ms, closures {:.0} % of {} with {:.1} false a minute",
                score.balanced,
                score.lag_ms,
                100.0 * score.closures,
                score.closures_of,
                score.false_closures_per_min
            );
        }
        text
    }
}

/// Both networks, for inference.
struct Nets {
    key_motion: KeyMotionNet,
    completion: CompletionNet,
    look_ahead: LookAhead,
    flow: FlowMaker,
}

fn chosen(experiment: &Experiment, ms: Option<u32>) -> Result<LookAhead> {
    let Some(ms) = ms else { return Ok(experiment.main()) };
    let trained = &experiment.look_aheads_ms;
    experiment
        .look_aheads()
        .find(|l| l.ms == ms)
        .with_context(|| format!("expected a look-ahead of {trained:?} ms, got {ms}"))
}

impl Nets {
    fn hear(&self, clip: &Utterance) -> HeardClip {
        let rows = Hearing::Live(self.look_ahead).heads(&self.key_motion, clip, &self.flow.device);
        HeardClip {
            phones: segments(&clip.phones, 0),
            heads: rows.iter().map(|(raw, _)| Heads::from_raw(raw)).collect(),
        }
    }

    /// A clip's features and Burn's own answers.
    fn probe(&self, clip: &Utterance) -> Probe {
        let batch = whole(clip, self.look_ahead.steps(), &self.flow.device);
        let trunk = self.key_motion.trunk(batch.features.clone());
        let heads = self.key_motion.heads(self.look_ahead.which, trunk.clone());
        let flow = self.flow.features(heads.clone(), &batch.labels, &[PREDICTED]);
        let (motion, g) = self.completion.forward(flow.clone(), trunk.clone());
        Probe {
            x: rows(batch.features),
            flow: rows(flow),
            heads: rows(heads),
            trunk: rows(trunk),
            motion: rows(motion),
            g: rows(g),
        }
    }
}

fn rows(tensor: Tensor<3>) -> Vec<Vec<f32>> {
    let [_, _, width] = tensor.dims();
    tensor.try_into_vec_as::<f32>().unwrap_or_default().chunks_exact(width).map(<[f32]>::to_vec).collect()
}

fn card(
    name: &str,
    look_ahead: LookAhead,
    experiment: &Experiment,
    data: Vec<DataUse>,
    decode: DecoderConfig,
) -> ModelCard {
    let unwritten = FileEntry::describe("unwritten", &[], Precision::Float);
    ModelCard {
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_by: format!("keyface-train {}", env!("CARGO_PKG_VERSION")),
        command: format!("keyface-train train host-train/experiments/{}.toml", experiment.name),
        seed: experiment.seed,
        interface: Interface::Kf1,
        look_ahead_ms: look_ahead.ms,
        trunk_width: experiment.key_motion_net.width,
        files: Files { key_motion: unwritten.clone(), completion: unwritten },
        tolerance: Tolerance { float: 0.0, int8: 0.0 },
        decode,
        closures: None,
        data,
        figures: Default::default(),
    }
}

/// What networks have heard in training, and what those had that they began as.
struct Past {
    data: Vec<DataUse>,
    trained_on: TrainedOn,
}

impl Past {
    fn of(experiment: &Experiment, corpora: &Corpora) -> Result<Past> {
        let mut past = Past { data: corpora.uses().collect(), trained_on: corpora.trained_on() };
        for folder in &experiment.key_motion.stands_on {
            past.join(Past::at(folder)?);
        }
        Ok(past)
    }

    /// Of a model, or of a run.
    fn at(folder: &Path) -> Result<Past> {
        if Packed::is_at(folder) {
            let trained_on = TrainedOn::read(folder)?.unwrap_or_default();
            return Ok(Past { data: Packed::read(folder)?.card.data, trained_on });
        }
        let experiment = RunDir::open(folder)?.experiment()?;
        Past::of(&experiment, &Corpora::read(&experiment)?)
    }

    /// Of a corpus that both know, the larger part counts.
    fn join(&mut self, below: Past) {
        for data in below.data {
            match self.data.iter_mut().find(|own| own.corpus == data.corpus) {
                Some(own) => own.hours = own.hours.max(data.hours),
                None => self.data.push(data),
            }
        }
        self.trained_on.join(below.trained_on);
    }
}

/// By how many steps a model's motion hurries ahead of the moment that it is for.
pub(crate) fn hurry(card: &ModelCard) -> usize {
    let ms = card.figures.get(HURRY).copied().unwrap_or_default();
    ((ms / f64::from(STEP_MS)) as usize).min((card.look_ahead_ms / STEP_MS) as usize)
}

/// What a card says of the people who choose.
pub(crate) fn figures(score: &MouthScore) -> [(String, f64); 5] {
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    [
        ("valid_balanced".to_owned(), round(score.balanced)),
        ("valid_lag_ms".to_owned(), score.lag_ms as f64),
        ("valid_closures".to_owned(), round(score.closures)),
        ("valid_false_closures_per_min".to_owned(), round(score.false_closures_per_min)),
        ("valid_open_in_pause".to_owned(), round(score.open_in_pause)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_the_networks_below_were_trained_on_is_told() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut experiment = Experiment::read(&root.join("experiments/live.toml")).unwrap();
        let model = root.join("../models/live");
        assert!(Past::of(&experiment, &Corpora::none()).unwrap().data.is_empty());
        experiment.key_motion.stands_on = vec![root.join("../models/instant"), model.clone()];
        let past = Past::of(&experiment, &Corpora::none()).unwrap();
        assert_eq!(Some(&past.trained_on), TrainedOn::read(&model).unwrap().as_ref());
        let data = Packed::read(&model).unwrap().card.data;
        assert_eq!(past.data, data);
        let less = data.iter().cloned().map(|data| DataUse { hours: 0.1, ..data });
        let mut both = Past { data: less.collect(), trained_on: TrainedOn::default() };
        both.join(past);
        assert_eq!(both.data, data, "a second training that heard less of a corpus");
    }

    #[test]
    fn a_card_tells_how_far_its_motion_hurries() {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live");
        let mut card = Packed::read(&model).unwrap().card;
        assert_eq!(hurry(&card), 1);
        card.figures.remove(HURRY);
        assert_eq!(hurry(&card), 0);
        card.figures.insert(HURRY.to_owned(), 900.0);
        assert_eq!(hurry(&card), 3, "no more than its look-ahead of 60 ms");
    }

    #[test]
    fn the_decoders_numbers_may_be_another_models() {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live");
        let nobody = Searched { clean: Vec::new(), noisy: Vec::new(), false_per_min: LIVE_FALSE_PER_MIN };
        let (decode, closures) = numbers(&nobody, Some(&model)).unwrap();
        let card = Packed::read(&model).unwrap().card;
        assert_eq!((decode, closures), (card.decode, card.closures));
        assert!(numbers(&nobody, Some(Path::new("models/nobody"))).is_err());
    }
}
