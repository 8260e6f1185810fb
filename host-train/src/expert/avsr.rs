//! Films of real mouths in the layout of auto_avsr (Ma et al. 2023), which LRS2 and LRS3 are brought into:
//! `DIR/NAME_video*/PART/.../CLIP.mp4` (mouths, 25 pictures a second) and the text beside, `DIR/NAME_text*/PART/.../CLIP.txt`.
//! Which clips are tested say the lists in `DIR/labels`, `DIR/../labels`, or the names of the parts. ffmpeg decodes.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use keyface_sound::said::Interval;

use super::material::EXPERT_HOPS;
use super::reel::Reel;
use crate::clip::Split;
use crate::corpus::stable_hash;
use crate::data::Utterance;
use crate::render::not_run;

/// Where nothing chooses the checkpoint, one speaker in so many does.
const CHOOSING: u64 = 20;

/// A film on the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct AvsrClip {
    /// Its path below the folder of films, without its ending.
    pub id: String,
    /// Name of the folder that it lies in: one speaker's, or one video's.
    pub speaker: String,
    /// Where it belongs.
    pub split: Split,
    video: PathBuf,
    text: PathBuf,
}

/// The films of a folder of this layout, in the order of their ids; `None` where it has another one.
///
/// # Errors
/// A folder or list that cannot be read, or a layout without a film.
pub fn find_avsr(folder: &Path) -> Result<Option<Vec<AvsrClip>>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let Some(videos) = names.into_iter().find(|name| name.contains("_video")) else { return Ok(None) };
    let listed = listed(folder)?;
    let (root, texts) = (folder.join(&videos), folder.join(videos.replacen("_video", "_text", 1)));
    let mut clips = vec![];
    walk(&root, &mut |video| {
        let below = video.strip_prefix(&root).unwrap_or(video);
        let id = below.with_extension("").to_string_lossy().replace('\\', "/");
        let speaker = video.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let part = id.split('/').next().unwrap_or_default();
        let split = listed.get(&format!("{videos}/{id}")).copied().unwrap_or_else(|| split_of(part));
        clips.push(AvsrClip {
            text: texts.join(below).with_extension("txt"),
            video: video.to_owned(),
            id,
            speaker,
            split,
        });
    })?;
    ensure!(!clips.is_empty(), "{}: expected films (.mp4), found none", root.display());
    clips.sort_by(|a, b| a.id.cmp(&b.id));
    if clips.iter().all(|clip| clip.split != Split::Valid) {
        let chooses =
            |clip: &&mut AvsrClip| clip.split == Split::Train && stable_hash(&clip.speaker).is_multiple_of(CHOOSING);
        clips.iter_mut().filter(chooses).for_each(|clip| clip.split = Split::Valid);
    }
    Ok(Some(clips))
}

impl AvsrClip {
    /// Decodes the film to grey pictures of `side` pixels, and reads its text.
    ///
    /// # Errors
    /// No ffmpeg, a film that it cannot read, or no text.
    pub fn reel(&self, side: usize) -> Result<Reel> {
        let text = fs::read_to_string(&self.text).with_context(|| self.text.display().to_string())?;
        let mut pictures = decoded(&self.video, side)?;
        let steps = pictures.len() / (side * side);
        ensure!(steps > 0, "{}: expected pictures, came none", self.video.display());
        pictures.truncate(steps * side * side);
        let hops = steps * EXPERT_HOPS;
        // Nobody tells when which word is said.
        let words = vec![Interval { start_s: 0.0, end_s: hops as f64 / 100.0, text: text.trim().to_owned() }];
        let clip = Utterance { words, ..Utterance::silence(hops) };
        Ok(Reel { id: self.id.clone(), speaker: self.speaker.clone(), clip, pictures, side })
    }
}

fn walk(folder: &Path, found: &mut impl FnMut(&Path)) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "mp4") {
            found(&path);
        }
    }
    Ok(())
}

/// Splits of films by `NAME_video.../PART/.../CLIP`, from lists whose lines are `NAME,PATH,FRAMES,TOKENS`.
fn listed(folder: &Path) -> Result<HashMap<String, Split>> {
    let mut listed = HashMap::new();
    for lists in [folder.join("labels"), folder.join("../labels")] {
        let Ok(entries) = fs::read_dir(&lists) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let split = split_of(&path.file_stem().unwrap_or_default().to_string_lossy());
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let clips = text.lines().filter_map(|line| line.split(',').nth(1)?.strip_suffix(".mp4"));
            listed.extend(clips.map(|clip| (clip.to_owned(), split)));
        }
    }
    Ok(listed)
}

