//! `keyface-train ablate`: KMTalk without each of its parts, and with disturbed key frames, in one table.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use keyface_train::ablation::{Ablation, STUDENTS, Students, VARIANTS, page, student_table, table};
use keyface_train::data::Utterance;
use keyface_train::train::{Corpora, DeviceChoice, Experiment, RunDir, pick_device};

/// Trains the experiment, its students without a part of the recipe, and the offline KMTalk without each of its parts;
/// writes Markdown tables. What was trained before is used.
#[derive(Args)]
pub struct AblateArgs {
    /// The experiment, with a section [kmtalk], such as host-train/experiments/ablation.toml
    experiment: PathBuf,
    /// Folder of the runs
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// Only these students and variants, separated by commas
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Prepared folders whose eval clips are reported, instead of those of the experiment's corpora
    #[arg(long)]
    eval: Vec<PathBuf>,
    /// Write the tables here, such as docs/ablations.md
    #[arg(long)]
    out: Option<PathBuf>,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Runs the command.
pub fn run(args: &AblateArgs) -> Result<()> {
    let names: Vec<_> = STUDENTS.iter().map(|s| s.name).chain(VARIANTS.iter().map(|v| v.name)).collect();
    for name in &args.only {
        ensure!(names.contains(&name.as_str()), "no variant {name:?}; there are: {}", names.join(", "));
    }
    let asked = |name: &str| args.only.is_empty() || args.only.iter().any(|only| only == name);
    let experiment = Experiment::read(&args.experiment)?;
    experiment.kmtalk().with_context(|| args.experiment.display().to_string())?;
    let device = pick_device(args.device)?;
    let folders = folders(&experiment, &args.eval)?;
    let run = RunDir::create(&args.runs.join(&experiment.name))?;
    let (names, eval): (Vec<String>, Vec<Vec<Utterance>>) = folders.into_iter().unzip();
    let students = Students { experiment: &experiment, eval: &eval, run: &run, device: &device };
    let rows = STUDENTS.iter().filter(|s| asked(s.name)).map(|s| students.row(s).context(s.name));
    let students = student_table(&names, &rows.collect::<Result<Vec<_>>>()?);
    say!("{students}");
    let corpora = Corpora::read(&experiment)?;
    let ablation = Ablation::new(&experiment, &corpora, Some(&eval.concat()), &run, &device)?;
    let variants = VARIANTS.iter().filter(|v| asked(v.name)).map(|v| ablation.row(v).context(v.name));
    let rows = ablation.baselines().into_iter().map(Ok).chain(variants).collect::<Result<Vec<_>>>()?;
    say!("{}", table(&rows));
    match &args.out {
        Some(path) => {
            std::fs::write(path, page(&experiment, &rows, &students)).with_context(|| path.display().to_string())
        }
        None => Ok(()),
    }
}

/// Folders to report on that have eval clips, by name.
fn folders(experiment: &Experiment, asked: &[PathBuf]) -> Result<Vec<(String, Vec<Utterance>)>> {
    let own = experiment.corpora.iter().map(|corpus| corpus.folder.clone());
    let folders: Vec<PathBuf> = if asked.is_empty() { own.collect() } else { asked.to_vec() };
    let mut read = Vec::new();
    for folder in folders.clone() {
        let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        read.push((name, Corpora::read_eval(&[folder])?));
    }
    read.retain(|(_, clips)| !clips.is_empty());
    ensure!(!read.is_empty(), "expected clips of the eval split to report on, found none in {folders:?}");
    Ok(read)
}
