//! Tables of figures and of confusion, as HTML.

use super::chart::escape;
use crate::evaluate::confusion::{CLASSES, Confusion};
use crate::evaluate::table::Table;

/// A table; wide ones scroll on narrow screens. The first row, the model's own, is set off.
pub fn table(table: &Table) -> String {
    let cells = |tag: &str, words: &[String]| -> String {
        words.iter().map(|word| format!("<{tag}>{}</{tag}>", escape(word))).collect()
    };
    let body: String = table.rows.iter().map(|row| format!("<tr>{}</tr>\n", cells("td", row))).collect();
    let (title, heads) = (escape(&table.title), cells("th", &table.columns));
    format!(
        "<div class=\"wide\"><table>\n<thead><tr><th>{title}</th>{heads}</tr></thead>\n\
         <tbody>\n{body}</tbody></table></div>\n"
    )
}

/// Said downwards, shown across: per cent of each row, the counts on hover.
pub fn confusion(confusion: &Confusion) -> String {
    let heads: String = CLASSES.iter().map(|name| format!("<th>{name}</th>")).collect();
    let rows: String = (0..CLASSES.len()).map(|said| row(confusion, said)).collect();
    format!(
        "<div class=\"wide\"><table class=\"confusion\">\n<thead><tr><th>said \u{2193} shown \u{2192}</th>{heads}<th>frames</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn row(confusion: &Confusion, said: usize) -> String {
    let all: usize = confusion.frames[said].iter().sum();
    let cell = |shown: usize| {
        let share = confusion.share(said, shown);
        let count = confusion.frames[said][shown];
        let told = if count == 0 { String::new() } else { format!("{:.0}", 100.0 * share) };
        let hover = format!("{} said, {} shown: {count} of {all} frames", CLASSES[said], CLASSES[shown]);
        format!("<td style=\"--share:{share:.3}\" title=\"{hover}\">{told}</td>")
    };
    let cells: String = (0..CLASSES.len()).map(cell).collect();
    format!("<tr><th>{}</th>{cells}<td class=\"count\">{all}</td></tr>\n", CLASSES[said])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_cell_for_each_word_and_none_breaks_out() {
        let fruit = Table::new("fruit", &["count"], vec![vec!["<pear>".into(), "2".into()]]);
        let html = table(&fruit);
        assert!(html.contains("<tr><th>fruit</th><th>count</th></tr>"), "{html}");
        assert!(html.contains("<tr><td>&lt;pear&gt;</td><td>2</td></tr>"), "{html}");
    }

    #[test]
    fn a_cell_of_confusion_tells_its_share_and_on_hover_its_count() {
        let mut counts = Confusion::default();
        counts.frames[1][1] = 3;
        counts.frames[1][5] = 1;
        let html = confusion(&counts);
        let hit = "<td style=\"--share:0.750\" title=\"p b m said, p b m shown: 3 of 4 frames\">75</td>";
        assert!(html.contains(hit), "{html}");
        assert!(html.contains("p b m said, narrow shown: 1 of 4 frames\">25</td>"), "{html}");
    }
}
