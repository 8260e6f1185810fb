//! `keyface animate`.

use std::path::PathBuf;

use clap::Args;
use keyface::ears::{Ear, Input, Pace, StreamEar};
use keyface::out::{ENDINGS, Recorder, Recording, check_distinct};
use keyface_core::{Gains, Line};

use super::progress::Progress;
use super::run::stop_on_ctrl_c;
use super::{FaceArgs, FileArgs, ModelArgs, SoundArgs, tell, tell_json};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface animate talk.wav --out talk.csv --out talk.gif    curves, and an animation to check them
  keyface animate talk.flac --out talk.visemes.tsv --stamp shown
  keyface animate call.wav --channel 1 --out caller.csv     the party on the right
  espeak-ng --stdout hello | keyface animate - --out hello.json
  arecord -t raw -f S16_LE -c 2 -r 48000 -d 5 | keyface animate - --format s16le:2 --rate 48000 --out me.gif")]
pub struct AnimateArgs {
    /// Sound file (WAV, AIFF, FLAC, MP3, AAC, Ogg, Opus, WebM and more), or - for standard input.
    #[arg(value_name = "IN")]
    input: Input,
    #[arg(long, required = true, value_name = "FILE", help = format!("File to write, any number of times: {ENDINGS}"))]
    out: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    sound: SoundArgs,
    #[command(flatten)]
    files: FileArgs,
    /// Write what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub fn animate(args: &AnimateArgs) -> anyhow::Result<()> {
    check_distinct(&args.out)?;
    let mut ear = ear(args)?;
    let mut line = Line::new(args.face.closing(keyface::model::load(args.model.name())?)?);
    let stop = stop_on_ctrl_c()?;
    let recorder = Recorder::open(&args.out, recording(args, &ear))?;
    let mut progress = Progress::new();
    let update = |done, share| progress.update(done, share);
    let (files, end) = keyface::animate::animate(&mut ear, &mut line, recorder, &stop, update)?;
    progress.finish();
    if args.json {
        let (audio_s, look_ahead_ms, warning) = (end.as_s(), line.look_ahead().as_ms(), ear.warning());
        return tell_json(
            &serde_json::json!({ "files": files, "audio_s": audio_s, "look_ahead_ms": look_ahead_ms, "warning": warning }),
        );
    }
    files.iter().for_each(|file| tell(file.display()));
    Ok(())
}

/// The sound, of which the first samples are there.
fn ear(args: &AnimateArgs) -> anyhow::Result<StreamEar> {
    let wish = args.sound.wish(None);
    let mut ear = match &args.input {
        Input::File(path) => StreamEar::file(path, wish, Pace::Fast)?,
        Input::Pipe => StreamEar::standard_input(wish, Pace::Fast)?,
        Input::Mic => anyhow::bail!("animate: expected a sound file or -, came mic; use `keyface run --to file:...`"),
        Input::Socket(place) => {
            anyhow::bail!("animate: expected a sound file or -, came {place}, on which `keyface run` listens")
        }
    };
    ear.wait_for_sound()?;
    Ok(ear)
}

fn recording(args: &AnimateArgs, ear: &StreamEar) -> Recording {
    Recording {
        stamp: args.files.stamp.into(),
        fps: args.files.fps,
        sound_name: ear.name(),
        gains: args.face.gains(Gains::default()),
        has_life: !args.face.still,
        resampling: ear.latency().micros(),
    }
}
