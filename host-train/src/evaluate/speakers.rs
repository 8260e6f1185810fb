//! `speakers.tsv` of a corpus: what is known of each speaker, as the groups that a report tells apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Groups of each speaker, by name.
pub type Speakers = BTreeMap<String, Vec<String>>;

/// Speakers younger than this are children.
const CHILD_BELOW: u32 = 13;

/// Reads the file beside a corpus; nothing where there is none. Of its columns `speaker`, `corpus`, `sex`, `age` and
/// `accent` any but the first may be missing or empty.
///
/// # Errors
/// A file without a column `speaker`.
pub fn read_speakers(corpus: &Path) -> Result<Speakers> {
    let path = corpus.join("speakers.tsv");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(Speakers::new()) };
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    let column = |name: &str| columns.iter().position(|column| *column == name);
    let speaker = column("speaker")
        .with_context(|| format!("{}: expected a column `speaker`, came {columns:?}", path.display()))?;
    let [corpus, sex, age, accent] = ["corpus", "sex", "age", "accent"].map(column);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at).copied()).filter(|cell| !cell.is_empty());
        Some((cell(Some(speaker))?.to_owned(), groups(cell(corpus), cell(sex), cell(age), cell(accent))))
    };
    Ok(lines.filter_map(row).collect())
}

fn groups(corpus: Option<&str>, sex: Option<&str>, age: Option<&str>, accent: Option<&str>) -> Vec<String> {
    let age = age.and_then(|age| age.parse::<u32>().ok());
    let told = [
        corpus.map(|corpus| format!("corpus {corpus}")),
        sex.map(|sex| format!("sex {sex}")),
        age.map(|age| if age < CHILD_BELOW { format!("under {CHILD_BELOW}") } else { "adult".into() }),
        accent.map(|accent| format!("accent {accent}")),
    ];
    told.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_speaker_becomes_groups() {
        let dir = tempfile::tempdir().unwrap();
        let text = "speaker\tsplit\tcorpus\tsex\tage\taccent\na\teval\tx\tf\t7\tMandarin\nb\teval\tx\t\t\t\n";
        fs::write(dir.path().join("speakers.tsv"), text).unwrap();
        let speakers = read_speakers(dir.path()).unwrap();
        assert_eq!(speakers["a"], ["corpus x", "sex f", "under 13", "accent Mandarin"]);
        assert_eq!(speakers["b"], ["corpus x"]);
    }

    #[test]
    fn a_file_without_speakers_is_told_and_none_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read_speakers(dir.path()).unwrap().is_empty());
        fs::write(dir.path().join("speakers.tsv"), "name\tsex\n").unwrap();
        assert!(read_speakers(dir.path()).unwrap_err().to_string().contains("column `speaker`"));
    }
}
