//! `keyface-train plot`: a clip's ground-truth motion -> a picture.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use keyface_train::clip::Clip;
use keyface_train::corpus::read_clips;
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

/// Draws the curves and tells where they are; speech of unknown phones is left out.
pub fn run(args: &PlotArgs) -> Result<()> {
    let clips = read_clips(&args.audio, &args.labels)?;
    for (clip, number) in clips.iter().zip(1..) {
        let number = (clips.len() > 1).then_some(number);
        draw(args, clip, &picture_path(&args.out, number))?;
    }
    Ok(())
}

/// `curves.png`, or `curves@1.png` of the first of several pieces around unknown speech.
fn picture_path(out: &Path, number: Option<usize>) -> PathBuf {
    let Some(number) = number else { return out.to_path_buf() };
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let ending = out.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    out.with_file_name(format!("{stem}@{number}{ending}"))
}

fn draw(args: &PlotArgs, clip: &Clip, out: &Path) -> Result<()> {
    let style = args.style.as_deref().map_or(Style::NEUTRAL, Style::of_speaker);
    let effort = Effort::heard(&clip.samples, &clip.phones);
    let motion = truth::motion(&clip.phones, &effort, &style);
    let empty = || format!("{}: expected sound, came an empty file", args.audio.display());
    let picture = plot(clip, &motion).with_context(empty)?;
    picture.save_png(out).with_context(|| format!("{}: cannot be written", out.display()))?;
    say!("{} ({} x {} pixels)", out.display(), picture.width(), picture.height());
    Ok(())
}
