//! What to lower when a budget is exceeded, with what that brings.

use super::circumstances::Circumstances;
use super::row::Row;
use super::{BenchReport, Pictures, StepTimes};
use crate::AppError;
use crate::board::{Board, Cpu, PixelFormat};

/// A load on each processor from which others disturb.
const BUSY: f64 = 0.5;
/// Steps of 20 ms in a second.
const STEPS_A_SECOND: f64 = 50.0;

/// What to do about a row that is over its budget.
pub(super) fn advise(
    row: &Row,
    board: &Board,
    report: &BenchReport,
    here: &Circumstances,
) -> Result<Vec<String>, AppError> {
    let stages = &report.stages;
    Ok(match row.key {
        "picture_p95_ms" => report.pictures.map_or(Ok(vec![]), |pictures| {
            disturbed(row, &pictures.times, board, here).map_or_else(|| picture(&pictures), |others| Ok(vec![others]))
        })?,
        "rss_mb" => memory(report),
        "first_step_ms" => first_step(report),
        "cpu_s_per_audio_s" => processor(report, here),
        "log_mel_p99_ms" => step(row, &stages.log_mel, board, here),
        "key_motion_p99_ms" => step(row, &stages.key_motion, board, here),
        "completion_p99_ms" => step(row, &stages.completion, board, here),
        _ => step(row, &report.line, board, here),
    })
}

fn step(row: &Row, times: &StepTimes, board: &Board, here: &Circumstances) -> Vec<String> {
    let (key, what) = (row.key, row.what.trim());
    if let Some(others) = disturbed(row, times, board, here) {
        return vec![others];
    }
    let mut advice: Vec<String> = clocks(key, here).into_iter().collect();
    if !here.quickest.is_empty() && board.cpu.affinity != here.quickest {
        advice.push(format!("{key}: set cpu.affinity = {:?}, the quickest processors", here.quickest));
    }
    if advice.is_empty() {
        advice.push(format!(
            "{key}: even undisturbed, {what} takes {:.3} ms, and the clock is as high as it goes: raise the budget, or take \
             a quicker processor; a model with another look-ahead takes as long",
            times.min_ms
        ));
    }
    advice
}

/// Half of the times are within the budget: then it is not the work that takes so long.
fn disturbed(row: &Row, times: &StepTimes, board: &Board, here: &Circumstances) -> Option<String> {
    let (key, half_ms) = (row.key, times.p50_ms);
    let load = here.load.map_or("unknown".into(), |load| format!("{load:.1} on {} processors", here.processors));
    let Cpu { affinity, realtime_priority } = &board.cpu;
    row.budget.filter(|budget| half_ms <= *budget).map(|_| {
        format!(
            "{key}: half of the times are within {half_ms:.3} ms, so others disturb the rest (load {load}): end them, or \
             give the line processors of its own (cpu.affinity, now {affinity:?}) and a cpu.realtime_priority (now \
             {realtime_priority})"
        )
    })
}

/// What the clocks hold back.
fn clocks(key: &str, here: &Circumstances) -> Option<String> {
    let (now_mhz, most_mhz) = here.clock_mhz.unwrap_or_default();
    let governor = here.governor.as_deref()?;
    (governor != "performance" || now_mhz < most_mhz).then(|| {
        format!(
            "{key}: the processor may run at {now_mhz} of {most_mhz} MHz, and the governor is `{governor}`: `cpupower \
             frequency-set -g performance` (Jetson: `nvpmodel -m 0`, then `jetson_clocks`)"
        )
    })
}

fn processor(report: &BenchReport, here: &Circumstances) -> Vec<String> {
    let stages = &report.stages;
    let share = |times: &StepTimes| times.p50_ms * STEPS_A_SECOND / 1_000.0;
    let (mel, key, completion) = (share(&stages.log_mel), share(&stages.key_motion), share(&stages.completion));
    let parts = format!(
        "cpu_s_per_audio_s: log-mel takes {mel:.3} s of it, key motions {key:.3} s, completion {completion:.3} s; models of \
         every look-ahead take as long"
    );
    let busy = here.load.filter(|load| *load > BUSY * here.processors as f64).map(|load| {
        format!(
            "cpu_s_per_audio_s: others run too (load {load:.1} on {} processors) and empty the caches",
            here.processors
        )
    });
    [Some(parts), busy, clocks("cpu_s_per_audio_s", here)].into_iter().flatten().collect()
}

