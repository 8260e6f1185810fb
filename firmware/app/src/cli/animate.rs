//! `keyface animate`.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;
use keyface::AppError;
use keyface::ears::{Ear, Input, Pace, StreamEar};
use keyface::out::{ENDINGS, FORMATS, Format, Recorder, Recording, Target};
use keyface::script;
use keyface_core::script::Script;
use keyface_core::{Gains, Line};
use keyface_sound::said::Labels;

use super::progress::Progress;
use super::run::stop_on_ctrl_c;
use super::style::StyleArgs;
use super::{FaceArgs, ModelArgs, SoundArgs, input, note, tell, tell_json};

mod jobs;

use jobs::{Job, jobs};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface animate talk.wav --out talk.csv --out talk.mp4    curves, and a video with sound to check them
  keyface animate talk.wav --out talk.dat --fps 24 --preston-blair
  keyface animate takes --out-dir curves --as csv,tsv       every sound of a folder
  keyface animate talk.flac --out talk.visemes.tsv --stamp shown
  keyface animate talk.wav --textgrid talk.TextGrid --out talk.csv
                                      lips by the phones that are known
  keyface animate takes --text words --out-dir curves --as csv
                                      takes/one.wav says what words/one.txt has
  keyface animate call.wav --channel 1 --out caller.csv     the party on the right
  espeak-ng --stdout hello | keyface animate - --out - --as json
  arecord -t raw -f S16_LE -c 2 -r 48000 -d 5 | keyface animate - --format s16le:2 --rate 48000 --out me.gif")]
pub struct AnimateArgs {
    /// Sound file (WAV, AIFF, FLAC, MP3, AAC, Ogg, Opus, WebM and more), or - for standard input; with --out-dir also
    /// several, and folders.
    #[arg(value_name = "IN", required = true, value_parser = input())]
    inputs: Vec<Input>,
    #[arg(long, required_unless_present = "out_dir", value_name = "FILE", help = format!("File to write, any number of times: {ENDINGS}; - is standard output, with --as"))]
    out: Vec<PathBuf>,
    /// Folder for the files of every sound, named after it, in the formats of --as.
    #[arg(long, value_name = "DIR", conflicts_with = "out", requires = "formats")]
    out_dir: Option<PathBuf>,
    #[arg(long = "as", value_name = "FORMAT", value_delimiter = ',', help = format!("Formats for --out-dir, with commas between; or the one of --out, whatever its ending: {FORMATS}"))]
    formats: Vec<Format>,
    /// TextGrid of what is said (Praat, MFA): its phones are believed over the ear; or a folder with
    /// one of each sound's name, in folders as the sounds are or in none.
    #[arg(long, value_name = "FILE|DIR")]
    textgrid: Option<PathBuf>,
    /// Text of what is said, in the order in which it is said: its words are found in the sound (needs espeak-ng, and a file,
    /// which is heard twice); or a folder with one NAME.txt for each sound, likewise.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "textgrid")]
    text: Option<PathBuf>,
    /// Language of the text, as espeak-ng names its voices.
    #[arg(long, value_name = "VOICE", default_value = "en-us", requires = "text")]
    language: String,
    /// Names of phones in the TextGrid that are not known: lines of label, tab and ARPAbet phones.
    #[arg(long, value_name = "FILE.tsv", requires = "textgrid")]
    phones: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    sound: SoundArgs,
    #[command(flatten)]
    style: StyleArgs,
    /// Write what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub fn animate(args: &AnimateArgs) -> anyhow::Result<()> {
    let jobs = jobs(args)?;
    let are_files = jobs.iter().all(|job| matches!(job.input, Input::File(_)));
    let twice = "--text: expected a sound file, which is heard twice, came standard input";
    anyhow::ensure!(args.text.is_none() || are_files, twice);
    if args.out_dir.is_some() {
        return all(args, &jobs);
    }
    for job in &jobs {
        let mut ear = ear(args, &job.input)?;
        let mut line = line(args)?;
        follow(args, job, &mut line)?;
        let stop = stop_on_ctrl_c(None)?;
        let done = one(args, job, &mut ear, &mut line, &stop)?;
        if args.json {
            tell_json(&done)?;
        }
    }
    Ok(())
}

