//! `keyface-train compare`: any program's mouth cues beside our models, on the same clips.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_train::evaluate::{Contest, CueFolder, compare};

use super::reading::ReadingArgs;

/// Scores mouth cues that programs wrote beside what our models show, on the clips that all of them have.
///
/// A program's cues for the clip ID are ID.visemes.tsv (`time_s<TAB>Oculus viseme`), or ID.tsv or ID.json as Rhubarb Lip
/// Sync writes them.
#[derive(Args)]
pub struct CompareArgs {
    /// Folder of sound and TextGrids: its eval split, or every clip where it has none
    #[arg(value_name = "DIR")]
    corpus: PathBuf,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Folder of a program's cues; its name is the program's unless another is given
    #[arg(long, value_name = "[NAME=]FOLDER")]
    cues: Vec<CueFolder>,
    /// Folder of a model, such as models/live
    #[arg(long, value_name = "FOLDER")]
    model: Vec<PathBuf>,
    /// At most this many clips, spread evenly
    #[arg(long, default_value = "40")]
    clips: NonZeroUsize,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &CompareArgs) -> Result<()> {
    let (corpus, cues, models) = (args.corpus.clone(), args.cues.clone(), args.model.clone());
    let (reading, _) = args.reading.split(std::slice::from_ref(&corpus), &[])?;
    let found = compare(&Contest { corpus, reading, clips: args.clips.get(), cues, models })?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    say!("{}", found.table().markdown());
    for (program, ids) in &found.missing {
        say!("{program} lacks cues for {} clips, which nobody is scored on: {}", ids.len(), ids.join(", "));
    }
    Ok(())
}
