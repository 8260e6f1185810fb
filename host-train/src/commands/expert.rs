//! `keyface-train expert`: experts that read lips, what they read, and animators that learn from them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use keyface_train::clip::Split;
use keyface_train::expert::guide::{
    ABLATION, AS_TOLD, AnimatorChoice, GuideExperiment, Outcome, Plan, Slope, Variant, judged_table, over_seeds, pack,
};
use keyface_train::expert::{
    AvsrClip, ExpertExperiment, Film, Reader, Reel, Search, corpora, film_table, films, find_avsr, reel_table, reels,
    train_expert,
};
use keyface_train::train::{CorpusChoice, DeviceChoice, pick_device};

/// Lips that can be read: train an expert, see what it reads, and let animators learn from it.
#[derive(Args)]
pub struct ExpertArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train an expert, or a judge, on prepared motion; an interrupted run goes on where it stood
    Train(TrainArgs),
    /// Let an animator learn from an expert, and judge it before and after
    Guide(GuideArgs),
    /// What each part of the guidance is worth: one table
    Ablate(AblateArgs),
    /// Make a model folder of a guided model: the folder of one variant and seed that `guide` or `ablate` left
    Export(ExportArgs),
    /// What experts read, by eye alone, from the true motion of speakers never trained on: PER and VER
    Evaluate(EvaluateArgs),
    /// What an expert that sees pictures reads from those that `keyface animate` has written: PER and VER
    Judge(JudgeArgs),
}

