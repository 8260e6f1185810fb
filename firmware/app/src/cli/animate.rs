//! `keyface animate`.

use std::path::PathBuf;

use clap::Args;
use keyface::ears::{Input, Sound, read_piped_sound, read_sound};
use keyface::out::{ENDINGS, Recorder, Recording, check_distinct};
use keyface_core::{Gains, Line};

use super::progress::Progress;
use super::run::stop_on_ctrl_c;
use super::{FaceArgs, FileArgs, ModelArgs, note, tell, tell_json};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface animate talk.wav --out talk.csv --out talk.gif    curves, and an animation to check them
  keyface animate talk.flac --out talk.visemes.tsv --stamp shown
  espeak-ng --stdout hello | keyface animate - --out hello.json")]
pub struct AnimateArgs {
    /// Sound file (WAV, FLAC, MP3, OGG Vorbis), or - for standard input.
    #[arg(value_name = "IN")]
    input: Input,
    #[arg(long, required = true, value_name = "FILE", help = format!("File to write, any number of times: {ENDINGS}"))]
    out: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    files: FileArgs,
    /// Write what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub fn animate(args: &AnimateArgs) -> anyhow::Result<()> {
    check_distinct(&args.out)?;
    let sound = sound(args)?;
    let mut line = Line::new(keyface::model::load(args.model.name())?);
    let stop = stop_on_ctrl_c()?;
    let recorder = Recorder::open(&args.out, recording(args, &sound))?;
    let mut progress = Progress::new(sound.duration());
    let files = keyface::animate::animate(&sound, &mut line, recorder, &stop, |done| progress.update(done))?;
    progress.finish();
    if args.json {
        let (audio_s, look_ahead_ms) = (sound.duration().as_s(), line.look_ahead().as_ms());
        let warning = sound.warning;
        return tell_json(
            &serde_json::json!({ "files": files, "audio_s": audio_s, "look_ahead_ms": look_ahead_ms, "warning": warning }),
        );
    }
    files.iter().for_each(|file| tell(file.display()));
    Ok(())
}

fn sound(args: &AnimateArgs) -> anyhow::Result<Sound> {
    let sound = match &args.input {
        Input::File(path) => read_sound(path)?,
        Input::Pipe => read_piped_sound(std::io::stdin(), args.files.rate)?,
        Input::Mic => anyhow::bail!("animate: expected a sound file or -, came mic; use `keyface run --to file:...`"),
        Input::Socket(place) => {
            anyhow::bail!("animate: expected a sound file or -, came {place}, on which `keyface run` listens")
        }
    };
    if let Some(warning) = &sound.warning {
        note(format_args!("keyface: warning: {warning}"));
    }
    Ok(sound)
}

fn recording(args: &AnimateArgs, sound: &Sound) -> Recording {
    Recording {
        stamp: args.files.stamp.into(),
        fps: args.files.fps,
        sound_name: sound.name.clone(),
        gains: args.face.gains(Gains::default()),
        has_life: !args.face.still,
        resampling: sound.latency.micros(),
    }
}
