//! `keyface-train prepare`: corpora -> prepared clips.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyface_train::corpus::{
    Dropped, Folder, Kind, Labels, Reading, holds_only_text_grids, read_folder_with, read_recordings,
};
use keyface_train::prepare::{Options, Outcome, Renderer, Rooms, Shard, prepare};

/// Which corpora, and where to.
#[derive(Args)]
pub struct PrepareArgs {
    /// Folders of wav, flac or ogg beside TextGrids; a folder of TextGrids alone, as the Montreal Forced Aligner writes
    /// it, labels the sounds of the others
    #[arg(required = true, value_name = "CORPUS_DIR")]
    corpora: Vec<PathBuf>,
    /// Folder of TextGrids that lie apart from the sound, under the same names
    #[arg(long, value_name = "DIR")]
    textgrids: Vec<PathBuf>,
    /// What this corpus' labels mean: lines of label, tab and phones of ARPAbet (SIL for silence, ? for unknown speech)
    #[arg(long, value_name = "FILE")]
    phones: Option<PathBuf>,
    /// Speaker who is never trained on, any number of times
    #[arg(long, value_name = "SPEAKER")]
    eval: Vec<String>,
    /// Folder for the prepared clips, one .safetensors each; what it holds already is kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Move every speaker in an own style (for studies: a network cannot hear it)
    #[arg(long)]
    styles: bool,
    /// Copies of every training clip with its sound in other rooms and on other lines
    #[arg(long, default_value_t = 0, value_name = "N")]
    copies: usize,
    /// A folder with measured room responses (wav, flac): copies are heard in them too
    #[arg(long, value_name = "DIR", requires = "copies")]
    rooms: Option<PathBuf>,
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
    let renderer = Renderer { rooms: Rooms::new(&rooms.unwrap_or_default()) };
    let options =
        Options { out: args.out.clone(), styles: args.styles, copies: args.copies, renderer, shard: args.shard };
    let (reading, corpora) = reading(args)?;
    let folders = corpora.iter().map(|dir| Ok((corpus_name(dir), read_folder_with(dir, &reading)?)));
    let folders: Vec<(String, Folder)> = folders.collect::<Result<_>>()?;
    let speakers: BTreeSet<&String> =
        folders.iter().flat_map(|(_, f)| &f.entries).map(|entry| &entry.speaker).collect();
    for name in &args.eval {
        let known = speakers.iter().map(|known| known.to_string()).collect::<Vec<_>>().join(", ");
        ensure!(speakers.contains(name), "--eval: expected one of the speakers {known}, came {name}");
    }
    for (name, folder) in &folders {
        let bar = progress(name, folder.entries.len());
        let outcome = prepare(folder, name, &options, &|| bar.inc(1))?;
        bar.finish_and_clear();
        report(name, folder, &outcome);
        ensure!(outcome.statistics.clips() > 0, "{name}: expected clips to prepare, came none that can be used");
    }
    Ok(())
}

/// How to read, and what: folders of TextGrids alone are no corpora.
fn reading(args: &PrepareArgs) -> Result<(Reading, Vec<PathBuf>)> {
    let (mut labels_dirs, mut corpora) = (args.textgrids.clone(), Vec::new());
    for dir in &args.corpora {
        let is_labels = args.corpora.len() > 1 && holds_only_text_grids(dir)?;
        if is_labels { labels_dirs.push(dir.clone()) } else { corpora.push(dir.clone()) }
    }
    let labels = args.phones.as_deref().map_or_else(|| Ok(Labels::shipped()), Labels::with_file)?;
    Ok((Reading { labels_dirs, labels, eval: args.eval.iter().cloned().collect() }, corpora))
}

/// The folder's own name.
pub fn corpus_name(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    whole.file_name().map_or_else(|| "corpus".into(), |name| name.to_string_lossy().into_owned())
}

/// A bar over a corpus' clips.
pub fn progress(name: &str, clips: usize) -> ProgressBar {
    let bar = ProgressBar::new(clips as u64).with_message(name.to_string());
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} clips, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn report(name: &str, folder: &Folder, outcome: &Outcome) {
    println!("{name}: {}", outcome.statistics);
    let (kept, removed) = (outcome.kept, outcome.removed);
    println!("  kept from an earlier run: {kept}; removed with their sources: {removed}");
    if folder.unknown_s > 0.0 {
        println!("  speech of unknown phones, cut out: {:.1} s", folder.unknown_s);
    }
    let unmapped: Vec<String> = folder.unmapped.iter().map(|(label, count)| format!("{label:?} x {count}")).collect();
    if !unmapped.is_empty() {
        println!(
            "  labels that name no phone, cut out too: {} (--phones FILE says what they mean)",
            unmapped.join(", ")
        );
    }
    report_dropped(&outcome.dropped);
}

/// Tells how many clips were left out, and why.
pub fn report_dropped(dropped: &[Dropped]) {
    println!("  dropped: {}", dropped.len());
    for (reason, ids) in by_reason(dropped) {
        let some = ids.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        println!("    {} x {reason} ({some}{})", ids.len(), if ids.len() > 3 { ", ..." } else { "" });
    }
}

fn by_reason(dropped: &[Dropped]) -> BTreeMap<&str, Vec<&str>> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    dropped.iter().for_each(|d| reasons.entry(&d.reason).or_default().push(&d.id));
    reasons
}
