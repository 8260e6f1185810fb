//! `keyface tune`.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, stdin};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use embedded_hal::i2c::I2c;
use keyface::AppError;
use keyface::servo::{Mark, Move, Tuner, WIDEST_US, open_bus};
use keyface_core::Span;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::job::stop_on_ctrl_c;
use super::{note, tell};

/// Units of a small and of a large step.
const SMALL: i32 = 5;
const LARGE: i32 = 25;

#[derive(Args)]
#[command(
    after_help = "One servo moves at a time, slowly; the others are free. Keys: + and - go by 5 us (or steps), > and < by 25;
i marks the lowest place, r the rest, f the full motion, a the highest; n takes the next joint, q ends.
At the end the board's [servos] are written, with what was marked.

A script has one move a line: joint NAME, by UNITS, to PLACE, min, rest, full, max.

Examples:
  keyface tune --board robot-head > servos.toml
  keyface tune --board robot-head --script moves.txt --hard 1300..1800"
)]
pub struct TuneArgs {
    /// Name of a board, or its file: whose servos are tuned.
    #[arg(long, value_name = "NAME|FILE")]
    board: String,
    /// The joint to begin with [default: the board's first]
    #[arg(long, value_name = "NAME")]
    joint: Option<String>,
    /// Moves from a file, or - for standard input, in place of keys.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// No pulse is ever outside this range, in microseconds; at most 400..2600. A servo on a serial bus has its turn.
    #[arg(long, value_name = "MIN..MAX", value_parser = hard, default_value = "1000..2000")]
    hard: RangeInclusive<u16>,
}

pub fn tune(args: &TuneArgs) -> anyhow::Result<()> {
    let board = keyface::board::load(&args.board)?;
    let servos = board.servos.context("tune: expected --board with a board that has servos, came none")?;
    let mut tuner = Tuner::new(servos, args.hard.clone(), open_bus)?;
    if let Some(name) = &args.joint {
        tuner.make(&Move::Joint(name.clone()))?;
    }
    let stop = stop_on_ctrl_c(None)?;
    match &args.script {
        Some(path) => script(&mut tuner, path, &stop)?,
        None => by_hand(&mut tuner, &stop)?,
    }
    let servos = std::collections::BTreeMap::from([("servos", tuner.finish())]);
    tell(toml::to_string(&servos)?.trim_end());
    Ok(())
}

/// Every move of a script, each to its end.
fn script<I, O>(tuner: &mut Tuner<I, O>, path: &Path, stop: &AtomicBool) -> anyhow::Result<()>
where
    I: I2c<Error: std::fmt::Display>,
    O: FnMut(&str) -> Result<I, AppError> + Clone,
{
    let name = path.display();
    let lines: Box<dyn BufRead> = match path.as_os_str() == "-" {
        true => Box::new(stdin().lock()),
        false => Box::new(BufReader::new(File::open(path).with_context(|| format!("{name}: cannot read it"))?)),
    };
    for (at, line) in lines.lines().enumerate() {
        let line = line.with_context(|| format!("{name}: cannot read it"))?;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let made: Move = line.parse().map_err(|reason| anyhow::anyhow!("{name}, line {}: {reason}", at + 1))?;
        let takes = tuner.make(&made)?;
        wait(tuner, takes, stop)?;
    }
    Ok(())
}

/// Lets a move come to its end.
fn wait<I, O>(tuner: &mut Tuner<I, O>, takes: Span, stop: &AtomicBool) -> anyhow::Result<()>
where
    I: I2c<Error: std::fmt::Display>,
    O: FnMut(&str) -> Result<I, AppError> + Clone,
{
    let period = tuner.period();
    for _ in 0..=takes.0 / period.0 {
        ensure!(!stop.load(Relaxed), "tune: stopped before the end of the script");
        ensure!(tuner.tick(), "tune: expected {} to move, came a chip or bus that does not answer", tuner.standing().0);
        thread::sleep(Duration::from_micros(period.0.unsigned_abs()));
    }
    Ok(())
}

