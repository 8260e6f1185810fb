//! `keyface-train paper`: captured corpora -> what they hold, motion spaces, baselines, the papers' tables, the rig.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::Device;
use clap::{Args, Subcommand};
use keyface_train::corpus::read_sound;
use keyface_train::expert::Reader;
use keyface_train::expert::guide::Guide;
use keyface_train::export::Packed;
use keyface_train::model::wav2vec2::Wav2Vec2;
use keyface_train::papers::corpus::{
    CURVE_HZ, Captured, CapturedCorpus, Clocks, Part, Regions, energy_track, find_leaks, match_clocks, mouth_track,
    opening, read_capture, read_captured, write_live_link,
};
use keyface_train::papers::ear::Ear;
use keyface_train::papers::numpy::NpyFile;
use keyface_train::papers::space::{ClipMoves, MotionSpace, RigFit};
use keyface_train::papers::study::{
    Baseline, Guidance, Material, PaperTable, Plan, Row, Run, Size, figures_table, floors, learn, read_rows, score,
    table, write_rows,
};
use keyface_train::train::{DeviceChoice, RunDir, pick_device};

use super::prepare::{progress, report_dropped};

const PARTS: [Part; 4] = [Part::Train, Part::Valid, Part::TestSeen, Part::TestUnseen];
const TESTS: [Part; 2] = [Part::TestSeen, Part::TestUnseen];

/// What to do with a captured corpus.
#[derive(Subcommand)]
pub enum PaperCommand {
    /// Tell what a folder of VOCASET (raw or processed) or BIWI holds: rates, official parts, leaks, regions
    Look(LookArgs),
    /// Fit a motion space (PCA over vertices) to the training part
    Space(SpaceArgs),
    /// Train FaceFormer, CodeTalker or SelfTalk on a corpus, and score it on the official test parts
    Train(TrainArgs),
    /// Print KMTalk's plug-in table beside our runs' rows
    Kmtalk(TableArgs),
    /// Print audio-visual guidance's table beside our runs' rows
    AvGuide(TableArgs),
    /// Fit the rig's channels to the meshes of a corpus, or to what a baseline made of it: a Live Link CSV for each clip
    Rig(RigArgs),
    /// Find offset and drift between a capture (Live Link CSV, animated glTF) and its sound
    Clocks(ClocksArgs),
}

/// A corpus.
#[derive(Args)]
pub struct LookArgs {
    /// Folder of the corpus
    #[arg(value_name = "CORPUS_DIR")]
    corpus: PathBuf,
}

