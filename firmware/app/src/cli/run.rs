//! `keyface run`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Args;
use keyface::AppError;
use keyface::app::{App, Parts, Turn};
use keyface::cpu;
use keyface::ears::{self, Ear, Input, Listening, Pace, Wanted};
use keyface::face::Life;
use keyface::out::{ENDINGS, Recorder, Recording, Target, check_apart, check_distinct};
use keyface::screen::Screen;
use keyface::service::{self, Service};
use keyface::servo::Servos;
use keyface::store::Store;
use keyface_core::{Board, Gains, Line, Micros, Model};

use super::style::StyleArgs;
use super::{FaceArgs, FileArgs, ModelArgs, note, seconds, tell, tell_json};

/// Size of the window where no board says another, and what stands above it.
pub const WINDOW_PX: (u32, u32) = (640, 480);
pub const TITLE: &str = "Keyface";

#[derive(Args)]
#[command(after_help = "Examples:
  keyface run                                        microphone to window
  keyface run --board linux-pc                       what that board has
  keyface run --board robot-head --to screen,servo   a robot's servos too
  keyface run --input talk.wav --to screen,file:talk.csv
  espeak-ng --stdout hello | keyface run --input -   a speech engine drives the face")]
pub struct RunArgs {
    /// mic, a sound file (WAV, FLAC, MP3, OGG Vorbis), or - for 16-bit mono samples on standard input, raw or as WAV.
    #[arg(long, default_value = "mic", value_name = "mic|FILE|-")]
    input: Input,
    #[arg(long, value_delimiter = ',', value_name = "screen|servo|file:FILE", help = format!("Where the face goes: screen, servo, file:NAME, or several of them with commas between; NAME ends in {ENDINGS} [default: what the board has, or screen]"))]
    to: Vec<String>,
    /// Name of a board, or its file: says model, microphone, screen and gains.
    #[arg(long, value_name = "NAME|FILE")]
    board: Option<String>,
    /// Which microphone, as `keyface devices` prints it.
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Play a file or a pipe as fast as the machine can, not in real time.
    #[arg(long)]
    fast: bool,
    /// Stop after so many seconds of sound.
    #[arg(long, allow_negative_numbers = true, value_parser = seconds)]
    seconds: Option<f64>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    style: StyleArgs,
    /// Write the report at the end as JSON.
    #[arg(long)]
    json: bool,
}

/// Where the face goes.
struct Targets {
    has_screen: bool,
    has_servos: bool,
    files: Vec<Target>,
}

pub fn run(args: &RunArgs) -> anyhow::Result<()> {
    let board = args.board.as_deref().map(keyface::board::load).transpose()?;
    let targets = targets(args, board.as_ref())?;
    let line = Line::new(model(args, board.as_ref())?);
    let gains = args.face.gains(board.as_ref().map_or(Gains::default(), |b| b.gains.into()));
    let ear = open_ear(args, board.as_ref())?;
    let recorder = open_files(args, &targets, gains, ear.as_ref())?;
    let screen = targets.has_screen.then(|| open_screen(board.as_ref())).transpose()?;
    let servos = open_servos(args, &targets, board.as_ref())?;
    let limit = args.seconds.map(Micros::from_s);
    let life = (!args.face.still).then(|| Life::new(seed()));
    let parts = Parts { ear, line, gains, life, screen, servos, recorder, pace: pace(args), limit };
    board.iter().flat_map(|b| cpu::apply(&b.cpu)).for_each(|warning| warn(&warning));
    live(parts, args.json)
}

/// Runs a live job until its end or Ctrl-C, and tells what it did.
pub fn live(parts: Parts, as_json: bool) -> anyhow::Result<()> {
    let stop = stop_on_ctrl_c()?;
    if std::io::stderr().is_terminal() {
        note(format_args!("hearing {}; Ctrl-C ends", parts.ear.name()));
    }
    let mut service = Service::of(parts.ear.as_ref());
    let turn = |turn: &Turn| service.iter_mut().for_each(|service| service.turn(turn));
    let (report, files) = App::new(parts).run(&stop, turn)?;
    if as_json {
        return tell_json(&report);
    }
    files.iter().for_each(|file| tell(file.display()));
    tell(report);
    Ok(())
}

