//! VOCASET as its authors give it: `data_verts.npy` `[N, V, 3]`, `raw_audio_fixed.pkl`, `subj_seq_to_idx.pkl`,
//! `templates.pkl`. Sentences are the keys `sentenceNN`; the sounds and the rows of the vertices stand under both.

use std::path::Path;
use std::sync::Arc;

use super::captured::{Captured, CapturedCorpus, Frames, Sound};
use super::official::Layout;
use super::processed::Templates;
use super::rate;
use super::regions::Regions;
use crate::corpus::{Dropped, Error, Result};
use crate::papers::Told;
use crate::papers::numpy::NpyFile;
use crate::papers::pickle::{Value, read_pickle};

/// The file of all vertices.
pub const VERTICES: &str = "data_verts.npy";
const SOUNDS: &str = "raw_audio_fixed.pkl";
const ROWS: &str = "subj_seq_to_idx.pkl";

/// Reads the folder; vertices stay on the disk.
///
/// # Errors
/// When a file is missing or holds something else.
pub fn read(dir: &Path) -> Result<CapturedCorpus> {
    let file = Arc::new(NpyFile::open(&dir.join(VERTICES))?);
    let (rows, sounds) = (read_pickle(&dir.join(ROWS))?, read_pickle(&dir.join(SOUNDS))?);
    let templates = Templates::read(&dir.join("templates.pkl"))?;
    let wrong = || Error::unexpected(dir.join(ROWS).display().to_string(), "a dict of speakers", rows.kind());
    let (mut found, mut dropped) = (Vec::new(), Vec::new());
    for (speaker, sentences) in rows.pairs().ok_or_else(wrong)? {
        let Some(speaker) = speaker.text() else { continue };
        for (name, rows) in sentences.pairs().unwrap_or_default() {
            let name = name.text().unwrap_or_default();
            let id = format!("{speaker}_{name}");
            match open(&file, &sounds, &templates, &speaker, &name, rows) {
                Ok(Some(clip)) => found.push(clip),
                Ok(None) => (),
                Err(reason) => dropped.push(Dropped { id, reason }),
            }
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    let wrong = |came| Error::unexpected(dir.display().to_string(), "frames at 30 or 60 Hz beside sound", came);
    let lengths: Vec<(usize, f64)> = found.iter().map(|clip| (clip.frames.len(), held_seconds(&clip.sound))).collect();
    let rate_hz = rate::corpus_rate(Layout::Vocaset, &lengths).map_err(wrong)?;
    let (clips, odd): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|clip| rate::fits(rate_hz, clip.frames.len(), held_seconds(&clip.sound)));
    dropped.extend(odd.into_iter().map(|clip| Dropped {
        reason: format!("{} frames beside {:.2} s of sound", clip.frames.len(), held_seconds(&clip.sound)),
        id: clip.id,
    }));
    let clips = clips.into_iter().map(|clip| Captured { rate_hz, ..clip }).collect();
    let regions = Regions::of_flame(dir, file.width() / 3)?;
    Ok(CapturedCorpus { layout: Layout::Vocaset, clips, dropped, regions })
}

fn held_seconds(sound: &Sound) -> f64 {
    match sound {
        Sound::Held(array, rate_hz) => array.len() as f64 / f64::from(*rate_hz),
        Sound::File(_) => 0.0,
    }
}

fn open(
    file: &Arc<NpyFile>,
    sounds: &Value,
    templates: &Templates,
    speaker: &str,
    name: &str,
    rows: &Value,
) -> Told<Option<Captured>> {
    let id = format!("{speaker}_{name}");
    let (_, sentence) = Layout::Vocaset.parse_id(&id).ok_or("a name without a sentence")?;
    let Some(part) = Layout::Vocaset.part(speaker, sentence) else {
        return if Layout::Vocaset.knows(speaker) { Ok(None) } else { Err(format!("an unknown speaker, {speaker}")) };
    };
    let template = templates.of(speaker)?;
    if template.len() != file.width() {
        return Err(format!("{} values a frame, {} in the template", file.width(), template.len()));
    }
    let frames = Frames::new(file.clone(), frame_rows(rows, file.rows())?);
    let sound = sound(sounds, speaker, name).ok_or("no sound with its rate")?;
    Ok(Some(Captured { id, speaker: speaker.into(), sentence, part, template, sound, frames, rate_hz: 0.0 }))
}

/// `{frame: row}`, in the order of the frames, none of which may be missing.
fn frame_rows(rows: &Value, count: usize) -> Told<Vec<usize>> {
    let pairs = rows.pairs().ok_or_else(|| format!("{} instead of frames", rows.kind()))?;
    let pair = |(frame, row): &(Value, Value)| Some((frame.index()?, row.index().filter(|row| *row < count)?));
    let mut pairs: Vec<_> = pairs.iter().map(pair).collect::<Option<_>>().ok_or("a row that is not there")?;
    pairs.sort_unstable();
    match (0..pairs.len()).find(|n| pairs[*n].0 != n + pairs[0].0) {
        Some(gap) => Err(format!("frame {} is missing", gap + pairs[0].0)),
        None => Ok(pairs.into_iter().map(|(_, row)| row).collect()),
    }
}

fn sound(sounds: &Value, speaker: &str, name: &str) -> Option<Sound> {
    let sound = sounds.get(speaker)?.get(name)?;
    let rate_hz = u32::try_from(sound.get("sample_rate")?.index()?).ok().filter(|rate| *rate > 0)?;
    match sound.get("audio")? {
        Value::Array(samples) if samples.shape().len() == 1 => Some(Sound::Held(samples.clone(), rate_hz)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(pairs: &[(i64, i64)]) -> Value {
        Value::Dict(pairs.iter().map(|(frame, row)| (Value::Int(*frame), Value::Int(*row))).collect())
    }

    #[test]
    fn rows_are_in_the_order_of_the_frames() {
        assert_eq!(frame_rows(&frames(&[(2, 9), (0, 7), (1, 3)]), 10).unwrap(), [7, 3, 9]);
        assert_eq!(frame_rows(&frames(&[(5, 1), (6, 2)]), 10).unwrap(), [1, 2]);
    }

    #[test]
    fn a_missing_frame_and_a_row_beyond_the_file_are_told() {
        assert_eq!(frame_rows(&frames(&[(0, 0), (2, 1)]), 10).unwrap_err(), "frame 1 is missing");
        assert!(frame_rows(&frames(&[(0, 10)]), 10).unwrap_err().contains("not there"));
        assert!(frame_rows(&Value::None, 10).is_err());
    }
}
