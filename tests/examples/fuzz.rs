//! Feeds a parser of the device damaged files: `fuzz sound|onnx|card|board|bundle|messages [COUNT|SECONDSs] [SEED]`.
//! What fails, and each input with an answer of its own, lies in `target/fuzz/NAME` then.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a report")]

use std::process::ExitCode;

use keyface_tests::counting::Counting;
use keyface_tests::fuzz::command;
use keyface_tests::targets;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names = targets::NAMES.join(", ");
    let Some(target) = arguments.first().and_then(|name| targets::target(name)) else {
        eprintln!("expected a parser ({names}), came {arguments:?}");
        return ExitCode::from(2);
    };
    command::run(target, &arguments[1..])
}
