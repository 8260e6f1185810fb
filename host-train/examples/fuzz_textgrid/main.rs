//! Feeds the reader of TextGrids damaged files: `fuzz_textgrid [COUNT|SECONDSs] [SEED]`, as `just fuzz textgrid` does.

use std::process::ExitCode;

use counting::Counting;
use fuzz::command;

// Not as a dependency: that of the device's program would have Burn built twice.
#[path = "../../../tests/src/counting.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod counting;
#[path = "../../../tests/src/fuzz/mod.rs"]
#[allow(dead_code, unused_imports, reason = "not all of it is used here")]
mod fuzz;
mod target;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    command::run(target::target(), &arguments)
}
