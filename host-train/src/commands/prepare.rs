//! `keyface-train prepare`: corpora -> prepared clips.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyface_train::corpus::{Dropped, Folder, Kind, check_speakers, read_folder_with, read_recordings};
use keyface_train::prepare::{Options, Outcome, Renderer, Rooms, Shard, prepare};
use keyface_train::truth::Law;

use super::reading::{ReadingArgs, corpus_name};

/// Which corpora, and where to.
#[derive(Args)]
pub struct PrepareArgs {
    /// Folders of wav, flac or ogg beside TextGrids; a folder of TextGrids alone, as the Montreal Forced Aligner writes
    /// it, labels the sounds of the others
    #[arg(required = true, value_name = "CORPUS_DIR")]
    corpora: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Speaker who is never trained on, any number of times
    #[arg(long, value_name = "SPEAKER")]
    eval: Vec<String>,
    /// Folder for the prepared clips, one .safetensors each; what it holds already is kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Move every speaker in an own style (for studies: a network cannot hear it)
    #[arg(long)]
    styles: bool,
    /// Constants of the rules that `fit-truth` found in captures: the motion follows that face
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Copies of every training clip with its sound in other rooms and on other lines
    #[arg(long, default_value_t = 0, value_name = "N")]
    copies: usize,
    /// A folder with measured room responses (wav, flac): copies are heard in them too
    #[arg(long, value_name = "DIR", requires = "copies")]
    rooms: Option<PathBuf>,
    /// Some copies go through Opus and MP3 at few bits, by ffmpeg
    #[arg(long, requires = "copies")]
    codecs: bool,
    /// A recording that the copies must not use, by its name without ending; may be given more than once
    #[arg(long, value_name = "NAME")]
    except: Vec<String>,
    /// Prepare part K (from 0) of N, as one of N jobs into the same folder
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
}

/// Prepares every corpus and prints its figures.
pub fn run(args: &PrepareArgs) -> Result<()> {
    let kept = |name: &str| !args.except.iter().any(|except| except == name);
    let rooms = args.rooms.as_deref().map(|dir| read_recordings(dir, Kind::Room, kept)).transpose()?;
    let renderer = Renderer { rooms: Rooms::new(&rooms.unwrap_or_default()), codecs: args.codecs };
    let law = args.truth.as_deref().map_or(Ok(Law::RULES), Law::read)?;
    let (out, styles, copies, shard) = (args.out.clone(), args.styles, args.copies, args.shard);
    let options = Options { out, styles, law, copies, renderer, shard };
    let (reading, corpora) = args.reading.split(&args.corpora, &args.eval)?;
    let folders = corpora.iter().map(|dir| Ok((corpus_name(dir), read_folder_with(dir, &reading)?)));
    let folders: Vec<(String, Folder)> = folders.collect::<Result<_>>()?;
    check_speakers(&reading.eval, folders.iter().map(|(_, folder)| folder))?;
    let mut missed = reading.eval.clone();
    for (name, folder) in &folders {
        let bar = progress(name, folder.entries.len());
        let outcome = prepare(folder, name, &options, &|| bar.inc(1))?;
        bar.finish_and_clear();
        report(name, folder, &outcome)?;
        ensure!(outcome.statistics.clips() > 0, "{name}: expected clips to prepare, came none that can be used");
        missed.retain(|speaker| !outcome.has(folder, speaker));
    }
    ensure!(missed.is_empty(), "--eval: expected clips of {missed:?} to keep for reports, came none that can be used");
    Ok(())
}

/// A bar over a corpus' clips.
pub fn progress(name: &str, clips: usize) -> ProgressBar {
    let bar = ProgressBar::new(clips as u64).with_message(name.to_string());
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} clips, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn report(name: &str, folder: &Folder, outcome: &Outcome) -> Result<()> {
    say!("{name}: {}", outcome.statistics);
    let (kept, removed) = (outcome.kept, outcome.removed);
    say!("  kept from an earlier run: {kept}; removed with their sources: {removed}");
    if folder.unknown_s > 0.0 {
        say!("  speech of unknown phones, cut out: {:.1} s", folder.unknown_s);
    }
    let unmapped: Vec<String> = folder.unmapped.iter().map(|(label, count)| format!("{label:?} x {count}")).collect();
    if !unmapped.is_empty() {
        say!("  labels that name no phone, cut out too: {} (--phones FILE says what they mean)", unmapped.join(", "));
    }
    report_dropped(&outcome.dropped)
}

/// Tells how many clips were left out, and why.
pub fn report_dropped(dropped: &[Dropped]) -> Result<()> {
    say!("  dropped: {}", dropped.len());
    for (reason, ids) in by_reason(dropped) {
        let some = ids.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        say!("    {} x {reason} ({some}{})", ids.len(), if ids.len() > 3 { ", ..." } else { "" });
    }
    Ok(())
}

fn by_reason(dropped: &[Dropped]) -> BTreeMap<&str, Vec<&str>> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    dropped.iter().for_each(|d| reasons.entry(&d.reason).or_default().push(&d.id));
    reasons
}
