//! The processors that the line may use, and whether it may be urgent.

use std::io;
use std::thread;

use keyface_core::Board;
use rustix::process::{Resource, getrlimit};
use rustix::thread::{CpuSet, sched_getaffinity};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

use super::finding::Finding;
use super::machine::Machine;

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
    match try_priority(wanted) {
        Ok(()) => Finding::ok(PART, format!("priority {wanted} is allowed")),
        Err(reason) => {
            let limit = getrlimit(Resource::Rtprio).current.map_or("none".into(), |limit| limit.to_string());
            let found = format!("priority {wanted} is refused ({reason}; the limit is {limit})");
            let advice = format!(
                "the service may (LimitRTPRIO); for yourself put `@audio - rtprio {wanted}` into \
                 /etc/security/limits.d/keyface.conf, join the group audio and log in again"
            );
            Finding::warning(PART, found, advice)
        }
    }
}

/// Takes the priority for a moment, in a thread of its own: what limits and groups of processes allow, only the kernel
/// knows.
fn try_priority(wanted: u8) -> Result<(), String> {
    let trial = move || {
        let priority = ThreadPriorityValue::try_from(wanted).map_err(|e| format!("{e:?}"))?;
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(priority), policy)
            .map_err(reason)
    };
    let thread = thread::Builder::new().name("trial".into()).spawn(trial).map_err(|e| e.to_string())?;
    thread.join().unwrap_or_else(|_| Err("the trial broke".into()))
}

/// In the system's words.
fn reason(error: thread_priority::Error) -> String {
    match error {
        thread_priority::Error::OS(number) => io::Error::from_raw_os_error(number).to_string(),
        other => other.to_string(),
    }
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
