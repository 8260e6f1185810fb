//! The run's folder: newest and best weights of each network, and where the run stands.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::experiment::Experiment;

/// A folder such as `runs/live`.
#[derive(Clone, Debug)]
pub struct RunDir {
    root: PathBuf,
}

/// What a run goes on from.
pub struct Resumed<M> {
    /// The network.
    pub net: M,
    /// The average of its weights so far, for inference.
    pub average: M,
    /// With its moments.
    pub optimizer: ModuleOptimizer,
    /// Where the run stands.
    pub progress: Progress,
}

/// How good a network is, by name, higher is better; the first is what counts.
pub type Scores = Vec<(&'static str, f64)>;

/// How far one network's training has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Best value of the first score, where there are scores.
    pub best: Option<f64>,
    /// Step of the best value.
    pub best_step: usize,
    /// What was scored last.
    #[serde(default)]
    pub scores: Vec<(String, f64)>,
    /// Mean of the loss since the checkpoint before.
    #[serde(default)]
    pub loss: f64,
    /// Wall seconds spent so far.
    pub seconds: f64,
}

impl Progress {
    /// Takes the scores of the step just done; whether the first is the best so far.
    pub fn judge(&mut self, scores: Scores) -> bool {
        let first = scores.first().map(|(_, score)| *score);
        self.scores = scores.into_iter().map(|(name, score)| (name.to_owned(), score)).collect();
        let is_best = first.is_some_and(|score| self.best.is_none_or(|best| score > best));
        if is_best {
            (self.best, self.best_step) = (first, self.step);
        }
        is_best
    }
}

impl RunDir {
    /// Makes the folder if it is not there.
    pub fn create(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        Ok(RunDir { root: root.to_path_buf() })
    }

    /// The folder of a run that is there.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(root: &Path) -> Result<Self> {
        ensure!(root.is_dir(), "no run at {}", root.display());
        Ok(RunDir { root: root.to_path_buf() })
    }

    /// A file of the run.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Remembers what is trained.
    ///
    /// # Errors
    /// As [`RunDir::keep`].
    pub fn keep_experiment(&self, experiment: &Experiment) -> Result<()> {
        self.keep("experiment.toml", experiment)
    }

    /// Remembers in a file by what is trained: a folder of another experiment is not gone on with.
    ///
    /// # Errors
    /// When the folder belongs to another experiment, or cannot be written.
    pub fn keep<E: Serialize + DeserializeOwned + PartialEq>(&self, name: &str, experiment: &E) -> Result<()> {
        let path = self.file(name);
        if path.exists() {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let before: E = toml::from_str(&text).with_context(|| path.display().to_string())?;
            ensure!(before == *experiment, "{} holds another experiment: remove the folder", path.display());
        }
        std::fs::write(&path, toml::to_string(experiment)?).with_context(|| path.display().to_string())
    }

    /// Remembers in a file what is trained, where no experiment tells it.
    ///
    /// # Errors
    /// When the folder belongs to another training, or cannot be written.
    pub fn keep_note(&self, name: &str, note: &str) -> Result<()> {
        let path = self.file(name);
        let before = std::fs::read_to_string(&path).unwrap_or_else(|_| note.into());
        ensure!(before == note, "{} tells of another training: remove the folder", path.display());
        std::fs::write(&path, note).with_context(|| path.display().to_string())
    }

    /// What was trained here.
    pub fn experiment(&self) -> Result<Experiment> {
        Experiment::read(&self.file("experiment.toml"))
    }

    /// Wall seconds of all networks' training.
    pub fn seconds(&self) -> Result<f64> {
        let mut seconds = 0.0;
        for net in ["key_motion", "completion"] {
            let path = self.file(&format!("{net}.json"));
            // A network that learnt nothing has none.
            if !path.exists() {
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            seconds += serde_json::from_str::<Progress>(&text).with_context(|| path.display().to_string())?.seconds;
        }
        Ok(seconds)
    }

    /// A network with the weights of its best checkpoint, on the device of `fresh`.
    ///
    /// # Errors
    /// When there is none, or of a network of other sizes.
    pub fn best<M: Module>(&self, net: &str, fresh: M) -> Result<M> {
        let path = self.best_file(net);
        fresh.try_load_file(&path).map_err(|e| anyhow!("no trained network at {}: {e}", path.display()))
    }

    fn best_file(&self, net: &str) -> PathBuf {
        self.file(&format!("{net}-best.bpk"))
    }

    /// Goes on from the newest checkpoint, if there is one.
    pub fn resume<M: Module>(&self, name: &str, net: M, optimizer: ModuleOptimizer) -> Result<Resumed<M>> {
        let state = self.file(&format!("{name}.json"));
        let Ok(text) = std::fs::read_to_string(&state) else {
            return Ok(Resumed { average: net.valid(), net, optimizer, progress: Progress::default() });
        };
        let progress: Progress = serde_json::from_str(&text).with_context(|| state.display().to_string())?;
        let file = |what: &str| self.file(&format!("{name}-{}{what}.bpk", progress.step));
        let load = |net: M, path: PathBuf| net.try_load_file(&path).with_context(|| path.display().to_string());
        let average = load(net.valid(), file("-average"))?;
        let net = load(net, file(""))?;
        let moments = file("-optimizer");
        let optimizer = optimizer.load(&moments).with_context(|| moments.display().to_string())?;
        Ok(Resumed { net, average, optimizer, progress })
    }

    /// Writes the newest checkpoint, `[network, average]`, and the average as the best where `is_best`; the one before is
    /// removed only afterwards.
    pub fn save<M: Module>(
        &self,
        net: &str,
        [now, average]: [&M; 2],
        optimizer: &ModuleOptimizer,
        progress: &Progress,
        is_best: bool,
    ) -> Result<()> {
        let file = |what: &str| self.file(&format!("{net}-{}{what}.bpk", progress.step));
        let (weights, averaged, moments) = (file(""), file("-average"), file("-optimizer"));
        now.clone().save_file(&weights).with_context(|| weights.display().to_string())?;
        average.clone().save_file(&averaged).with_context(|| averaged.display().to_string())?;
        optimizer.save(&moments).with_context(|| moments.display().to_string())?;
        if is_best {
            std::fs::copy(&averaged, self.best_file(net)).context("cannot copy the best checkpoint")?;
        }
        let state = self.file(&format!("{net}.json"));
        let part = self.file(&format!("{net}.json.part"));
        std::fs::write(&part, serde_json::to_string_pretty(progress)?)?;
        std::fs::rename(&part, &state)?;
        self.remove_older(net, progress.step)
    }

    fn remove_older(&self, net: &str, newest: usize) -> Result<()> {
        for entry in std::fs::read_dir(&self.root)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let step = name
                .strip_prefix(&format!("{net}-"))
                .and_then(|rest| rest.trim_end_matches(".bpk").split('-').next()?.parse::<usize>().ok());
            if step.is_some_and(|step| step < newest) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
