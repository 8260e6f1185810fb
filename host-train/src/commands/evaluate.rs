//! `keyface-train evaluate`: model folders against speech that they never heard, with baselines beside them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::Args;
use keyface_core::Motion;
use keyface_train::clip::{Clip, Split};
use keyface_train::corpus::split_name;
use keyface_train::evaluate::surface::{default_surface, read_head};
use keyface_train::evaluate::{EvaluationReport, Plan, Program, Sound, evaluate, hear_all, page, table};
use keyface_train::export::{CARD, Packed};
use keyface_train::model::kmtalk::Localization;
use keyface_train::personal::{Score, Watched};
use keyface_train::train::RunDir;
use keyface_train::train::kmtalk::Offline;
use keyface_train::truth::Law;

use super::faces::{FacesArgs, beside, channels_table, steps, table as table_of_faces};
use super::reading::ReadingArgs;

/// Scores models on the eval split of corpora, beside volume-to-jaw, the mean motion, a still mouth and the truth.
#[derive(Args)]
pub struct EvaluateArgs {
    /// Folder of a model, such as models/live
    model: PathBuf,
    /// More models, then folders of sound and of TextGrids beside or apart from it, as for `prepare`; their eval split is
    /// used
    #[arg(required_unless_present = "captures", value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    faces: FacesArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Speaker whose clips are all eval, as `prepare` was told; any number of times
    #[arg(long, value_name = "SPEAKER")]
    eval: Vec<String>,
    /// Whose clips are heard: eval, valid, train, with commas between
    #[arg(long, default_value = "eval", value_delimiter = ',', value_parser = split)]
    split: Vec<Split>,
    /// At most this many clips of each corpus, spread evenly over it; or `all`
    #[arg(long, default_value = "40", value_parser = clips)]
    clips: usize,
    /// A glTF head (GLB with ARKit shapes) to measure the motion on, in metres
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// Folder of noises and room responses for the rows at 10 dB; white noise without it
    #[arg(long, value_name = "DIR")]
    noise: Option<PathBuf>,
    /// A recording in it that is heard, by its name without ending; may be given more than once; else all are
    #[arg(long, value_name = "NAME", requires = "noise")]
    only: Vec<String>,
    /// A run with an offline KMTalk: its motion and that of direct regression stand in the tables
    #[arg(long, value_name = "RUN")]
    teacher: Option<PathBuf>,
    /// Also take the time of every step, over at most a minute of the corpora
    #[arg(long)]
    streaming: bool,
    /// Also try lips that close more and less willingly: closures against false ones
    #[arg(long)]
    curve: bool,
    /// Also show what the rules alone make of phones: of those that the model heard, and of those that were said, known as
    /// far as its look-ahead, which no causal method betters without guessing
    #[arg(long)]
    rules: bool,
    /// Tell the line the labels' phones, as `keyface animate --textgrid` does: what words are worth
    #[arg(long, conflicts_with = "curve")]
    script: bool,
    /// Hear each clip at several speeds, as `keyface animate` does
    #[arg(long, conflicts_with_all = ["curve", "script"])]
    hearings: bool,
    /// A model that hears each clip too, as `studio` does in `keyface animate`
    #[arg(long, value_name = "MODEL", requires = "hearings")]
    beside: Option<PathBuf>,
    /// Print JSON instead of tables; of several models, a list
    #[arg(long, conflicts_with = "captures")]
    json: bool,
    /// Also write a page with tables, confusions and curves
    #[arg(long, value_name = "FILE.html", conflicts_with = "captures")]
    html: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &EvaluateArgs) -> Result<()> {
    let has_card = args.model.join(CARD).is_file();
    ensure!(has_card, "{}: expected the folder of a model, found no {CARD} in it", args.model.display());
    let (more, corpora): (Vec<PathBuf>, Vec<PathBuf>) =
        args.folders.iter().cloned().partition(|folder| folder.join(CARD).is_file());
    if let Some(captures) = &args.faces.captures {
        ensure!(corpora.is_empty(), "expected captures alone or folders alone, came both");
        return against_faces(args, captures, [&args.model].into_iter().chain(&more));
    }
    let (reading, corpora) = args.reading.split(&corpora, &args.eval)?;
    ensure!(!corpora.is_empty(), "expected a folder of sound and TextGrids behind the models, came none");
    let plan = |model: &PathBuf| Plan {
        model: model.clone(),
        corpora: corpora.clone(),
        reading: reading.clone(),
        splits: args.split.clone(),
        clips: args.clips,
        head: args.head.clone(),
        noise: args.noise.clone(),
        only: args.only.clone(),
        streaming: args.streaming,
        curve: args.curve,
        rules: args.rules,
        script: args.script,
        hearings: args.hearings,
        beside: args.beside.clone(),
    };
    let teacher = args.teacher.as_deref().map(teacher).transpose()?;
    let aligned = |clip: &Clip| teacher.as_ref().context(NO_TEACHER)?.animate(clip, Localization::Oracle);
    let recognized = |clip: &Clip| teacher.as_ref().context(NO_TEACHER)?.animate(clip, Localization::Recognized);
    let regressed = |clip: &Clip| teacher.as_ref().context(NO_TEACHER)?.regress(clip);
    let program = |name: &str, animate| Program { name: name.to_owned(), animate };
    let programs: Vec<Program> = match teacher {
        Some(_) => vec![
            program("offline KMTalk, aligned keys", &aligned),
            program("offline KMTalk", &recognized),
            program("direct regression, offline", &regressed),
        ],
        None => Vec::new(),
    };
    let models = [&args.model].into_iter().chain(&more);
    let reports = models.map(|model| evaluate(&plan(model), &programs)).collect::<Result<Vec<_>>>()?;
    // First of all, so that a page that cannot be written costs no figures.
    print(&reports, args.json)?;
    match &args.html {
        Some(path) => fs::write(path, page(&reports)).with_context(|| format!("{}: cannot be written", path.display())),
        None => Ok(()),
    }
}

