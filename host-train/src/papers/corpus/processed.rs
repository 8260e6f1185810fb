//! The processed layout of FaceFormer's family: `wav/ID.wav`, `vertices_npy/ID.npy` `[T, 3 V]`, `templates.pkl`.

use std::fs;
use std::path::{Path, PathBuf};

use super::captured::{Captured, CapturedCorpus, Frames, Rest, Sound};
use super::official::Layout;
use super::rate;
use super::regions::Regions;
use crate::corpus::{Dropped, Error, Result};
use crate::papers::Told;
use crate::papers::numpy::NpyFile;
use crate::papers::pickle::{Value, read_pickle};

/// The folder of vertices.
pub const VERTICES: &str = "vertices_npy";
const TEMPLATES: &str = "templates.pkl";

/// VOCASET.
///
/// # Errors
/// As for [`read`].
pub fn read_vocaset(dir: &Path) -> Result<CapturedCorpus> {
    read(dir, Layout::Vocaset, |vertices| Regions::of_flame(dir, vertices))
}

/// A processed folder. Clips that the official split does not use, or whose files do not go together, are told.
///
/// # Errors
/// When a file that all clips need is missing or damaged, no clip is there, or the rate is none of the layout's.
pub fn read(dir: &Path, layout: Layout, regions: impl Fn(usize) -> Result<Regions>) -> Result<CapturedCorpus> {
    let templates = Templates::read(&dir.join(TEMPLATES))?;
    let (mut found, mut dropped) = (Vec::new(), Vec::new());
    for path in vertex_files(dir)? {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match open(dir, layout, &templates, &path, &id) {
            Ok(Some(clip)) => found.push(clip),
            Ok(None) => (),
            Err(reason) => dropped.push(Dropped { id, reason }),
        }
    }
    let lengths: Vec<(usize, f64)> = found.iter().map(|(clip, seconds)| (clip.frames.len(), *seconds)).collect();
    let wrong = |came: String| {
        let expected = format!("frames at {:?} Hz beside sound", layout.rates_hz());
        Error::unexpected(dir.display().to_string(), expected, came)
    };
    let rate_hz = rate::corpus_rate(layout, &lengths).map_err(wrong)?;
    let mut clips = Vec::new();
    for (clip, seconds) in found {
        if rate::fits(rate_hz, clip.frames.len(), seconds) {
            clips.push(Captured { rate_hz, ..clip });
        } else {
            let reason = format!("{} frames at {rate_hz} Hz beside {seconds:.2} s of sound", clip.frames.len());
            dropped.push(Dropped { id: clip.id, reason });
        }
    }
    let vertices = clips.first().map_or(0, Captured::vertices);
    Ok(CapturedCorpus { layout, clips, dropped, regions: regions(vertices)? })
}

fn vertex_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let folder = dir.join(VERTICES);
    let entries = fs::read_dir(&folder).map_err(Error::io(&folder))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "npy"))
        .collect();
    files.sort();
    Ok(files)
}

/// A clip without its rate and the seconds of its sound; `None` where the official split leaves it out; or why not.
fn open(dir: &Path, layout: Layout, templates: &Templates, path: &Path, id: &str) -> Told<Option<(Captured, f64)>> {
    let (speaker, sentence) = layout.parse_id(id).ok_or("a name without speaker and sentence")?;
    let Some(part) = layout.part(speaker, sentence) else {
        return if layout.knows(speaker) { Ok(None) } else { Err(format!("an unknown speaker, {speaker}")) };
    };
    let file = NpyFile::open(path).map_err(|error| error.to_string())?;
    let template = templates.of(speaker)?;
    if template.len() != file.width() {
        return Err(format!("{} values a frame, {} in the template", file.width(), template.len()));
    }
    let sound = dir.join("wav").join(format!("{id}.wav"));
    let seconds = wav_seconds(&sound)?;
    let clip = Captured {
        id: id.to_string(),
        speaker: speaker.to_string(),
        sentence,
        part,
        template,
        sound: Sound::File(sound),
        frames: Frames::all(file),
        rate_hz: 0.0,
    };
    Ok(Some((clip, seconds)))
}

/// Length by the header, without reading the samples.
fn wav_seconds(path: &Path) -> Told<f64> {
    let wav = hound::WavReader::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(f64::from(wav.duration()) / f64::from(wav.spec().sample_rate.max(1)))
}

/// `templates.pkl`: a dict of speakers and `[V, 3]` or `[3 V]`.
pub struct Templates(Vec<(String, Rest)>);

impl Templates {
    /// Reads the pickle.
    ///
    /// # Errors
    /// When it cannot be read or holds something else.
    pub fn read(path: &Path) -> Result<Templates> {
        let value = read_pickle(path)?;
        let wrong = |came: &str| {
            Error::unexpected(path.display().to_string(), "a dict of speakers and arrays [vertices, 3]", came)
        };
        let template = |(name, value): &(Value, Value)| {
            let name = name.text().ok_or_else(|| wrong(&format!("{} as a speaker", name.kind())))?;
            let array = value.array().ok_or_else(|| wrong(&format!("{} for {name}", value.kind())))?;
            if array.is_empty() || !array.len().is_multiple_of(3) {
                return Err(wrong(&format!("the shape {:?} for {name}", array.shape())));
            }
            Ok((name, Rest::new(array.floats())))
        };
        let pairs = value.pairs().ok_or_else(|| wrong(value.kind()))?;
        Ok(Templates(pairs.iter().map(template).collect::<Result<_>>()?))
    }

    /// A speaker's face at rest; the error says that there is none.
    pub fn of(&self, speaker: &str) -> Told<Rest> {
        let found = self.0.iter().find(|(name, _)| name == speaker);
        found.map(|(_, template)| template.clone()).ok_or_else(|| format!("no template of {speaker}"))
    }
}
