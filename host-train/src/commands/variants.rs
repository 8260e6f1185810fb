//! `keyface-train variants`: a shipped model in; its weights in every form that a device can compute in out.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_train::variants::write_variants;

/// Writes a model's weights as float, 8-bit weights, 8-bit products, and 2 or 4 steps at a run, for `keyface bench`.
#[derive(Args)]
pub struct VariantsArgs {
    /// Folder of the model, such as models/live
    model: PathBuf,
    /// Sound files that tell how large values become in front of each layer: a minute of speech or more
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    sound: Vec<PathBuf>,
    /// Folder for the variants
    #[arg(long, default_value = "out/variants")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &VariantsArgs) -> Result<()> {
    for folder in write_variants(&args.model, &args.sound, &args.out)? {
        say!("{}", folder.display());
    }
    Ok(())
}
