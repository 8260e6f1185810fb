//! Rows of a recipe: trained, made models of, and judged on people whom none of them has heard.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use keyface_core::{Mouth, Precision};
use serde::{Deserialize, Serialize};

use super::recipe::RecipeRow;
use crate::evaluate::{CorpusReport, Plan, SpeakerRecalls, evaluate};
use crate::ship::{Order, ship};
use crate::train::{Corpora, RunDir, train_completion, train_key_motion};

/// What one training is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowFigures {
    /// Where everything depends on how it was judged.
    judged_by: String,
    /// Mean recall of the mouth classes, with live stamps.
    pub balanced: f64,
    /// Share of p, b and m with closed lips, and closures elsewhere a minute.
    pub closures: [f64; 2],
    /// Recall of f and v, and lip on teeth elsewhere a minute.
    pub lip_teeth: [f64; 2],
    /// `balanced` with noise 10 dB below.
    pub noisy: f64,
    /// The same in a room, where rooms were given.
    pub far: Option<f64>,
    /// Key motions within 40 ms.
    pub key_f1: f64,
    /// Square metres.
    pub lve: f64,
    /// Of the truth's.
    pub jerk: f64,
    /// What each speaker adds to `balanced`.
    pub speakers: Vec<SpeakerRecalls>,
}

/// Where rows are trained, and by whom they are judged.
pub struct Judge<'a> {
    /// Folder of the runs: one for each row and seed.
    pub runs: &'a Path,
    /// What judges a model; its `model` is set for each row.
    pub plan: &'a Plan,
    /// Where it is computed: they share each batch, and the first does the rest.
    pub devices: &'a [Device],
}

impl Judge<'_> {
    /// Trains a row, or goes on where it stood, and judges it.
    ///
    /// # Errors
    /// As training, export and evaluation; a folder in which the row was trained otherwise.
    pub fn row(&self, row: &RecipeRow, seed: u64) -> Result<RowFigures> {
        let experiment = row.experiment(seed)?;
        let run = RunDir::create(&self.runs.join(row.run(seed)))?;
        run.keep_experiment(&experiment)?;
        let corpora = Corpora::read(&experiment)?;
        let net = train_key_motion(&experiment, &corpora, &run, self.devices)?;
        train_completion(&experiment, &corpora, &net, &run, &self.devices[0])?;
        let model = run.file("model");
        ship(&self.runs.join(row.run(seed)), &Order { out: Some(model.clone()), ..Order::default() }, Precision::Int8)?;
        let report = evaluate(&Plan { model, ..self.plan.clone() }, &[])?;
        let [corpus] = &report.corpora[..] else { anyhow::bail!("expected one corpus to judge by") };
        let figures = RowFigures::of(corpus, self.judged_by())?;
        std::fs::write(self.file(row, seed), serde_json::to_string(&figures)?)?;
        Ok(figures)
    }

    /// What a row was found to be worth before, trained as it is described now and judged in the same way.
    pub fn judged(&self, row: &RecipeRow, seed: u64) -> Option<RowFigures> {
        let trained = RunDir::open(&self.runs.join(row.run(seed))).ok()?.experiment().ok()?;
        let figures: RowFigures = serde_json::from_slice(&std::fs::read(self.file(row, seed)).ok()?).ok()?;
        let is_same = figures.judged_by == self.judged_by() && trained == row.experiment(seed).ok()?;
        is_same.then_some(figures)
    }

    fn file(&self, row: &RecipeRow, seed: u64) -> PathBuf {
        self.runs.join(row.run(seed)).join("figures.json")
    }

    fn judged_by(&self) -> String {
        let Plan { corpora, splits, clips, noise, only, .. } = self.plan;
        format!("{corpora:?} {splits:?} {clips} {noise:?} {only:?}")
    }
}

impl RowFigures {
    fn of(corpus: &CorpusReport, judged_by: String) -> Result<Self> {
        let mouth = |n: usize| corpus.mouths.get(n).map(|(_, mouth)| mouth);
        let heard = mouth(0).context("expected a clip to judge by")?;
        let key = corpus.keys.first().context("expected key motions to judge by")?.1.windows[1].f1;
        let motion = corpus.motion.first().context("expected motion to judge by")?;
        let figure = |name: &str| motion.figure(name).map_or(f64::NAN, |figure| figure.pooled);
        ensure!(!corpus.speakers.is_empty(), "expected speakers to judge by");
        let is_far = corpus.mouths.get(2).is_some_and(|(name, _)| name.ends_with("in a room"));
        Ok(RowFigures {
            judged_by,
            balanced: heard.balanced,
            closures: [heard.closures, heard.false_closures_per_min],
            lip_teeth: [heard.recall[Mouth::LipTeeth as usize].unwrap_or(f64::NAN), heard.false_lip_teeth_per_min],
            noisy: mouth(1).map_or(f64::NAN, |mouth| mouth.balanced),
            far: mouth(2).filter(|_| is_far).map(|mouth| mouth.balanced),
            key_f1: key,
            lve: figure("LVE"),
            jerk: figure("jerk ratio"),
            speakers: corpus.speakers.clone(),
        })
    }
}

#[cfg(test)]
impl RowFigures {
    /// Figures of which only the mouths count.
    pub fn for_test(balanced: f64, speakers: Vec<SpeakerRecalls>) -> Self {
        let (judged_by, far) = (String::new(), None);
        let (closures, lip_teeth) = ([0.5, 2.0], [0.5, 3.0]);
        RowFigures {
            judged_by,
            balanced,
            closures,
            lip_teeth,
            noisy: 0.4,
            far,
            key_f1: 0.7,
            lve: 9e-6,
            jerk: 1.5,
            speakers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Reading;

    #[test]
    fn figures_of_a_row_that_is_described_otherwise_now_are_not_its_own() {
        let runs = tempfile::tempdir().unwrap();
        let rows = super::super::recipe::tests::two_rows().rows;
        let plan = Plan {
            model: PathBuf::new(),
            corpora: vec![],
            reading: Reading::default(),
            splits: vec![],
            clips: 1,
            head: None,
            noise: None,
            only: vec![],
            streaming: false,
            curve: false,
            rules: false,
            script: false,
            hearings: false,
            beside: None,
        };
        let judge = Judge { runs: runs.path(), plan: &plan, devices: &[Device::flex()] };
        let run = RunDir::create(&runs.path().join(rows[0].run(1))).unwrap();
        run.keep_experiment(&rows[0].experiment(1).unwrap()).unwrap();
        let figures = RowFigures { judged_by: judge.judged_by(), far: Some(0.5), ..RowFigures::for_test(0.5, vec![]) };
        std::fs::write(judge.file(&rows[0], 1), serde_json::to_string(&figures).unwrap()).unwrap();
        assert_eq!(judge.judged(&rows[0], 1), Some(figures.clone()));
        let otherwise = Judge { plan: &Plan { clips: 2, ..plan.clone() }, ..judge };
        assert_eq!(otherwise.judged(&rows[0], 1), None);
        std::fs::remove_file(run.file("experiment.toml")).unwrap();
        run.keep_experiment(&rows[0].experiment(2).unwrap()).unwrap();
        let judge = Judge { plan: &plan, ..otherwise };
        assert_eq!(judge.judged(&rows[0], 1), None);
    }
}
