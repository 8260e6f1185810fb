//! `keyface bench`.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use keyface::bench::{BoardReport, LivingFace, Plan, Row};
use keyface::ears::{Sound, read_sound};
use keyface_core::Span;

use super::demo::CLIP;
use super::progress::{Progress, share};
use super::style::size;
use super::{ModelArgs, note, tell, tell_json, whole};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface bench                              what the line from sound to motion needs here
  keyface bench --board raspberry-pi-5       beside what that board allows; ends with 2 when it is more
  keyface bench --picture 1280x800           what pictures of that size take, while the face speaks and at rest")]
pub struct BenchArgs {
    /// Name of a board, or its file: its model and pictures are measured, and compared with its budget.
    #[arg(long, value_name = "NAME|FILE")]
    board: Option<String>,
    #[command(flatten)]
    model: ModelArgs,
    /// Seconds of sound to run.
    #[arg(long, default_value_t = 60, allow_negative_numbers = true, value_parser = |text: &str| whole(text, 1..=3_600))]
    seconds: u32,
    /// Variants of the model, measured in turns with it: `keyface-train variants` makes them.
    #[arg(long, num_args = 1.., value_name = "NAME|FOLDER")]
    beside: Vec<String>,
    /// Speech that the variants are compared on; the model's own clip unless told otherwise.
    #[arg(long, value_name = "FILE", requires = "beside")]
    sound: Option<PathBuf>,
    /// Only what 60 pictures a second of this size take, of a face that speaks and rests for 80 s.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size, conflicts_with_all = ["board", "beside", "sound", "seconds"])]
    picture: Option<(u32, u32)>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub fn bench(args: &BenchArgs, started: Instant) -> anyhow::Result<()> {
    if let Some(size) = args.picture {
        return picture(args, size);
    }
    let mut progress = Progress::new();
    let all = Span::from_ms(i64::from(args.seconds) * 1_000);
    let board = args.board.as_deref().map(keyface::board::load).transpose()?;
    let warnings = board.iter().flat_map(|board| keyface::cpu::apply(&board.cpu));
    warnings.for_each(|warning| note(format_args!("keyface: warning: {warning}")));
    let model = args.model.of(board.as_ref());
    let sound = speech(args, model)?;
    let plan = Plan {
        model,
        board: board.as_ref(),
        seconds: args.seconds,
        beside: args.beside.iter().map(String::as_str).collect(),
        sound: sound.as_ref().map(|sound| sound.samples.as_slice()),
        started,
    };
    let report = keyface::bench::bench(&plan, |done| progress.update(done, Some(share(done, all))))?;
    progress.finish();
    if args.json {
        tell_json(&report)?;
    } else {
        tell(&report);
    }
    report.board.iter().try_for_each(within_budget)
}

fn picture(args: &BenchArgs, size: (u32, u32)) -> anyhow::Result<()> {
    let model = args.model.or(keyface::model::LIVE);
    let sound = read_sound(&keyface::model::find(model)?.join(CLIP))?;
    let mut progress = Progress::new();
    let done = |share| progress.update(Span(0), Some(share));
    let report = LivingFace::measure(keyface::model::load(model)?, &sound.samples, size, done)?;
    progress.finish();
    if args.json {
        return tell_json(&report);
    }
    tell(report);
    Ok(())
}

fn within_budget(report: &BoardReport) -> anyhow::Result<()> {
    let over: Vec<String> = report.over().map(exceeded).collect();
    anyhow::ensure!(over.is_empty(), "board {}: over its budget: {}", report.name, over.join(", "));
    Ok(())
}

fn exceeded(Row { key, measured, budget, unit, .. }: &Row) -> String {
    let number = |value: &Option<f64>| value.map_or("unknown".into(), |value| format!("{value:.3}"));
    format!("{key} {} of {} {unit}", number(measured), number(budget))
}

/// What the variants hear: nothing where there are none, or the model has no clip.
fn speech(args: &BenchArgs, model: &str) -> anyhow::Result<Option<Sound>> {
    let clip = keyface::model::find(model)?.join(CLIP);
    let path = args.sound.clone().or(clip.is_file().then_some(clip));
    Ok(path.filter(|_| !args.beside.is_empty()).map(|path| read_sound(&path)).transpose()?)
}
