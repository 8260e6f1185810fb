//! What this machine can do, and what this program takes of it.

use std::fs;
use std::path::Path;
use std::time::Instant;

use keyface_core::{Arithmetic, CoreError, Precision, Product};
use serde::Serialize;

use crate::AppError;

/// Times that a product is made and a buffer is read; the quickest counts.
const TRIES: usize = 200;

/// Multiplications with an addition per second of one thread, in tract's own matrix product.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Peaks {
    /// In 32-bit float.
    pub float_macs_per_s: f64,
    /// In 8-bit integers.
    pub int8_macs_per_s: f64,
}

impl Peaks {
    /// Measures them: some ten milliseconds.
    pub(super) fn measure() -> Result<Peaks, AppError> {
        Ok(Peaks { float_macs_per_s: macs_per_s(Arithmetic::Float)?, int8_macs_per_s: macs_per_s(Arithmetic::Int8)? })
    }

    /// The one that counts for a network.
    pub(super) fn of(self, precision: Precision) -> f64 {
        match precision {
            Precision::Int8Compute => self.int8_macs_per_s,
            Precision::Float | Precision::Int8 => self.float_macs_per_s,
        }
    }
}

/// Bytes per second at which one thread reads `bytes` over and over: weights of that size lie in the same caches.
pub(super) fn read_bytes_per_s(bytes: u64) -> f64 {
    let buffer = vec![1_u32; (bytes / 4).max(1) as usize];
    let mut quickest = f64::INFINITY;
    for _ in 0..TRIES {
        let start = Instant::now();
        std::hint::black_box(std::hint::black_box(&buffer).iter().fold(0_u32, |sum, value| sum.wrapping_add(*value)));
        quickest = quickest.min(start.elapsed().as_secs_f64());
    }
    (buffer.len() * 4) as f64 / quickest
}

/// Multiplications with an addition per second: the quickest of many products of two square matrices.
fn macs_per_s(arithmetic: Arithmetic) -> Result<f64, CoreError> {
    let mut product = Product::new(arithmetic)?;
    let mut quickest = f64::INFINITY;
    for _ in 0..TRIES {
        let start = Instant::now();
        product.run()?;
        quickest = quickest.min(start.elapsed().as_secs_f64());
    }
    Ok(Product::MACS as f64 / quickest)
}

/// CPU time of all threads so far, from the scheduler's nanosecond counters.
pub(super) fn cpu_seconds() -> Option<f64> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    Some(tasks.flatten().filter_map(|task| on_cpu(&task.path())).sum())
}

/// CPU time of a thread.
fn on_cpu(task: &Path) -> Option<f64> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? * 1e-9)
}

/// CPU time of this thread so far.
pub(super) fn thread_cpu_seconds() -> Option<f64> {
    on_cpu(Path::new("/proc/thread-self"))
}

/// Memory in use.
pub(super) fn rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1_024.0)
}

/// Size of this program's file.
pub(super) fn program_mb() -> Option<f64> {
    Some(fs::metadata(std::env::current_exe().ok()?).ok()?.len() as f64 / 1_048_576.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_cpu_time_and_memory() {
        if cfg!(target_os = "linux") {
            assert!(rss_mb().is_some_and(|mb| mb > 0.1));
            assert!(cpu_seconds().is_some());
        }
    }

    #[test]
    fn a_machine_multiplies_more_than_once_a_clock_of_100_mhz_and_less_than_10_000_times_one_of_10_ghz() {
        for arithmetic in [Arithmetic::Float, Arithmetic::Int8] {
            let peak = macs_per_s(arithmetic).unwrap();
            assert!(peak > 1e8 && peak < 1e14, "{arithmetic:?}: {peak}");
        }
    }

    #[test]
    fn reading_is_slower_than_100_bytes_a_clock_of_10_ghz_and_faster_than_a_disk() {
        let rate = read_bytes_per_s(1 << 20);
        assert!(rate > 1e8 && rate < 1e12, "{rate}");
    }
}
