//! A short run of damaged TextGrids, the same each time: `just fuzz textgrid` goes on for longer.

use std::time::Duration;

use counting::Counting;
use fuzz::{Settings, run};

// Not as a dependency: that of the device's program would have Burn built twice.
#[path = "../../tests/src/counting.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod counting;
#[path = "../../tests/src/fuzz/mod.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is used here")]
mod fuzz;
#[path = "../examples/fuzz_textgrid/target.rs"]
mod target;

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn damaged_text_grids_neither_panic_nor_hang_nor_fill_the_memory() {
    let settings = Settings { count: 20_000, time: Duration::from_secs(60), seed: 20, folder: None };
    let report = run(&mut target::target(), &settings);
    assert!(report.is_clean() && report.taken > 0 && report.answers > 15, "{report:#?}");
}