/// A corpus and how many components.
#[derive(Args)]
pub struct SpaceArgs {
    /// Folder of the corpus
    #[arg(value_name = "CORPUS_DIR")]
    corpus: PathBuf,
    /// Components to keep
    #[arg(long, default_value_t = 64)]
    components: usize,
    /// File for mean, components and deviations
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// A baseline, a corpus and an ear.
#[derive(Args)]
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
    /// Folder of CLIP.TextGrid (or MFA's JSON and CSV): what a guiding expert should read in each clip
    #[arg(long, value_name = "DIR", requires = "guide")]
    textgrids: Option<PathBuf>,
    /// Weight of what the expert reads beside the vertices' mean square
    #[arg(long, default_value_t = 1e-7, requires = "guide")]
    av: f64,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Where runs left their rows.
#[derive(Args)]
pub struct TableArgs {
    /// Folder that `paper train --runs` wrote
    #[arg(value_name = "RUNS_DIR")]
    runs: PathBuf,
}

/// A corpus and what to fit.
#[derive(Args)]
pub struct RigArgs {
    /// Folder of the corpus
    #[arg(value_name = "CORPUS_DIR")]
    corpus: PathBuf,
    /// Vertices that a baseline made (`RUNS/made-BASELINE`), instead of the captured ones
    #[arg(long, value_name = "DIR")]
    made: Option<PathBuf>,
    /// Folder for the CSV files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A capture and its sound.
#[derive(Args)]
pub struct ClocksArgs {
    /// What the Live Link Face app wrote, or an animated .glb or .gltf
    #[arg(value_name = "CSV")]
    capture: PathBuf,
    /// The sound of the same take, from any device
    #[arg(value_name = "SOUND")]
    sound: PathBuf,
    /// A model folder, whose mouth is matched with the captured one; without it the loudness is, which is less exact
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

/// Does what was asked.
pub fn run(command: &PaperCommand) -> Result<()> {
    match command {
        PaperCommand::Look(args) => look(args),
        PaperCommand::Space(args) => space(args),
        PaperCommand::Train(args) => train(args),
        PaperCommand::Kmtalk(args) => print_table(PaperTable::KmTalk, args),
        PaperCommand::AvGuide(args) => print_table(PaperTable::AvGuide, args),
        PaperCommand::Rig(args) => rig(args),
        PaperCommand::Clocks(args) => clocks(args),
    }
}

fn look(args: &LookArgs) -> Result<()> {
    let corpus = read_captured(&args.corpus)?;
    let (first, layout) = (corpus.clips.first(), corpus.layout);
    let (rate, vertices) = first.map_or((0.0, 0), |clip| (clip.rate_hz, clip.vertices()));
    say!(
        "{}: {} clips of {vertices} vertices at {rate} Hz, read at {} Hz",
        layout.name(),
        corpus.clips.len(),
        layout.paper_rate_hz()
    );
    for part in PARTS {
        let clips: Vec<&Captured> = corpus.part(part).collect();
        let seconds = clips.iter().fold(0.0, |sum, clip| sum + clip.seconds());
        let speakers: BTreeSet<&str> = clips.iter().map(|clip| clip.speaker.as_str()).collect();
        say!("  {part}: {} clips of {} speakers, {seconds:.0} s", clips.len(), speakers.len());
    }
    let regions = &corpus.regions;
    let (lips, upper, pairs) = (regions.lips.len(), regions.upper_face.len(), regions.lip_pairs.len());
    say!("  lips {lips}, upper face {upper} vertices, {pairs} pairs across the lips");
    let leaks = find_leaks(&corpus.clips);
    say!("  leaks by speaker or sentence: {}", leaks.len());
    for leak in &leaks {
        say!("    {}: {}", leak.clip, leak.reason);
    }
    report_dropped(&corpus.dropped)?;
    ensure!(leaks.is_empty(), "{}: clips are tested that were trained on", args.corpus.display());
    Ok(())
}

fn space(args: &SpaceArgs) -> Result<()> {
    let corpus = read_captured(&args.corpus)?;
    let device = pick_device(args.device)?;
    let trained = ClipMoves::new(corpus.part(Part::Train));
    let space = MotionSpace::fit(&trained, args.components, &device)?;
    space.write(&args.out)?;
    let left = space.unexplained(&trained, &device)?;
    say!("{} components of {} values; {:.2e} of the training part is not explained", space.len(), space.width(), left);
    for part in TESTS.into_iter().filter(|part| corpus.part(*part).next().is_some()) {
        let left = space.unexplained(&ClipMoves::new(corpus.part(part)), &device)?;
        say!("  {part}: {left:.2e} is not explained");
    }
    Ok(())
}

fn train(args: &TrainArgs) -> Result<()> {
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
    let hear = |parts: &[Part]| Material::of(&corpus, parts, &ear, &device, &|| bar.inc(1));
    let trained = hear(&[Part::Train])?;
    let plan =
        Plan { baseline: args.baseline, size: args.size, epochs: args.epochs, learning_rate: args.learning_rate };
    let guidance = guidance(args, &trained, &corpus.regions, &device)?;
    let baseline = args.baseline.to_string();
    let name = if guidance.is_some() { PaperTable::AvGuide.name_with(&baseline) } else { baseline };
    let epochs = progress(&name, args.epochs);
    let slug = name.to_lowercase().replace(" + ", "-");
    let run = RunDir::create(&args.runs.join(format!("state-{slug}")))?;
    let seconds = RefCell::new(BTreeMap::new());
    let animator = learn(&plan, &trained, &corpus.regions, guidance.as_ref(), &device, &run, &|stage, progress| {
        epochs.set_message(format!("{stage}, loss {:.3e}", -progress.newest));
        epochs.set_position(progress.step as u64);
        seconds.borrow_mut().insert(stage.to_owned(), progress.seconds);
        Ok(())
    })?;
    epochs.finish_and_clear();
    let note = note(args, &corpus, &ear);
    let mut rows = Vec::new();
    for part in TESTS.into_iter().filter(|part| corpus.part(*part).next().is_some()) {
        let tested = hear(&[part])?;
        let made = args.runs.join(format!("made-{slug}"));
        let figures = score(animator.as_ref(), &tested, &corpus.regions, &made, &device)?;
        let vertices = tested.items.first().map_or(0, |item| item.clip.vertices());
        let run = Run { layout: corpus.layout, part, vertices, note: &note };
        let row = |model: &str, figures: &[_]| Row::new(model, &run, figures);
        rows.push(row(&name, &figures));
        for (beside, figures) in floors(&trained, &tested, &corpus.regions)? {
            rows.push(row(beside, &figures));
        }
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

/// The reader that guides, if one shall.
fn guidance(args: &TrainArgs, trained: &Material, regions: &Regions, device: &Device) -> Result<Option<Guidance>> {
    let (Some(folder), Some(textgrids)) = (&args.guide, &args.textgrids) else { return Ok(None) };
    let guide = Guide::new(&Reader::load(folder, device)?, false);
    Guidance::new(&folder.display().to_string(), guide, args.av, trained, regions, textgrids).map(Some)
}

/// What must be said of a run's figures.
fn note(args: &TrainArgs, corpus: &CapturedCorpus, ear: &Ear) -> String {
    let text = match args.baseline {
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
    format!(
        "{} in {size},{text}{guided} {} epochs of {} clips of {} in {}; it hears {}, which is not trained further",
        args.baseline,
        args.epochs,
        corpus.part(Part::Train).count(),
        corpus.layout.name(),
        args.corpus.display(),
        ear.name(),
    )
}

fn print_table(paper: PaperTable, args: &TableArgs) -> Result<()> {
    say!("{}", table(paper, &read_rows(&args.runs)?));
    Ok(())
}

fn rig(args: &RigArgs) -> Result<()> {
    let corpus = read_captured(&args.corpus)?;
    std::fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    let made = args.made.as_ref().map(|dir| made_files(dir)).transpose()?;
    let (mut written, mut misses) = (0, Vec::new());
    for clip in &corpus.clips {
        let clip = clip.clone().at_paper_rate(corpus.layout.paper_rate_hz());
        let fit = RigFit::new(&clip.template, &corpus.regions).map_err(|came| anyhow!("{}: {came}", clip.id))?;
        let tracks = match &made {
            None => vec![(clip.id.clone(), clip.moves()?)],
            Some(files) => files.get(&clip.id).map_or(Ok(vec![]), |files| made_moves(files, &clip))?,
        };
        for (name, moves) in tracks {
            let motions = fit.fit(&moves, clip.vertices());
            misses.push(fit.opening_miss_m(&moves, clip.vertices(), &clip.template, &corpus.regions, &motions));
            write_live_link(&args.out.join(format!("{name}.csv")), clip.rate_hz, &motions)?;
            written += 1;
        }
    }
    ensure!(written > 0, "{}: expected a clip to fit, came none", args.corpus.display());
    let mean_mm = 1e3 * misses.iter().sum::<f64>() / misses.len() as f64;
    say!("{written} clips; the rig's lips open as the mesh's within {mean_mm:.2} mm on average");
    Ok(())
}

/// What a baseline made, by clip.
fn made_files(dir: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((id, _)) = name.split_once("_condition_") {
            files.entry(id.to_string()).or_default().push(path);
        }
    }
    Ok(files)
}

fn made_moves(files: &[PathBuf], clip: &Captured) -> Result<Vec<(String, Vec<f32>)>> {
    let moves = |path: &PathBuf| {
        let (file, mut row, mut moves) = (NpyFile::open(path)?, Vec::new(), Vec::new());
        ensure!(file.width() == clip.template.len(), "{}: rows of another mesh", path.display());
        for n in 0..file.rows() {
            file.read_row(n, &mut row)?;
            moves.extend(row.iter().zip(clip.template.iter()).map(|(at, rest)| at - rest));
        }
        Ok((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), moves))
    };
    files.iter().map(moves).collect()
}

fn clocks(args: &ClocksArgs) -> Result<()> {
    let (take, samples) = (read_capture(&args.capture)?, read_sound(&args.sound)?);
    let seen = take.curve(CURVE_HZ, opening);
    let (by, heard) = match &args.model {
        Some(folder) => ("the model's mouth", mouth_track(Packed::read(folder)?.model()?, &samples)?),
        None => ("loudness", energy_track(&samples)),
    };
    let Clocks { offset_s, drift, r, windows } = match_clocks(&seen, &heard).map_err(|came| {
        let (sound, capture) = (args.sound.display(), args.capture.display());
        anyhow!("{capture} and {sound}: expected a capture and its sound, came {came}")
    })?;
    say!("{} rows at {:.2} Hz, {} skipped", take.times_s.len(), take.rate_hz, take.skipped);
    let (offset_ms, drift_ms) = (1e3 * offset_s, 60e3 * drift);
    say!("the camera's zero is {offset_ms:.0} ms of the sound, drift {drift_ms:.2} ms a minute");
    say!("  by {by}: r {r:.2} over {windows} windows");
    Ok(())
}