/// The line that was asked for.
fn line(args: &AnimateArgs) -> anyhow::Result<Line> {
    Ok(Line::new(args.face.closing(keyface::model::load(model(args))?)?))
}

/// The words of the sound, where they are there.
fn follow(args: &AnimateArgs, job: &Job, line: &mut Line) -> anyhow::Result<()> {
    let sound = job.name.as_deref();
    if let Some(named) = &args.textgrid {
        let labels = args.phones.as_deref().map_or_else(|| Ok(Labels::shipped()), Labels::with_file)?;
        line.follow(script::read(&script::of_sound(named, sound, "TextGrid"), &labels)?);
    } else if let Some(named) = &args.text {
        let text = script::of_sound(named, sound, "txt");
        let words = script::words(&text, &args.language)?;
        let heard = keyface::animate::listen(&mut ear(args, &job.input)?, line)?;
        line.reset();
        let found = script::align(&words, &heard)?;
        if found.fit < DOUBTFUL {
            let percent = 100.0 * found.fit;
            note(format_args!(
                "keyface: {}: is this what is said? Its phones are heard {percent:.0} % of the time",
                text.display()
            ));
        }
        line.follow(Script::new(found.phones));
    }
    Ok(())
}

/// Of the words of somebody never heard the line hears 40 to 70 %.
const DOUBTFUL: f32 = 0.15;

/// What was asked for. Times at which a live face could show it are asked of the live model.
fn model(args: &AnimateArgs) -> &str {
    args.model.or(if args.style.is_live() { keyface::model::LIVE } else { keyface::model::PLAYBACK })
}

/// Many sounds: each is tried, and those that failed are told.
fn all(args: &AnimateArgs, jobs: &[Job]) -> anyhow::Result<()> {
    let mut line = line(args)?;
    let stop = stop_on_ctrl_c(None)?;
    let (mut done, mut failed) = (Vec::new(), 0);
    for job in jobs {
        line.reset();
        let told = follow(args, job, &mut line);
        match told.and_then(|()| ear(args, &job.input)).and_then(|mut ear| one(args, job, &mut ear, &mut line, &stop)) {
            Ok(report) => done.push(report),
            Err(error) if matches!(error.downcast_ref(), Some(AppError::Stopped)) => return Err(error),
            // One bad recording costs no night's work.
            Err(error) => {
                failed += 1;
                note(format_args!("keyface: {error:#}"));
            }
        }
    }
    if args.json {
        tell_json(&done)?;
    }
    anyhow::ensure!(failed == 0, "animate: {failed} of {} sounds failed", jobs.len());
    Ok(())
}

/// Makes the files of one sound; what was done, for a program.
fn one(
    args: &AnimateArgs,
    job: &Job,
    ear: &mut StreamEar,
    line: &mut Line,
    stop: &AtomicBool,
) -> anyhow::Result<serde_json::Value> {
    let recorder = Recorder::open(&job.targets, recording(args, ear))?;
    let mut progress = Progress::new();
    let update = |done, share| progress.update(done, share);
    let (files, end) = keyface::animate::animate(ear, line, recorder, stop, update)?;
    progress.finish();
    if !args.json && !job.targets.iter().any(Target::is_stdout) {
        files.iter().for_each(|file| tell(file.display()));
    }
    let (audio_s, look_ahead_ms, warning) = (end.as_s(), line.look_ahead().0 as f64 / 1_000.0, ear.warning());
    let model = model(args);
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    Ok(serde_json::json!({
        "files": files, "audio_s": audio_s, "model": model, "look_ahead_ms": look_ahead_ms, "warning": warning
    }))
}

/// The sound, of which the first samples are there.
fn ear(args: &AnimateArgs, input: &Input) -> anyhow::Result<StreamEar> {
    let wish = args.sound.wish(None);
    let mut ear = match input {
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
        sound_name: ear.name(),
        gains: args.face.gains(Gains::default()),
        life: args.style.life(&args.face),
        resampling: ear.latency().span(),
        ..args.style.recording()
    }
}
