//! `keyface-train features`: corpora -> what an outside encoder hears in them.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use keyface_train::corpus::read_folder_with;
use keyface_train::model::OutsideEncoder;
use keyface_train::model::wav2vec2::Wav2Vec2;
use keyface_train::model::whisper::Whisper;
use keyface_train::prepare::features;
use keyface_train::train::{DeviceChoice, pick_device};

use super::prepare::{progress, report_dropped};
use super::reading::{ReadingArgs, corpus_name};

/// Which encoder, which corpora, and where to.
#[derive(Args)]
pub struct FeaturesArgs {
    /// Folders of wav or flac, and of TextGrids beside or apart from them, as for `prepare`
    #[arg(required = true, value_name = "CORPUS_DIR")]
    corpora: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Weights of wav2vec 2.0, base or large, as HuggingFace's transformers saves them; config.json beside them is read
    #[arg(long, value_name = "FILE.safetensors", required_unless_present = "whisper")]
    wav2vec2: Option<PathBuf>,
    /// Weights of Whisper, any size: as HuggingFace's transformers saves them, or CTranslate2's model.bin
    #[arg(long, value_name = "FILE", conflicts_with = "wav2vec2")]
    whisper: Option<PathBuf>,
    /// Folder for the features, one .safetensors for each clip (not that of the prepared clips); what it holds is kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Listens to every corpus and prints what was done.
pub fn run(args: &FeaturesArgs) -> Result<()> {
    let encoder = encoder(args)?;
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

fn encoder(args: &FeaturesArgs) -> Result<Box<dyn OutsideEncoder>> {
    let device = pick_device(args.device)?;
    match (&args.wav2vec2, &args.whisper) {
        (Some(weights), _) => Ok(Box::new(Wav2Vec2::load(weights, &device)?)),
        (None, Some(weights)) => Ok(Box::new(Whisper::load(weights, &device)?)),
        (None, None) => bail!("expected --wav2vec2 or --whisper, came neither"),
    }
}
