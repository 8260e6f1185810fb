//! A board's budgets beside what was measured.

use std::env::consts::ARCH;

use serde::Serialize;

use super::advice::advise;
use super::circumstances::Circumstances;
use super::row::{Row, Verdict};
use super::{BenchReport, Pictures};
use crate::AppError;
use crate::board::{Board, Budget};

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
        verdict: Verdict::of(measured, budget),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_of_40_mhz_carries_33_pictures_of_320_by_240_a_second() {
        let pictures = Pictures::of(320, 240, 0, crate::board::PixelFormat::Rgb565).unwrap();
        assert_eq!(on_wire(&pictures, 40_000_000), "a picture takes 30.7 ms on the SPI bus: 33 a second at most");
    }
}
