//! `keyface-train evaluate`: a model folder against speech that it never heard, with baselines beside it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_train::evaluate::{Plan, evaluate, table};

/// Scores a model on the eval split of corpora, beside volume-to-jaw, the mean motion, a still mouth and the truth.
#[derive(Args)]
pub struct EvaluateArgs {
    /// Folder of the model, such as models/live
    model: PathBuf,
    /// Folders of sound and TextGrids; their eval split is used
    #[arg(required = true)]
    corpora: Vec<PathBuf>,
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
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &EvaluateArgs) -> Result<()> {
    let plan = Plan {
        model: args.model.clone(),
        corpora: args.corpora.clone(),
        clips: args.clips,
        head: args.head.clone(),
        noise: args.noise.clone(),
        streaming: args.streaming,
    };
    let report = evaluate(&plan, &[])?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", table(&report));
    }
    Ok(())
}