fn first_step(report: &BenchReport) -> Vec<String> {
    let rest_ms = report.first_step_ms - report.load_ms;
    vec![format!(
        "first_step_ms: reading and preparing the model takes {:.0} ms, starting the program {rest_ms:.0} ms; the second \
         start is quicker where the disk is slow, so run this again before you take another disk",
        report.load_ms
    )]
}

fn memory(report: &BenchReport) -> Vec<String> {
    let program = report.program_mb.unwrap_or_default();
    let Some(pictures) = report.pictures else {
        return vec![format!("rss_mb: {program:.0} MB are the program itself, the rest the model: raise the budget")];
    };
    let half = Pictures { width_px: pictures.width_px / 2, height_px: pictures.height_px / 2, ..pictures };
    let [now, then] = [pictures, half].map(|pictures| pictures.memory_mb());
    vec![format!(
        "rss_mb: pictures of {}x{} keep {now:.0} MB, of {}x{} they would keep {then:.0} MB; {program:.0} MB are the program",
        pictures.width_px, pictures.height_px, half.width_px, half.height_px
    )]
}

/// Other pictures, measured here.
fn picture(now: &Pictures) -> Result<Vec<String>, AppError> {
    let (width, height) = (now.width_px / 2, now.height_px / 2);
    let smaller = Pictures::of(width, height, now.rotation_deg, now.format)?.times.p95_ms;
    let by_size = format!(
        "picture_p95_ms: {width}x{height} takes {smaller:.2} ms here (display.width_px, height_px; where a drawing takes more than 8 ms, `run` draws more coarsely by itself)"
    );
    if now.format == PixelFormat::Rgb565 {
        return Ok(vec![by_size]);
    }
    let shorter = Pictures::of(now.width_px, now.height_px, now.rotation_deg, PixelFormat::Rgb565)?.times.p95_ms;
    let by_format = match shorter < now.times.p95_ms {
        true => format!("picture_p95_ms: display.format = \"rgb565\" takes {shorter:.2} ms here"),
        false => format!("picture_p95_ms: display.format = \"rgb565\" takes {shorter:.2} ms here: it would not help"),
    };
    Ok(vec![by_size, by_format])
}

#[cfg(test)]
mod tests {
    use super::super::row::Verdict;
    use super::*;
    use crate::board;

    fn row(budget: f64) -> Row {
        let (key, what) = ("step_p99_ms", "step".to_owned());
        Row { key, what, unit: "ms", measured: Some(9.0), budget: Some(budget), verdict: Verdict::Over }
    }

    fn pi() -> Board {
        board::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards/raspberry-pi-5.toml")).unwrap()
    }

    #[test]
    fn steps_that_are_short_but_for_a_few_are_disturbed() {
        let times = StepTimes::of([vec![1.0; 90], vec![9.0; 10]].concat());
        let here = Circumstances { load: Some(3.0), processors: 4, ..Circumstances::default() };
        let advice = step(&row(4.0), &times, &pi(), &here);
        assert_eq!(advice.len(), 1);
        assert!(advice[0].contains("within 1.000 ms") && advice[0].contains("load 3.0 on 4 processors"), "{advice:?}");
        assert!(advice[0].contains("cpu.affinity, now [2, 3]"), "{advice:?}");
    }

    #[test]
    fn a_clock_that_is_held_back_is_told_with_its_figures() {
        let times = StepTimes::of(vec![9.0; 10]);
        let governor = Some("powersave".to_owned());
        let here = Circumstances { governor, clock_mhz: Some((600, 2_400)), processors: 4, ..Circumstances::default() };
        let advice = step(&row(4.0), &times, &pi(), &here);
        assert!(advice[0].contains("600 of 2400 MHz") && advice[0].contains("`powersave`"), "{advice:?}");
    }

    #[test]
    fn a_machine_at_its_best_is_told_to_be_too_slow() {
        let times = StepTimes::of(vec![9.0; 10]);
        let governor = Some("performance".to_owned());
        let here = Circumstances { governor, clock_mhz: Some((2_400, 2_400)), ..Circumstances::default() };
        let advice = step(&row(4.0), &times, &pi(), &here);
        assert!(advice[0].contains("even undisturbed"), "{advice:?}");
    }

    #[test]
    fn smaller_pictures_are_measured() {
        let pictures = Pictures::of(64, 48, 0, PixelFormat::Xrgb8888).unwrap();
        let advice = picture(&pictures).unwrap();
        assert!(advice[0].starts_with("picture_p95_ms: 32x24 takes ") && advice[1].contains("rgb565"), "{advice:?}");
    }
}
