//! What each part is worth: of the recipe that the streaming networks are trained by, in rows that a file describes; and
//! of the offline KMTalk, trained without it, or tested with spoiled key frames, all on the same frozen audio features,
//! seeds, batches and numbers of steps.

mod document;
mod judged;
mod recipe;
mod rows;
mod table;
mod variant;

pub use document::{has_place, put};
pub use judged::{Judge, RowFigures};
pub use recipe::{JudgeChoice, Recipe, RecipeRow};
pub use rows::{Judged, rows_table};
pub use table::table;
pub use variant::{Rerun, VARIANTS, Variant};

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::tensor::Device;
use keyface_core::Motion;
use serde::Serialize;

use crate::evaluate::{Track, mean_motion};
use crate::model::kmtalk::KmTalk;
use crate::train::kmtalk::{AudioSource, Course, KmTalkScore, Material, Pool, draw_pool, score, score_direct};
use crate::train::{Corpora, Experiment, RunDir};

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the variant or baseline.
    pub name: &'static str,
    /// What is different.
    pub what: &'static str,
    /// Parameters above the audio features; none for what does not learn.
    pub parameters: Option<usize>,
    /// How good it is.
    pub score: KmTalkScore,
}

/// What all variants share.
pub struct Ablation<'a> {
    experiment: &'a Experiment,
    run: &'a RunDir,
    device: &'a Device,
    pool: Pool,
    valid: Vec<Material>,
    eval: Vec<Material>,
}

impl<'a> Ablation<'a> {
    /// On the audio features of a run; the figures are of `eval`, or of the corpora's own eval clips.
    ///
    /// # Errors
    /// No section `[kmtalk]`, no trained audio features, or no clip to report.
    pub fn new(
        experiment: &'a Experiment,
        corpora: &Corpora,
        eval: Option<&[crate::data::Utterance]>,
        run: &'a RunDir,
        device: &'a Device,
    ) -> Result<Self> {
        let audio = AudioSource::of(experiment, run, corpora.valid.first(), device)?;
        let eval = audio.clips(eval.unwrap_or(&corpora.eval), device)?;
        ensure!(!eval.is_empty(), "expected clips of the eval split to report on, found none");
        let valid = audio.clips(&corpora.valid, device)?;
        let pool = draw_pool(experiment, &audio, corpora, device)?;
        Ok(Ablation { experiment, run, device, pool, valid, eval })
    }

    /// What the truth, a still mouth and the mean mouth score.
    pub fn baselines(&self) -> Vec<Row> {
        let truth: Vec<Track> = self.eval.iter().map(Material::poses).collect();
        let still = |pose: Motion| truth.iter().map(|track| vec![pose; track.len()]).collect::<Vec<_>>();
        let row = |name, what, tracks: &[Track]| Row {
            name,
            what,
            parameters: None,
            score: KmTalkScore::of(tracks, &self.eval),
        };
        vec![
            row("truth", "the truth against itself", &truth),
            row("no motion", "the mouth at rest", &still(Motion::REST)),
            row("mean motion", "the mean of the truth", &still(mean_motion(truth.iter()))),
        ]
    }

    /// Trains what the variant needs (what is there already is used) and scores it.
    ///
    /// # Errors
    /// Unreadable checkpoints, a full disk, or a loss that is not a number.
    pub fn row(&self, variant: &Variant) -> Result<Row> {
        let Variant { name, what, keys, .. } = *variant;
        let (parameters, score) = match variant.rerun {
            Rerun::Direct => {
                let net = self.course(self.experiment).direct(&self.folder(name, self.experiment)?)?;
                (net.num_params(), score_direct(&net, &self.eval, self.device))
            }
            _ => {
                let net = self.kmtalk(variant)?;
                (net.num_params(), score(&net, &self.eval, keys, self.device))
            }
        };
        log::info!("{name}: LVE-mm {:.3}", score.pooled("LVE-mm").unwrap_or(f64::NAN));
        Ok(Row { name, what, parameters: Some(parameters), score })
    }

    fn kmtalk(&self, variant: &Variant) -> Result<KmTalk> {
        let mut changed = self.experiment.clone();
        (variant.change)(&mut changed);
        let (full, own) = (self.folder(FULL, self.experiment), || self.folder(variant.name, &changed));
        match variant.rerun {
            Rerun::Keys => self.course(&changed).train(&own()?),
            Rerun::Completion => {
                let acquired = self.course(self.experiment).acquire(&full?)?;
                self.course(&changed).complete(acquired, &own()?)
            }
            Rerun::Nothing | Rerun::Direct => self.course(self.experiment).train(&full?),
        }
    }

    fn course<'b>(&'b self, experiment: &'b Experiment) -> Course<'b> {
        Course { experiment, pool: &self.pool, valid: &self.valid, device: self.device }
    }

    fn folder(&self, name: &str, experiment: &Experiment) -> Result<RunDir> {
        let folder = RunDir::create(&self.run.file("ablations").join(name.replace(' ', "-")))?;
        folder.keep_experiment(experiment)?;
        Ok(folder)
    }
}

/// The variant that has every part.
const FULL: &str = "full";
