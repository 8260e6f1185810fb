//! Clips that a listener would leave out: what it hears in them agrees too little with their labels.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// A listener's word on the labels of clips, and how much of it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referee {
    /// What `keyface-train listener --referee` wrote: corpus, clip and agreement, 0..=1.
    pub file: PathBuf,
    /// Clips of less agreement are not trained on.
    pub least: f64,
}

/// Agreement by corpus and clip.
pub type Agreements = BTreeMap<(String, String), f64>;

impl Referee {
    /// What the file says of each clip.
    ///
    /// # Errors
    /// A file that is not there or is no such table, with the line.
    pub fn read(&self) -> Result<Agreements> {
        let place = || self.file.display().to_string();
        let text = std::fs::read_to_string(&self.file).with_context(place)?;
        let mut rows = text.lines();
        ensure!(rows.next() == Some(HEADER), "{}: expected the header {HEADER:?}", place());
        let row = |(n, row): (usize, &str)| {
            let wrong = || format!("{}: line {}: expected corpus, id and agreement, came {row:?}", place(), n + 2);
            let mut cells = row.split('\t');
            let (corpus, id) = cells.next().zip(cells.next()).with_context(wrong)?;
            let agreement: f64 = cells.next().and_then(|cell| cell.parse().ok()).with_context(wrong)?;
            ensure!((0.0..=1.0).contains(&agreement), "{}", wrong());
            Ok(((corpus.to_owned(), id.to_owned()), agreement))
        };
        rows.enumerate().map(row).collect()
    }
}

/// First line of the table.
const HEADER: &str = "corpus\tid\tagreement";

/// The table, those that agree least first.
pub fn table(agreements: &Agreements) -> String {
    let mut rows: Vec<_> = agreements.iter().collect();
    rows.sort_by(|a, b| a.1.total_cmp(b.1));
    let row = |((corpus, id), agreement): (&(String, String), &f64)| format!("{corpus}\t{id}\t{agreement:.3}\n");
    let rows: String = rows.into_iter().map(row).collect();
    format!("{HEADER}\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Agreements> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Referee { file: file.path().to_path_buf(), least: 0.5 }.read()
    }

    #[test]
    fn what_is_written_is_read() {
        let named = |id: &str| ("people".to_owned(), id.to_owned());
        let told: Agreements = [(named("a"), 0.75), (named("b"), 0.125)].into();
        assert!(table(&told).starts_with("corpus\tid\tagreement\npeople\tb\t0.125\n"));
        assert_eq!(read(&table(&told)).unwrap(), told);
    }

    #[test]
    fn another_table_is_refused_with_its_line() {
        let refusal = |text: &str| read(text).unwrap_err().to_string();
        assert!(refusal("a\tb\n").contains("expected the header"));
        for row in ["people\ta", "people\ta\tmuch", "people\ta\t1.5"] {
            assert!(refusal(&format!("{HEADER}\npeople\tb\t0.1\n{row}\n")).contains("line 3: expected corpus, id"));
        }
    }
}
