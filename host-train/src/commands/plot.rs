//! `keyface-train plot`: a clip's ground-truth motion -> a picture.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use keyface_train::corpus::read_clip;
use keyface_train::plot::plot;
use keyface_train::truth::{self, Effort, Style};

/// Which clip, and where to.
#[derive(Args)]
pub struct PlotArgs {
    /// A Praat TextGrid with a tier `phones`
    #[arg(value_name = "CLIP.TextGrid")]
    labels: PathBuf,
    /// The clip's sound
    #[arg(long, value_name = "CLIP.wav")]
    audio: PathBuf,
    /// The picture
    #[arg(long, value_name = "FILE.png", default_value = "curves.png")]
    out: PathBuf,
    /// Move as this speaker does instead of neutrally
    #[arg(long, value_name = "NAME")]
    style: Option<String>,
}

/// Draws the curves and tells where they are.
pub fn run(args: &PlotArgs) -> Result<()> {
    let clip = read_clip(&args.audio, &args.labels)?;
    let style = args.style.as_deref().map_or(Style::NEUTRAL, Style::of_speaker);
    let effort = Effort::heard(&clip.samples, &clip.phones);
    let motion = truth::motion(&clip.phones, &effort, &style);
    let empty = || format!("{}: expected sound, came an empty file", args.audio.display());
    let picture = plot(&clip, &motion).with_context(empty)?;
    picture.save_png(&args.out).with_context(|| format!("{}: cannot be written", args.out.display()))?;
    say!("{} ({} x {} pixels)", args.out.display(), picture.width(), picture.height());
    Ok(())
}
