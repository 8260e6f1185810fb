//! Rows in, a Markdown table out.

use super::Row;

/// The table. LVE and its kin are on our own small face, in millimetres.
pub fn table(rows: &[Row]) -> String {
    let full = rows.iter().find(|row| row.name == super::FULL).and_then(|row| row.score.pooled("LVE"));
    let head = "| variant | what differs | parameters | key F1 | LVE mm² | of full | LVE-mm | MTM ms | closure | RMS |\n\
                |---|---|---|---|---|---|---|---|---|---|\n";
    rows.iter().fold(head.to_string(), |text, row| text + &line(row, full))
}

fn line(row: &Row, full: Option<f64>) -> String {
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
        lve.zip(full).map_or(String::new(), |(lve, full)| percent(lve, full)),
        number(score.pooled("LVE-mm"), 3),
        number(score.pooled("MTM"), 1),
        number(score.pooled("closure"), 3),
        number(score.pooled("RMS"), 4),
    ];
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::metric::{Sample, figure};
    use crate::train::kmtalk::KmTalkScore;

    #[test]
    fn a_row_stands_beside_the_full_model() {
        let row = |name, parameters, lve, key_f1| {
            let figures = vec![figure("LVE", "m2", &[Sample { value: lve, weight: 1.0 }]).unwrap()];
            Row { name, what: "w", parameters, score: KmTalkScore { figures, key_f1 } }
        };
        let text = table(&[row("no motion", None, 3e-6, None), row("full", Some(400_500), 2e-6, Some(0.5))]);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "| no motion | w |  |  | 3.000 | 150 % |  |  |  |  |");
        assert_eq!(lines[1], "| full | w | 401 k | 0.500 | 2.000 | 100 % |  |  |  |  |");
    }
}
