//! Rows in, a Markdown table out.

use super::Row;
use crate::train::kmtalk::KmTalkScore;

/// The table. LVE and its kin are on our own small face, in millimetres.
pub fn table(rows: &[Row]) -> String {
    let full = rows.iter().find(|row| row.name == super::FULL).map(|row| &row.score);
    let head = "| variant | what differs | parameters | key F1 | LVE mm² | of full | LVE-mm | above full [95 %] | turn error ms | \
                closure | RMS |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
    rows.iter().fold(head.to_string(), |text, row| text + &line(row, full))
}

fn line(row: &Row, full: Option<&KmTalkScore>) -> String {
    let number = |value: Option<f64>, digits: usize| value.map_or(String::new(), |v| format!("{v:.digits$}"));
    let score = &row.score;
    let lve = score.pooled("LVE");
    let percent = |part: f64, whole: f64| format!("{:.0} %", 100.0 * part / whole);
    let cells = [
        row.name.to_string(),
        row.what.to_string(),
        row.parameters.map_or(String::new(), |count| format!("{} k", count.div_ceil(1000))),
        number(score.key_f1, 3),
        number(lve.map(|m2| 1e6 * m2), 3),
        lve.zip(full.and_then(|full| full.pooled("LVE"))).map_or(String::new(), |(lve, full)| percent(lve, full)),
        number(score.pooled("LVE-mm"), 3),
        full.filter(|_| row.name != super::FULL).map_or(String::new(), |full| above(score, full)),
        number(score.pooled("turn error"), 1),
        number(score.pooled("closure"), 3),
        number(score.pooled("RMS"), 4),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// By how much the mean LVE-mm is above that of the full model, paired, by speaker.
fn above(score: &KmTalkScore, full: &KmTalkScore) -> String {
    score.marks.less(&full.marks, "LVE-mm").map_or(String::new(), |by| by.signed_text(1.0, 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Marks, Sample};

    #[test]
    fn a_row_stands_beside_the_full_model() {
        let row = |name, parameters, lve, key_f1| {
            let mut marks = Marks::new([("LVE", "m2"), ("LVE-mm", "mm")]);
            for speaker in ["a", "b"] {
                marks.add(speaker, [lve, 1e3 * f64::sqrt(lve)].map(|value| Some(Sample { value, weight: 1.0 })).into());
            }
            Row { name, what: "w", parameters, score: KmTalkScore { figures: marks.figures(), key_f1, marks } }
        };
        let text = table(&[row("no motion", None, 3e-6, None), row("full", Some(400_500), 2e-6, Some(0.5))]);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "| no motion | w |  |  | 3.000 | 150 % | 1.732 | +0.318 [+0.318 +0.318] |  |  |  |");
        assert_eq!(lines[1], "| full | w | 401 k | 0.500 | 2.000 | 100 % | 1.414 |  |  |  |  |");
    }
}
