//! `keyface`: arguments -> library call -> report.
#![forbid(unsafe_code)]

mod cli;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// What a shell sees when something was wrong with what it gave.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let started = Instant::now();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn,tract=off,symphonia=off"))
        .format(|out, record| writeln!(out, "keyface: {}", record.args()))
        .init();
    match cli::run(started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to hear that standard error is gone.
            _ = writeln!(std::io::stderr(), "keyface: {error:#}");
            ExitCode::from(REFUSED)
        }
    }
}
