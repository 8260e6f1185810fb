//! A report as Markdown tables that a terminal can hold: mouths, vertices, timing, smoothness, keys, groups.

use super::metric::Figure;
use super::report::{CorpusReport, EvaluationReport};
use super::rows::MotionRow;

/// The whole report.
pub fn table(report: &EvaluationReport) -> String {
    let face = &report.surface;
    let mut out = format!("model {}, look-ahead {} ms; dB SNR: {}\n", report.model, report.look_ahead_ms, report.noise);
    out += &format!(
        "measured on {} ({} vertices, lips {}, upper face {}, lip pairs {}, closed below {:.2} mm)\n",
        face.name, face.vertices, face.lips, face.upper_face, face.lip_pairs, face.closed_mm
    );
    for part in &report.corpora {
        out += &format!("\n## {} ({} clips, {:.1} min)\n\n", part.corpus, part.clips, part.minutes);
        out += &[mouths(part), vertices(part), timing(part), smoothness(part), keys(part), groups(part)].concat();
    }
    out += "noise alone, mouth active:";
    report.noise_active.iter().for_each(|(db, share)| out += &format!("  {db} dBFS {:.1} %", 100.0 * share));
    if let Some(s) = &report.streaming {
        out += &format!(
            "\nsteps of 20 ms: p50 {:.2}, p95 {:.2}, p99 {:.2}, max {:.2} ms over {}; real-time factor {:.3}; measured look-ahead {} ms",
            s.p50_ms, s.p95_ms, s.p99_ms, s.max_ms, s.steps, s.real_time_factor, s.measured_look_ahead_ms
        );
    }
    out + "\n"
}

/// Columns of equal width; the first is the row's name.
fn markdown(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<String>| {
        let cell = |(n, (cell, width)): (usize, (&String, &usize))| match n {
            0 => format!("| {cell:<width$} |"),
            _ => format!(" {cell:>width$} |"),
        };
        cells.iter().zip(&widths).enumerate().map(cell).collect::<String>() + "\n"
    };
    let rule = widths.iter().enumerate().map(|(n, w)| match n {
        0 => format!("|{}|", "-".repeat(w + 2)),
        _ => format!("{}:|", "-".repeat(w + 1)),
    });
    let title = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    title + &rule.collect::<String>() + "\n" + &rows.into_iter().map(line).collect::<String>() + "\n"
}

fn mouths(part: &CorpusReport) -> String {
    let head = [
        "mouth",
        "balanced",
        "lag ms",
        "closures",
        "false/min",
        "f v recall",
        "false f v/min",
        "open in pause",
        "changes/s",
    ];
    let row = |(name, s): &(String, super::MouthScore)| {
        vec![
            name.clone(),
            format!("{:.3}", s.balanced),
            s.lag_ms.to_string(),
            format!("{:.0} % of {}", 100.0 * s.closures, s.closures_of),
            format!("{:.1}", s.false_closures_per_min),
            s.recall[2].map_or("-".into(), |recall| format!("{recall:.2}")),
            format!("{:.1}", s.false_lip_teeth_per_min),
            format!("{:.1} %", 100.0 * s.open_in_pause),
            format!("{:.1}", s.changes_per_s),
        ]
    };
    markdown(&head, part.mouths.iter().map(row).collect())
}

/// A cell of a motion table: its head, its metric, and how it is written.
type Cell = (&'static str, &'static str, fn(&Figure) -> String);

fn motion(title: &str, cells: &[Cell], rows: &[MotionRow]) -> String {
    let head: Vec<&str> = std::iter::once(title).chain(cells.iter().map(|cell| cell.0)).collect();
    let cell = |row: &MotionRow, (_, metric, write): &Cell| row.figure(metric).map_or("-".to_owned(), write);
    let row = |row: &MotionRow| {
        std::iter::once(row.name.clone()).chain(cells.iter().map(|c| cell(row, c))).collect::<Vec<_>>()
    };
    markdown(&head, rows.iter().map(row).collect())
}

fn two(f: &Figure) -> String {
    format!("{:.2}", f.pooled)
}

fn percent(f: &Figure) -> String {
    format!("{:.0} %", 100.0 * f.pooled)
}

