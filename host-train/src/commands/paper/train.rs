//! `keyface-train paper train`: a baseline as it is, with KMTalk's key motions, or guided; scored on the official parts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use burn::tensor::Device;
use clap::{ArgGroup, Args};
use keyface_train::expert::Reader;
use keyface_train::expert::guide::Guide;
use keyface_train::model::wav2vec2::Wav2Vec2;
use keyface_train::papers::corpus::{CapturedCorpus, Part, Regions, find_leaks, read_captured};
use keyface_train::papers::ear::Ear;
use keyface_train::papers::study::{
    Baseline, Guidance, Judge, Material, PaperTable, Plan, Row, Run, Size, Test, figures_table, learn, write_rows,
};
use keyface_train::train::{DeviceChoice, RunDir, pick_device};

use super::super::prepare::{progress, report_dropped};
use super::TESTS;

/// A baseline, a corpus and an ear.
#[derive(Args)]
#[command(group = ArgGroup::new("spoken").multiple(true).args(["keys", "guide", "judge", "letters"]))]
pub struct TrainArgs {
    /// faceformer, codetalker or selftalk
    baseline: Baseline,
    /// Folder of the corpus
    #[arg(value_name = "CORPUS_DIR")]
    corpus: PathBuf,
    /// Folder for rows, made vertices and the training's state, from which a killed run goes on; `paper kmtalk` and
    /// `paper av-guide` read it
    #[arg(long, value_name = "DIR")]
    runs: PathBuf,
    /// paper (the authors' configuration for the corpus) or tiny
    #[arg(long, default_value = "paper")]
    size: Size,
    /// How often every clip is seen, in each stage
    #[arg(long, default_value_t = 100)]
    epochs: usize,
    /// Step of Adam
    #[arg(long, default_value_t = 1e-4)]
    learning_rate: f64,
    /// Weights of wav2vec 2.0, as for `features`; without them it hears log-mel bands
    #[arg(long, value_name = "FILE.safetensors")]
    wav2vec2: Option<PathBuf>,
    /// Folder of a lip-reading expert (`expert train`) that guides the training, as audio-visual guidance does
    #[arg(long, value_name = "DIR", requires = "textgrids")]
    guide: Option<PathBuf>,
    /// KMTalk as a plug-in: the baseline makes key motions alone, where phones begin and end, a completion the rest
    #[arg(long, requires = "textgrids", conflicts_with = "guide")]
    keys: bool,
    /// SelfTalk's lip reader is to spell the words of the TextGrids too (CTC), as its authors' spells what a recognizer hears
    #[arg(long, requires = "textgrids", conflicts_with = "keys")]
    letters: bool,
    /// Folders of lip-reading experts that read what is made of the test clips, PER and VER, or CER and WER of one that
    /// spells; none may be the guide
    #[arg(long, value_name = "DIR", requires = "textgrids")]
    judge: Vec<PathBuf>,
    /// Folder of CLIP.TextGrid (or MFA's JSON and CSV): when which phone is said in each clip
    #[arg(long, value_name = "DIR", requires = "spoken")]
    textgrids: Option<PathBuf>,
    /// Weight of what the expert reads beside the vertices' mean square
    #[arg(long, default_value_t = 1e-7, requires = "guide")]
    av: f64,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Trains, scores, and leaves rows.
pub fn train(args: &TrainArgs) -> Result<()> {
    let corpus = read_captured(&args.corpus)?;
    report_dropped(&corpus.dropped)?;
    let leaks = find_leaks(&corpus.clips);
    ensure!(leaks.is_empty(), "{} clips leak: see `keyface-train paper look`", leaks.len());
    let device = pick_device(args.device)?;
    let ear = match &args.wav2vec2 {
        Some(path) => Ear::Wav2Vec2(Box::new(Wav2Vec2::load(path, &device)?)),
        None => Ear::Mel,
    };
    let bar = progress("listening", corpus.clips.len());
    let hear = |parts: &[Part]| {
        let heard = Material::of(&corpus, parts, &ear, &device, &|| bar.inc(1))?;
        match &args.textgrids {
            Some(textgrids) if args.keys => heard.with_keys(textgrids),
            _ => Ok(heard),
        }
    };
    let mut trained = hear(&[Part::Train])?;
    if let Some(textgrids) = args.textgrids.as_deref().filter(|_| args.letters) {
        ensure!(
            args.baseline == Baseline::SelfTalk,
            "letters: expected selftalk, which spells, came {}",
            args.baseline
        );
        trained = trained.with_letters(textgrids)?;
    }
    let plan =
        Plan { baseline: args.baseline, size: args.size, epochs: args.epochs, learning_rate: args.learning_rate };
    let (guidance, judges) = (guidance(args, &trained, &corpus.regions, &device)?, judges(args, &device)?);
    let name = name(args);
    let slug = name.to_lowercase().replace(" + ", "-");
    let run = RunDir::create(&args.runs.join(format!("state-{slug}")))?;
    let seconds = RefCell::new(BTreeMap::new());
    let model = learn(&plan, &trained, &corpus.regions, guidance.as_ref(), &device, &run, &|stage, progress| {
        seconds.borrow_mut().insert(stage.to_owned(), progress.seconds);
        Ok(())
    })?;
    let note = note(args, &corpus, &ear);
    let mut rows = Vec::new();
    for part in TESTS.into_iter().filter(|part| corpus.part(*part).next().is_some()) {
        let tested = hear(&[part])?;
        let made = args.runs.join(format!("made-{slug}"));
        let test = Test { material: &tested, regions: &corpus.regions, judges: &judges, device: &device };
        let vertices = tested.items.first().map_or(0, |item| item.clip.vertices());
        let run = Run { layout: corpus.layout, part, vertices, note: &note };
        rows.push(Row::new(&name, &run, &test.score(&model, &made)?));
        rows.extend(test.floors(&trained)?.iter().map(|(beside, scored)| Row::new(beside, &run, scored)));
        let title = format!("{}, {part}", corpus.layout.name());
        say!("{}", figures_table(&title, &rows[rows.len() - 4..]));
    }
    bar.finish_and_clear();
    ensure!(!rows.is_empty(), "{}: expected clips of an official test part, came none", args.corpus.display());
    say!("{note}");
    for (stage, seconds) in seconds.borrow().iter() {
        say!("{stage}: {:.1} s an epoch, {:.2} h in all", seconds / args.epochs as f64, seconds / 3600.0);
    }
    write_rows(&args.runs, &format!("{slug}-{}", corpus.layout.name().to_lowercase()), &rows)?;
    Ok(())
}

/// What the model is called in the tables.
fn name(args: &TrainArgs) -> String {
    let baseline = args.baseline.to_string();
    match (&args.guide, args.keys) {
        (Some(_), _) => PaperTable::AvGuide.name_with(&baseline),
        (None, true) => PaperTable::KmTalk.name_with(&baseline),
        (None, false) => baseline,
    }
}

/// The readers that judge: others than the guide, which likes what it has taught.
fn judges(args: &TrainArgs, device: &Device) -> Result<Vec<Judge>> {
    let Some(textgrids) = &args.textgrids else { return Ok(vec![]) };
    let place = |folder: &PathBuf| std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
    let mut judges: Vec<Judge> = vec![];
    for folder in &args.judge {
        let is_guide = args.guide.as_ref().is_some_and(|guide| place(guide) == place(folder));
        ensure!(!is_guide, "guide and judge: expected two runs, came {} twice", folder.display());
        let judge = Judge::new(Reader::load(folder, device)?, textgrids);
        let is_named = judges.iter().any(|other| other.name() == judge.name());
        ensure!(!is_named, "judge: expected runs of different names, came {} twice", judge.name());
        judges.push(judge);
    }
    Ok(judges)
}

/// The reader that guides, if one shall.
fn guidance(args: &TrainArgs, trained: &Material, regions: &Regions, device: &Device) -> Result<Option<Guidance>> {
    let (Some(folder), Some(textgrids)) = (&args.guide, &args.textgrids) else { return Ok(None) };
    let guide = Guide::new(&Reader::load(folder, device)?, false);
    Guidance::new(&folder.display().to_string(), guide, args.av, trained, regions, textgrids).map(Some)
}

/// What must be said of a run's figures.
fn note(args: &TrainArgs, corpus: &CapturedCorpus, ear: &Ear) -> String {
    let text = match args.baseline {
        Baseline::SelfTalk if args.letters => " with the words' letters in place of a recognizer's,",
        Baseline::SelfTalk => " without the text's CTC loss,",
        _ => "",
    };
    let size = match args.size {
        Size::Paper => "the paper's size",
        Size::Tiny => "tiny size",
    };
    let guided = match &args.guide {
        Some(folder) => {
            format!(" guided by {} (weight {:e}, muted, its mesh seen through the rig),", folder.display(), args.av)
        }
        None => String::new(),
    };
    let keyed = if args.keys { " at the key frames alone, completed by KMTalk's second half," } else { "" };
    let judges: Vec<String> = args.judge.iter().map(|folder| folder.display().to_string()).collect();
    let judged = match judges.is_empty() {
        false => format!("; {} reads its mesh through the rig", judges.join(", ")),
        true => String::new(),
    };
    format!(
        "{} in {size},{text}{keyed}{guided} {} epochs of {} clips of {} in {}; it hears {}, which is not trained further{judged}",
        args.baseline,
        args.epochs,
        corpus.part(Part::Train).count(),
        corpus.layout.name(),
        args.corpus.display(),
        ear.name(),
    )
}
