//! `keyface-train ablate`: KMTalk without each of its parts, and with disturbed key frames, in one table.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use keyface_train::ablation::{Ablation, VARIANTS, Variant, page, table};
use keyface_train::train::{Corpora, DeviceChoice, Experiment, RunDir, pick_device};

/// Trains every variant on the audio features of the experiment's run and writes a Markdown table; what was trained
/// before is used.
#[derive(Args)]
pub struct AblateArgs {
    /// The experiment, with a section [kmtalk]
    experiment: PathBuf,
    /// Folder of the runs; variants go into NAME/ablations
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// Only these variants, separated by commas
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Prepared folders whose eval clips are reported, instead of those of the experiment's corpora
    #[arg(long)]
    eval: Vec<PathBuf>,
    /// Write the table here, such as docs/ablations.md
    #[arg(long)]
    out: Option<PathBuf>,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Runs the command.
pub fn run(args: &AblateArgs) -> Result<()> {
    for name in &args.only {
        let known = VARIANTS.iter().any(|variant| variant.name == name);
        let names: Vec<_> = VARIANTS.iter().map(|variant| variant.name).collect();
        ensure!(known, "no variant {name:?}; there are: {}", names.join(", "));
    }
    let experiment = Experiment::read(&args.experiment)?;
    let device = pick_device(args.device)?;
    let run = RunDir::create(&args.runs.join(&experiment.name))?;
    let corpora = Corpora::read(&experiment)?;
    let eval = (!args.eval.is_empty()).then(|| Corpora::read_eval(&args.eval)).transpose()?;
    let ablation = Ablation::new(&experiment, &corpora, eval.as_deref(), &run, &device)?;
    let mut rows = ablation.baselines();
    let asked = |variant: &&Variant| args.only.is_empty() || args.only.iter().any(|name| name == variant.name);
    for variant in VARIANTS.iter().filter(asked) {
        rows.push(ablation.row(variant).with_context(|| variant.name)?);
    }
    println!("{}", table(&rows));
    match &args.out {
        Some(path) => std::fs::write(path, page(&experiment, &rows)).with_context(|| path.display().to_string()),
        None => Ok(()),
    }
}
