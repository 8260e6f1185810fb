//! `keyface animate`.

use std::sync::atomic::AtomicBool;

use keyface::AppError;
use keyface::ears::{Ear, Input, Pace, StreamEar};
use keyface::out::{Recorder, Recording, Target};
use keyface::script::{self, TEXT_ENDINGS};
use keyface_core::script::{Script, align};
use keyface_core::{Gains, Hearings, Line};
use keyface_sound::said::{Labels, TEXTGRID_ENDINGS};

use super::job::stop_on_ctrl_c;
use super::progress::Progress;
use super::{note, tell, tell_json};

mod args;
mod jobs;

pub use args::AnimateArgs;
use jobs::{Job, jobs};

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
        let mut hearings = hearings(args)?;
        follow(args, job, hearings.line_mut())?;
        let stop = stop_on_ctrl_c(None)?;
        let done = one(args, job, &mut ear, &mut hearings, &stop)?;
        if args.json {
            tell_json(&done)?;
        }
    }
    Ok(())
}

/// The lines that were asked for. Whose words are known needs no second ear, and who would know what a live face shows
/// gets a live face's.
fn hearings(args: &AnimateArgs) -> anyhow::Result<Hearings> {
    let own = args.face.closing(keyface::model::load(model(args))?)?;
    if is_once(args) {
        return Ok(Hearings::new(&own, &[])?);
    }
    let other = beside(args).map(keyface::model::load).transpose()?;
    Ok(Hearings::of_file(&own, other.as_ref())?)
}

fn is_once(args: &AnimateArgs) -> bool {
    args.once || args.style.is_live() || args.text.is_some() || args.textgrid.is_some()
}

/// Who hears a file too, where no model was named.
fn beside(args: &AnimateArgs) -> Option<&'static str> {
    (args.model.model.is_none() && !is_once(args)).then_some(keyface::model::PLAYBACK)
}

/// The words of the sound, where they are there.
fn follow(args: &AnimateArgs, job: &Job, line: &mut Line) -> anyhow::Result<()> {
    let sound = job.name.as_deref();
    if let Some(named) = &args.textgrid {
        let labels = args.phones.as_deref().map_or_else(|| Ok(Labels::shipped()), Labels::with_file)?;
        line.follow(script::read(&script::of_sound(named, sound, &TEXTGRID_ENDINGS)?, &labels)?);
    } else if let Some(named) = &args.text {
        let text = script::of_sound(named, sound, &TEXT_ENDINGS)?;
        let words = script::words(&text, &args.language)?;
        let heard = keyface::animate::listen(&mut ear(args, &job.input)?, line)?;
        line.reset();
        let found = align(&text.display().to_string(), &words, &heard)?;
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
    args.model.or(if args.style.is_live() { keyface::model::LIVE } else { keyface::model::STUDIO })
}

/// Many sounds: each is tried, and those that failed are told.
fn all(args: &AnimateArgs, jobs: &[Job]) -> anyhow::Result<()> {
    let mut hearings = hearings(args)?;
    let stop = stop_on_ctrl_c(None)?;
    let (mut done, mut failed) = (Vec::new(), 0);
    for job in jobs {
        hearings.reset();
        let told = follow(args, job, hearings.line_mut());
        let made = told.and_then(|()| ear(args, &job.input));
        match made.and_then(|mut ear| one(args, job, &mut ear, &mut hearings, &stop)) {
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
    hearings: &mut Hearings,
    stop: &AtomicBool,
) -> anyhow::Result<serde_json::Value> {
    let recorder = Recorder::open(&job.targets, recording(args, ear))?;
    let mut progress = Progress::new();
    let update = |done, share| progress.update(done, share);
    let (files, end) = keyface::animate::animate(ear, hearings, recorder, stop, update)?;
    progress.finish();
    if !args.json && !job.targets.iter().any(Target::is_stdout) {
        files.iter().for_each(|file| tell(file.display()));
    }
    let (audio_s, look_ahead_ms, warning) =
        (end.as_s(), hearings.line().look_ahead().0 as f64 / 1_000.0, ear.warning());
    let (model, hearings) = (model(args), hearings.count());
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    Ok(serde_json::json!({
        "files": files, "audio_s": audio_s, "model": model, "beside": beside(args), "hearings": hearings,
        "look_ahead_ms": look_ahead_ms, "warning": warning
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
