//! Feeds the reader of TextGrids damaged files: `fuzz_textgrid [COUNT|SECONDSs] [SEED]`, as `just fuzz textgrid` does.

use std::process::ExitCode;

use keyface_tests::counting::Counting;
use keyface_tests::fuzz::command;

mod target;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    command::run(target::target(), &arguments)
}
