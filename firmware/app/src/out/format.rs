//! What a file is written as: chosen by its ending, or by name.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::frames::{Frames, NUMBER};
use super::gltf::{Gltf, Kind};
use super::live_link::LiveLink;
use super::poses::Poses;
use super::rhubarb::{Notation, Rhubarb};
use super::sheet::ContactSheet;
use super::video::Video;
use super::visemes::Visemes;
use super::{AtomicFile, FrameRate, Recording, Writer};
use crate::AppError;

/// The file endings that can be written, as help and errors list them.
pub const ENDINGS: &str = ".csv (Live Link Face), .tsv, .json, .xml or .dat (Rhubarb), .visemes.tsv (Oculus), .poses.jsonl, .glb (a head that speaks), .vrma (for VRM models), .mp4 (with its sound), .gif, .png, -####.png (a picture for each frame, with alpha)";
/// The same formats by name.
pub const FORMATS: &str = "csv, tsv, json, xml, dat, visemes.tsv, poses.jsonl, glb, vrma, mp4, gif, png, frames";
/// The name that means standard output.
const STDOUT: &str = "-";
/// Rows a second of curves, where none are asked for.
const CURVE_FPS: u32 = 60;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Curves as Live Link Face writes them.
    Csv,
    /// Rhubarb's lines.
    Tsv,
    /// Rhubarb's document.
    Json,
    /// Rhubarb's other document.
    Xml,
    /// Rhubarb's lines for Moho and OpenToonz.
    Dat,
    /// Oculus visemes.
    Visemes,
    /// Whole poses.
    Poses,
    /// The project's head, and how it moves.
    Head,
    /// The motion of a VRM model.
    Vrma,
    /// A video with its sound.
    Video,
    /// An animation.
    Gif,
    /// A picture of each viseme.
    Sheet,
    /// A picture of each frame.
    Frames,
}

/// Names, which are endings too. An ending that ends in another one stands before it.
const NAMES: [(&str, Format); 13] = [
    ("visemes.tsv", Format::Visemes),
    ("poses.jsonl", Format::Poses),
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("json", Format::Json),
    ("xml", Format::Xml),
    ("dat", Format::Dat),
    ("glb", Format::Head),
    ("vrma", Format::Vrma),
    ("mp4", Format::Video),
    ("gif", Format::Gif),
    ("png", Format::Sheet),
    ("frames", Format::Frames),
];

impl Format {
    /// By a file's ending.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if name.ends_with(".png") && name.contains(NUMBER) {
            return Some(Format::Frames);
        }
        let named = NAMES.iter().filter(|(_, format)| *format != Format::Frames);
        named.into_iter().find(|(ending, _)| name.ends_with(&format!(".{ending}"))).map(|(_, format)| *format)
    }

    /// Where a sound called `stem` goes in `folder`.
    pub fn path_in(self, folder: &Path, stem: &OsStr) -> PathBuf {
        let stem = stem.to_string_lossy();
        if self == Format::Frames {
            return folder.join(format!("{stem}/{stem}-#####.png"));
        }
        let ending = NAMES.iter().find(|(_, format)| *format == self).map_or("", |(ending, _)| ending);
        folder.join(format!("{stem}.{ending}"))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        let name = text.trim_start_matches('.').to_ascii_lowercase();
        let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format);
        named.ok_or_else(|| format!("expected one of {FORMATS}"))
    }
}

/// One output: where to, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file; `-` is standard output.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
}

impl Target {
    /// As `format`, or as the file's ending says.
    ///
    /// # Errors
    /// When neither tells.
    pub fn new(path: &Path, format: Option<Format>) -> Result<Target, AppError> {
        let is_stdout = path == Path::new(STDOUT);
        let format = format.or_else(|| Format::of(path).filter(|_| !is_stdout)).ok_or_else(|| {
            let place = path.display().to_string();
            if is_stdout {
                return AppError::unexpected("--out -", format!("--as with one of {FORMATS}"), "no format");
            }
            AppError::unexpected(place, format!("one of {ENDINGS}"), "another ending")
        })?;
        Ok(Target { path: path.to_path_buf(), format })
    }

