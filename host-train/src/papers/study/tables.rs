//! A paper's rows beside ours, and a run's figures.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::published::{PaperTable, Published, printed_scale};
use super::rows::Row;
use super::score::TRUTH;
use crate::evaluate::Table;
use crate::papers::VERTEX_METRICS;
use crate::papers::corpus::Layout;

const COLUMNS: [&str; 4] = ["before (theirs)", "after (theirs)", "before (ours)", "after (ours)"];

/// A paper's rows beside ours, as Markdown with what must be said of them.
pub fn table(paper: PaperTable, ours: &[Row]) -> String {
    let mut out = lve_table(paper, ours).markdown();
    for (judge, rate) in read(ours).into_iter().filter(|_| paper.is_read()) {
        let read: Vec<&Row> = ours.iter().filter(|row| row.read.contains_key(judge)).collect();
        out.push_str(&format!("\n{}", read_table(paper, rate, judge, &read).markdown()));
    }
    out.push_str(
        "\nPublished figures were read second-hand and none was measured here. VOCASET's differ between papers by a \
         factor of ten\nfor one model: only rows of one harness may be compared. What our runs did:\n",
    );
    let notes: BTreeSet<&str> = ours.iter().map(|row| row.note.as_str()).filter(|note| !note.is_empty()).collect();
    notes.iter().for_each(|note| _ = writeln!(out, "- {note}"));
    out
}

fn lve_table(paper: PaperTable, ours: &[Row]) -> Table {
    let cells = |row: &Published| {
        let (power, scale) = (power(row.layout), printed_scale(row.layout));
        let own = |model: &str| own_cells(ours, model, row.layout, |own| lve(own, scale, power));
        vec![
            format!("{}, {}", row.model, row.layout.name()),
            format!("{:.4}{power}", row.before),
            format!("{:.4}{power}", row.after),
            own(row.model),
            own(&paper.name_with(row.model)),
        ]
    };
    Table::new(&format!("LVE, {}", paper.addition()), &COLUMNS, paper.rows().iter().map(cells).collect())
}

/// Judges, and the rates of each that stand in rows.
fn read(rows: &[Row]) -> BTreeSet<(&str, &str)> {
    let judges = rows.iter().flat_map(|row| &row.read);
    judges.flat_map(|(judge, rates)| rates.keys().map(move |rate| (&judge[..], &rate[..]))).collect()
}

/// The authors' readers spell; where ours reads phones, they stand in place of letters.
fn read_table(paper: PaperTable, rate: &str, judge: &str, ours: &[&Row]) -> Table {
    let own =
        |model: &str, layout: Layout| own_cells(ours.iter().copied(), model, layout, |own| percent(own, judge, rate));
    let cells = |row: &Published| {
        let [before, after] = row.read(rate).map_or(["-".into(), "-".into()], |read| read.map(|p| format!("{p:.1} %")));
        let ours = [own(row.model, row.layout), own(&paper.name_with(row.model), row.layout)];
        [vec![format!("{}, {}", row.model, row.layout.name()), before, after], ours.into()].concat()
    };
    let beside = |layout: Layout| {
        let row = vec![format!("{TRUTH}, {}", layout.name()), "-".into(), "-".into(), own(TRUTH, layout), "-".into()];
        ours.iter().any(|own| own.corpus == layout.name()).then_some(row)
    };
    let rows = paper.rows().iter().map(cells).chain([Layout::Biwi, Layout::Vocaset].into_iter().filter_map(beside));
    let theirs = if rate == "PER" { " (theirs: CER)" } else { "" };
    Table::new(&format!("{rate}{theirs}, read by {judge}"), &COLUMNS, rows.collect())
}

/// What our runs of a model measured on each part, or that there was none.
fn own_cells<'a>(
    ours: impl IntoIterator<Item = &'a Row>,
    model: &str,
    layout: Layout,
    of: impl Fn(&Row) -> Option<String>,
) -> String {
    let is_ours = |own: &&Row| own.model == model && own.corpus == layout.name();
    let cell = |own: &Row| {
        let mesh = match own.vertices {
            vertices if vertices == layout.vertices() => String::new(),
            other => format!(", another mesh of {other} vertices"),
        };
        Some(format!("{} ({}{mesh})", of(own)?, own.part))
    };
    // What stands beside every model is the same in all of its runs.
    let mut cells: Vec<String> = vec![];
    for cell in ours.into_iter().filter(is_ours).filter_map(cell) {
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    if cells.is_empty() { "not run".into() } else { cells.join("; ") }
}

fn lve(row: &Row, scale: f64, power: &str) -> Option<String> {
    Some(format!("{:.4}{power}", scale * row.figures.get("LVE")?))
}

fn percent(row: &Row, judge: &str, rate: &str) -> Option<String> {
    Some(format!("{:.1} %", 100.0 * row.read.get(judge)?.get(rate)?))
}

/// Figures over clips as a table: a row for each name.
pub fn figures_table(title: &str, rows: &[Row]) -> String {
    let judged = read(rows);
    let names = VERTEX_METRICS.iter().map(|metric| metric.name.to_owned());
    let names: Vec<String> = names.chain(judged.iter().map(|(judge, rate)| format!("{rate} by {judge}"))).collect();
    let cell = |value: Option<&f64>| value.map_or("-".into(), |value| short(*value));
    let cells = |row: &Row| {
        let figures = VERTEX_METRICS.iter().map(|metric| cell(row.figures.get(metric.name)));
        let read = judged.iter().map(|(judge, rate)| cell(row.read.get(*judge).and_then(|rates| rates.get(*rate))));
        [row.model.clone()].into_iter().chain(figures).chain(read).collect::<Vec<String>>()
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
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

#[cfg(test)]
mod tests {
    use super::super::rows::testing::row;
    use super::*;

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

    #[test]
    fn what_a_judge_read_stands_beside_the_truths_own_and_under_its_name() {
        let read = |model: &str, judge: &str, per: f64| {
            let rates = [("PER".to_string(), per), ("VER".to_string(), per - 0.1)].into();
            Row { read: [(judge.to_string(), rates)].into(), corpus: "BIWI".into(), ..row(model, 1e-5) }
        };
        let ours = [
            read("FaceFormer", "deaf", 0.9),
            read(TRUTH, "deaf", 0.4),
            read("FaceFormer + guidance", "deaf", 0.8),
            read(TRUTH, "deaf", 0.4),
            read("FaceFormer", "other", 0.7),
        ];
        let text = table(PaperTable::AvGuide, &ours);
        let of = |title: &str| {
            let from = text.find(title).unwrap();
            text[from..]
                .lines()
                .filter(|line| line.contains("FaceFormer, BIWI") || line.contains(TRUTH))
                .take(2)
                .collect::<String>()
        };
        let per = of("PER (theirs: CER), read by deaf");
        assert!(["72.6 %", "68.4 %", "90.0 % (", "80.0 % ("].iter().all(|cell| per.contains(cell)), "{per}");
        assert_eq!(per.matches("40.0 %").count(), 1, "{per}");
        assert!(["68.8 %", "62.4 %"].iter().all(|cell| of("VER, read by deaf").contains(cell)), "{text}");
        assert!(of("PER (theirs: CER), read by other").contains("not run"), "{text}");
        // KMTalk's paper has no readers.
        assert!(!table(PaperTable::KmTalk, &ours).contains("PER"));
    }
}
