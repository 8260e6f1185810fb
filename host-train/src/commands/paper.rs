//! `keyface-train paper`: captured corpora -> what they hold, motion spaces, baselines, the papers' tables, the rig.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::Device;
use clap::{Args, Subcommand};
use keyface_train::corpus::read_sound;
use keyface_train::export::Packed;
use keyface_train::papers::corpus::{
    CURVE_HZ, Captured, Clocks, Part, energy_track, find_leaks, match_clocks, mouth_track, opening, read_capture,
    read_captured, write_live_link,
};
use keyface_train::papers::ear::Ear;
use keyface_train::papers::numpy::NpyFile;
use keyface_train::papers::space::{ClipMoves, PcaSpace, RigFit};
use keyface_train::papers::study::{Material, PaperTable, prepared, read_rows, table};
use keyface_train::prepare::{Place, recipe};
use keyface_train::train::{DeviceChoice, pick_device};

use super::prepare::{progress, report_dropped};

mod train;

const PARTS: [Part; 4] = [Part::Train, Part::Valid, Part::TestSeen, Part::TestUnseen];
const TESTS: [Part; 2] = [Part::TestSeen, Part::TestUnseen];

/// What to do with a captured corpus.
#[derive(Subcommand)]
pub enum PaperCommand {
    /// Tell what a folder of VOCASET (raw or processed) or BIWI holds: rates, official parts, leaks, regions
    Look(LookArgs),
    /// Fit a motion space (PCA over vertices) to the training part
    Space(SpaceArgs),
    /// Prepare a corpus as `prepare` does, with what the rig makes of its meshes as the motion: readers of lips learn to
    /// read captured faces from it (`expert train`)
    Prepare(PrepareArgs),
    /// Train FaceFormer, CodeTalker or SelfTalk on a corpus, and score it on the official test parts
    Train(train::TrainArgs),
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

/// A corpus, what is said in it, and where to.
#[derive(Args)]
pub struct PrepareArgs {
    /// Folder of the corpus
    #[arg(value_name = "CORPUS_DIR")]
    corpus: PathBuf,
    /// Folder of CLIP.TextGrid (or MFA's JSON and CSV): when which phone is said in each clip
    #[arg(long, value_name = "DIR")]
    textgrids: PathBuf,
    /// Folder for the prepared clips
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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
        PaperCommand::Prepare(args) => prepare(args),
        PaperCommand::Train(args) => train::train(args),
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
    let space = PcaSpace::fit(&trained, args.components, &device)?;
    space.write(&args.out)?;
    let left = space.unexplained(&trained, &device)?;
    say!("{} components of {} values; {:.2e} of the training part is not explained", space.len(), space.width(), left);
    for part in TESTS.into_iter().filter(|part| corpus.part(*part).next().is_some()) {
        let left = space.unexplained(&ClipMoves::new(corpus.part(part)), &device)?;
        say!("  {part}: {left:.2e} is not explained");
    }
    Ok(())
}

fn prepare(args: &PrepareArgs) -> Result<()> {
    let (corpus, device) = (read_captured(&args.corpus)?, Device::flex());
    report_dropped(&corpus.dropped)?;
    std::fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    let name = corpus.layout.name().to_lowercase();
    let place = Place { out: &args.out, corpus: &name };
    let bar = progress("preparing", corpus.clips.len());
    let material = Material::of(&corpus, &PARTS, &Ear::Mel, &device, &|| ())?;
    for item in &material.items {
        let clip = prepared(item, &corpus.regions, &name, &args.textgrids, &device)?;
        clip.write(&place.path(&clip.id), &format!("{}, captured", recipe(false, 0)))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    say!("{}: {} clips", args.out.display(), material.items.len());
    Ok(())
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
