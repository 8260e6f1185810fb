//! A report as tables that a terminal can hold: mouths, vertices, timing, smoothness, keys, groups.

use keyface_core::Mouth;

use super::confusion::CLASSES;
use super::report::{CorpusReport, EvaluationReport};
use super::rows::MotionRow;
use super::score::MouthScore;
use super::table::Table;
use crate::judge::{Figure, Interval};

/// The whole report.
pub fn table(report: &EvaluationReport) -> String {
    let mut out = format!("model {}, look-ahead {} ms\n", report.model, report.look_ahead_ms);
    for part in &report.corpora {
        out += &format!("\n## {}\n\n", part.heard());
        out += &part.trained_on.iter().map(|said| format!("**{said}.**\n\n")).collect::<String>();
        out += &part.balanced().iter().map(|said| format!("{said}\n\n")).collect::<String>();
        tables(part).iter().for_each(|table| out += &format!("{}\n", table.markdown()));
    }
    out + &notes(report).join("\n") + "\n"
}

/// What is said of a model once for all corpora.
pub fn notes(report: &EvaluationReport) -> Vec<String> {
    let face = &report.surface;
    let still = |(noise, db, share): &(&str, f64, f64)| format!("{noise} {:.1} % at {db} dBFS", 100.0 * share);
    let still: Vec<String> = report.noise_active.iter().map(still).collect();
    let steps = report.streaming.as_ref().map(|s| {
        format!(
            "steps of 20 ms: p50 {:.2}, p95 {:.2}, p99 {:.2}, max {:.2} ms over {}; real-time factor {:.3}; \
             measured look-ahead {} ms",
            s.p50_ms, s.p95_ms, s.p99_ms, s.max_ms, s.steps, s.real_time_factor, s.measured_look_ahead_ms
        )
    });
    let notes = [
        format!(
            "measured on {} ({} vertices, lips {}, upper face {}, lip pairs {}, closed below {:.2} mm); dB SNR: {}",
            face.name, face.vertices, face.lips, face.upper_face, face.lip_pairs, face.closed_mm, report.noise
        ),
        format!("no speech, mouth active: {}", still.join(", ")),
    ];
    notes.into_iter().chain(steps).collect()
}