fn micro(f: &Figure) -> String {
    format!("{:.2}", 1e6 * f.pooled)
}

fn vertices(part: &CorpusReport) -> String {
    let cells: [Cell; 10] = [
        ("LVE 1e-6 m2", "LVE", micro),
        ("median mm", "LVE-mm", |f| format!("{:.2}", f.median)),
        ("mean mm [95 %]", "LVE-mm", |f| format!("{:.2} [{:.2} {:.2}]", f.mean, f.low, f.high)),
        ("MVE mm", "MVE", two),
        ("UFVE mm", "UFVE", two),
        ("MOD mm", "MOD", two),
        ("FDD 1e-6 m2", "FDD", micro),
        ("abs", "FDD-abs", micro),
        ("LRP@2mm", "LRP@2mm", percent),
        ("@5mm", "LRP@5mm", percent),
    ];
    motion("vertices", &cells, &part.motion)
}

fn timing(part: &CorpusReport) -> String {
    let cells: [Cell; 8] = [
        ("MTM ms", "MTM", |f| format!("{:.1}", f.pooled)),
        ("median", "MTM", |f| format!("{:.1}", f.median)),
        ("coverage", "MTM coverage", percent),
        ("sync ms", "sync offset", |f| format!("{:.1} +- {:.1}", f.mean, f.std)),
        (">45 ms", "sync beyond 45 ms", percent),
        (">80 ms", "sync beyond 80 ms", percent),
        ("closed at p b m", "closure", percent),
        ("closed elsewhere", "false closure", |f| format!("{:.1} %", 100.0 * f.pooled)),
    ];
    motion("timing and contact", &cells, &part.motion)
}

fn smoothness(part: &CorpusReport) -> String {
    let cells: [Cell; 4] = [
        ("jerk / truth", "jerk ratio", two),
        ("above 8 Hz / truth", "energy above 8 Hz ratio", two),
        ("motion energy / truth", "motion energy ratio", two),
        ("mm/s in silence", "speed in silence", |f| format!("{:.1}", f.pooled)),
    ];
    motion("smoothness", &cells, &part.motion)
}

fn keys(part: &CorpusReport) -> String {
    let head = [
        "key motions",
        "F1 20 ms",
        "precision 40",
        "recall 40",
        "F1 40 ms",
        "F1 80 ms",
        "late ms",
        "off ms",
        "keys/s",
        "pose mm",
    ];
    let row = |(name, k): &(String, super::KeyScore)| {
        let [near, usual, far] = k.windows;
        vec![
            name.clone(),
            format!("{:.3}", near.f1),
            format!("{:.3}", usual.precision),
            format!("{:.3}", usual.recall),
            format!("{:.3}", usual.f1),
            format!("{:.3}", far.f1),
            format!("{:.1}", k.late_ms),
            format!("{:.1}", k.off_ms),
            format!("{:.1} of {:.1}", k.found_per_s, k.there_per_s),
            k.pose_mm.map_or("-".into(), |mm| format!("{mm:.2}")),
        ]
    };
    markdown(&head, part.keys.iter().map(row).collect())
}

fn groups(part: &CorpusReport) -> String {
    if part.groups.is_empty() {
        return String::new();
    }
    let head = ["group", "clips", "balanced", "lag ms", "closures", "false/min", "LVE mm", "MOD mm", "F1 40 ms"];
    let row = |g: &super::GroupReport| {
        let pooled = |metric| g.motion.figure(metric).map_or("-".to_owned(), two);
        vec![
            g.group.clone(),
            g.clips.to_string(),
            format!("{:.3}", g.mouth.balanced),
            g.mouth.lag_ms.to_string(),
            format!("{:.0} % of {}", 100.0 * g.mouth.closures, g.mouth.closures_of),
            format!("{:.1}", g.mouth.false_closures_per_min),
            pooled("LVE-mm"),
            pooled("MOD"),
            format!("{:.3}", g.key_f1),
        ]
    };
    markdown(&head, part.groups.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![vec!["a".into(), "12.5".into()], vec!["long name".into(), "3".into()]];
        let wanted = "| row       |    x |\n|-----------|-----:|\n| a         | 12.5 |\n| long name |    3 |\n\n";
        assert_eq!(markdown(&["row", "x"], rows), wanted);
    }
}
