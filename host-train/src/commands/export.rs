//! `keyface-train export`: a finished run in; a model folder out, checked in the device's own code.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_core::Precision;
use keyface_train::ship::{Order, ship};

/// Writes a model folder from a run: decoder numbers are searched, the files are checked in tract, the card is written.
#[derive(Args, Clone)]
pub struct ExportArgs {
    /// Folder of the run, such as runs/live
    run: PathBuf,
    /// Which of the run's look-aheads, in milliseconds; default: the experiment's main one
    #[arg(long, value_name = "MS")]
    look_ahead: Option<u32>,
    /// Name of the model; default: the experiment's
    #[arg(long)]
    name: Option<String>,
    /// Version of the model; default: this program's
    #[arg(long, value_name = "X.Y.Z")]
    version: Option<String>,
    /// Folder of the model; default: models/NAME
    #[arg(long)]
    out: Option<PathBuf>,
    /// Take the decoder's numbers of this model instead of a search: for a run that taught the motion alone
    #[arg(long, value_name = "MODEL")]
    decoder: Option<PathBuf>,
    /// Keep float weights (four times the size)
    #[arg(long)]
    float: bool,
}

/// Runs the command.
pub fn export(args: &ExportArgs) -> Result<()> {
    let precision = if args.float { Precision::Float } else { Precision::Int8 };
    let ExportArgs { look_ahead, name, version, out, decoder, .. } = args.clone();
    let order = Order { look_ahead_ms: look_ahead, name, version, out, decoder };
    let shipped = ship(&args.run, &order, precision)?;
    say!("{}", shipped.summary());
    Ok(())
}
