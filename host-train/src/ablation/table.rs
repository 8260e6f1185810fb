//! Rows in, a Markdown table out.

use super::Row;
use crate::train::Experiment;

/// A page of documentation around the table.
pub fn page(experiment: &Experiment, rows: &[Row]) -> String {
    let steps = experiment.kmtalk.as_ref().map_or(0, |choice| choice.steps.all());
    format!(
        "# What each part of KMTalk is worth\n\n\
         Written by `keyface-train ablate`, experiment `{}`: the offline KMTalk (Xu et al. 2024) without each of its \
         parts, and with disturbed key frames, on whole clips of the eval split. All variants hear the same frozen \
         audio features and learn from the same batches, seed {} and {steps} steps in all. Distances are in channel \
         weights, where 1 is a channel's whole range.\n\n{}",
        experiment.name,
        experiment.seed,
        table(rows),
    )
}

/// The table; figures in channel weights, where 1 is a channel's whole range.
pub fn table(rows: &[Row]) -> String {
    let full = rows.iter().find(|row| row.name == super::FULL).map(|row| row.score.motion.rms);
    let head =
        "| variant | what differs | parameters | key F1 | RMS | of full | worst lip |\n|---|---|---|---|---|---|---|\n";
    rows.iter().fold(head.to_string(), |text, row| text + &line(row, full))
}

fn line(row: &Row, full: Option<f64>) -> String {
    let or_blank = |text: Option<String>| text.unwrap_or_default();
    let motion = row.score.motion;
    format!(
        "| {} | {} | {} | {} | {:.4} | {} | {:.4} |\n",
        row.name,
        row.what,
        or_blank(row.parameters.map(|count| format!("{} k", count.div_ceil(1000)))),
        or_blank(row.score.keys.map(|keys| format!("{:.3}", keys.f1()))),
        motion.rms,
        or_blank(full.map(|full| format!("{:.0} %", 100.0 * motion.rms / full))),
        motion.worst_lip,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{KeyScore, MotionScore};
    use crate::train::kmtalk::KmTalkScore;

    #[test]
    fn a_row_stands_beside_the_full_model() {
        let row = |name, parameters, rms, keys| {
            let motion = MotionScore { rms, worst_lip: 0.125 };
            Row { name, what: "w", parameters, score: KmTalkScore { motion, keys } }
        };
        let keys = KeyScore { there: 3, found: 5, matched: 2 };
        let text = table(&[row("no motion", None, 0.15, None), row("full", Some(400_500), 0.1, Some(keys))]);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "| no motion | w |  |  | 0.1500 | 150 % | 0.1250 |");
        assert_eq!(lines[1], "| full | w | 401 k | 0.500 | 0.1000 | 100 % | 0.1250 |");
    }
}
