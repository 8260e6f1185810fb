//! `keyface-train evaluate`: model folders against speech that they never heard, with baselines beside them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use keyface_train::evaluate::{EvaluationReport, Plan, evaluate, page, table};
use keyface_train::export::CARD;

/// Scores models on the eval split of corpora, beside volume-to-jaw, the mean motion, a still mouth and the truth.
#[derive(Args)]
pub struct EvaluateArgs {
    /// Folder of a model, such as models/live
    model: PathBuf,
    /// More models, then folders of sound and TextGrids, whose eval split is used
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// At most this many clips of each corpus, spread evenly over it
    #[arg(long, default_value_t = 40)]
    clips: usize,
    /// A glTF head (GLB with ARKit shapes) to measure the motion on, in metres
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// Folder of noise recordings for the row at 10 dB; white noise without it
    #[arg(long, value_name = "DIR")]
    noise: Option<PathBuf>,
    /// Also take the time of every step, over at most a minute of the corpora
    #[arg(long)]
    streaming: bool,
    /// Print JSON instead of tables; of several models, a list
    #[arg(long)]
    json: bool,
    /// Also write a page with tables, confusions and curves
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &EvaluateArgs) -> Result<()> {
    let (more, corpora): (Vec<PathBuf>, Vec<PathBuf>) =
        args.folders.iter().cloned().partition(|folder| folder.join(CARD).is_file());
    ensure!(!corpora.is_empty(), "expected a folder of sound and TextGrids behind the models, came none");
    let plan = |model: &PathBuf| Plan {
        model: model.clone(),
        corpora: corpora.clone(),
        clips: args.clips,
        head: args.head.clone(),
        noise: args.noise.clone(),
        streaming: args.streaming,
    };
    let models = [&args.model].into_iter().chain(&more);
    let reports = models.map(|model| evaluate(&plan(model), &[])).collect::<Result<Vec<_>>>()?;
    if let Some(path) = &args.html {
        fs::write(path, page(&reports)).with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    print(&reports, args.json)
}

fn print(reports: &[EvaluationReport], json: bool) -> Result<()> {
    match reports {
        [one] if json => println!("{}", serde_json::to_string_pretty(one)?),
        all if json => println!("{}", serde_json::to_string_pretty(all)?),
        all => all.iter().for_each(|report| println!("{}", table(report))),
    }
    Ok(())
}
