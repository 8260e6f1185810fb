//! What every job of `keyface run` is asked for and made of: arguments, targets, body and ear.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Args;
use keyface::AppError;
use keyface::board::Board;
use keyface::body::Body;
use keyface::ears::{self, Ear, Input, Listening, Pace, Wanted};
use keyface::face::Look;
use keyface::out::{ENDINGS, SOUND, Target, check_apart, check_distinct};
use keyface::screen::Screen;
use keyface::service;
use keyface::servo::{SERVO_LEAD, ServoThread};
use keyface::stream::out::{Outputs, RECEIVERS};
use keyface::wait::Bell;
use keyface_core::{Gains, Span};

use super::style::StyleArgs;
use super::voice::VoiceArgs;
use super::{FaceArgs, ModelArgs, SoundArgs, input, seconds};

/// Size of the window where no board says another, and what stands above it.
pub const WINDOW_PX: (u32, u32) = (640, 480);
pub const TITLE: &str = "Keyface";

#[derive(Args)]
#[command(after_help = "Examples:
  keyface run                                        microphone to window
  keyface run --board linux-pc                       what that board has
  keyface run --board robot-head --to screen,servo   a robot's servos too
  keyface run --input talk.wav --to screen,file:talk.csv
  keyface run --input take.csv --board robot-head    motion that was captured or made elsewhere, on screen and servos
  keyface run --device hw:2,0 --channel 0            one channel of a microphone array
  keyface run --to livelink://192.168.1.20,vmc://127.0.0.1   Unreal Engine and VSeeFace follow the microphone
  keyface run --to vts://127.0.0.1                   VTube Studio does, once you have admitted Keyface there
  espeak-ng --stdout hello | keyface run --input - --play    a speech engine speaks through the face
  keyface run --serve 127.0.0.1:8765 --to none       programs send voices and get frames")]
pub struct RunArgs {
    /// mic, a sound file (WAV, AIFF, FLAC, MP3, AAC, Ogg, Opus, WebM and more), - for any of these, or raw samples, on
    /// standard input, or a socket on which to listen for such: tcp://HOST:PORT or unix:PATH; or motion instead of a
    /// sound, a .csv as the Live Link Face app writes it [default: mic, or with --serve its sessions]
    #[arg(long, value_name = "mic|FILE|-|tcp://HOST:PORT|unix:PATH", value_parser = input())]
    pub input: Option<Input>,
    #[arg(long, value_delimiter = ',', value_name = "TARGET", help = format!("Where the face goes: screen, servo, {RECEIVERS}, file:NAME, none, or several of them with commas between; NAME ends in {ENDINGS} [default: what the board has, or screen]"))]
    pub to: Vec<String>,
    /// Whether the board says where the face goes.
    #[arg(skip)]
    is_to_of_board: bool,
    /// Name of a board, or its file: says model, microphone, screen, gains, where the face goes and who gives its voice
    /// [default: what $KEYFACE_BOARD or the service's settings say, or none]
    #[arg(long, value_name = "NAME|FILE")]
    pub board: Option<String>,
    /// Which microphone: an id or a name as `keyface devices` prints it, or ALSA's, as hw:1,0 or plughw:1,0.
    #[arg(long, value_name = "ID|NAME")]
    pub device: Option<String>,
    /// Play a file or a pipe as fast as the machine can, not in real time.
    #[arg(long)]
    pub fast: bool,
    /// Stop after so many seconds of sound.
    #[arg(long, allow_negative_numbers = true, value_parser = seconds)]
    pub seconds: Option<f64>,
    #[command(flatten)]
    pub voice: VoiceArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub face: FaceArgs,
    #[command(flatten)]
    pub sound: SoundArgs,
    #[command(flatten)]
    pub style: StyleArgs,
    /// Write the report at the end as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Where the face goes.
#[derive(Default)]
pub struct Targets {
    has_screen: bool,
    has_servos: bool,
    /// Files that are written on the way.
    pub files: Vec<Target>,
    outputs: Outputs,
    /// Whether standard output is the face's.
    pub as_lines: bool,
}

impl Targets {
    /// Whether somebody sees the face while it lives.
    pub fn has_face(&self) -> bool {
        self.has_screen || self.has_servos || !self.outputs.is_empty()
    }

