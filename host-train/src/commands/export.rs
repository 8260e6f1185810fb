//! `keyface-train export`: a finished run in; a model folder out, checked in the device's own code.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_core::Precision;
use keyface_train::ship::ship;

/// Writes a model folder from a run: decoder numbers are searched, the files are checked in tract, the card is written.
#[derive(Args)]
pub struct ExportArgs {
    /// Folder of the run, such as runs/live
    run: PathBuf,
    /// Folder of the model; default: models/<name of the run>
    #[arg(long)]
    out: Option<PathBuf>,
    /// Keep float weights (four times the size)
    #[arg(long)]
    float: bool,
}

/// Runs the command.
pub fn export(args: &ExportArgs) -> Result<()> {
    let precision = if args.float { Precision::Float } else { Precision::Int8 };
    let shipped = ship(&args.run, args.out.as_deref(), precision)?;
    println!("{}", shipped.summary());
    Ok(())
}
