//! A board's budgets beside what was measured.

use std::env::consts::ARCH;
use std::fmt::{self, Display, Formatter};

use keyface_core::{Board, Budget};
use serde::Serialize;

use super::advice::advise;
use super::circumstances::Circumstances;
use super::{BenchReport, Pictures};
use crate::AppError;

/// How a measured value stands to its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Within it.
    Within,
    /// Beyond it.
    Over,
    /// Nothing to compare: no budget, or the system does not tell.
    Untold,
}

/// One thing that a board may have a budget for.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its key in the board's `[budget]`.
    pub key: &'static str,
    /// For people.
    pub what: String,
    /// Of both values.
    pub unit: &'static str,
    /// What was measured; `None` where the system does not tell, or there is nothing to measure.
    pub measured: Option<f64>,
    /// What the board allows; `None` where it says nothing.
    pub budget: Option<f64>,
    /// How they stand to each other.
    pub verdict: Verdict,
}

/// What a board allows, beside what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct BoardReport {
    /// The board's name.
    pub name: String,
    /// Everything that a budget can be for.
    pub rows: Vec<Row>,
    /// What the figures do not say.
    pub notes: Vec<String>,
    /// What to lower, for each row that is over.
    pub advice: Vec<String>,
}

impl BoardReport {
    /// Compares; for what is over, measures what would take less.
    pub(super) fn of(board: &Board, report: &BenchReport) -> Result<BoardReport, AppError> {
        let rows = rows(&board.budget, report);
        let here = Circumstances::of("/".as_ref());
        let advice = rows.iter().filter(|row| row.verdict == Verdict::Over);
        let advice = advice.map(|row| advise(row, board, report, &here)).collect::<Result<Vec<_>, _>>()?;
        Ok(BoardReport { name: board.name.clone(), notes: notes(board, report), rows, advice: advice.concat() })
    }

    /// What is over its budget.
    pub fn over(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.verdict == Verdict::Over)
    }
}

fn rows(budget: &Budget, report: &BenchReport) -> Vec<Row> {
    let Budget { first_step_ms, step_p99_ms, log_mel_p99_ms, key_motion_p99_ms, completion_p99_ms, .. } = *budget;
    let stages = &report.stages;
    let row = |key, what: &str, unit, measured, budget| Row {
        key,
        what: what.to_owned(),
        unit,
        measured,
        budget,
        verdict: verdict(measured, budget),
    };
    let step = |key, what, ms: f64, budget| row(key, what, "ms", Some(ms), budget);
    let picture = report.pictures.map_or("picture (no screen)".to_owned(), |pictures| {
        let Pictures { width_px, height_px, .. } = pictures;
        format!("picture of {width_px}x{height_px}, 95 % within")
    });
    vec![
        step("first_step_ms", "start to first step", report.first_step_ms, first_step_ms),
        step("step_p99_ms", "step of the line, 99 % within", report.line.p99_ms, step_p99_ms),
        step("log_mel_p99_ms", "  log-mel", stages.log_mel.p99_ms, log_mel_p99_ms),
        step("key_motion_p99_ms", "  key motions", stages.key_motion.p99_ms, key_motion_p99_ms),
        step("completion_p99_ms", "  completion", stages.completion.p99_ms, completion_p99_ms),
        row("picture_p95_ms", &picture, "ms", report.pictures.map(|p| p.times.p95_ms), budget.picture_p95_ms),
        row("cpu_s_per_audio_s", "CPU for a second of sound", "s", report.cpu_s_per_audio_s, budget.cpu_s_per_audio_s),
        row("rss_mb", "memory", "MB", report.rss_mb, budget.rss_mb),
    ]
}

fn verdict(measured: Option<f64>, budget: Option<f64>) -> Verdict {
    match measured.zip(budget) {
        None => Verdict::Untold,
        Some((measured, budget)) if measured <= budget => Verdict::Within,
        // What is no number is within no budget.
        Some(_) => Verdict::Over,
    }
}

fn notes(board: &Board, report: &BenchReport) -> Vec<String> {
    let target = board.target.triple();
    let is_elsewhere = !target.starts_with(ARCH);
    let elsewhere = format!("this machine is {ARCH}, the board {target}: these figures are not the board's");
    let share = report.pictures.map(|pictures| {
        let cpu_s = pictures.times.p50_ms * f64::from(crate::pictures::DISPLAY_FPS) / 1_000.0;
        format!("{} pictures a second take {cpu_s:.3} s of a processor", crate::pictures::DISPLAY_FPS)
    });
    let wire = report.pictures.and_then(|pictures| Some(on_wire(&pictures, board.display.panel.as_ref()?.clock_hz)));
    [is_elsewhere.then_some(elsewhere), share, wire].into_iter().flatten().collect()
}

/// What a panel's bus makes of a picture: 16 bits a pixel, one after the other.
fn on_wire(pictures: &Pictures, clock_hz: u32) -> String {
    let bits = f64::from(pictures.width_px) * f64::from(pictures.height_px) * 16.0;
    let seconds = bits / f64::from(clock_hz);
    format!("a picture takes {:.1} ms on the SPI bus: {:.0} a second at most", seconds * 1_000.0, 1.0 / seconds)
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Within => "ok",
            Verdict::Over => "OVER",
            Verdict::Untold => "-",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_of_40_mhz_carries_33_pictures_of_320_by_240_a_second() {
        let pictures = Pictures::of(320, 240, 0, keyface_core::PixelFormat::Rgb565).unwrap();
        assert_eq!(on_wire(&pictures, 40_000_000), "a picture takes 30.7 ms on the SPI bus: 33 a second at most");
    }

    #[test]
    fn what_is_measured_stands_within_over_or_beside_its_budget() {
        assert_eq!(verdict(Some(2.0), Some(2.0)), Verdict::Within);
        assert_eq!(verdict(Some(2.1), Some(2.0)), Verdict::Over);
        assert_eq!(verdict(Some(f64::NAN), Some(2.0)), Verdict::Over);
        assert_eq!(verdict(None, Some(2.0)), Verdict::Untold);
        assert_eq!(verdict(Some(2.0), None), Verdict::Untold);
    }
}
