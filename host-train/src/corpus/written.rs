//! Clips and phones written into a folder, whole or not at all.

use std::fs;
use std::path::Path;

use keyface_sound::said::{Interval, TextGrid, Tier};

use super::audio;
use super::error::{Error, Result};
use crate::clip::{Clip, Segment};

/// The tier that says where phones come from that no person and no aligner wrote.
const TOLD_BY: &str = "told by";

/// Writes `<id>.wav` and `<id>.TextGrid` into a folder; each appears only when it is complete.
///
/// # Errors
/// When the disk does not take them.
pub fn write_clip(dir: &Path, clip: &Clip) -> Result<()> {
    let path = |extension: &str| dir.join(format!("{}.{extension}", clip.id));
    let sound = path("wav");
    let parent = sound.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(Error::io(parent))?;
    write_whole(&sound, |part| audio::write(part, &clip.samples))?;
    let text = text_grid(clip).to_text();
    write_whole(&path("TextGrid"), |part| fs::write(part, text).map_err(Error::io(part)))
}

/// Writes the phones of a sound of this length as `<id>.TextGrid` into a folder; a tier of its own says who told them.
///
/// # Errors
/// When the disk does not take it.
pub fn write_phones(dir: &Path, id: &str, phones: &[Segment], told_by: &str) -> Result<()> {
    let path = dir.join(format!("{id}.TextGrid"));
    let parent = path.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(Error::io(parent))?;
    let end_s = phones.last().map_or(0.0, |segment| segment.end_s);
    let who = Tier { name: TOLD_BY.into(), intervals: vec![Interval { start_s: 0.0, end_s, text: told_by.into() }] };
    let text = TextGrid { end_s, tiers: vec![phone_tier(phones), who] }.to_text();
    write_whole(&path, |part| fs::write(part, text).map_err(Error::io(part)))
}

/// Lets `write` make a `.part` beside `path` and renames it.
fn write_whole(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    write(Path::new(&part))?;
    fs::rename(&part, path).map_err(Error::io(path))
}

fn text_grid(clip: &Clip) -> TextGrid {
    let words = Tier { name: "words".into(), intervals: word_intervals(&clip.words, clip.seconds()) };
    TextGrid { end_s: clip.seconds(), tiers: vec![words, phone_tier(&clip.phones)] }
}

fn phone_tier(phones: &[Segment]) -> Tier {
    let interval = |s: &Segment| Interval { start_s: s.start_s, end_s: s.end_s, text: s.phone.name().into() };
    Tier { name: "phones".into(), intervals: phones.iter().map(interval).collect() }
}

/// The words, with empty intervals between them.
fn word_intervals(words: &[Interval], length_s: f64) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut now_s = 0.0;
    let silence = |start_s, end_s| Interval { start_s, end_s, text: String::new() };
    for word in words {
        let (start_s, end_s) = (word.start_s.max(now_s), word.end_s.min(length_s));
        if end_s <= start_s {
            continue;
        }
        intervals.extend((start_s > now_s).then(|| silence(now_s, start_s)));
        intervals.push(Interval { start_s, end_s, text: word.text.clone() });
        now_s = end_s;
    }
    intervals.extend((now_s < length_s).then(|| silence(now_s, length_s)));
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_cover_the_clip() {
        let intervals = word_intervals(&[Interval { start_s: 0.1, end_s: 0.3, text: "ah".into() }], 0.5);
        let texts: Vec<&str> = intervals.iter().map(|i| i.text.as_str()).collect();
        assert_eq!(texts, ["", "ah", ""]);
        assert_eq!(intervals[2].end_s, 0.5);
    }
}
