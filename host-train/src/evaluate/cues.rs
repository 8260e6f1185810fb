//! Mouth cues that any program wrote, in the formats of Rhubarb Lip Sync (TSV, JSON) and as Oculus visemes (TSV).
//!
//! A cue's shape becomes a viseme of the same mouth class, so that every program is scored alike.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use keyface_core::{AudioTime, Viseme};
use serde::Deserialize;

use super::score::Events;

/// Reads the text of a file.
type Parse = fn(&str) -> Result<Events>;

/// Endings of the files that are looked for, the finest shapes first.
const FORMATS: [(&str, Parse); 3] =
    [(".visemes.tsv", parse_tsv::<Oculus>), (".tsv", parse_tsv::<Rhubarb>), (".json", parse_json)];

/// A folder of cues, one file for each clip: `ID.visemes.tsv`, `ID.tsv` or `ID.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CueFolder {
    /// Who wrote them.
    pub program: String,
    /// Where they lie.
    pub folder: PathBuf,
}

impl FromStr for CueFolder {
    type Err = String;

    /// `FOLDER`, whose name is the program's, or `NAME=FOLDER`.
    fn from_str(text: &str) -> Result<CueFolder, String> {
        let (name, folder) = text.split_once('=').map_or((None, text), |(name, folder)| (Some(name), folder));
        let folder = PathBuf::from(folder);
        let own = || folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let program = name.map(str::to_owned).or_else(own).filter(|name| !name.is_empty());
        let program = program.ok_or_else(|| format!("expected FOLDER or NAME=FOLDER, came {text:?}"))?;
        Ok(CueFolder { program, folder })
    }
}

impl CueFolder {
    /// The cues of a clip; `None` when there is no file.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged, with its line.
    pub fn read(&self, id: &str) -> Result<Option<Events>> {
        for (ending, parse) in FORMATS {
            let path = self.folder.join(format!("{id}{ending}"));
            if path.is_file() {
                return read(&path, parse).map(Some);
            }
        }
        Ok(None)
    }
}

fn read(path: &Path, parse: Parse) -> Result<Events> {
    let events = fs::read_to_string(path).map_err(anyhow::Error::new).and_then(|text| parse(&text));
    events.with_context(|| path.display().to_string())
}

/// A program's word for a shape.
trait Shape {
    /// What the words are.
    const EXPECTED: &str;
    /// The viseme of a word; `None` for a word that is none.
    fn viseme(word: &str) -> Option<Viseme>;
}

/// Oculus' visemes; some programs write I, O and U for ih, oh and ou.
struct Oculus;

impl Shape for Oculus {
    const EXPECTED: &str = "an Oculus viseme (sil PP FF TH DD kk CH SS nn RR aa E ih oh ou)";

    fn viseme(word: &str) -> Option<Viseme> {
        match word {
            "I" => Some(Viseme::Ih),
            "O" => Some(Viseme::Oh),
            "U" => Some(Viseme::Ou),
            word => Viseme::ALL.into_iter().find(|viseme| viseme.name() == word),
        }
    }
}

/// Rhubarb's shapes, with the three that its descendants add (I J K).
struct Rhubarb;

impl Shape for Rhubarb {
    const EXPECTED: &str = "a mouth shape (A to K or X)";

    fn viseme(word: &str) -> Option<Viseme> {
        Some(match word {
            "X" => Viseme::Sil,
            "A" => Viseme::PP,
            "B" | "I" | "J" => Viseme::Ih,
            "C" => Viseme::E,
            "D" => Viseme::Aa,
            "E" => Viseme::Oh,
            "F" | "K" => Viseme::Ou,
            "G" => Viseme::FF,
            "H" => Viseme::Nn,
            _ => return None,
        })
    }
}

/// Lines of `time<TAB>shape`; empty lines do not count.
fn parse_tsv<S: Shape>(text: &str) -> Result<Events> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut events = Events::new();
    for (at, line) in lines {
        let event = parse_line::<S>(line).and_then(|event| after(&events, event));
        events.push(event.with_context(|| format!("line {}", at + 1))?);
    }
    Ok(events)
}

fn parse_line<S: Shape>(line: &str) -> Result<(AudioTime, Viseme)> {
    let (time, shape) = line.split_once('\t').with_context(|| format!("expected time<TAB>shape, came {line:?}"))?;
    let seconds = time.trim().parse().with_context(|| format!("expected a time in seconds, came {time:?}"))?;
    event::<S>(seconds, shape.trim())
}

/// Rhubarb's JSON; what else stands in it does not matter.
#[derive(Deserialize)]
struct RhubarbFile {
    #[serde(rename = "mouthCues")]
    mouth_cues: Vec<RhubarbCue>,
}

#[derive(Deserialize)]
struct RhubarbCue {
    start: f64,
    value: String,
}

