//! A folder of captures and their sounds: what belongs together by its name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::capture::Capture;
use super::gltf::read_gltf;
use super::live_link::read_live_link;

const GLTF_ENDINGS: [&str; 2] = ["glb", "gltf"];
/// What is neither capture nor sound: buffers of a `.gltf`, and labels.
const OTHER_ENDINGS: [&str; 4] = ["bin", "TextGrid", "json", "txt"];

/// A capture and its sound, as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Their common name.
    pub name: String,
    /// What the Live Link Face app wrote, or an animated glTF.
    pub capture: PathBuf,
    /// Any sound, or film with sound.
    pub sound: PathBuf,
    /// When each phone is spoken, where somebody has written it down.
    pub labels: Option<PathBuf>,
}

/// Every `NAME.csv`, `NAME.glb` or `NAME.gltf` of a folder with the sound that lies beside it under the same name, and
/// `NAME.TextGrid` if there is one, in the names' order.
///
/// # Errors
/// A folder that cannot be read or holds no capture, a capture without exactly one sound, and two of one name.
pub fn find_takes(folder: &Path) -> Result<Vec<Take>> {
    let about = || folder.display().to_string();
    let entries = fs::read_dir(folder).with_context(about)?.collect::<std::io::Result<Vec<_>>>().with_context(about)?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| path.is_file()).collect();
    paths.sort();
    let takes = paths.iter().filter(|path| is_capture(path)).map(|capture| take(capture, &paths));
    let takes: Vec<Take> = takes.collect::<Result<_>>()?;
    let lacks = || format!("{}: expected NAME.csv (.glb, .gltf) with NAME.wav (or .mov ...) beside it", about());
    ensure!(!takes.is_empty(), "{}, came no capture", lacks());
    Ok(takes)
}

fn take(capture: &Path, paths: &[PathBuf]) -> Result<Take> {
    let about = capture.display();
    let beside: Vec<&PathBuf> = paths.iter().filter(|path| path.file_stem() == capture.file_stem()).collect();
    let captures = beside.iter().filter(|path| is_capture(path)).count();
    ensure!(captures == 1, "{about}: expected one capture of a name, came {captures}");
    let is_sound = |path: &Path| !is_capture(path) && !ends_in(path, &OTHER_ENDINGS);
    let sounds: Vec<&&PathBuf> = beside.iter().filter(|path| is_sound(path)).collect();
    let [sound] = sounds[..] else {
        anyhow::bail!("{about}: expected one sound or film of the same name beside it, came {}", sounds.len());
    };
    let labels = beside.iter().find(|path| ends_in(path, &["TextGrid"]));
    Ok(Take {
        name: capture.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        capture: capture.to_owned(),
        sound: sound.to_path_buf(),
        labels: labels.map(|path| path.to_path_buf()),
    })
}

/// Reads a capture by its name's ending: `.glb` and `.gltf` are glTF, all else is a CSV of the app.
///
/// # Errors
/// As [`read_live_link`] and [`read_gltf`].
pub fn read_capture(path: &Path) -> Result<Capture> {
    if ends_in(path, &GLTF_ENDINGS) { read_gltf(path) } else { Ok(read_live_link(path)?) }
}

fn is_capture(path: &Path) -> bool {
    ends_in(path, &["csv"]) || ends_in(path, &GLTF_ENDINGS)
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_needs_one_sound_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let touch = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        let refused = || find_takes(folder.path()).unwrap_err().to_string();
        assert!(refused().contains("came no capture"));
        ["b.csv", "b.mov", "a.CSV", "a.wav", "notes.txt", "c.gltf", "c.bin", "c.ogg", "c.TextGrid"]
            .into_iter()
            .for_each(touch);
        let takes = find_takes(folder.path()).unwrap();
        assert_eq!(takes.iter().map(|take| take.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(takes[2].sound, folder.path().join("c.ogg"));
        assert!(takes[2].labels.is_some() && takes[0].labels.is_none());
        touch("a.flac");
        assert!(refused().contains("came 2"));
        fs::remove_file(folder.path().join("a.flac")).unwrap();
        touch("c.glb");
        assert!(refused().contains("one capture of a name"));
    }

    #[test]
    fn a_capture_is_read_by_its_ending() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str| {
            let path = folder.path().join(name);
            fs::write(&path, "neither").unwrap();
            format!("{:#}", read_capture(&path).unwrap_err())
        };
        assert!(said("a.GLB").contains("expected glTF") && said("a.gltf").contains("expected glTF"));
        assert!(said("a.csv").contains("expected a CSV of the Live Link Face app"));
    }
}
