//! Rows that a run leaves on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::score::Scored;
use crate::corpus::{Error, Result};
use crate::expert::Read;
use crate::judge::{Errors, Figure, rate};
use crate::papers::corpus::{Layout, Part};

/// How the files are called that [`write_rows`] writes.
const ENDING: &str = "rows.json";
/// Metrics whose published form is over all frames together.
const POOLED: [&str; 2] = ["LVE", "LVE-mm"];

/// A model's figures on a part of a corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The model, or what stands beside it.
    pub model: String,
    /// Name of the corpus.
    pub corpus: String,
    /// The part that was scored.
    pub part: String,
    /// Vertices of the mesh: with others than the papers' no figure may be compared with theirs.
    pub vertices: usize,
    /// What it heard and how it was made, in a sentence.
    pub note: String,
    /// By metric: LVE over all clips together, the others as means over clips.
    pub figures: BTreeMap<String, f64>,
    /// By judge and rate, over all clips together.
    #[serde(default)]
    pub read: BTreeMap<String, BTreeMap<String, f64>>,
}

/// What all rows of a run have in common.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The corpus.
    pub layout: Layout,
    /// The part that was scored.
    pub part: Part,
    /// Vertices of its mesh.
    pub vertices: usize,
    /// What must be said of the figures.
    pub note: &'a str,
}

impl Row {
    /// From what was measured of clips.
    pub fn new(model: &str, run: &Run<'_>, scored: &Scored) -> Row {
        let value = |figure: &Figure| if POOLED.contains(&figure.metric) { figure.pooled } else { figure.mean };
        let vertices = scored.figures.iter().map(|figure| (figure.metric.to_string(), value(figure)));
        let rates = |reads: &Vec<Read>| {
            let pooled = |of: fn(&Read) -> Errors| rate(&reads.iter().map(of).collect::<Vec<_>>());
            Read::rates(reads).into_iter().map(|(name, of)| (name.to_string(), pooled(of))).collect()
        };
        Row {
            model: model.into(),
            corpus: run.layout.name().into(),
            part: run.part.to_string(),
            vertices: run.vertices,
            note: run.note.into(),
            figures: vertices.collect(),
            read: scored.reads.iter().map(|(judge, reads)| (judge.clone(), rates(reads))).collect(),
        }
    }
}

/// Leaves rows in a folder, under the model's name.
///
/// # Errors
/// When the disk does not take them.
pub fn write_rows(dir: &Path, name: &str, rows: &[Row]) -> Result<()> {
    let path = dir.join(format!("{name}.{ENDING}"));
    let text = serde_json::to_string_pretty(rows)
        .map_err(|error| Error::unexpected(path.display().to_string(), "rows", error.to_string()))?;
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    fs::write(&path, text + "\n").map_err(Error::io(&path))
}

/// All rows that runs left in a folder.
///
/// # Errors
/// When one of them cannot be read.
pub fn read_rows(dir: &Path) -> Result<Vec<Row>> {
    let mut paths: Vec<_> = fs::read_dir(dir).map_err(Error::io(dir))?.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(&format!(".{ENDING}")));
    paths.sort();
    let mut rows = Vec::new();
    for path in paths {
        let text = fs::read(&path).map_err(Error::io(&path))?;
        let read: Vec<Row> = serde_json::from_slice(&text)
            .map_err(|error| Error::unexpected(path.display().to_string(), "rows of a run", error.to_string()))?;
        rows.extend(read);
    }
    Ok(rows)
}

#[cfg(test)]
pub mod testing {
    use super::*;

    pub fn row(model: &str, lve: f64) -> Row {
        Row {
            model: model.into(),
            corpus: "VOCASET".into(),
            part: "test of unseen speakers".into(),
            vertices: 5023,
            note: "generated corpus".into(),
            figures: [("LVE".to_string(), lve)].into(),
            read: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::row;
    use super::*;

    #[test]
    fn rows_are_read_from_all_runs_of_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        write_rows(dir.path(), "faceformer", &[row("FaceFormer", 1e-5)]).unwrap();
        write_rows(dir.path(), "selftalk", &[row("SelfTalk", 2e-5)]).unwrap();
        fs::write(dir.path().join("other.json"), "{}").unwrap();
        let models: Vec<String> = read_rows(dir.path()).unwrap().into_iter().map(|row| row.model).collect();
        assert_eq!(models, ["FaceFormer", "SelfTalk"]);
    }

    #[test]
    fn a_row_has_what_every_judge_read_under_its_name() {
        let errors = |wrong: f64| Errors { wrong, of: 4.0 };
        let read = |wrong: f64| Read { phones: errors(wrong), visemes: errors(0.5 * wrong), ..Read::default() };
        let spelled = |wrong: f64| Read { letters: errors(wrong), words: errors(4.0), ..Read::default() };
        let reads = [("deaf".to_string(), vec![read(4.0), read(1.0)]), ("speller".to_string(), vec![spelled(3.0)])];
        let run = Run { layout: Layout::Biwi, part: Part::TestSeen, vertices: 9, note: "" };
        let judged = Row::new("FaceFormer", &run, &Scored { figures: vec![], reads: reads.into() });
        let rates =
            |judge: &str| judged.read[judge].iter().map(|(name, value)| (&name[..], *value)).collect::<Vec<_>>();
        assert_eq!(rates("deaf"), [("PER", 0.625), ("VER", 0.3125)]);
        assert_eq!(rates("speller"), [("CER", 0.75), ("WER", 1.0)]);
        let unread = Row::new("FaceFormer", &run, &Scored::default());
        assert!(unread.figures.is_empty() && unread.read.is_empty());
        // Rows of before there were judges are read.
        let text = serde_json::to_string(&row("SelfTalk", 1.0)).unwrap().replace(",\"read\":{}", "");
        assert!(!text.contains("read"));
        assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), row("SelfTalk", 1.0));
    }
}