/// A flag that Ctrl-C and SIGTERM set. Call once.
pub fn stop_on_ctrl_c() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let set = move || {
        flag.store(true, Ordering::Relaxed);
        service::stopping();
    };
    ctrlc::set_handler(set).context("Ctrl-C cannot be watched")?;
    Ok(stop)
}

/// What the board shows the face on; a window where there is no board, or one without a screen.
fn open_screen(board: Option<&Board>) -> Result<Screen, AppError> {
    match board.map(|b| &b.display).filter(|display| display.is_live()) {
        Some(display) => Screen::open(TITLE, display),
        None => Screen::window(TITLE, WINDOW_PX.0, WINDOW_PX.1),
    }
}

/// The model that was asked for, else the one that is installed on this device, else the one that ships for the board.
fn model(args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Model> {
    if let Some(name) = &args.model.model {
        return Ok(keyface::model::load(name)?);
    }
    let model = Store::of_machine().choose(board, |warning| warn(&warning))?.model;
    board.map_or(Ok(()), |board| keyface::board::check_look_ahead(board, &model.card))?;
    Ok(model)
}

fn targets(args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Targets> {
    let mut targets = Targets { has_screen: false, has_servos: false, files: Vec::new() };
    for target in &args.to {
        match target.strip_prefix("file:") {
            Some(file) if !file.is_empty() => targets.files.push(Target::new(Path::new(file), None)?),
            _ if target == "screen" => targets.has_screen = true,
            _ if target == "servo" => targets.has_servos = true,
            _ => anyhow::bail!("--to: expected screen, servo or file:FILE, came {target:?}"),
        }
    }
    check_files(&targets.files, &args.input)?;
    if args.to.is_empty() {
        targets.has_screen = board.is_none_or(|b| b.display.is_live());
        targets.has_servos = board.is_some_and(|b| b.servos.is_some());
        let has_face = targets.has_screen || targets.has_servos;
        anyhow::ensure!(has_face, "--to: expected file:FILE, because this board has no screen, came nothing");
    }
    Ok(targets)
}

fn check_files(files: &[Target], input: &Input) -> Result<(), AppError> {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    check_distinct(&paths)?;
    paths.iter().try_for_each(|path| check_apart(path, input))
}

fn pace(args: &RunArgs) -> Pace {
    if args.fast && args.input != Input::Mic { Pace::Fast } else { Pace::RealTime }
}

fn open_ear(args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Box<dyn Ear>> {
    let of_board = board.map(|b| Wanted::from(&b.microphone)).unwrap_or_default();
    // A device in the field starts with what it has; a person who names a microphone is told that it is not there.
    let is_awaited = board.is_some() && args.device.is_none();
    let microphone = Wanted { id: args.device.clone().or(of_board.id), is_awaited, ..of_board };
    let listening =
        Listening { input: args.input.clone(), microphone, pipe_rate_hz: args.files.rate, pace: pace(args) };
    let (ear, warning) = ears::open(&listening)?;
    if let Some(warning) = warning {
        warn(&warning);
    }
    Ok(ear)
}

/// Servos that the user names must answer at once; those that come with the board are tried until they do.
fn open_servos(args: &RunArgs, targets: &Targets, board: Option<&Board>) -> anyhow::Result<Option<Servos>> {
    if !targets.has_servos {
        return Ok(None);
    }
    anyhow::ensure!(
        pace(args) == Pace::RealTime,
        "--fast: expected real time, because servos move with the face, came --fast (--to screen leaves them out)"
    );
    let servos = board.and_then(|b| b.servos.as_ref());
    let servos = servos.context("--to servo: expected --board with a board that has servos, came none")?;
    Ok(Some(Servos::start(servos, !args.to.is_empty())?))
}

fn warn(warning: &str) {
    note(format_args!("keyface: warning: {warning}"));
}

fn open_files(args: &RunArgs, targets: &Targets, gains: Gains, ear: &dyn Ear) -> anyhow::Result<Option<Recorder>> {
    if targets.files.is_empty() {
        return Ok(None);
    }
    let recording = Recording {
        sound_name: ear.name(),
        gains,
        is_still: args.face.still,
        resampling: ear.latency().micros(),
        is_live: pace(args) == Pace::RealTime,
        ..args.style.recording()
    };
    Ok(Some(Recorder::open(&targets.files, recording)?))
}

/// Each live face blinks at its own times.
pub fn seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| since.as_secs())
}
