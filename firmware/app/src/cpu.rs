//! A board's `[cpu]` in, the scheduling of the calling thread out.

use crate::board::Cpu;

/// Puts the calling thread on the board's processors, at its priority. Threads that it starts later inherit both.
///
/// Returns one warning for each thing that the system refuses: the face runs without it, perhaps less evenly.
pub fn apply(cpu: &Cpu) -> Vec<String> {
    [pin(&cpu.affinity), hurry(cpu.realtime_priority)].into_iter().flatten().collect()
}

#[cfg(target_os = "linux")]
fn pin(processors: &[usize]) -> Option<String> {
    use rustix::thread::{CpuSet, sched_setaffinity};

    if processors.is_empty() {
        return None;
    }
    let mut set = CpuSet::new();
    processors.iter().filter(|at| **at < CpuSet::MAX_CPU).for_each(|at| set.set(*at));
    let refused = sched_setaffinity(None, &set).err()?;
    let present = std::thread::available_parallelism().map_or(1, usize::from);
    Some(format!(
        "the board's cpu.affinity {processors:?} is refused ({refused}): this machine offers {present} processors, \
         numbered from 0; the line runs on any of them"
    ))
}

#[cfg(target_os = "linux")]
fn hurry(priority: u8) -> Option<String> {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };

    if priority == 0 {
        return None;
    }
    let value = ThreadPriorityValue::try_from(priority).map_err(|e| e.to_string());
    let fifo = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let set = |value| set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), fifo);
    let refused = value.and_then(|value| set(value).map_err(reason)).err()?;
    Some(format!(
        "the board's cpu.realtime_priority {priority} is refused ({refused}): run the packaged service, or allow it with \
         `LimitRTPRIO={priority}` in a unit or `ulimit -r {priority}` as root; the line runs at the usual priority"
    ))
}

#[cfg(target_os = "linux")]
fn reason(error: thread_priority::Error) -> String {
    match error {
        thread_priority::Error::OS(number) => std::io::Error::from_raw_os_error(number).to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(not(target_os = "linux"))]
fn pin(processors: &[usize]) -> Option<String> {
    (!processors.is_empty()).then(|| "the board's cpu.affinity works on Linux only".into())
}

#[cfg(not(target_os = "linux"))]
fn hurry(priority: u8) -> Option<String> {
    (priority > 0).then(|| "the board's cpu.realtime_priority works on Linux only".into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use rustix::thread::sched_getaffinity;

    use super::*;

    #[test]
    fn a_board_that_asks_for_nothing_changes_nothing() {
        let before = sched_getaffinity(None).unwrap();
        assert_eq!(apply(&Cpu::default()), [""; 0]);
        assert!(sched_getaffinity(None).unwrap() == before);
    }

    #[test]
    fn a_thread_runs_on_the_boards_processor_alone() {
        thread::spawn(|| {
            let allowed = sched_getaffinity(None).unwrap();
            let at = (0..1_024).find(|at| allowed.is_set(*at)).unwrap();
            assert_eq!(apply(&Cpu { affinity: vec![at], realtime_priority: 0 }), [""; 0]);
            let now = sched_getaffinity(None).unwrap();
            assert!(now.count() == 1 && now.is_set(at));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_runs_in_real_time_where_it_may_and_else_a_warning_says_why_not() {
        use thread_priority::{
            RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id, thread_schedule_policy,
        };

        let fifo = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        let asked = ThreadPriority::Crossplatform(5u8.try_into().unwrap());
        let try_it = move || set_thread_priority_and_policy(thread_native_id(), asked, fifo).is_ok();
        let may = thread::spawn(try_it).join().unwrap();
        let (warnings, policy) = thread::spawn(|| {
            (apply(&Cpu { affinity: vec![], realtime_priority: 5 }), thread_schedule_policy().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!((policy == fifo, warnings.is_empty()), (may, may), "{warnings:?}");
        assert!(
            warnings.iter().all(|w| w.starts_with("the board's cpu.realtime_priority 5 is refused (")),
            "{warnings:?}"
        );
    }

    #[test]
    fn processors_that_are_not_there_are_a_warning_with_what_to_do() {
        let warnings =
            thread::spawn(|| apply(&Cpu { affinity: vec![1_000, 1_023], realtime_priority: 0 })).join().unwrap();
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with("the board's cpu.affinity [1000, 1023] is refused ("), "{warnings:?}");
    }
}
