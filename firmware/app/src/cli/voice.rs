//! `keyface run` for a face that is given its voice: `--play`, `--serve` and `--control`.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

#[cfg(feature = "serve")]
use anyhow::Context;
use keyface::app::Turn;
use keyface::board::Board;
use keyface::ears::{EarCounters, Input, Speaker};
use keyface::service::Service;
use keyface::stream::hall::Hall;
use keyface::stream::playout::Playout;
use keyface::talk::{Parts, Talk};
use keyface::wait::{Bell, RealTime, Time};
use keyface_core::{Line, Model, Samples, Span};

use super::job::{RunArgs, Targets};
use super::{note, tell_json};

mod args;

#[cfg(feature = "serve")]
use args::ServeArgs;
pub use args::VoiceArgs;

/// How often the service manager hears of a service that shows nothing.
const LOOK: Span = Span::from_ms(250);
/// Clients at once, unless told otherwise.
#[cfg(feature = "serve")]
const CLIENTS: u32 = 8;

/// The model that was asked for, else the one that is for this.
pub fn model(args: &RunArgs) -> anyhow::Result<Model> {
    Ok(args.face.closing(keyface::model::load(args.model.or(keyface::model::PLAYBACK))?)?)
}

/// Runs a face that is given its voice.
pub fn run(args: &RunArgs, board: Option<&Board>, targets: Targets) -> anyhow::Result<()> {
    check(args, &targets)?;
    let started = Instant::now();
    let model = model(args)?;
    let has_ear = args.input.is_some();
    let has_hall = has_ear || targets.has_face() || args.voice.play.is_some();
    let playout = Playout::new(Line::new(model.clone())).waiting_for(targets.lead(board));
    let (hall, said) = Hall::new(playout.look_ahead(), playout.lead());
    // Where an input speaks, sessions may only watch.
    if has_ear {
        hall.reserve();
    }
    let _control = args.voice.control(&hall)?;
    let host = Host { model, hall: has_hall.then(|| hall.clone()), started };
    let _service = host.serve(args, board)?;
    if !has_hall {
        return wait();
    }
    let ear = has_ear.then(|| super::job::open_ear(args, board)).transpose()?;
    let speaker = args.voice.play.clone().map(Speaker::open).transpose()?;
    let as_lines = targets.as_lines;
    let body = super::job::body(args, board, targets)?;
    let limit = args.seconds.map(Span::from_s);
    let name = ear.as_ref().map_or_else(|| "sessions".to_owned(), |ear| ear.name());
    let mut beats = Service::named(name, false);
    let parts = Parts { ear, playout, body, speaker, hall, said, started, limit };
    let talk = Talk::new(parts)?;
    let stop = super::job::stop_on_ctrl_c(Some(talk.bell()))?;
    let summary = talk.run(&stop, |turn| beats.iter_mut().for_each(|beats| beats.turn(turn)))?;
    match (args.json, as_lines) {
        (_, true) => note(serde_json::to_string(&summary)?),
        (true, _) => tell_json(&summary)?,
        (false, _) => super::tell(summary),
    }
    Ok(())
}

fn check(args: &RunArgs, targets: &Targets) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.input != Some(Input::Mic),
        "--input mic: expected a voice for the face (a file, -, tcp://, unix:) with --play, --serve or --control, came the microphone"
    );
    anyhow::ensure!(
        args.input.is_some() || args.voice.is_serving(),
        "--play: expected --input with a file, -, tcp://HOST:PORT or unix:PATH, or --serve, came none"
    );
    anyhow::ensure!(
        targets.files.is_empty(),
        "--to file: expected a face that hears, came --play, --serve or --control (`keyface animate` writes files)"
    );
    anyhow::ensure!(!args.fast, "--fast: expected real time, because the voice is heard, came --fast");
    Ok(())
}

/// A service that shows nothing itself, until Ctrl-C.
fn wait() -> anyhow::Result<()> {
    let bell = Bell::new()?;
    let mut time = RealTime::since(Instant::now(), bell.clone());
    let stop = super::job::stop_on_ctrl_c(Some(bell))?;
    let mut beats = Service::named("sessions".into(), false);
    let mut turn = Turn { heard: Samples(0), steps: 0, line_faults: 0, ear: EarCounters::default() };
    while !stop.load(Relaxed) {
        turn.steps += 1;
        beats.iter_mut().for_each(|beats| beats.turn(&turn));
        time.wait(time.now() + LOOK, None);
    }
    Ok(())
}

/// What sessions need.
struct Host {
    model: Model,
    hall: Option<Hall>,
    started: Instant,
}

impl Host {
    #[cfg(feature = "serve")]
    fn serve(self, args: &RunArgs, board: Option<&Board>) -> anyhow::Result<Option<impl Sized + use<>>> {
        use keyface::stream::serve::{Listen, Service};
        use keyface::stream::session::Host;

        let ServeArgs { serve, allow_origin, token_file, clients } = &args.voice.serve;
        let Some(address) = *serve else { return Ok(None) };
        let token = token_file.as_deref().map(token).transpose()?;
        let gains = args.face.gains(board.map_or_else(Default::default, |board| board.gains.into()));
        let host = Host::new(self.model, gains, args.face.life(super::SAME), self.hall);
        let listen = Listen { address, origins: allow_origin.clone(), token, clients: clients.unwrap_or(CLIENTS) };
        let service = Service::start(listen, host.into(), self.started)?;
        let address = service.address();
        note(format_args!("serving ws://{address}/v1, and a page at http://{address}/"));
        Ok(Some(service))
    }

    #[cfg(not(feature = "serve"))]
    fn serve(self, _: &RunArgs, _: Option<&Board>) -> anyhow::Result<()> {
        drop((self.model, self.hall, self.started));
        Ok(())
    }
}

/// The first line of a file.
#[cfg(feature = "serve")]
fn token(path: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot read it", path.display()))?;
    let token = text.lines().next().unwrap_or_default().trim();
    let is_token =
        token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let place = path.display();
    anyhow::ensure!(
        is_token,
        "{place}: expected a token of 16 or more letters, digits, or - . _ ~ in the first line, came another text"
    );
    Ok(token.to_owned())
}
