//! Which sounds become which files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use keyface::AppError;
use keyface::ears::Input;
use keyface::out::{Format, SOUND, Target, check_apart, check_distinct};
use keyface::script::{self, TEXT_ENDINGS};
use keyface_sound::said::TEXTGRID_ENDINGS;

use super::args::AnimateArgs;

/// What is taken for a sound in a folder; the last ones are refused with the command that converts them.
const SOUND_ENDINGS: [&str; 37] = [
    "wav", "wave", "flac", "mp3", "mp2", "ogg", "oga", "opus", "aif", "aiff", "aifc", "caf", "m4a", "m4b", "mp4",
    "mov", "aac", "au", "snd", "webm", "mka", "mkv", "g722", "rf64", "bwf", //
    "w64", "wma", "amr", "3gp", "spx", "ac3", "wv", "tta", "ape", "voc", "sph", "dts",
];
/// A folder in a folder in a folder: deeper ones are links in a circle.
const DEPTH: usize = 16;

/// One sound and its files.
pub struct Job {
    pub input: Input,
    /// The sound's own name, with its folders below the one that was given.
    pub name: Option<PathBuf>,
    pub targets: Vec<Target>,
}

/// Every job, checked as a whole before the first file is written.
pub fn jobs(args: &AnimateArgs) -> anyhow::Result<Vec<Job>> {
    let jobs = match &args.out_dir {
        Some(folder) => into_folder(args, folder)?,
        None => vec![single(args)?],
    };
    let files = || jobs.iter().flat_map(|job| &job.targets).filter(|target| !target.is_stdout());
    check_distinct(files().map(|target| &target.path))?;
    let (sounds, words) = (jobs.iter().map(|job| (SOUND, &job.input)), words(args, &jobs));
    check_apart(
        files().flat_map(Target::files),
        sounds.chain(words.iter().map(|input| ("the words that are followed", input))),
    )?;
    Ok(jobs)
}

/// The files that tell what is said.
fn words(args: &AnimateArgs, jobs: &[Job]) -> Vec<Input> {
    let grids = args.textgrid.iter().map(|named| (named, TEXTGRID_ENDINGS.as_slice()));
    let named = grids.chain(args.text.iter().map(|named| (named, TEXT_ENDINGS.as_slice())));
    let files = named.flat_map(|(named, endings)| {
        jobs.iter().filter_map(move |job| script::of_sound(named, job.name.as_deref(), endings).ok())
    });
    files.chain(args.phones.clone()).map(Input::File).collect()
}

fn single(args: &AnimateArgs) -> anyhow::Result<Job> {
    let [input] = args.inputs.as_slice() else {
        anyhow::bail!("--out: expected one sound, came {} (--out-dir DIR --as csv takes many)", args.inputs.len());
    };
    ensure!(args.formats.len() < 2, "--as: expected one format for --out, came {}", args.formats.len());
    let format = args.formats.first().copied();
    let targets: Result<Vec<Target>, AppError> = args.out.iter().map(|path| Target::new(path, format)).collect();
    let targets = targets?;
    let stdouts = targets.iter().filter(|target| target.is_stdout()).count();
    ensure!(stdouts < 2, "--out: expected - once, came {stdouts} times");
    ensure!(stdouts == 0 || !args.json, "--json: expected --out with files, because - is standard output, came -");
    let name = if let Input::File(path) = input { path.file_name().map(PathBuf::from) } else { None };
    Ok(Job { input: input.clone(), name, targets })
}

fn into_folder(args: &AnimateArgs, folder: &Path) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for input in &args.inputs {
        match input {
            Input::File(path) if path.is_dir() => {
                let sounds = sounds_in(path)?;
                let all = sounds
                    .iter()
                    .map(|sound| job(sound, sound.strip_prefix(path).unwrap_or(sound), folder, &args.formats));
                jobs.extend(all.collect::<anyhow::Result<Vec<_>>>()?);
            }
            Input::File(path) => {
                jobs.push(job(path, Path::new(path.file_name().unwrap_or_default()), folder, &args.formats)?);
            }
            _ => anyhow::bail!("--out-dir: expected sound files and folders, came standard input or mic"),
        }
    }
    Ok(jobs)
}

/// `sound` becomes files in `folder`, below the folders of its `name`.
fn job(sound: &Path, name: &Path, folder: &Path, formats: &[Format]) -> anyhow::Result<Job> {
    let stem = name.file_stem().with_context(|| format!("{}: expected a sound file, came no name", sound.display()))?;
    let folder = name.parent().map_or_else(|| folder.to_path_buf(), |below| folder.join(below));
    let target = |format: &Format| Target { path: format.path_in(&folder, stem), format: *format };
    let targets = formats.iter().map(target).collect();
    Ok(Job { input: Input::File(sound.to_path_buf()), name: Some(name.to_path_buf()), targets })
}

/// The sounds of a folder and its folders, in order.
fn sounds_in(folder: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    collect(folder, DEPTH, &mut found)?;
    ensure!(!found.is_empty(), "{}: expected sound files in this folder, came none", folder.display());
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{}: cannot read it", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, found)?;
        } else if is_sound(&path) {
            found.insert(path);
        }
    }
    Ok(())
}

fn is_sound(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !is_hidden && SOUND_ENDINGS.iter().any(|known| ending == **known)
}
