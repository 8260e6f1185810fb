//! The decoder's numbers of a model that hears files: searched on the mean of several hearings, with the sound itself, since
//! what is prepared knows no speeds.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::clip::{Clip, Split};
use crate::corpus::{Entry, Reading, read_folder_with};
use crate::evaluate::{
    Ears, FILE_FALSE_PER_MIN, Heard, HeardClip, MouthScore, Searched, Sound, calmed, decoded_score, hear_all_by,
    readable, search_closures, search_decode,
};
use crate::export::Packed;
use crate::ship::figures;
use crate::trained_on::{TRAINED_ON, TrainedOn};

/// What a search found.
pub struct Tuned {
    clips: usize,
    before: MouthScore,
    after: MouthScore,
}

/// Searches the numbers on whoever of the folders' training split neither model was trained on, and writes them into the
/// model's card.
///
/// # Errors
/// A model that does not tell on whom it was trained, or folders without anybody else.
pub fn tune(model: &Path, beside: Option<&Path>, folders: &[PathBuf], reading: &Reading) -> Result<Tuned> {
    let (mut packed, other) = (Packed::read(model)?, beside.map(Packed::read).transpose()?);
    let trained: Vec<TrainedOn> = [model].into_iter().chain(beside).map(trained_on).collect::<Result<_>>()?;
    let mut clips = Vec::new();
    for folder in folders {
        let read = read_folder_with(folder, reading)?;
        let is_unknown = |entry: &&Entry| trained.iter().all(|trained| !trained.knows(&entry.speaker, &entry.id));
        let held_out: Vec<&Entry> =
            read.entries.iter().filter(|entry| entry.split == Split::Train).filter(is_unknown).collect();
        if !held_out.is_empty() {
            clips.extend(readable(folder, &held_out)?.into_iter().flatten());
        }
    }
    let names = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    ensure!(!clips.is_empty(), "{names}: expected people of the split train who were not trained on, came none");
    let heard = hear_all_by(&packed, Ears::File(other.as_ref()), &clips, |_, clip| Sound::of(clip))?;
    let heard_clip = |(clip, heard): (&Clip, Heard)| HeardClip {
        phones: clip.phones.clone(),
        heads: heard.heads.into_iter().map(|(_, heads)| heads).collect(),
    };
    let clean = clips.iter().zip(heard).map(heard_clip).collect();
    let heard = Searched { clean, noisy: Vec::new(), false_per_min: FILE_FALSE_PER_MIN };
    let nothing = || format!("{names}: expected speech, came none");
    let before = decoded_score(&heard, &packed.card.decode).with_context(nothing)?;
    let decode = calmed(search_decode(&heard, packed.card.decode).0);
    let after = decoded_score(&heard, &decode).with_context(nothing)?;
    packed.card.decode = decode;
    packed.card.closures = search_closures(&heard, decode);
    packed.card.figures.extend(figures(&after));
    packed.write(model)?;
    Ok(Tuned { clips: clips.len(), before, after })
}

fn trained_on(model: &Path) -> Result<TrainedOn> {
    TrainedOn::read(model)?.with_context(|| format!("{}: expected {TRAINED_ON}, found none", model.display()))
}

impl fmt::Display for Tuned {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} clips of people who were not trained on", self.clips)?;
        for (name, score) in [("before", &self.before), ("after", &self.after)] {
            let MouthScore { balanced, closures, false_closures_per_min, lag_ms, .. } = score;
            write!(f, "\n  {name:6}  balanced {balanced:.3} at {lag_ms} ms, closures {:.0} %", 100.0 * closures)?;
            write!(f, " with {false_closures_per_min:.1} false a minute")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::stable_hash;
    use std::fs;
    use tempfile::TempDir;

    /// A model with somebody in its training, and a corpus of the demo's clip said by `speaker`.
    fn folders(speaker: &str) -> (TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let (model, corpus) = (root.path().join("model"), root.path().join("corpus"));
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live");
        for folder in [&model, &corpus] {
            fs::create_dir(folder).unwrap();
        }
        for file in ["card.toml", "key_motion.onnx", "completion.onnx"] {
            fs::copy(shipped.join(file), model.join(file)).unwrap();
        }
        fs::write(model.join(TRAINED_ON), format!("words\t{:08x}\n", stable_hash("anna") as u32)).unwrap();
        for file in ["demo.wav", "demo.TextGrid"] {
            fs::copy(shipped.join(file), corpus.join(file)).unwrap();
        }
        fs::write(
            corpus.join("splits.tsv"),
            format!("id\tsplit\tseconds\ttext\tspeaker\ndemo\ttrain\t9.11\t\t{speaker}\n"),
        )
        .unwrap();
        (root, model, corpus)
    }

    #[test]
    fn the_card_gets_numbers_for_somebody_unknown_and_the_networks_stay() {
        let (_root, model, corpus) = folders("bert");
        let before = Packed::read(&model).unwrap();
        let mut spoilt = Packed::read(&model).unwrap();
        (spoilt.card.decode.bias[0], spoilt.card.closures) = (4.0, None);
        spoilt.write(&model).unwrap();
        let tuned = tune(&model, Some(&model), &[corpus], &Reading::default()).unwrap();
        assert!(tuned.after.balanced > tuned.before.balanced, "{tuned}");
        assert!(
            tuned.to_string().starts_with("1 clips of people who were not trained on\n  before  balanced"),
            "{tuned}"
        );
        let after = Packed::read(&model).unwrap();
        assert!(after.card.decode.bias[0] < 4.0 && after.card.closures.is_some());
        assert_eq!((&after.card.files, &after.key_motion), (&before.card.files, &before.key_motion));
    }

    #[test]
    fn whoever_was_trained_on_tunes_nothing() {
        let (_root, model, corpus) = folders("anna");
        let error = tune(&model, None, std::slice::from_ref(&corpus), &Reading::default()).err().unwrap().to_string();
        assert!(error.ends_with("expected people of the split train who were not trained on, came none"), "{error}");
        fs::remove_file(model.join(TRAINED_ON)).unwrap();
        let error = tune(&model, None, &[corpus], &Reading::default()).err().unwrap().to_string();
        assert!(error.ends_with("expected trained_on.tsv, found none"), "{error}");
    }
}
