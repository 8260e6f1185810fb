//! Feeds a reader of the trainer damaged files: `fuzz_host textgrid|pickle|npy|gltf [COUNT|SECONDSs] [SEED]`, as `just fuzz`
//! does.
#![allow(clippy::print_stderr, reason = "a report")]

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
mod targets;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(target) = arguments.first().and_then(|name| targets::target(name)) else {
        eprintln!("expected a parser ({}), came {arguments:?}", targets::NAMES.join(", "));
        return ExitCode::from(2);
    };
    command::run(target, &arguments[1..])
}
