//! The commands: each takes its arguments, calls the library and tells what came of it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::time::Instant;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use keyface::board::Board;
use keyface::ears::{Channels, Hints, Input, RawFormat, Wish};
use keyface::face::Life;
use keyface::hush::StandardError;
use keyface::stream::out::unwritten;
use keyface_core::{ClosureChoice, CoreError, Gains, Model, RATES_HZ};

mod animate;
mod bench;
mod demo;
mod devices;
#[cfg(target_os = "linux")]
mod doctor;
mod job;
#[cfg(feature = "manual")]
mod manual;
mod model;
mod perform;
mod progress;
mod run;
mod style;
#[cfg(target_os = "linux")]
mod tune;
#[cfg(target_os = "linux")]
mod unit;
mod usage;
mod voice;

/// Seed of what is the same each time that it is made: files and sessions.
const SAME: u64 = 1;

/// A live face from speech: microphone, file or pipe in; a moving face, curves or visemes out.
///
/// Everything runs on this machine, in real time, without a GPU or a network.
#[derive(Parser)]
#[command(version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  keyface demo                                    a voice speaks, a face moves
  keyface run                                     your own voice through the microphone
  keyface animate talk.wav --out talk.csv         curves for Unreal, Unity or Blender
  keyface animate talk.mp3 --out talk.gif         an animation to look at
  espeak-ng --stdout hello | keyface run --input - --play   a speech engine speaks through the face
  keyface run --serve 127.0.0.1:8765 --to none    programs send voices and get frames";

#[derive(Subcommand)]
enum Command {
    /// Show a face that speaks: in a window, or as pictures when there is no display.
    Demo(demo::DemoArgs),
    /// Run the live face: microphone, file or pipe in; window and files out. Ctrl-C ends it.
    Run(job::RunArgs),
    /// Turn a sound file into curves, visemes or pictures.
    Animate(animate::AnimateArgs),
    /// List the microphones.
    Devices(devices::DevicesArgs),
    /// Look whether this machine is what its board says and a face will run, and say what to do.
    #[cfg(target_os = "linux")]
    Doctor(doctor::DoctorArgs),
    /// Find out by hand, or by a script, how far each servo of a board may go.
    #[cfg(target_os = "linux")]
    Tune(tune::TuneArgs),
    /// Write what a board's service may do beyond the unit that ships: systemd's generator asks for it.
    #[cfg(target_os = "linux")]
    Unit(unit::UnitArgs),
    /// Measure what the line from sound to motion needs on this machine.
    Bench(bench::BenchArgs),
    /// Put a signed model on this device, look at it, go back; make and sign one.
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Write the manual's pages and the completions for bash, zsh and fish.
    #[cfg(feature = "manual")]
    Manual(manual::ManualArgs),
}

/// Reads the arguments and runs the command. `started` is when the program began.
pub fn run(started: Instant) -> anyhow::Result<()> {
    let outcome = command(usage::parse()?.command, started);
    outcome.and(all_written())
}

fn command(command: Command, started: Instant) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::demo(&args),
        Command::Run(args) => run::run(args),
        Command::Animate(args) => animate::animate(&args),
        Command::Devices(args) => devices::devices(&args),
        #[cfg(target_os = "linux")]
        Command::Doctor(args) => doctor::doctor(&args),
        #[cfg(target_os = "linux")]
        Command::Tune(args) => tune::tune(&args),
        #[cfg(target_os = "linux")]
        Command::Unit(args) => unit::unit(&args),
        Command::Bench(args) => bench::bench(&args, started),
        Command::Model(command) => model::model(&command),
        #[cfg(feature = "manual")]
        Command::Manual(args) => manual::manual(&args),
    }
}

/// Which model.
#[derive(Args)]
struct ModelArgs {
    /// Name of a model, or its folder. Unless told otherwise a microphone has `live`, --play and --serve have
    /// `playback`, and animate has `studio`, with `playback` beside it. Names are searched in $KEYFACE_MODELS and the
    /// installed models; in a checkout also in its models.
    #[arg(long, value_name = "NAME|FOLDER")]
    model: Option<String>,
}

impl ModelArgs {
    /// What was asked for, else `usual`.
    fn or<'a>(&'a self, usual: &'a str) -> &'a str {
        self.model.as_deref().unwrap_or(usual)
    }

    /// What was asked for, else the board's.
    fn of<'a>(&'a self, board: Option<&'a Board>) -> &'a str {
        match (&self.model, board) {
            (None, Some(board)) => &board.model,
            _ => self.or(keyface::model::LIVE),
        }
    }
}

/// How the face moves.
#[derive(Args)]
struct FaceArgs {
    /// How strongly the jaw moves, 0.5 to 2.5; 1 is a natural human face.
    #[arg(long, value_name = "GAIN", allow_negative_numbers = true, value_parser = gain)]
    jaw: Option<f32>,
    /// How strongly lips and tongue move, 0.5 to 2.5; 1 is a natural human face.
    #[arg(long, value_name = "GAIN", allow_negative_numbers = true, value_parser = gain)]
    lips: Option<f32>,
    /// How willingly lips close: careful, shipped or eager; eager misses fewer p, b and m and closes for nothing more often.
    #[arg(long, value_name = "HOW", default_value = "shipped")]
    closures: ClosureChoice,
    /// No blinks, glances or breath: only what is spoken.
    #[arg(long)]
    still: bool,
    /// What of the face's life is left out: blinks, glances, breath, brows, nods; several with commas between.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART", conflicts_with = "still")]
    without: Vec<Part>,
}