fn parse_json(text: &str) -> Result<Events> {
    let file: RhubarbFile = serde_json::from_str(text)?;
    let mut events = Events::new();
    for (at, cue) in file.mouth_cues.iter().enumerate() {
        let event = event::<Rhubarb>(cue.start, &cue.value).and_then(|event| after(&events, event));
        events.push(event.with_context(|| format!("cue {}", at + 1))?);
    }
    Ok(events)
}

fn event<S: Shape>(seconds: f64, shape: &str) -> Result<(AudioTime, Viseme)> {
    ensure!(seconds.is_finite() && seconds >= 0.0, "expected a time in seconds, came {seconds}");
    let viseme = S::viseme(shape).with_context(|| format!("expected {}, came {shape:?}", S::EXPECTED))?;
    Ok((AudioTime::from_s(seconds), viseme))
}

/// The event, unless it lies before the one that was read last.
fn after(earlier: &Events, event: (AudioTime, Viseme)) -> Result<(AudioTime, Viseme)> {
    let last = earlier.last().map_or(AudioTime(0), |(at, _)| *at);
    ensure!(event.0 >= last, "expected times in order, came {:.3} s after {:.3} s", event.0.as_s(), last.as_s());
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(events: &[(i64, Viseme)]) -> Events {
        events.iter().map(|(ms, viseme)| (AudioTime::from_ms(*ms), *viseme)).collect()
    }

    /// Writes `text` as the cues of the clip `a` and reads them.
    fn cues(name: &str, text: &str) -> Result<Option<Events>> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        CueFolder { program: "p".into(), folder: folder.path().into() }.read("a")
    }

    /// The error, without the folder.
    fn refusal(name: &str, text: &str) -> String {
        let error = format!("{:#}", cues(name, text).unwrap_err());
        error[error.find(name).unwrap()..].to_owned()
    }

    #[test]
    fn rhubarbs_tsv_is_read() {
        let events = cues("a.tsv", "0.00\tX\n0.05\tD\n0.27\tA\n0.31\tG\n1.00\tX\n").unwrap().unwrap();
        use Viseme::*;
        assert_eq!(events, ms(&[(0, Sil), (50, Aa), (270, PP), (310, FF), (1000, Sil)]));
    }

    #[test]
    fn rhubarbs_json_is_read() {
        let text = r#"{ "metadata": { "soundFile": "a.wav", "duration": 0.5 }, "mouthCues": [
            { "start": 0.00, "end": 0.02, "value": "X" }, { "start": 0.02, "end": 0.50, "value": "F" } ] }"#;
        assert_eq!(cues("a.json", text).unwrap().unwrap(), ms(&[(0, Viseme::Sil), (20, Viseme::Ou)]));
    }

    #[test]
    fn oculus_visemes_are_read() {
        let events = cues("a.visemes.tsv", "0.000\tsil\n0.120\tkk\n\n0.125\tE\n0.2\tO\n").unwrap().unwrap();
        assert_eq!(events, ms(&[(0, Viseme::Sil), (120, Viseme::Kk), (125, Viseme::E), (200, Viseme::Oh)]));
    }

    #[test]
    fn a_clip_without_a_file_has_no_cues() {
        assert_eq!(cues("b.tsv", "0\tX\n").unwrap(), None);
    }

    #[test]
    fn a_damaged_line_is_named() {
        let shape = refusal("a.tsv", "0.00\tX\n0.10\tQ\n");
        assert_eq!(shape, "a.tsv: line 2: expected a mouth shape (A to K or X), came \"Q\"");
        assert_eq!(refusal("a.tsv", "0.00 X\n"), "a.tsv: line 1: expected time<TAB>shape, came \"0.00 X\"");
        let time = refusal("a.visemes.tsv", "\n-1\tsil\n");
        assert_eq!(time, "a.visemes.tsv: line 2: expected a time in seconds, came -1");
        let order = refusal("a.visemes.tsv", "0.5\tsil\n0.4\tPP\n");
        assert_eq!(order, "a.visemes.tsv: line 2: expected times in order, came 0.400 s after 0.500 s");
    }

    #[test]
    fn a_damaged_json_is_refused_with_its_place() {
        let shape = refusal("a.json", r#"{"mouthCues": [{"start": 0.0, "value": "X"}, {"start": 0.1, "value": "Q"}]}"#);
        assert_eq!(shape, "a.json: cue 2: expected a mouth shape (A to K or X), came \"Q\"");
        let field = refusal("a.json", "{\"mouthCues\": [\n{\"start\": 0.0}]}");
        assert_eq!(field, "a.json: missing field `value` at line 2 column 14");
    }

    #[test]
    fn a_folder_names_its_program_unless_it_is_named() {
        let parsed = |text: &str| CueFolder::from_str(text).unwrap();
        assert_eq!(parsed("out/rhubarb/").program, "rhubarb");
        assert_eq!(parsed("r1=out/x"), CueFolder { program: "r1".into(), folder: "out/x".into() });
        assert!(CueFolder::from_str("..").is_err());
    }
}
