//! Sounds without labels: noises, which are laid under speech, and room responses, which speech is heard through.

use std::path::Path;

use super::audio;
use super::error::Result;
use super::folder::Files;

/// What a recording is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Laid under speech.
    Noise,
    /// The answer of a room to a click: a name with `rir` in it. Looped as noise it would be none.
    Room,
}

impl Kind {
    fn of(name: &str) -> Kind {
        if name.to_ascii_lowercase().contains("rir") { Kind::Room } else { Kind::Noise }
    }
}

/// Reads the recordings of a kind in a folder and its subfolders whose names, without folder and ending, are wanted; in
/// order of their names.
///
/// # Errors
/// When the folder or a sound in it cannot be read.
pub fn read_recordings(dir: &Path, kind: Kind, wanted: impl Fn(&str) -> bool) -> Result<Vec<Vec<f32>>> {
    let files = Files::find(dir)?.audio;
    let chosen = files.values().filter(|path| {
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Kind::of(&name) == kind && wanted(&name)
    });
    chosen.map(|path| audio::read(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_no_noises_and_names_can_be_kept_out() {
        let dir = tempfile::tempdir().unwrap();
        for (name, samples) in [("fan", 10), ("hall_rir1", 20), ("kitchen", 30)] {
            audio::write(&dir.path().join(format!("{name}.wav")), &vec![0.5; samples]).unwrap();
        }
        let lengths = |kind, kept: &str| -> Vec<usize> {
            read_recordings(dir.path(), kind, |name| name != kept).unwrap().iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(Kind::Noise, ""), [10, 30]);
        assert_eq!(lengths(Kind::Noise, "kitchen"), [10]);
        assert_eq!(lengths(Kind::Room, "kitchen"), [20]);
    }
}