/// What lives in a face beside its speech.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Lids.
    Blinks,
    /// Small jumps of the eyes.
    Glances,
    /// Breath and slow sway.
    Breath,
    /// Brows that follow the voice.
    Brows,
    /// A head that follows the voice.
    Nods,
}

impl FaceArgs {
    /// What was asked for, else what `board` says.
    fn gains(&self, board: Gains) -> Gains {
        Gains { jaw: self.jaw.unwrap_or(board.jaw), lips: self.lips.unwrap_or(board.lips) }
    }

    /// What lives in the face, from a seed.
    fn life(&self, seed: u64) -> Option<Life> {
        let has = |part: Part| !self.without.contains(&part);
        let mut life = Life::new(seed);
        life.blinks = has(Part::Blinks);
        life.saccades = has(Part::Glances);
        life.breathing = has(Part::Breath);
        life.brows = has(Part::Brows);
        life.nods = has(Part::Nods);
        (!self.still).then_some(life)
    }

    /// The model with lips that close as willingly as was asked for.
    fn closing(&self, mut model: Model) -> Result<Model, CoreError> {
        model.card.decode = model.card.decoder_for(self.closures)?;
        Ok(model)
    }
}

/// How a sound is read.
#[derive(Args)]
struct SoundArgs {
    /// Which channels are heard, counted from 0: `mix` is the mean of all; an array or a call needs one of its own
    /// [default: the board's, or mix]
    #[arg(long, value_name = "N[,N]|mix", allow_negative_numbers = true)]
    channel: Option<Channels>,
    /// How samples without a header are written, in a file or on a pipe: s16le, s16be, s24le, s32le, f32le, mulaw,
    /// alaw, u8 or g722 [default on a pipe: s16le]
    #[arg(long, value_name = "NAME[:CHANNELS]")]
    format: Option<RawFormat>,
    /// Sample rate of samples without a header [default: 16000]
    #[arg(long, value_name = "HZ", allow_negative_numbers = true, value_parser = |text: &str| whole(text, RATES_HZ))]
    rate: Option<u32>,
}

impl SoundArgs {
    /// Whether anything was asked for.
    fn is_given(&self) -> bool {
        self.channel.is_some() || self.format.is_some() || self.rate.is_some()
    }

    /// What was asked for, else the board's channels.
    fn wish(&self, board: Option<Channels>) -> Wish {
        let raw_options = Some("--format and --rate");
        let hints = Hints { raw: self.format, raw_rate_hz: self.rate, is_pipe: false, raw_options };
        Wish { hints, channels: self.channel.clone().or(board).unwrap_or_default() }
    }
}

fn gain(text: &str) -> Result<f32, String> {
    let range = 0.5..=2.5;
    text.parse().ok().filter(|g| range.contains(g)).ok_or_else(|| "expected a number from 0.5 to 2.5".into())
}

fn whole(text: &str, range: RangeInclusive<u32>) -> Result<u32, String> {
    let expected = || format!("expected a whole number from {} to {}", range.start(), range.end());
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(expected)
}

fn seconds(text: &str) -> Result<f64, String> {
    let is_time = |seconds: &f64| *seconds > 0.0 && seconds.is_finite();
    text.parse().ok().filter(is_time).ok_or_else(|| "expected a number of seconds above 0".into())
}

/// The first word that standard output did not take.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Says something on standard output. A reader that has gone away is no error; a full disk is one, at the program's end.
fn tell(what: impl Display) {
    let mut out = io::stdout();
    let told = writeln!(out, "{what}").and_then(|()| out.flush());
    if let Err(error) = told.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }) {
        _ = UNWRITTEN.set(error);
    }
}

/// Whether all that was to be written has been.
fn all_written() -> anyhow::Result<()> {
    match UNWRITTEN.get().or_else(unwritten) {
        None => Ok(()),
        Some(error) => anyhow::bail!("standard output: cannot write to it: {error}"),
    }
}

/// What is heard; the name of a file may be of any bytes.
fn input() -> impl TypedValueParser<Value = Input> {
    OsStringValueParser::new().try_map(|name| match name.is_empty() {
        true => Err("expected the name of a sound, or -"),
        false => Ok(Input::from(name)),
    })
}

/// Says something beside the result.
fn note(what: impl Display) {
    _ = writeln!(StandardError, "{what}");
}

/// One JSON object for a program to read.
fn tell_json(what: &impl serde::Serialize) -> anyhow::Result<()> {
    tell(serde_json::to_string_pretty(what)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_gain_out_of_range_is_refused() {
        assert!(gain("2").is_ok() && gain("9").is_err() && gain("NaN").is_err() && gain("x").is_err());
    }

    #[test]
    fn a_length_that_is_no_time_is_refused() {
        assert!(seconds("0.5").is_ok() && seconds("-5").is_err() && seconds("nan").is_err() && seconds("0").is_err());
    }
}
