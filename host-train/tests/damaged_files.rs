//! Short runs of damaged files, the same each time: `just fuzz textgrid` (or `pickle`, `npy`, `gltf`) goes on for longer.

use std::sync::Mutex;
use std::time::Duration;

use counting::Counting;
use fuzz::{Report, Settings, run};

// Not as a dependency: that of the device's program would have Burn built twice.
#[path = "../../tests/src/counting.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod counting;
#[path = "../../tests/src/fuzz/mod.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is used here")]
mod fuzz;
#[path = "../examples/fuzz_host/targets/mod.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod targets;

#[global_allocator]
static COUNTING: Counting = Counting;

/// What is held is counted over all threads: one run at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn damaged(name: &str) -> Report {
    let _alone = ALONE.lock();
    let settings = Settings { count: 20_000, time: Duration::from_secs(60), seed: 20, folder: None };
    run(&mut targets::target(name).unwrap(), &settings)
}

#[test]
fn damaged_text_grids_neither_panic_nor_hang_nor_fill_the_memory() {
    let report = damaged("textgrid");
    assert!(report.is_clean() && report.taken > 0 && report.answers > 15, "{report:#?}");
}

#[test]
fn damaged_pickles_neither_panic_nor_hang_nor_fill_the_memory() {
    let report = damaged("pickle");
    assert!(report.is_clean() && report.taken > 0 && report.answers > 15, "{report:#?}");
}

#[test]
fn damaged_arrays_neither_panic_nor_hang_nor_fill_the_memory() {
    let report = damaged("npy");
    assert!(report.is_clean() && report.taken > 0 && report.answers > 10, "{report:#?}");
}

#[test]
fn damaged_animations_neither_panic_nor_hang_nor_fill_the_memory() {
    let report = damaged("gltf");
    assert!(report.is_clean() && report.taken > 0 && report.answers > 15, "{report:#?}");
}