#[derive(Args)]
struct TrainArgs {
    /// The experiment, such as host-train/experiments/expert-small.toml
    experiment: PathBuf,
    /// Folder of the runs
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// Prepared folders to learn from, in place of the experiment's, in its order; or one in place of all
    #[arg(long, value_name = "DIR")]
    prepared: Vec<PathBuf>,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

#[derive(Args)]
struct EvaluateArgs {
    /// Folders of trained experts
    #[arg(required = true)]
    experts: Vec<PathBuf>,
    /// Prepared folders; the clips of their eval split are read
    #[arg(long, value_name = "DIR", required = true)]
    prepared: Vec<PathBuf>,
    /// At most so many clips of each folder, spread evenly
    #[arg(long, default_value_t = 100)]
    clips: usize,
    /// Hypotheses of the beam; 1 reads greedily
    #[arg(long, default_value_t = 1)]
    beam: usize,
    /// Share of CTC beside the attention decoder in the beam, 0 to 1
    #[arg(long, default_value_t = 0.5)]
    ctc: f32,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

#[derive(Args)]
struct ExportArgs {
    /// Folder of one variant and seed, such as runs/guide/1-muted--frozen
    run: PathBuf,
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Its name; default: that of the folder
    #[arg(long)]
    name: Option<String>,
}

#[derive(Args)]
struct JudgeArgs {
    /// Folder of a trained expert that sees pictures
    expert: PathBuf,
    /// Folders of `keyface animate SOUNDS --out-dir DIR --as frames --fps 25`, those of several seeds with commas between as
    /// one, or of films in the layout of auto_avsr, whose test part is read; the others are held against the first
    #[arg(long, value_name = "DIR[,DIR...]", required = true)]
    frames: Vec<String>,
    /// Prepared folder that says what is said in the sounds, where pictures do not; those of its eval split are read
    #[arg(long, value_name = "DIR")]
    prepared: Option<PathBuf>,
    /// At most so many of them, spread evenly
    #[arg(long, default_value_t = 100)]
    clips: usize,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

#[derive(Args)]
struct GuideArgs {
    /// The experiment, such as host-train/experiments/guide.toml
    experiment: PathBuf,
    /// Folder of a finished run whose CompletionNet is guided, in place of the experiment's animator
    #[arg(long, value_name = "DIR")]
    student: Option<PathBuf>,
    /// Folder of the expert that guides, in place of the experiment's
    #[arg(long, value_name = "DIR")]
    expert: Option<PathBuf>,
    /// Folder of the judge, in place of the experiment's
    #[arg(long, value_name = "DIR")]
    judge: Option<PathBuf>,
    /// Prepared folders to learn from, in place of the experiment's, in its order; or one in place of all
    #[arg(long, value_name = "DIR")]
    prepared: Vec<PathBuf>,
    /// Prepared folder whose eval split is judged; the first that is learnt from, where none is told
    #[arg(long, value_name = "DIR")]
    eval: Option<PathBuf>,
    /// At most so many films of it, spread evenly
    #[arg(long, default_value_t = 60)]
    clips: usize,
    /// Folder of the runs
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

#[derive(Args)]
struct AblateArgs {
    #[command(flatten)]
    guide: GuideArgs,
    /// Only these variants beside "no guidance", separated by semicolons
    #[arg(long, value_delimiter = ';')]
    only: Vec<String>,
    /// So many seeds, from the experiment's on
    #[arg(long, default_value_t = 1)]
    seeds: u64,
}

/// Runs the command.
pub fn run(args: &ExpertArgs) -> Result<()> {
    match &args.command {
        Command::Train(args) => train(args),
        Command::Evaluate(args) => evaluate(args),
        Command::Judge(args) => judge(args),
        Command::Guide(args) => guide(args, &[&ABLATION[0], &AS_TOLD], 1),
        Command::Ablate(args) => ablate(args),
        Command::Export(args) => export(args),
    }
}

fn train(args: &TrainArgs) -> Result<()> {
    let mut experiment = ExpertExperiment::read(&args.experiment)?;
    replace(&mut experiment.corpora, &args.prepared)?;
    let device = pick_device(args.device)?;
    let corpora = corpora(&experiment)?;
    if !experiment.corpora.is_empty() {
        say!("{}: {:.2} h of {} people", experiment.name, corpora.train_hours(), corpora.talkers());
    }
    let folder = args.runs.join(&experiment.name);
    train_expert(&experiment, &corpora, &folder, &device)?;
    say!("done; see what it reads: keyface-train expert evaluate {} --prepared DIR", folder.display());
    Ok(())
}

fn ablate(args: &AblateArgs) -> Result<()> {
    let names: Vec<&str> = ABLATION.iter().map(|variant| variant.name).collect();
    for name in &args.only {
        ensure!(names.contains(&name.as_str()), "no variant {name:?}; there are: {}", names.join("; "));
    }
    let (plain, others) = (&ABLATION[0], &ABLATION[1..]);
    let asked = |variant: &&Variant| args.only.is_empty() || args.only.iter().any(|only| only == variant.name);
    let variants: Vec<&Variant> = std::iter::once(plain).chain(others.iter().filter(asked)).collect();
    guide(&args.guide, &variants, args.seeds.max(1))
}

fn guide(args: &GuideArgs, variants: &[&Variant], seeds: u64) -> Result<()> {
    let mut experiment = GuideExperiment::read(&args.experiment)?;
    replace(&mut experiment.corpora, &args.prepared)?;
    if let Some(student) = &args.student {
        experiment.animator = AnimatorChoice::Student(student.clone());
    }
    experiment.expert = args.expert.clone().unwrap_or(experiment.expert);
    experiment.judge = args.judge.clone().unwrap_or(experiment.judge);
    let eval = args.eval.clone().or_else(|| experiment.corpora.first().map(|corpus| corpus.folder.clone()));
    let eval = eval.context("expected a corpus in the experiment, found none")?;
    let (device, folder) = (pick_device(args.device)?, args.runs.join(&experiment.name));
    let mut all = Vec::new();
    for _ in 0..seeds {
        let (title, clips) = (format!("seed {}", experiment.seed), args.clips);
        let plan = Plan { experiment: experiment.clone(), eval: eval.clone(), clips, folder: folder.clone() };
        let Outcome { films, rows, slopes } = plan.run(variants, &device)?;
        say!("{}", judged_table(&title, &rows, &films).markdown());
        for (name, slope) in slopes.iter().flat_map(|(name, slopes)| slopes.iter().map(move |slope| (name, slope))) {
            let Slope { step, term, value, length } = slope;
            say!("{name}: step {step}, {term} {value:.4}, slope at the motion {length:.3e}");
        }
        all.push(rows);
        if all.len() as u64 == seeds && seeds > 1 {
            say!("{}", judged_table(&format!("{seeds} seeds"), &over_seeds(&all), &films).markdown());
        }
        experiment.seed += 1;
    }
    Ok(())
}

fn export(args: &ExportArgs) -> Result<()> {
    let folder = args.out.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = args.name.clone().unwrap_or(folder);
    let guided = pack(&args.run, &name, &pick_device(DeviceChoice::Flex)?)?;
    guided.packed.write(&args.out)?;
    guided.trained_on.write(&args.out)?;
    say!("{}: {name}; `keyface animate --model {}` shows it", args.out.display(), args.out.display());
    Ok(())
}

/// Other folders in place of an experiment's, or one in place of all.
fn replace(corpora: &mut Vec<CorpusChoice>, folders: &[PathBuf]) -> Result<()> {
    if folders.len() == 1 {
        corpora.truncate(1);
    }
    let (expected, came) = (corpora.len(), folders.len());
    ensure!(
        came == 0 || came == expected,
        "--prepared: expected {expected} folders, as the experiment has, came {came}"
    );
    corpora.iter_mut().zip(folders).for_each(|(corpus, folder)| corpus.folder.clone_from(folder));
    Ok(())
}

fn evaluate(args: &EvaluateArgs) -> Result<()> {
    ensure!((0.0..=1.0).contains(&args.ctc), "--ctc: expected 0 to 1, came {}", args.ctc);
    let device = pick_device(args.device)?;
    let search = if args.beam > 1 { Search::Beam { width: args.beam, ctc: args.ctc } } else { Search::Greedy };
    let readers = args.experts.iter().map(|folder| Reader::load(folder, &device)).collect::<Result<Vec<_>>>()?;
    for folder in &args.prepared {
        let films: Vec<Film> = films(folder, args.clips)?;
        let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        say!("{}", film_table(&name, &readers, &films, search).markdown());
    }
    Ok(())
}

/// The reels of a folder that are read.
fn shown(folder: &Path, args: &JudgeArgs, side: usize) -> Result<Vec<Reel>> {
    if let Some(clips) = find_avsr(folder)? {
        let tested: Vec<AvsrClip> = clips.into_iter().filter(|clip| clip.split == Split::Eval).collect();
        let every = tested.len().div_ceil(args.clips.max(1)).max(1);
        return tested.iter().step_by(every).map(|clip| clip.reel(side)).collect();
    }
    let prepared =
        args.prepared.as_ref().context("--prepared: expected the folder that says what is said, came none")?;
    reels(folder, films(prepared, args.clips)?, side)
}

fn judge(args: &JudgeArgs) -> Result<()> {
    let reader = Reader::load(&args.expert, &pick_device(args.device)?)?;
    let side = reader.eyes.side().with_context(|| format!("{}: expected an expert that sees pictures", reader.name))?;
    let mut lists: Vec<(String, Vec<Vec<Reel>>)> = Vec::new();
    for folders in &args.frames {
        let seeds = folders.split(',').map(|folder| shown(Path::new(folder), args, side));
        let seeds = seeds.collect::<Result<Vec<_>>>()?;
        let expected = lists.first().map_or(&seeds[0], |(_, first)| &first[0]);
        let is_same = |reels: &Vec<Reel>| reels.iter().map(|reel| &reel.id).eq(expected.iter().map(|reel| &reel.id));
        ensure!(seeds.iter().all(is_same), "{folders}: expected pictures of the same clips as the first folder");
        lists.push((folders.clone(), seeds));
    }
    say!("{}", reel_table(&reader.name, &reader, &lists).markdown());
    Ok(())
}
