//! `keyface bench`.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use keyface::bench::Plan;
use keyface::ears::{Sound, read_sound};
use keyface_core::Micros;

use super::demo::CLIP;
use super::progress::Progress;
use super::{ModelArgs, tell, tell_json, whole};

#[derive(Args)]
pub struct BenchArgs {
    #[command(flatten)]
    model: ModelArgs,
    /// Seconds of sound to run.
    #[arg(long, default_value_t = 60, allow_negative_numbers = true, value_parser = |text: &str| whole(text, 1..=3_600))]
    seconds: u32,
    /// Variants of the model, measured in turns with it: `keyface-train variants` makes them.
    #[arg(long, num_args = 1.., value_name = "NAME|FOLDER")]
    beside: Vec<String>,
    /// Speech that the variants are compared on; the model's own clip unless told otherwise.
    #[arg(long, value_name = "FILE", requires = "beside")]
    sound: Option<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub fn bench(args: &BenchArgs, started: Instant) -> anyhow::Result<()> {
    let mut progress = Progress::new(Micros::from_ms(i64::from(args.seconds) * 1_000));
    let sound = speech(args)?;
    let plan = Plan {
        model: args.model.name(),
        seconds: args.seconds,
        beside: args.beside.iter().map(String::as_str).collect(),
        sound: sound.as_ref().map(|sound| sound.samples.as_slice()),
        started,
    };
    let report = keyface::bench::bench(&plan, |done| progress.update(done))?;
    progress.finish();
    if args.json {
        return tell_json(&report);
    }
    tell(report);
    Ok(())
}

/// What the variants hear: nothing where there are none, or the model has no clip.
fn speech(args: &BenchArgs) -> anyhow::Result<Option<Sound>> {
    let clip = keyface::model::find(args.model.name())?.join(CLIP);
    let path = args.sound.clone().or(clip.is_file().then_some(clip));
    Ok(path.filter(|_| !args.beside.is_empty()).map(|path| read_sound(&path)).transpose()?)
}
