//! A table of a report: words in cells, for Markdown and for a page.

/// Rows of figures, each with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What the table is about; it stands over the names.
    pub title: String,
    /// Heads of the columns right of the names.
    pub columns: Vec<String>,
    /// A name, then a cell for every column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns and rows.
    pub fn new(title: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Table {
        Table { title: title.to_owned(), columns: columns.iter().map(|c| (*c).to_owned()).collect(), rows }
    }

    /// As Markdown; columns are as wide as their widest cell.
    pub fn markdown(&self) -> String {
        let head: Vec<String> = [&self.title].into_iter().chain(&self.columns).cloned().collect();
        let width = |n: usize| self.rows.iter().chain([&head]).map(|row| row[n].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let names = format!("|{}|", "-".repeat(widths[0] + 2));
        let figures: String = widths[1..].iter().map(|w| format!("{}:|", "-".repeat(w + 1))).collect();
        let rows: String = self.rows.iter().map(|row| line(row, &widths)).collect();
        format!("{}{names}{figures}\n{rows}", line(&head, &widths))
    }
}

/// Names to the left, figures to the right.
fn line(cells: &[String], widths: &[usize]) -> String {
    let cell = |(n, (cell, width)): (usize, (&String, &usize))| match n {
        0 => format!("| {cell:<width$} |"),
        _ => format!(" {cell:>width$} |"),
    };
    cells.iter().zip(widths).enumerate().map(cell).collect::<String>() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = Table::new("fruit", &["count"], vec![vec!["pear".into(), "2".into()]]);
        assert_eq!(table.markdown(), "| fruit | count |\n|-------|------:|\n| pear  |     2 |\n");
    }
}
