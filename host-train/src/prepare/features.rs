//! A corpus folder in, a folder of audio features out: clip by clip, and only what is not there yet.

use std::fs;
use std::path::Path;

use super::AudioFeatures;
use super::place::{Place, changed};
use crate::corpus::{Dropped, Entry, Error, Folder, Result};
use crate::model::OutsideEncoder;

/// What a run did with one corpus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeaturesOutcome {
    /// Clips that were heard.
    pub made: usize,
    /// Clips whose features were there already.
    pub kept: usize,
    /// Features that were removed, since their corpus has the clip no more.
    pub removed: usize,
    /// Clips that were left out, with reasons.
    pub dropped: Vec<Dropped>,
}

/// Listens to a corpus under a name; `on_clip` is called after every clip.
///
/// # Errors
/// When the output folder cannot be written or holds something else, or the encoder says what is no number. A clip that
/// cannot be read is dropped and told.
pub fn features(
    folder: &Folder,
    corpus: &str,
    encoder: &dyn OutsideEncoder,
    out: &Path,
    on_clip: &dyn Fn(),
) -> Result<FeaturesOutcome> {
    fs::create_dir_all(out).map_err(Error::io(out))?;
    let place = Place { out, corpus };
    let mut outcome = FeaturesOutcome { dropped: folder.dropped.clone(), ..FeaturesOutcome::default() };
    for entry in &folder.entries {
        let path = place.path(&entry.id);
        if is_kept(&path, entry, &encoder.name())? {
            outcome.kept += 1;
        } else {
            match entry.try_load() {
                Ok(clip) => {
                    AudioFeatures::heard(encoder, &clip.samples).write(&path)?;
                    outcome.made += 1;
                }
                Err(dropped) => outcome.dropped.push(dropped),
            }
        }
        on_clip();
    }
    outcome.removed = place.remove_orphans(folder)?;
    Ok(outcome)
}

/// Whether an earlier run has left this clip's features, by this encoder, not older than its sound. A file of something
/// else (a prepared clip has the same name) is an error: it must not be overwritten.
fn is_kept(path: &Path, entry: &Entry, encoder: &str) -> Result<bool> {
    let Some(made) = changed(path) else { return Ok(false) };
    let earlier = AudioFeatures::read(path)?;
    Ok(earlier.encoder == encoder && changed(&entry.audio).is_none_or(|sound| sound <= made))
}

#[cfg(test)]
mod tests {
    use super::super::tests::clip;
    use super::super::{Options, Prepared, prepare};
    use super::*;
    use crate::clip::Clip;
    use crate::corpus::{read_folder, write_clip};
    use crate::model::wav2vec2::Wav2Vec2;
    use burn::tensor::Device;

    fn encoder(variant: &str) -> Wav2Vec2 {
        let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/wav2vec2");
        Wav2Vec2::load(&goldens.join(variant).join("model.safetensors"), &Device::flex()).unwrap()
    }

    fn features_of(corpus: &Path, encoder: &Wav2Vec2, out: &Path) -> Result<FeaturesOutcome> {
        features(&read_folder(corpus).unwrap(), "test", encoder, out, &|| ())
    }

    fn counts(corpus: &Path, encoder: &Wav2Vec2, out: &Path) -> (usize, usize, usize, usize) {
        let outcome = features_of(corpus, encoder, out).unwrap();
        (outcome.made, outcome.kept, outcome.removed, outcome.dropped.len())
    }

    #[test]
    fn every_step_of_a_prepared_clip_has_features_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let (corpus, out, heard) = (dir.path().join("corpus"), dir.path().join("out"), dir.path().join("heard"));
        write_clip(&corpus, &Clip { id: "a".into(), ..clip() }).unwrap();
        let options = Options { out: out.clone(), ..Options::default() };
        prepare(&read_folder(&corpus).unwrap(), "test", &options, &|| ()).unwrap();
        assert_eq!(counts(&corpus, &encoder("base"), &heard), (1, 0, 0, 0));
        let prepared = Prepared::read(&out.join("test__a.safetensors")).unwrap();
        let features = AudioFeatures::of_clip(&heard, &prepared.corpus, &prepared.id).unwrap();
        assert_eq!((features.width, features.steps()), (16, prepared.phones.len() / 2));
        let into_prepared = features_of(&corpus, &encoder("base"), &out);
        assert!(into_prepared.unwrap_err().to_string().contains("expected `features`"));
        assert_eq!(Prepared::read(&out.join("test__a.safetensors")).unwrap(), prepared);
    }

    #[test]
    fn features_are_made_anew_for_another_encoder_or_sound_and_leave_with_their_clip() {
        let dir = tempfile::tempdir().unwrap();
        let (corpus, out) = (dir.path().join("corpus"), dir.path().join("out"));
        for id in ["a", "b"] {
            write_clip(&corpus, &Clip { id: id.into(), ..clip() }).unwrap();
        }
        let (base, large) = (encoder("base"), encoder("large"));
        assert_eq!(counts(&corpus, &base, &out), (2, 0, 0, 0));
        assert_eq!(counts(&corpus, &base, &out), (0, 2, 0, 0));
        assert_eq!(counts(&corpus, &large, &out), (2, 0, 0, 0));
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
        fs::File::options().write(true).open(corpus.join("a.wav")).unwrap().set_modified(later).unwrap();
        assert_eq!(counts(&corpus, &large, &out), (1, 1, 0, 0));
        fs::remove_file(corpus.join("b.wav")).unwrap();
        fs::remove_file(corpus.join("b.TextGrid")).unwrap();
        assert_eq!(counts(&corpus, &large, &out).2, 1);
    }
}
