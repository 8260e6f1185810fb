//! `keyface run`.

use std::io::IsTerminal;

use anyhow::Context;
use keyface::app::{App, Parts, Turn};
use keyface::board::{Board, Said};
use keyface::cpu;
use keyface::ears::{Ear, Pace};
use keyface::out::{Recorder, Recording};
use keyface::service::Service;
use keyface::store::Store;
use keyface::stream::hall::Hall;
use keyface_core::{Gains, Line, Model, Span};

use super::job::{RunArgs, Targets, body, gains, open_ear, pace, stop_on_ctrl_c, targets};
use super::{note, perform, tell, tell_json, voice};

pub fn run(args: RunArgs) -> anyhow::Result<()> {
    let board = board(args.board.as_deref())?;
    let args = &board.iter().fold(args, RunArgs::with);
    let targets = targets(args, board.as_ref())?;
    board.iter().flat_map(|b| cpu::apply(&b.cpu)).for_each(|warning| warn(&warning));
    if let Some(motion) = perform::motion(args.input.as_ref()) {
        return perform::run(args, board.as_ref(), targets, motion);
    }
    if args.voice.is_given(args.input.as_ref()) {
        return voice::run(args, board.as_ref(), targets);
    }
    let line = Line::new(args.face.closing(model(args, board.as_ref())?)?);
    let gains = gains(args, board.as_ref());
    let ear = open_ear(args, board.as_ref())?;
    let recorder = open_files(args, &targets, gains, ear.as_ref())?;
    let as_lines = targets.as_lines;
    let body = body(args, board.as_ref(), targets)?;
    let (hall, said) = Hall::new(line.look_ahead(), line.look_ahead());
    let _control = args.voice.control(&hall)?;
    let limit = args.seconds.map(Span::from_s);
    let parts = Parts { ear, line, body, said: Some((hall, said)), recorder, pace: pace(args), limit };
    live(parts, if as_lines { Telling::Beside } else { Telling::of(args.json) })
}

/// The board that was asked for, else the one that somebody has said this machine is.
fn board(asked: Option<&str>) -> anyhow::Result<Option<Board>> {
    if let Some(name) = asked {
        return Ok(Some(keyface::board::load(name)?));
    }
    let Some(Said { name, by }) = keyface::board::said() else { return Ok(None) };
    note(format_args!("board {name}, because {by} says so"));
    Ok(Some(keyface::board::load(&name).context(by)?))
}

/// How the report at the end is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// For people.
    Text,
    /// For a program.
    Json,
    /// On standard error, because standard output is the face's.
    Beside,
}

impl Telling {
    fn of(as_json: bool) -> Telling {
        if as_json { Telling::Json } else { Telling::Text }
    }
}

/// Runs a live job until its end or Ctrl-C, and tells what it did.
pub fn live(parts: Parts, telling: Telling) -> anyhow::Result<()> {
    if std::io::stderr().is_terminal() {
        note(format_args!("hearing {}; Ctrl-C ends", parts.ear.name()));
    }
    let mut service = Service::of(parts.ear.as_ref());
    let turn = |turn: &Turn| service.iter_mut().for_each(|service| service.turn(turn));
    let app = App::new(parts)?;
    let stop = stop_on_ctrl_c(Some(app.bell()))?;
    let (report, files) = app.run(&stop, turn)?;
    match telling {
        Telling::Json => return tell_json(&report),
        Telling::Beside => note(report),
        Telling::Text => {
            files.iter().for_each(|file| tell(file.display()));
            tell(report);
        }
    }
    Ok(())
}

/// The model that was asked for, else the one that is installed on this device, else the one that ships for the board.
fn model(args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Model> {
    if let Some(name) = &args.model.model {
        return Ok(keyface::model::load(name)?);
    }
    let model = Store::of_machine().choose(board, |warning| warn(&warning))?.model;
    let (place, wanted) = (format!("model `{}`", model.card.name), board.and_then(Board::look_ahead));
    keyface::board::check_look_ahead(place, model.card.look_ahead_ms, wanted)?;
    Ok(model)
}

fn open_files(args: &RunArgs, targets: &Targets, gains: Gains, ear: &dyn Ear) -> anyhow::Result<Option<Recorder>> {
    if targets.files.is_empty() {
        return Ok(None);
    }
    let recording = Recording {
        sound_name: ear.name(),
        gains,
        life: args.style.life(&args.face),
        resampling: ear.latency().span(),
        is_live: pace(args) == Pace::RealTime,
        ..args.style.recording()
    };
    Ok(Some(Recorder::open(&targets.files, recording)?))
}

fn warn(warning: &str) {
    note(format_args!("keyface: warning: {warning}"));
}