    /// How much earlier than a screen the servos, if it goes there, want a face.
    pub fn lead(&self, board: Option<&Board>) -> Span {
        let servos = board.and_then(|board| board.servos.as_ref()).filter(|_| self.has_servos);
        servos.map_or(SERVO_LEAD, keyface::servo::lead)
    }
}

impl RunArgs {
    /// What was not asked for is as the board says; an input that was asked for leaves out the board's voice.
    pub fn with(mut self, board: &Board) -> RunArgs {
        self.is_to_of_board = self.to.is_empty();
        if self.is_to_of_board {
            self.to = board.to.clone();
        }
        if self.input.is_none() {
            self.input = board.voice.input.as_deref().and_then(|input| input.parse().ok());
            self.voice.take(&board.voice);
        }
        self
    }
}

/// Where the face goes, as it was asked for; else what the board has.
pub fn targets(args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Targets> {
    let mut targets = Targets::default();
    for target in &args.to {
        match target.strip_prefix("file:") {
            Some(file) if !file.is_empty() => targets.files.push(Target::new(Path::new(file), None)?),
            _ if target == "screen" => targets.has_screen = true,
            _ if target == "servo" => targets.has_servos = true,
            _ if target == "none" => {
                anyhow::ensure!(args.to.len() == 1, "--to none: expected nothing beside it, came more")
            }
            _ => {
                let is_known = targets.outputs.add(target)?.is_some();
                anyhow::ensure!(
                    is_known,
                    "--to: expected screen, servo, file:FILE, none, {RECEIVERS}, came {target:?}"
                );
                targets.as_lines |= target == "stdout";
            }
        }
    }
    check_files(&targets.files, args.input.as_ref().unwrap_or(&Input::Mic))?;
    if args.to.is_empty() {
        targets.has_screen = board.is_none_or(|b| b.display.is_live());
        targets.has_servos = board.is_some_and(|b| b.servos.is_some());
        anyhow::ensure!(targets.has_face(), "--to: expected file:FILE, because this board has no screen, came nothing");
    }
    Ok(targets)
}

fn check_files(files: &[Target], input: &Input) -> Result<(), AppError> {
    check_distinct(files.iter().map(|file| &file.path))?;
    check_apart(files.iter().flat_map(Target::files), [(SOUND, input)])
}

/// What the face is shown on.
pub fn body(args: &RunArgs, board: Option<&Board>, targets: Targets) -> anyhow::Result<Body> {
    let screen = targets.has_screen.then(|| open_screen(board)).transpose()?;
    let servos = open_servos(args, &targets, board)?;
    let look = Look::new(gains(args, board), args.face.life(seed()));
    Ok(Body { look, screen, servos, outputs: targets.outputs })
}

pub fn gains(args: &RunArgs, board: Option<&Board>) -> Gains {
    args.face.gains(board.map_or(Gains::default(), |b| b.gains.into()))
}

/// What the board shows the face on; a window where there is no board, or one without a screen.
fn open_screen(board: Option<&Board>) -> Result<Screen, AppError> {
    match board.map(|b| &b.display).filter(|display| display.is_live()) {
        Some(display) => Screen::open(TITLE, display),
        None => Screen::window(TITLE, WINDOW_PX.0, WINDOW_PX.1),
    }
}

/// Servos that the user names must answer at once; those that come with the board are tried until they do.
fn open_servos(args: &RunArgs, targets: &Targets, board: Option<&Board>) -> anyhow::Result<Option<ServoThread>> {
    if !targets.has_servos {
        return Ok(None);
    }
    anyhow::ensure!(
        args.voice.is_given(args.input.as_ref()) || pace(args) == Pace::RealTime,
        "--fast: expected real time, because servos move with the face, came --fast (--to screen leaves them out)"
    );
    let servos = board.and_then(|b| b.servos.as_ref());
    let servos = servos.context("--to servo: expected --board with a board that has servos, came none")?;
    Ok(Some(ServoThread::start(servos, !args.is_to_of_board)?))
}

/// Where the sound comes from.
pub fn open_ear(args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Box<dyn Ear>> {
    let of_board = board.map(|b| Wanted::from(&b.microphone)).unwrap_or_default();
    // A device in the field starts with what it has; a person who names a microphone is told that it is not there.
    let is_awaited = board.is_some() && args.device.is_none();
    let wish = args.sound.wish(board.map(|_| of_board.channels.clone()));
    let channels = wish.channels.clone();
    let microphone = Wanted { id: args.device.clone().or(of_board.id), is_awaited, channels, ..of_board };
    let input = args.input.clone().unwrap_or(Input::Mic);
    Ok(ears::open(&Listening { input, microphone, wish, pace: pace(args) })?)
}

/// In real time, or as fast as the machine can.
pub fn pace(args: &RunArgs) -> Pace {
    // A voice that is given keeps its own time.
    let is_fast =
        args.voice.is_given(args.input.as_ref()) || args.fast && args.input.as_ref().is_some_and(|i| *i != Input::Mic);
    if is_fast { Pace::Fast } else { Pace::RealTime }
}

/// A flag that Ctrl-C and SIGTERM set, and the bell of who waits meanwhile. Call once.
pub fn stop_on_ctrl_c(bell: Option<Bell>) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let set = move || {
        flag.store(true, Ordering::Relaxed);
        bell.iter().for_each(Bell::ring);
        service::stopping();
    };
    ctrlc::set_handler(set).context("Ctrl-C cannot be watched")?;
    Ok(stop)
}

/// Each live face blinks at its own times.
pub fn seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| since.as_secs())
}