/// Models, the rules and a still mouth beside captured faces: all of every take, since nothing is learnt.
fn against_faces<'a>(args: &EvaluateArgs, captures: &Path, models: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
    let takes = args.faces.read(captures)?;
    let surface = args.head.as_deref().map_or_else(|| Ok(default_surface()), read_head)?;
    let score = |shown: Vec<Vec<Motion>>| {
        let pairs = takes.iter().zip(shown);
        Score::of(&pairs.map(|(take, shown)| beside(take, shown, &(0..take.rows()))).collect::<Vec<_>>(), &surface)
    };
    let mut rows = Vec::new();
    for model in models {
        let packed = Packed::read(model)?;
        let heard = hear_all(&packed, &takes, |_, take| Sound::of(&take.clip))?;
        let name = format!("{} {}", packed.card.name, packed.card.version);
        rows.push((name, score(heard.into_iter().map(|heard| heard.motion).collect())));
    }
    let made = |take: &Watched| steps(take.made(&Law::RULES));
    rows.push(("rules".to_owned(), score(takes.iter().map(made).collect())));
    rows.push(("still".to_owned(), score(takes.iter().map(|take| vec![Motion::REST; take.rows() / 2]).collect())));
    say!("\n{:.0} s in which the camera saw a face\n\n{}", rows[0].1.steps as f64 * 0.02, table_of_faces(&rows));
    say!("{}", channels_table(&rows));
    Ok(())
}

fn split(name: &str) -> Result<Split, String> {
    let all = [Split::Train, Split::Valid, Split::Eval];
    all.into_iter().find(|split| split_name(*split) == name).ok_or_else(|| "expected train, valid or eval".into())
}

fn clips(text: &str) -> Result<usize, String> {
    let count = if text == "all" { Some(usize::MAX) } else { text.parse().ok().filter(|count| *count > 0) };
    count.ok_or_else(|| "expected a number above 0, or `all`".into())
}

const NO_TEACHER: &str = "no offline KMTalk was loaded";

fn teacher(run: &Path) -> Result<Offline> {
    Offline::load(&RunDir::open(run)?, &Device::flex()).with_context(|| run.display().to_string())
}

fn print(reports: &[EvaluationReport], json: bool) -> Result<()> {
    match reports {
        [one] if json => say!("{}", serde_json::to_string_pretty(one)?),
        all if json => say!("{}", serde_json::to_string_pretty(all)?),
        all => {
            for report in all {
                say!("{}", table(report));
            }
        }
    }
    Ok(())
}