/// Everything that was measured on a corpus.
pub fn tables(part: &CorpusReport) -> Vec<Table> {
    let closures = part.closure_curve.iter().map(|(on, score)| (format!("lips close above {on:.2}"), score.clone()));
    let tables = [
        mouths("mouth", &part.mouths),
        mouths("closures against false ones", &closures.collect::<Vec<_>>()),
        vertices(part),
        timing(part),
        smoothness(part),
        keys(part),
        groups(part),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// What mouths are worth. Closures are hits of segments; recalls are shares of time.
pub fn mouths(title: &str, rows: &[(String, MouthScore)]) -> Table {
    let head = [
        "balanced [95 %]",
        "lag ms",
        "closures",
        "false/min",
        "f v recall",
        "false f v/min",
        "open in pause",
        "changes/s",
    ];
    let row = |(name, s): &(String, MouthScore)| {
        vec![
            name.clone(),
            Interval { value: s.balanced, range: s.balanced_range }.text(1.0, 3),
            s.lag_ms.to_string(),
            format!("{:.0} % of {}", 100.0 * s.closures, s.closures_of),
            format!("{:.1}", s.false_closures_per_min),
            recall(s, Mouth::LipTeeth),
            format!("{:.1}", s.false_lip_teeth_per_min),
            format!("{:.1} %", 100.0 * s.open_in_pause),
            format!("{:.1}", s.changes_per_s),
        ]
    };
    Table::new(title, &head, rows.iter().map(row).collect())
}

/// The same with the recall of every class.
pub fn mouths_by_class(title: &str, rows: &[(String, MouthScore)]) -> Table {
    const OTHERS: [Mouth; 5] = [Mouth::Silent, Mouth::Closed, Mouth::Round, Mouth::Open, Mouth::Narrow];
    let mut table = mouths(title, rows);
    table.columns.extend(OTHERS.map(|class| CLASSES[class as usize].to_owned()));
    for (cells, (_, score)) in table.rows.iter_mut().zip(rows) {
        cells.extend(OTHERS.map(|class| recall(score, class)));
    }
    table
}

/// Of a class that is scored.
fn recall(score: &MouthScore, class: Mouth) -> String {
    score.recall[class as usize].map_or("-".into(), |recall| format!("{recall:.2}"))
}

/// A cell of a motion table: its head, its metric, and how it is written.
type Cell = (&'static str, &'static str, fn(&Figure) -> String);

fn motion(title: &str, cells: &[Cell], rows: &[MotionRow]) -> Table {
    let head: Vec<&str> = cells.iter().map(|cell| cell.0).collect();
    let cell = |row: &MotionRow, (_, metric, write): &Cell| row.figure(metric).map_or("-".to_owned(), write);
    let row = |row: &MotionRow| {
        std::iter::once(row.name.clone()).chain(cells.iter().map(|c| cell(row, c))).collect::<Vec<_>>()
    };
    Table::new(title, &head, rows.iter().map(row).collect())
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

fn vertices(part: &CorpusReport) -> Table {
    let cells: [Cell; 10] = [
        ("LVE 1e-6 m2", "LVE", micro),
        ("median mm", "LVE-mm", |f| format!("{:.2}", f.median)),
        ("mean mm [95 %]", "LVE-mm", |f| f.interval().text(1.0, 2)),
        ("MVE mm", "MVE", two),
        ("UFVE mm", "UFVE", two),
        ("lip gap mm", "lip gap", two),
        ("FDD 1e-6 m2", "FDD", micro),
        ("abs", "FDD-abs", micro),
        ("LRP@2mm", "LRP@2mm", percent),
        ("@5mm", "LRP@5mm", percent),
    ];
    let mut table = motion("vertices", &cells, &part.motion);
    table.columns.push("mean mm above the first [95 %]".to_owned());
    let above = |by: Interval| by.signed_text(1.0, 2);
    let rows = table.rows.iter_mut().zip(&part.motion);
    rows.for_each(|(cells, row)| cells.push(row.above_first.map_or(String::new(), above)));
    table
}

fn timing(part: &CorpusReport) -> Table {
    let cells: [Cell; 8] = [
        ("turn error ms", "turn error", |f| format!("{:.1}", f.pooled)),
        ("median", "turn error", |f| format!("{:.1}", f.median)),
        ("found", "turns found", percent),
        ("sync ms", "sync offset", |f| format!("{:.1} +- {:.1}", f.mean, f.std)),
        (">45 ms", "sync beyond 45 ms", percent),
        (">80 ms", "sync beyond 80 ms", percent),
        ("closed at p b m", "closure", percent),
        ("closed elsewhere", "false closure", |f| format!("{:.1} %", 100.0 * f.pooled)),
    ];
    motion("timing and contact", &cells, &part.motion)
}

fn smoothness(part: &CorpusReport) -> Table {
    let cells: [Cell; 4] = [
        ("jerk / truth", "jerk ratio", two),
        ("above 8 Hz / truth", "energy above 8 Hz ratio", two),
        ("motion energy / truth", "motion energy ratio", two),
        ("mm/s in silence", "speed in silence", |f| format!("{:.1}", f.pooled)),
    ];
    motion("smoothness", &cells, &part.motion)
}

fn keys(part: &CorpusReport) -> Table {
    let head =
        ["F1 20 ms", "precision 40", "recall 40", "F1 40 ms", "F1 80 ms", "late ms", "off ms", "keys/s", "pose mm"];
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
    Table::new("key motions", &head, part.keys.iter().map(row).collect())
}

fn groups(part: &CorpusReport) -> Table {
    let head = ["clips", "balanced", "lag ms", "closures", "false/min", "LVE mm", "lip gap mm", "F1 40 ms"];
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
            pooled("lip gap"),
            format!("{:.3}", g.key_f1),
        ]
    };
    Table::new("group", &head, part.groups.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_never_occurs_has_no_recall() {
        let score = MouthScore {
            balanced: 0.5,
            balanced_range: Some([0.25, 0.75]),
            lag_ms: 80,
            recall: [Some(1.0), Some(0.25), None, Some(0.5), Some(0.5), Some(0.25)],
            closures: 0.4,
            closures_of: 5,
            false_closures_per_min: 3.0,
            false_lip_teeth_per_min: 0.0,
            open_in_pause: 0.125,
            active: 0.5,
            changes_per_s: 7.25,
        };
        let row = mouths_by_class("mouth", &[("a".into(), score)]).rows[0].join(" ");
        assert_eq!(row, "a 0.500 [0.250 0.750] 80 40 % of 5 3.0 - 0.0 12.5 % 7.2 1.00 0.25 0.50 0.50 0.25");
    }
}
