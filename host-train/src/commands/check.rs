//! `keyface-train check`: a model folder as a device would load it, and vectors for other readers of its files.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use keyface_train::export::Packed;

/// Loads a model folder as a device does, and writes what its networks answer, for comparing other runtimes with tract.
#[derive(Args)]
pub struct CheckArgs {
    /// Folder of the model, such as models/live
    model: PathBuf,
    /// JSON file for the inputs and answers of some random steps
    #[arg(long)]
    vectors: Option<PathBuf>,
    /// How many steps
    #[arg(long, default_value_t = 20)]
    steps: usize,
}

/// Runs the command.
pub fn run(args: &CheckArgs) -> Result<()> {
    let packed = Packed::read(&args.model)?;
    let card = &packed.card;
    say!("{} {}: files, hashes and shapes are what the card says", card.name, card.version);
    if let Some(path) = &args.vectors {
        let vectors = serde_json::to_string(&packed.vectors(args.steps, card.seed)?)?;
        fs::write(path, vectors).with_context(|| path.display().to_string())?;
        say!("{} steps in {}", args.steps, path.display());
    }
    Ok(())
}