/// Keys move the servo until q or Ctrl-C.
fn by_hand<I, O>(tuner: &mut Tuner<I, O>, stop: &AtomicBool) -> anyhow::Result<()>
where
    I: I2c<Error: std::fmt::Display>,
    O: FnMut(&str) -> Result<I, AppError> + Clone,
{
    ensure!(stdin().is_terminal(), "tune: expected a terminal for keys, or --script FILE, came neither");
    let _keys = Raw::begin().context("the terminal's keys cannot be read one by one")?;
    note("+ - by 5, > < by 25; mark: i lowest, r rest, f full, a highest; n next joint, q end");
    let keys = keys();
    let period = Duration::from_micros(tuner.period().0.unsigned_abs());
    while !stop.load(Relaxed) {
        while let Ok(key) = keys.try_recv() {
            if key == b'q' {
                return Ok(());
            }
            if let Some(made) = move_of(key) {
                tuner.make(&made)?;
                let (name, place) = tuner.standing();
                note(format_args!("{name} {place}{}", said(&made)));
            }
        }
        tuner.tick();
        thread::sleep(period);
    }
    bail!("tune: stopped; nothing was written")
}

fn move_of(key: u8) -> Option<Move> {
    Some(match key {
        b'+' | b'=' => Move::By(SMALL),
        b'-' => Move::By(-SMALL),
        b'>' | b'.' => Move::By(LARGE),
        b'<' | b',' => Move::By(-LARGE),
        b'i' => Move::Mark(Mark::Min),
        b'r' => Move::Mark(Mark::Rest),
        b'f' => Move::Mark(Mark::Full),
        b'a' => Move::Mark(Mark::Max),
        b'n' => Move::Next,
        _ => return None,
    })
}

fn said(made: &Move) -> &'static str {
    match made {
        Move::Mark(Mark::Min) => " is its lowest place",
        Move::Mark(Mark::Rest) => " is its rest",
        Move::Mark(Mark::Full) => " is its full motion",
        Move::Mark(Mark::Max) => " is its highest place",
        _ => "",
    }
}

/// Keys as they come. The thread ends with the program: it waits in a read that nobody else can end.
fn keys() -> Receiver<u8> {
    let (sender, keys) = channel();
    thread::spawn(move || stdin().lock().bytes().map_while(Result::ok).try_for_each(|key| sender.send(key)));
    keys
}

/// A terminal that gives each key at once, and is as it was afterwards.
struct Raw(Termios);

impl Raw {
    fn begin() -> rustix::io::Result<Raw> {
        let before = tcgetattr(stdin())?;
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        tcsetattr(stdin(), OptionalActions::Now, &modes)?;
        Ok(Raw(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs no care.
        _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

fn hard(text: &str) -> Result<RangeInclusive<u16>, String> {
    let range = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..=to.parse().ok()?));
    let is_sound = |range: &RangeInclusive<u16>| {
        range.start() < range.end() && WIDEST_US.contains(range.start()) && WIDEST_US.contains(range.end())
    };
    range.filter(is_sound).ok_or_else(|| "expected a range within 400..2600, such as 1000..2000".into())
}

#[cfg(test)]
mod tests {
    use keyface::servo::USUAL_US;

    use super::*;

    #[test]
    fn hard_limits_are_a_range_of_pulses() {
        assert_eq!(hard("1000..2000"), Ok(USUAL_US));
        assert!(hard("2000..1000").is_err() && hard("0..2000").is_err() && hard("1000").is_err());
    }

    #[test]
    fn each_key_is_one_move() {
        let keys = b"+-><irfan";
        let moves: Vec<Move> = keys.iter().filter_map(|key| move_of(*key)).collect();
        assert_eq!(moves.len(), keys.len());
        assert!((1..moves.len()).all(|at| !moves[..at].contains(&moves[at])));
        assert_eq!(move_of(b'z'), None);
    }
}