    /// The files that it may go over: a row of pictures, those that are there.
    pub fn files(&self) -> Vec<PathBuf> {
        let there = (self.format == Format::Frames).then(|| super::frames::there(&self.path));
        there.into_iter().flatten().chain([self.path.clone()]).collect()
    }

    /// Whether it is standard output.
    pub fn is_stdout(&self) -> bool {
        self.path == Path::new(STDOUT)
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn open(&self, recording: &Recording) -> Result<Box<dyn Writer>, AppError> {
        let (asked, size) = (recording.rate, recording.size_px);
        if self.format == Format::Frames {
            return Ok(Box::new(Frames::new(&self.path, asked, size)?));
        }
        let file = self.file(recording)?;
        let rate = asked.unwrap_or(FrameRate::whole(CURVE_FPS));
        let sound = || recording.sound_name.clone();
        let cues = |file, notation| Box::new(Rhubarb::new(file, notation, recording.shapes.clone()));
        Ok(match self.format {
            Format::Csv => Box::new(LiveLink::new(file, rate)),
            Format::Tsv => cues(file, Notation::Tsv),
            Format::Json => cues(file, Notation::Json(sound())),
            Format::Xml => cues(file, Notation::Xml(sound())),
            Format::Dat => cues(file, Notation::dat(asked)),
            Format::Visemes => Box::new(Visemes::new(file)),
            Format::Poses => Box::new(Poses::new(file, rate, recording.names.unwrap_or_default())),
            Format::Head => Box::new(Gltf::new(file, Kind::Head, rate)),
            Format::Vrma => Box::new(Gltf::new(file, Kind::Vrma(recording.names), rate)),
            Format::Video => Box::new(Video::new(file, asked, size)?),
            Format::Gif => animation(file, asked, size)?,
            Format::Sheet | Format::Frames => Box::new(ContactSheet::new(file)),
        })
    }

    fn file(&self, recording: &Recording) -> Result<AtomicFile, AppError> {
        let file = if self.is_stdout() { AtomicFile::stdout()? } else { AtomicFile::create(&self.path)? };
        Ok(if recording.is_live { file.growing() } else { file })
    }
}

#[cfg(feature = "gif")]
fn animation(file: AtomicFile, rate: Option<FrameRate>, size: Option<(u32, u32)>) -> Result<Box<dyn Writer>, AppError> {
    Ok(Box::new(super::animation::Animation::new(file, rate, size)?))
}

#[cfg(not(feature = "gif"))]
fn animation(file: AtomicFile, _: Option<FrameRate>, _: Option<(u32, u32)>) -> Result<Box<dyn Writer>, AppError> {
    let expected = "a program that was built with the feature `gif`";
    Err(AppError::unexpected(file.path().display().to_string(), expected, "one without it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_ending_is_refused_with_those_that_are_known() {
        let error = Target::new(Path::new("a.mov"), None).err().unwrap().to_string();
        assert_eq!(error, format!("a.mov: expected one of {ENDINGS}, came another ending"));
    }

    #[test]
    fn every_format_is_found_by_its_name_and_by_its_file() {
        for name in FORMATS.split(", ") {
            let format: Format = name.parse().unwrap();
            let path = format.path_in(Path::new("out"), OsStr::new("talk.final"));
            assert_eq!(Format::of(&path), Some(format), "{}", path.display());
        }
        assert_eq!(NAMES.len(), FORMATS.split(", ").count());
        assert_eq!(".CSV".parse(), Ok(Format::Csv));
    }

    #[test]
    fn standard_output_needs_a_format() {
        assert!(Target::new(Path::new("-"), None).is_err());
        assert!(Target::new(Path::new("-"), Some(Format::Tsv)).unwrap().is_stdout());
    }
}
