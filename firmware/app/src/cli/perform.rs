//! `keyface run --input FILE.csv`: motion that was captured or made elsewhere.

use std::path::Path;

use keyface::board::Board;
use keyface::ears::Input;
use keyface::perform::{self, Perform};
use keyface::service::Service;
use keyface_core::Span;

use super::job::{RunArgs, Targets};
use super::{note, tell_json};

/// The file of motion that is to be shown, if that was asked for.
pub fn motion(input: Option<&Input>) -> Option<&Path> {
    let Some(Input::File(path)) = input else { return None };
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")).then_some(path)
}

/// Shows a file of motion in real time.
pub fn run(args: &RunArgs, board: Option<&Board>, targets: Targets, motion: &Path) -> anyhow::Result<()> {
    let place = motion.display();
    let sound = [
        (args.voice.is_given(args.input.as_ref()), "--play, --serve or --control"),
        (args.fast, "--fast"),
        (args.model.model.is_some(), "--model"),
        (args.device.is_some(), "--device"),
        (args.sound.is_given(), "--channel, --format or --rate"),
        (!targets.files.is_empty(), "--to file:"),
    ];
    if let Some((_, option)) = sound.iter().find(|(is_given, _)| *is_given) {
        anyhow::bail!("{option}: expected a sound as --input, came {place}, motion that is shown as it is");
    }
    anyhow::ensure!(targets.has_face(), "--to none: expected somewhere to show {place}, came nothing");
    let take = perform::read(motion)?;
    let as_lines = targets.as_lines;
    let body = super::job::body(args, board, targets)?;
    let mut beats = Service::named(place.to_string(), false);
    let perform = Perform::new(take, body, args.seconds.map(Span::from_s))?;
    let stop = super::job::stop_on_ctrl_c(Some(perform.bell()))?;
    let summary = perform.run(&stop, |turn| beats.iter_mut().for_each(|beats| beats.turn(turn)));
    match (args.json, as_lines) {
        (_, true) => note(serde_json::to_string(&summary)?),
        (true, _) => tell_json(&summary)?,
        (false, _) => super::tell(summary),
    }
    Ok(())
}
