//! What is said in a sound in, a script for the line out: a TextGrid with times, or a text whose words the line itself finds.

mod words;

pub use words::words;

use std::path::{Path, PathBuf};

use keyface_core::script::Script;
use keyface_sound::said::{Aligned, Interval, Labels, TextGrid};

use crate::{AppError, bounded};

/// An hour of phones in Praat's long text has about 10 MB.
const TEXTGRID_BYTES: u64 = 64 << 20;

/// What follows a sound's name in those of its texts; MFA's corpora have `.lab`.
pub const TEXT_ENDINGS: [&str; 2] = [".txt", ".lab"];

/// Reads the phones of a TextGrid; `labels` are what its names stand for. Where it tells of speech of unknown phones the
/// script has a gap.
///
/// # Errors
/// When it cannot be read, is none, has no tier of phones, or no phone that has a name.
pub fn read(path: &Path, labels: &Labels) -> Result<Script, AppError> {
    let place = path.display().to_string();
    let wrong = |expected: &str, came: String| AppError::unexpected(&place, expected, came);
    let grid = TextGrid::parse(&bounded::read(path, TEXTGRID_BYTES)?, &place)
        .map_err(|error| wrong("a TextGrid of Praat's or MFA's", without(&place, &error.to_string())))?;
    let tiers = grid.phones();
    if tiers.is_empty() {
        let names: Vec<&str> = grid.tiers.iter().map(|tier| tier.name.as_str()).collect();
        return Err(wrong("a tier `phones`", format!("the tiers {names:?}")));
    }
    let said = tiers.iter().flat_map(|tier| &tier.intervals).map(|Interval { text, .. }| text.as_str());
    let order = labels.order(said);
    let aligned = Aligned::of(&grid, labels, order);
    let script = Script::new(aligned.pieces.into_iter().flat_map(|piece| piece.phones));
    let unknown: Vec<&String> = aligned.unmapped.keys().take(5).collect();
    match (script.is_empty(), unknown.is_empty()) {
        (true, true) => return Err(wrong("phones", "only what nobody labelled, or several say at once".into())),
        (true, false) => return Err(wrong("phones", format!("none that has a name, but {unknown:?}"))),
        (false, true) => {}
        (false, false) => {
            log::warn!("{place}: {unknown:?} name no phone, and are heard instead (--phones says what they mean)")
        }
    }
    Ok(script)
}

/// What a reader says of a file whose name is told already.
fn without(place: &str, error: &str) -> String {
    format!("one with a fault: {}", error.strip_prefix(place).unwrap_or(error).trim_start_matches([':', ',', ' ']))
}

/// The script of a sound: the file that was named, or in a folder the one of the sound's name with the first of these
/// endings that is there. The name may have folders, as MFA makes one for each speaker; a file without them is taken where
/// there is none with them.
///
/// # Errors
/// When the folder has none of them.
pub fn of_sound(named: &Path, sound: Option<&Path>, endings: &[&str]) -> Result<PathBuf, AppError> {
    let Some((sound, stem)) = sound.filter(|_| named.is_dir()).and_then(|sound| Some((sound, sound.file_stem()?)))
    else {
        return Ok(named.to_path_buf());
    };
    let with = |ending: &str| {
        let mut name = stem.to_os_string();
        name.push(ending);
        name
    };
    let below = endings.iter().map(|ending| named.join(sound.with_file_name(with(ending))));
    let flat = endings.iter().map(|ending| named.join(with(ending)));
    below.chain(flat).find(|path| path.exists()).ok_or_else(|| {
        let name = sound.with_extension("").display().to_string();
        AppError::unexpected(
            named.display().to_string(),
            format!("{name} with one of the endings {}", endings.join(" ")),
            "none",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_sound::said::{TEXTGRID_ENDINGS, Tier};
    use std::fs;

    fn grid(tier: &str, said: &[(f64, f64, &str)]) -> String {
        let interval = |(start_s, end_s, text): &(f64, f64, &str)| Interval {
            start_s: *start_s,
            end_s: *end_s,
            text: (*text).to_owned(),
        };
        let tier = Tier { name: tier.into(), intervals: said.iter().map(interval).collect() };
        TextGrid { end_s: 1.0, tiers: vec![tier] }.to_text()
    }

    fn read_text(text: &str) -> Result<Script, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.TextGrid");
        fs::write(&path, text).unwrap();
        read(&path, &Labels::shipped()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_text_grid_is_a_script() {
        assert!(!read_text(&grid("phones", &[(0.0, 0.5, "B"), (0.5, 1.0, "AA1")])).unwrap().is_empty());
    }

    #[test]
    fn a_grid_without_phones_says_what_it_has() {
        let error = read_text(&grid("words", &[(0.0, 1.0, "bob")])).unwrap_err();
        assert!(error.contains("expected a tier `phones`, came the tiers [\"words\"]"), "{error}");
        let error = read_text(&grid("phones", &[(0.0, 1.0, "spn")])).unwrap_err();
        assert!(error.contains("expected phones"), "{error}");
        assert!(read_text("hello").unwrap_err().contains("expected a TextGrid"));
    }

    #[test]
    fn a_grid_of_speakers_who_always_talk_at_once_says_so() {
        let said = |text: &str| vec![Interval { start_s: 0.0, end_s: 1.0, text: text.into() }];
        let tier = |name: &str, text| Tier { name: name.into(), intervals: said(text) };
        let grid = TextGrid { end_s: 1.0, tiers: vec![tier("anna - phones", "B"), tier("bert - phones", "AA1")] };
        let error = read_text(&grid.to_text()).unwrap_err();
        assert!(error.ends_with("expected phones, came only what nobody labelled, or several say at once"), "{error}");
    }

    #[test]
    fn in_a_folder_the_grid_has_the_sounds_name() {
        let folder = tempfile::tempdir().unwrap();
        let of = |sound: &str| of_sound(folder.path(), Some(Path::new(sound)), &TEXTGRID_ENDINGS);
        let write = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        assert!(of("anna/one.wav").unwrap_err().to_string().contains("expected anna/one with one of the endings"));
        fs::create_dir(folder.path().join("anna")).unwrap();
        for name in ["one.json", "one.TextGrid", "anna/one.csv", "anna/one.TextGrid", "anna/one_aligned.TextGrid"] {
            write(name);
            assert_eq!(of("anna/one.wav").unwrap(), folder.path().join(name));
        }
        assert_eq!(of("one.wav").unwrap(), folder.path().join("one.TextGrid"));
        let named = of_sound(Path::new("a.TextGrid"), Some(Path::new("one.wav")), &TEXTGRID_ENDINGS);
        assert_eq!(named.unwrap(), Path::new("a.TextGrid"));
    }
}
