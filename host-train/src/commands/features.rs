//! `keyface-train features`: corpora -> what an outside encoder hears in them.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_train::corpus::read_folder_with;
use keyface_train::prepare::features;
use keyface_train::train::{DeviceChoice, pick_device};

use super::prepare::{progress, report_dropped};
use super::reading::{EncoderArgs, ReadingArgs, corpus_name};

/// Which encoder, which corpora, and where to.
#[derive(Args)]
pub struct FeaturesArgs {
    /// Folders of wav or flac, and of TextGrids beside or apart from them, as for `prepare`
    #[arg(required = true, value_name = "CORPUS_DIR")]
    corpora: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    encoder: EncoderArgs,
    /// Folder for the features, one .safetensors for each clip (not that of the prepared clips); what it holds is kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Listens to every corpus and prints what was done.
pub fn run(args: &FeaturesArgs) -> Result<()> {
    let encoder = args.encoder.load(&pick_device(args.device)?)?;
    let (reading, corpora) = args.reading.split(&args.corpora, &[])?;
    for dir in &corpora {
        let name = corpus_name(dir);
        let folder = read_folder_with(dir, &reading)?;
        let bar = progress(&name, folder.entries.len());
        let outcome = features(&folder, &name, &*encoder, &args.out, &|| bar.inc(1))?;
        bar.finish_and_clear();
        say!("{name}: {} clips heard, {} values every 20 ms", outcome.made, encoder.width());
        say!("  kept from an earlier run: {}; removed with their sources: {}", outcome.kept, outcome.removed);
        report_dropped(&outcome.dropped)?;
    }
    Ok(())
}
