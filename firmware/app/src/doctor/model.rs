//! The model: whether it is here, whole, what the board wants, and quick enough.

use std::time::Instant;

use keyface_core::{Line, SAMPLE_RATE_HZ};

use super::finding::Finding;
use super::machine::Machine;
use crate::animate::STEP_SAMPLES;
use crate::board::Board;
use crate::bundle::{Bundle, Keys};
use crate::stats::Sorted;
use crate::store::{Chosen, Store};
use crate::{AppError, board};

/// Span of a step: what takes longer falls behind.
const STEP_MS: f64 = 20.0;
const ABSENT: &str =
    "install it (the package, or `keyface model install`), or set `model` in the board to one that is here";
const DAMAGED: &str = "`keyface model list` shows what is installed; install it again, or `keyface model rollback`";
/// A step that leaves no room for anything else.
const SLOW_MS: f64 = STEP_MS / 2.0;

pub(super) fn check(board: &Board, _: &Machine) -> Vec<Finding> {
    let mut warnings = Vec::new();
    match choose(board, &mut warnings) {
        Err(error) => vec![Finding::failed("model", error.to_string(), ABSENT)],
        Ok(Chosen { model, folder, slot }) => {
            if slot.is_some() {
                warnings.extend(unsigned(&folder));
            }
            let (card, folder) = (&model.card, folder.display());
            let ahead_ms = card.look_ahead_ms;
            let found = format!("{} {} in {folder}, {ahead_ms} ms ahead; its files are whole", card.name, card.version);
            let finding = match warnings.first() {
                None => Finding::ok("model", found),
                Some(warning) => Finding::warning("model", format!("{found}; {warning}"), DAMAGED),
            };
            vec![finding, speed(Line::new(model))]
        }
    }
}

/// The model that a live face would take.
fn choose(board: &Board, warnings: &mut Vec<String>) -> Result<Chosen, AppError> {
    let chosen = Store::of_machine().choose(Some(board), |warning| warnings.push(warning))?;
    let card = &chosen.model.card;
    board::check_look_ahead(format!("model `{}`", card.name), card.look_ahead_ms, board.look_ahead())?;
    Ok(chosen)
}

/// Why an installed bundle is not what a trusted key has signed, if so.
fn unsigned(folder: &std::path::Path) -> Option<String> {
    let signer = Keys::of_machine().and_then(|keys| Bundle::read_folder(folder)?.signer(&keys).map(|_| ()));
    signer.err().map(|error| format!("its signature does not hold: {error}"))
}

/// A second of sound through the line.
fn speed(mut line: Line) -> Finding {
    let sound: Vec<f32> = (0..SAMPLE_RATE_HZ).map(|n| 0.1 * (n as f32 * 0.1).sin()).collect();
    let mut times_ms = Vec::new();
    for block in sound.chunks(STEP_SAMPLES) {
        let start = Instant::now();
        let failed = line.push(block).find_map(Result::err);
        times_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        if let Some(error) = failed {
            return Finding::failed("line", error.to_string(), "this model does not work on this machine: use another");
        }
    }
    judge(times_ms)
}

fn judge(times_ms: Vec<f64>) -> Finding {
    let sorted = Sorted::new(times_ms);
    let (half_ms, most_ms) = (sorted.at(0.5), sorted.at(0.95));
    let found = format!("a step of {STEP_MS:.0} ms takes {half_ms:.2} ms, 95 % of the steps {most_ms:.2} ms");
    let advice = "`keyface bench --board NAME` says what takes so long";
    match half_ms {
        ms if ms >= STEP_MS => Finding::failed("line", found, advice),
        ms if ms >= SLOW_MS => Finding::warning("line", found, advice),
        _ => Finding::ok("line", found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_line_that_falls_behind_is_refused() {
        assert_eq!(judge(vec![25.0; 50]).verdict, Verdict::Failed);
        assert_eq!(judge(vec![12.0; 50]).verdict, Verdict::Warning);
        assert_eq!(judge(vec![1.0; 50]).found, "a step of 20 ms takes 1.00 ms, 95 % of the steps 1.00 ms");
    }
}
