//! Rows that a run leaves on the disk, and a paper's table of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::published::{PaperTable, Published, printed_scale};
use crate::corpus::{Error, Result};
use crate::evaluate::Table;
use crate::evaluate::metric::Figure;
use crate::papers::corpus::{Layout, Part};
use crate::papers::metric::VERTEX_METRICS;

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
    /// By metric: LVE pooled over all frames, the others as means over clips.
    pub figures: BTreeMap<String, f64>,
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
    /// From figures over clips.
    pub fn new(model: &str, run: &Run<'_>, figures: &[Figure]) -> Row {
        let value = |figure: &Figure| if POOLED.contains(&figure.metric) { figure.pooled } else { figure.mean };
        Row {
            model: model.into(),
            corpus: run.layout.name().into(),
            part: run.part.to_string(),
            vertices: run.vertices,
            note: run.note.into(),
            figures: figures.iter().map(|figure| (figure.metric.to_string(), value(figure))).collect(),
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

/// A paper's rows beside ours, as Markdown with what must be said of them.
pub fn table(paper: PaperTable, ours: &[Row]) -> String {
    let cells = |row: &Published| {
        let power = power(row.layout);
        let own = |model: &str| {
            let is_ours = |own: &&Row| own.model == model && own.corpus == row.layout.name();
            let own: Vec<String> = ours.iter().filter(is_ours).filter_map(|own| own_cell(own, row.layout)).collect();
            if own.is_empty() { "not run".into() } else { own.join("; ") }
        };
        vec![
            format!("{}, {}", row.model, row.layout.name()),
            format!("{:.4}{power}", row.before),
            format!("{:.4}{power}", row.after),
            own(row.model),
            own(&paper.name_with(row.model)),
        ]
    };
    let title = format!("LVE, {}", paper.addition());
    let columns = ["before (theirs)", "after (theirs)", "before (ours)", "after (ours)"];
    let mut out = Table::new(&title, &columns, paper.rows().iter().map(cells).collect()).markdown();
    out.push_str(
        "\nPublished figures were read second-hand and none was measured here. VOCASET's differ between papers by a \
         factor of ten\nfor one model: only rows of one harness may be compared. What our runs did:\n",
    );
    let notes: BTreeSet<&str> = ours.iter().map(|row| row.note.as_str()).filter(|note| !note.is_empty()).collect();
    notes.iter().for_each(|note| _ = writeln!(out, "- {note}"));
    out
}

/// Figures over clips as a table: a row for each name.
pub fn figures_table(title: &str, rows: &[Row]) -> String {
    let names: Vec<&str> = VERTEX_METRICS.iter().map(|metric| metric.name).collect();
    let cell = |row: &Row, name: &str| row.figures.get(name).map_or("-".into(), |value| short(*value));
    let cells = |row: &Row| {
        [row.model.clone()].into_iter().chain(names.iter().map(|name| cell(row, name))).collect::<Vec<String>>()
    };
    Table::new(title, &names, rows.iter().map(cells).collect()).markdown()
}

/// Four figures, small ones by their power.
fn short(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-2 { format!("{value:.3e}") } else { format!("{value:.3}") }
}

fn power(layout: Layout) -> &'static str {
    match layout {
        Layout::Vocaset => "e-5",
        Layout::Biwi => "e-4",
    }
}

/// A figure of another mesh than the papers' says so.
fn own_cell(row: &Row, layout: Layout) -> Option<String> {
    let value = printed_scale(layout) * row.figures.get("LVE")?;
    let mesh = match row.vertices {
        vertices if vertices == layout.vertices() => String::new(),
        other => format!(", another mesh of {other} vertices"),
    };
    Some(format!("{value:.4}{} ({}{mesh})", power(layout), row.part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, lve: f64) -> Row {
        Row {
            model: model.into(),
            corpus: "VOCASET".into(),
            part: "test of unseen speakers".into(),
            vertices: 5023,
            note: "generated corpus".into(),
            figures: [("LVE".to_string(), lve)].into(),
        }
    }

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
    fn published_figures_are_marked_as_theirs_and_ours_stand_beside() {
        let text = table(PaperTable::KmTalk, &[row("FaceFormer", 3.21e-5)]);
        let line = |name: &str| text.lines().find(|line| line.starts_with(&format!("| {name} "))).unwrap().to_string();
        let ours = line("FaceFormer, VOCASET");
        assert!(ours.contains("4.1090e-5") && ours.contains("3.2100e-5 (test of unseen speakers)"), "{ours}");
        assert!(line("SelfTalk, BIWI").contains("not run") && text.contains("before (theirs)"), "{text}");
        assert!(text.contains("- generated corpus"));
        let guided = table(PaperTable::AvGuide, &[row("FaceFormer", 2e-5), row("FaceFormer + guidance", 1e-5)]);
        assert!(guided.contains("2.0000e-5 (test of unseen speakers) | 1.0000e-5"), "{guided}");
        let other = table(PaperTable::KmTalk, &[Row { vertices: 120, ..row("FaceFormer", 3.21e-5) }]);
        assert!(other.contains("test of unseen speakers, another mesh of 120 vertices"), "{other}");
    }

    #[test]
    fn figures_stand_under_their_metrics() {
        let text = figures_table("VOCASET", &[row("FaceFormer", 3.21e-5)]);
        assert!(text.lines().next().unwrap().contains("LVE") && text.contains("3.210e-5"), "{text}");
    }
}
