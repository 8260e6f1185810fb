//! `keyface-train phones`: sounds that nobody has labelled -> TextGrids of what a shipped model or a listener hears in
//! them; labelled ones -> their phones at the times that are heard.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use keyface_train::corpus::{find_sounds, read_phones, write_phones};
use keyface_train::papers::corpus::{
    Agreement, Captured, Recognizer, Sound, Take, find_takes, is_captured, read_capture, read_captured,
};
use keyface_train::train::{DeviceChoice, ListenerExperiment, RunDir, best_listener, pick_device};

use super::prepare::progress;
use super::reading::EncoderArgs;

/// Hears the phones of sounds without TextGrids, so that `prepare`, `paper train --guide` and `fit-truth` can take them.
/// Sounds that have one are heard too, to tell how far both agree, or to tell the times of its phones anew.
#[derive(Args)]
pub struct PhonesArgs {
    /// A captured corpus (VOCASET, BIWI), a folder of captures, or any folder of wav, flac or ogg
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folder for ID.TextGrid of each sound that has none; without it nothing is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder of the model that hears; the further it hears ahead, the better
    #[arg(long, value_name = "DIR", default_value = "models/playback")]
    model: PathBuf,
    /// The experiment of a listener that hears in its place, such as host-train/experiments/listener.toml: offline, better
    #[arg(long, value_name = "FILE.toml", conflicts_with = "model")]
    listener: Option<PathBuf>,
    /// Folder of the listener's run
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    #[command(flatten)]
    encoder: EncoderArgs,
    /// Write a TextGrid for sounds that have one too: its phones in their order, at the times that are heard
    #[arg(long, requires = "out")]
    align: bool,
    /// At most this many sounds, spread evenly over the folder
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true, value_name = "N")]
    clips: usize,
    /// auto, flex (CPU) or cuda[:N]: the listener's
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// A sound and what is known of it.
struct Item {
    id: String,
    sound: Sound,
    labels: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &PhonesArgs) -> Result<()> {
    let recognizer = recognizer(args)?;
    let items = items(&args.folder)?;
    ensure!(!items.is_empty(), "{}: expected sounds, came none", args.folder.display());
    let count = items.len().min(args.clips.max(1));
    let chosen: Vec<&Item> = (0..count).map(|n| &items[n * items.len() / count]).collect();
    let bar = progress("listening", chosen.len());
    let (mut agreement, mut compared, mut written, mut left_out) = (Agreement::default(), 0, 0, Vec::new());
    for item in chosen {
        let samples = item.sound.samples()?;
        let known = item.labels.as_deref().map(read_phones).transpose()?;
        let heard = match &known {
            Some(known) if args.align => recognizer.align(&item.id, known, &samples),
            _ => recognizer.hear(&samples),
        };
        let heard = match heard {
            Ok(heard) => heard,
            Err(error) => {
                left_out.push(error);
                continue;
            }
        };
        if let Some(known) = &known {
            agreement = agreement.with(Agreement::of(known, &heard));
            compared += 1;
        }
        if let Some(out) = args.out.as_ref().filter(|_| known.is_none() || args.align) {
            write_phones(out, &item.id, &heard, &format!("keyface-train phones, {}", recognizer.name))?;
            written += 1;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    for error in &left_out {
        say!("  left out: {error:#}");
    }
    say!("{}: {written} TextGrids written, {compared} sounds have one", recognizer.name);
    tell(&agreement)
}

fn recognizer(args: &PhonesArgs) -> Result<Recognizer> {
    let Some(experiment) = &args.listener else {
        ensure!(args.encoder.is_none(), "--whisper, --wav2vec2: expected --listener beside it, came none");
        return Recognizer::read(&args.model);
    };
    let (experiment, device) = (ListenerExperiment::read(experiment)?, pick_device(args.device)?);
    let encoder = args.encoder.load(&device)?;
    let run = RunDir::open(&args.runs.join(&experiment.name))?;
    let net = best_listener(&experiment, &run, encoder.width(), &device)?;
    Ok(Recognizer::listening(&experiment.name, encoder, net, &device))
}

/// What the folder holds, whatever it is.
fn items(folder: &Path) -> Result<Vec<Item>> {
    if is_captured(folder) {
        let item = |clip: Captured| Item { id: clip.id, sound: clip.sound, labels: None };
        return Ok(read_captured(folder)?.clips.into_iter().map(item).collect());
    }
    // Aligners write CSV files too, which are no captures.
    let are_captures = |takes: &Vec<Take>| takes.iter().all(|take| read_capture(&take.capture).is_ok());
    if let Some(takes) = find_takes(folder).ok().filter(are_captures) {
        let item = |take: Take| Item { id: take.name, sound: Sound::File(take.sound), labels: take.labels };
        return Ok(takes.into_iter().map(item).collect());
    }
    let item = |(id, path, labels)| Item { id, sound: Sound::File(path), labels };
    Ok(find_sounds(folder)?.into_iter().map(item).collect())
}

fn tell(agreement: &Agreement) -> Result<()> {
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole as f64;
    let Agreement { hops, same_phone, same_mouth, spoken, errors, closures, closures_told } = *agreement;
    if hops == 0 || spoken == 0 {
        return Ok(());
    }
    say!("  of {:.0} s the TextGrids tell the same phone in {:.1} %", hops as f64 * 0.01, share(same_phone, hops));
    say!("  and the same class of mouth in {:.1} %", share(same_mouth, hops));
    say!("  phone error rate: {:.1} % of {spoken}", share(errors, spoken));
    say!("  p b m: {:.1} % of {closures} are told", share(closures_told, closures.max(1)));
    Ok(())
}
