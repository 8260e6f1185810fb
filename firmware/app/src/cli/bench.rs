//! `keyface bench`.

use std::time::Instant;

use clap::Args;
use keyface_core::Micros;

use super::progress::Progress;
use super::{ModelArgs, tell, tell_json, whole};

#[derive(Args)]
pub struct BenchArgs {
    #[command(flatten)]
    model: ModelArgs,
    /// Seconds of sound to run.
    #[arg(long, default_value_t = 60, allow_negative_numbers = true, value_parser = |text: &str| whole(text, 1..=3_600))]
    seconds: u32,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub fn bench(args: &BenchArgs, started: Instant) -> anyhow::Result<()> {
    let mut progress = Progress::new(Micros::from_ms(i64::from(args.seconds) * 1_000));
    let load = || keyface::model::load(args.model.name());
    let report = keyface::bench::bench(load, args.seconds, started, |done| progress.update(done))?;
    progress.finish();
    if args.json {
        return tell_json(&report);
    }
    tell(report);
    Ok(())
}
