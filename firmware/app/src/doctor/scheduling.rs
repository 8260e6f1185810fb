//! The processors that the line may use, and whether it may be urgent.

use std::thread;

use rustix::process::{Resource, getrlimit};
use rustix::thread::{CpuSet, sched_getaffinity};

use super::finding::Finding;
use super::machine::Machine;
use crate::board::{Board, Cpu};
use crate::cpu;

pub(super) fn check(board: &Board, _: &Machine) -> Vec<Finding> {
    vec![processors(&board.cpu.affinity, &usable()), urgency(board.cpu.realtime_priority)]
}

/// The processors that this program may use.
fn usable() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU).filter(|processor| set.is_set(*processor)).collect()
}

fn processors(wanted: &[usize], usable: &[usize]) -> Finding {
    const PART: &str = "processors";
    let missing: Vec<usize> = wanted.iter().copied().filter(|processor| !usable.contains(processor)).collect();
    if missing.is_empty() {
        let used = if wanted.is_empty() { "the line may use all".into() } else { format!("the line uses {wanted:?}") };
        return Finding::ok(PART, format!("{} here; {used}", usable.len()));
    }
    let found = format!("{missing:?} of cpu.affinity cannot be used; there are {usable:?}");
    let advice = "correct cpu.affinity, or switch them on (Jetson: a power mode with more processors, `nvpmodel -q`)";
    Finding::warning(PART, found, advice)
}

fn urgency(wanted: u8) -> Finding {
    const PART: &str = "real time";
    if wanted == 0 {
        return Finding::ok(PART, "not asked for");
    }
    match refusal(wanted) {
        None => Finding::ok(PART, format!("priority {wanted} is allowed")),
        Some(reason) => {
            let limit = getrlimit(Resource::Rtprio).current.map_or("none".into(), |limit| limit.to_string());
            Finding::warning(PART, format!("priority {wanted} is refused; the limit is {limit}"), reason)
        }
    }
}

/// Takes the priority for a moment, in a thread of its own: what limits and groups of processes allow, only the kernel
/// knows.
fn refusal(wanted: u8) -> Option<String> {
    let trial = move || cpu::apply(&Cpu { affinity: vec![], realtime_priority: wanted });
    let refused = |reason: &dyn ToString| vec![reason.to_string()];
    let warnings = match thread::Builder::new().name("trial".into()).spawn(trial) {
        Ok(thread) => thread.join().unwrap_or_else(|_| refused(&"the trial broke")),
        Err(error) => refused(&error),
    };
    warnings.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_processor_that_is_switched_off_is_named() {
        let finding = processors(&[3, 4], &[0, 1, 2, 3]);
        assert_eq!(finding.verdict, Verdict::Warning);
        assert!(finding.found.starts_with("[4] of cpu.affinity"), "{finding}");
        assert_eq!(processors(&[], &[0]).verdict, Verdict::Ok);
    }

    #[test]
    fn this_test_may_use_a_processor() {
        assert!(!usable().is_empty());
    }

    #[test]
    fn without_a_wish_for_real_time_nothing_is_tried() {
        assert_eq!(urgency(0).verdict, Verdict::Ok);
        assert_ne!(urgency(90).verdict, Verdict::Failed);
    }
}