/// By the name of a part or of a list, such as `lrs3_test_transcript_lengths`; `trainval` is trained on.
fn split_of(name: &str) -> Split {
    let words: Vec<&str> = name.split('_').collect();
    match () {
        () if words.contains(&"test") => Split::Eval,
        () if words.contains(&"val") || words.contains(&"valid") => Split::Valid,
        () => Split::Train,
    }
}

fn decoded(video: &Path, side: usize) -> Result<Vec<u8>> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-i"]).arg(video);
    command.args(["-vf", &format!("fps=25,scale={side}:{side}"), "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1"]);
    let done = command.stdin(Stdio::null()).output().map_err(not_run)?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{}: expected a film: {}", video.display(), said.trim());
    Ok(done.stdout)
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// A film of a clip of flat grey pictures, 25 a second; `None` without an ffmpeg.
    pub fn film(folder: &Path, id: &str, text: &str, greys: &[u8]) -> Option<()> {
        let (video, said) = (format!("lrs3_video_seg24s/{id}.mp4"), format!("lrs3_text_seg24s/{id}.txt"));
        let (video, said) = (folder.join(video), folder.join(said));
        [&video, &said].iter().for_each(|path| fs::create_dir_all(path.parent().unwrap()).unwrap());
        fs::write(said, text).unwrap();
        let raw = folder.join("raw");
        fs::write(&raw, greys.iter().flat_map(|grey| vec![*grey; 96 * 96]).collect::<Vec<u8>>()).unwrap();
        let mut command = Command::new("ffmpeg");
        command.args(["-loglevel", "error", "-nostdin", "-y", "-f", "rawvideo", "-pixel_format", "gray"]);
        command.args(["-video_size", "96x96", "-framerate", "25", "-i"]).arg(&raw);
        command.args(["-c:v", "mpeg4", "-q:v", "2"]).arg(&video);
        command.status().ok().filter(std::process::ExitStatus::success).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(paths: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for path in paths {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        dir
    }

    #[test]
    fn films_are_found_with_their_parts_and_speakers() {
        let dir = made(&[
            "lrs3_video_seg24s/trainval/anna/1.mp4",
            "lrs3_video_seg24s/trainval/anna/1.wav",
            "lrs3_video_seg24s/val/ben/2.mp4",
            "lrs3_video_seg24s/test/carl/3.mp4",
        ]);
        let clips = find_avsr(dir.path()).unwrap().unwrap();
        let told: Vec<_> = clips.iter().map(|clip| (&clip.id[..], &clip.speaker[..], clip.split)).collect();
        let expected = [
            ("test/carl/3", "carl", Split::Eval),
            ("trainval/anna/1", "anna", Split::Train),
            ("val/ben/2", "ben", Split::Valid),
        ];
        assert_eq!(told, expected);
        assert!(clips[0].text.ends_with("lrs3_text_seg24s/test/carl/3.txt"));
        assert_eq!(find_avsr(made(&["anna/1.png"]).path()).unwrap(), None);
    }

    #[test]
    fn lists_tell_the_parts_of_a_folder_that_does_not() {
        let dir = made(&["lrs2_video_seg16s/main/a/1.mp4", "lrs2_video_seg16s/main/b/2.mp4", "labels/x"]);
        let list = |name: &str, clip: &str| {
            let line = format!("lrs2,lrs2_video_seg16s/main/{clip}.mp4,75,12 4 9\n");
            fs::write(dir.path().join(format!("labels/lrs2_{name}_transcript_lengths_seg16s.csv")), line).unwrap();
        };
        list("test", "a/1");
        list("val", "b/2");
        let splits: Vec<Split> = find_avsr(dir.path()).unwrap().unwrap().iter().map(|clip| clip.split).collect();
        assert_eq!(splits, [Split::Eval, Split::Valid]);
    }

    #[test]
    fn a_film_is_decoded_to_grey_mouths_with_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let Some(()) = testing::film(dir.path(), "test/anna/1", "SO WHAT\n", &[40, 40, 200, 200, 90]) else { return };
        let reel = find_avsr(dir.path()).unwrap().unwrap()[0].reel(12).unwrap();
        let middle = |step: usize| reel.pictures[step * 144 + 78];
        assert_eq!((reel.steps(), &reel.clip.words[0].text[..]), (5, "SO WHAT"));
        assert!([40, 40, 200, 200, 90].iter().zip(0..).all(|(grey, step)| middle(step).abs_diff(*grey) < 6));
        fs::remove_file(dir.path().join("lrs3_text_seg24s/test/anna/1.txt")).unwrap();
        let refused = find_avsr(dir.path()).unwrap().unwrap()[0].reel(12).unwrap_err().to_string();
        assert!(refused.contains("1.txt"), "{refused}");
    }
}
