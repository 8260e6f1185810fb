//! Tables in a document that people write: between a line `<!-- NAME -->` and the next `<!-- / -->` stands what a command
//! has printed, and everything else is left alone.

use std::path::Path;

use anyhow::{Context, Result};

/// Whether a document has a place for the table of this name: asked before hours of training.
///
/// # Errors
/// As [`put`].
pub fn has_place(document: &Path, name: &str) -> Result<()> {
    placed(document, name, "").map(drop)
}

/// Puts a table into its place.
///
/// # Errors
/// A document that cannot be read or written, or has no such place.
pub fn put(document: &Path, name: &str, table: &str) -> Result<()> {
    let text = placed(document, name, table)?;
    std::fs::write(document, text).with_context(|| document.display().to_string())
}

fn placed(document: &Path, name: &str, table: &str) -> Result<String> {
    let text = std::fs::read_to_string(document).with_context(|| document.display().to_string())?;
    let place = format!("expected a line <!-- {name} -->, and below it a line <!-- / -->, for the table");
    replaced(&text, name, table).with_context(|| format!("{}: {place}", document.display()))
}

fn replaced(text: &str, name: &str, table: &str) -> Option<String> {
    let open = format!("<!-- {name} -->\n");
    let from = text.find(&open)? + open.len();
    let to = from + text[from..].find("<!-- / -->")?;
    Some(format!("{}\n{}\n\n{}", &text[..from], table.trim_end(), &text[to..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_its_place_and_what_people_wrote_stays() {
        let text = "Before.\n<!-- rows -->\nold\n<!-- / -->\nBetween.\n<!-- other -->\n<!-- / -->\n";
        let once = replaced(text, "rows", "| new |\n").unwrap();
        assert_eq!(once, text.replace("old\n", "\n| new |\n\n"));
        assert_eq!(replaced(&once, "rows", "| new |\n").unwrap(), once);
        assert_eq!(replaced(text, "none", ""), None);
    }
}
