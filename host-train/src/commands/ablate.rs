//! `keyface-train ablate`: what each part of a recipe, or of the offline KMTalk, is worth, in one table.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::Args;
use keyface_train::ablation::{
    Ablation, Judge, JudgeChoice, Judged, Recipe, VARIANTS, has_place, put, rows_table, table,
};
use keyface_train::corpus::Reading;
use keyface_train::evaluate::Plan;
use keyface_train::train::{
    Corpora, DeviceChoice, Experiment, RunDir, pick_devices, train_completion, train_key_motion,
};

/// Trains the rows of a recipe and judges each on people whom none has heard; or, of an experiment with a section
/// [kmtalk], trains the offline KMTalk without each of its parts. Prints a Markdown table. What was trained and judged
/// before is used.
#[derive(Args)]
pub struct AblateArgs {
    /// A file of rows, such as host-train/experiments/rows.toml, or an experiment with a section [kmtalk], such as
    /// host-train/experiments/ablation.toml
    file: PathBuf,
    /// Folder of the runs
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// Train only these rows or variants, separated by commas
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// At most so many seeds of each row
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    seeds: usize,
    /// Prepared folders whose eval clips are reported, instead of those of the experiment's corpora (not of rows)
    #[arg(long)]
    eval: Vec<PathBuf>,
    /// Put the table into this document, between the lines <!-- NAME --> and <!-- / -->
    #[arg(long, value_name = "FILE.md")]
    out: Option<PathBuf>,
    /// auto, flex (CPU) or cuda[:N]; several, separated by commas, share each batch of KeyMotionNet
    #[arg(long, default_value = "auto", value_delimiter = ',')]
    device: Vec<DeviceChoice>,
}

/// Runs the command.
pub fn run(args: &AblateArgs) -> Result<()> {
    let devices = pick_devices(&args.device)?;
    let (name, table) = if Recipe::is_at(&args.file) { recipe(args, &devices)? } else { kmtalk(args, &devices)? };
    say!("{table}");
    args.out.as_deref().map_or(Ok(()), |document| put(document, &name, &table))
}

/// Before anything is trained.
fn check_document(args: &AblateArgs, name: &str) -> Result<()> {
    args.out.as_deref().map_or(Ok(()), |document| has_place(document, name))
}

/// Name and table of a recipe's rows: those asked for, and whatever was judged before.
fn recipe(args: &AblateArgs, devices: &[Device]) -> Result<(String, String)> {
    let recipe = Recipe::read(&args.file)?;
    check_document(args, &recipe.name)?;
    let asked = asked(&args.only, recipe.rows.iter().map(|row| row.name.as_str()))?;
    let plan = plan(&recipe.judge);
    let judge = Judge { runs: &args.runs.join(&recipe.name), plan: &plan, devices };
    let mut judged = Judged::new();
    // One seed of every row before the second of any: the table is whole early.
    for n in 0..args.seeds.min(recipe.rows.iter().map(|row| row.seeds.len()).max().unwrap_or(0)) {
        for row in &recipe.rows {
            let Some(seed) = row.seeds.get(n).copied() else { continue };
            let figures = match judge.judged(row, seed) {
                None if asked(&row.name) => Some(judge.row(row, seed).with_context(|| row.run(seed))?),
                before => before,
            };
            let seeds = judged.entry(row.name.clone()).or_default();
            seeds.extend(figures.map(|figures| (seed, figures)));
        }
    }
    judged.retain(|_, figures| !figures.is_empty());
    Ok((recipe.name.clone(), rows_table(&recipe, &judged)))
}

fn plan(judge: &JudgeChoice) -> Plan {
    Plan {
        model: PathBuf::new(),
        corpora: vec![judge.corpus.clone()],
        reading: Reading::default(),
        splits: judge.splits.clone(),
        clips: usize::MAX,
        head: None,
        noise: Some(judge.noise.clone()),
        only: judge.only.clone(),
        streaming: false,
        curve: false,
        rules: false,
        script: false,
        hearings: false,
        beside: None,
    }
}

/// Name and table of the offline KMTalk without each of its parts.
fn kmtalk(args: &AblateArgs, devices: &[Device]) -> Result<(String, String)> {
    let experiment = Experiment::read(&args.file)?;
    experiment.kmtalk().with_context(|| args.file.display().to_string())?;
    check_document(args, &experiment.name)?;
    let asked = asked(&args.only, VARIANTS.iter().map(|variant| variant.name))?;
    let run = RunDir::create(&args.runs.join(&experiment.name))?;
    let corpora = Corpora::read(&experiment)?;
    heard(&experiment, &corpora, &run, devices)?;
    let eval = if args.eval.is_empty() { None } else { Some(Corpora::read_eval(&args.eval)?) };
    let ablation = Ablation::new(&experiment, &corpora, eval.as_deref(), &run, &devices[0])?;
    let variants = VARIANTS.iter().filter(|v| asked(v.name)).map(|v| ablation.row(v).context(v.name));
    let rows = ablation.baselines().into_iter().map(Ok).chain(variants).collect::<Result<Vec<_>>>()?;
    Ok((experiment.name, table(&rows)))
}

/// The streaming networks, whose trunk the offline KMTalk hears.
fn heard(experiment: &Experiment, corpora: &Corpora, run: &RunDir, devices: &[Device]) -> Result<()> {
    run.keep_experiment(experiment)?;
    let net = train_key_motion(experiment, corpora, run, devices)?;
    train_completion(experiment, corpora, &net, run, &devices[0]).map(drop)
}

/// Whether a name was asked for: all are where none is given.
fn asked<'a>(only: &'a [String], names: impl Iterator<Item = &'a str> + Clone) -> Result<impl Fn(&str) -> bool + 'a> {
    for name in only {
        let known = names.clone().any(|known| known == name);
        ensure!(known, "nothing is named {name:?}; there are: {}", names.collect::<Vec<_>>().join(", "));
    }
    Ok(move |name: &str| only.is_empty() || only.iter().any(|only| only == name))
}
