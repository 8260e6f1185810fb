//! `keyface-train tune`: a model for files; its card with other numbers for the decoder.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_train::tune::tune;

use super::reading::ReadingArgs;

/// Lets a model hear people of the training split whom it was not trained on, as `keyface animate` hears a file, searches the
/// decoder's numbers for them, and writes these into its card. Lips that close for nothing cost more than for a live face.
#[derive(Args)]
pub struct TuneArgs {
    /// Folder of the model, such as models/studio
    model: PathBuf,
    /// Folders of sound and of TextGrids beside or apart from it, as for `prepare`
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// A model that hears each clip too
    #[arg(long, value_name = "MODEL")]
    beside: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Runs the command.
pub fn run(args: &TuneArgs) -> Result<()> {
    let (reading, folders) = args.reading.split(&args.folders, &[])?;
    say!("{}", tune(&args.model, args.beside.as_deref(), &folders, &reading)?);
    Ok(())
}
